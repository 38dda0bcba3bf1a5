"""Asks that referral answers: the life of a referral, its tasks and its times."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.actions import Action, Arrangement, FollowUp
from contracts.envelope import Ask
from contracts.replies import (
    DelaysFound,
    FactsFound,
    ReferralState,
    ReferralView,
    StatesFound,
    TasksFound,
    TerritoryClocks,
)
from contracts.viewer import Viewer
from contracts.vocabulary import (
    HandoverMode,
)


class SendReferral(Ask[ReferralState]):
    """Make the referral `ref` (made by intake with its hand-over). With `redirect_of`, the parent is redirected to it.

    Refusals: RoleNotAllowed, NoRedirectProposed, TooManyRedirects, RedirectLoop, GrantWithdrawn (the grant ended before
    the referral was known). A repetition of the same `ref` answers the same state.
    """

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = ReferralState
    viewer: Viewer
    ref: UUID
    person: UUID
    right: str
    mode: HandoverMode
    urgent: bool = False
    accompanied: bool = False
    organisation: UUID
    desk: UUID
    contact: UUID
    assignee: UUID
    redirect_of: UUID | None = None
    sent_at: datetime | None = None


class ActOnReferral(Ask[ReferralState]):
    """One row of the life cycle, decided under the row lock: of two simultaneous answers one wins.

    `expected_version` is the version that the page showed; when it is given and old, the refusal is
    ReferralAlreadyAnswered if the action no longer starts from the present state.
    """

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "partners")
    reply: ClassVar[type[BaseModel]] = ReferralState
    viewer: Viewer
    ref: UUID
    action: Action
    expected_version: int | None = None


class FollowUpReferral(Ask[ReferralState]):
    """What is noted after the end, as `ActOnReferral`: the check with the person, the renewal of an opened right."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = ReferralState
    viewer: Viewer
    ref: UUID
    action: FollowUp
    expected_version: int | None = None


class ArrangeAppointment(Ask[ReferralState]):
    """What one side does about the joint appointment of a referral, as `ActOnReferral`.

    Refusals: NotFound, NotYourAction, ReferralAlreadyAnswered, AppointmentChanged, DateInThePast, InvalidInput.
    """

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "partners")
    reply: ClassVar[type[BaseModel]] = ReferralState
    viewer: Viewer
    ref: UUID
    action: Arrangement


class ReadReferral(Ask[ReferralView]):
    """Refusals: NotFound for whoever is neither of the sending organisation, nor of the desk, nor a coordinator."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "partners")
    reply: ClassVar[type[BaseModel]] = ReferralView
    viewer: Viewer
    ref: UUID


class ReadStates(Ask[StatesFound]):
    """Where these referrals stand now: asked beside each reading of persons, so that a decision ends it at once."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = StatesFound
    viewer: Viewer
    refs: tuple[UUID, ...] = Field(max_length=200)


class ListTasks(Ask[TasksFound]):
    """The open tasks of the viewer's own referrals and, with `whole_organisation`, of her colleagues': of `accounts`
    alone when some are given. Beyond `at_most` of one kind and account, tasks are only counted.
    """

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = TasksFound
    viewer: Viewer
    whole_organisation: bool = False
    accounts: tuple[UUID, ...] = Field(default=(), max_length=500)
    at_most: int | None = Field(default=None, ge=1)


class ReadDeskDelays(Ask[DelaysFound]):
    """How long these desks usually take to answer, by what they were sent lately; nobody and no agent is named."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "partners")
    reply: ClassVar[type[BaseModel]] = DelaysFound
    desks: tuple[UUID, ...] = Field(max_length=500)


class ReadTerritoryClocks(Ask[TerritoryClocks]):
    """How long before the end of an agreement its referent is told, by the ladder of the territory as it holds today;
    learnt by intake twice a minute.
    """

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = TerritoryClocks


class ReadFacts(Ask[FactsFound]):
    """The facts of one referral after a version, from the record: fills a gap that the bus left open."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "partners", "notify")
    reply: ClassVar[type[BaseModel]] = FactsFound
    ref: UUID
    after: int = 0
