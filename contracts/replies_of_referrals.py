"""What referral and notify answer: states, times, tasks, codes; nobody is named."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from contracts.envelope import Envelope, Frozen
from contracts.lifecycle import State
from contracts.vocabulary import (
    AppointmentPlace,
    AppointmentSide,
    AppointmentState,
    Attendee,
    DepartureTask,
    FollowTask,
    HandoverMode,
    Outcome,
    TaskKind,
    Turn,
)


class ReferralState(Frozen):
    """The state after a command."""

    ref: UUID
    state: State
    version: int
    turn: Turn | None = None
    next_due: datetime | None = None


class StateNow(Frozen):
    """Where a referral stands by its record; `ended_at` is None while it is open."""

    state: State
    ended_at: datetime | None = None


class StatesFound(Frozen):
    """Only what the viewer may reach; an unknown reference is left out."""

    states: dict[UUID, StateNow]


class Step(Frozen):
    """One entry of the time line: the fact's class name, when, by whom, and its coded words."""

    fact: str
    at: datetime
    actor: UUID | None = None
    episode: int = 1
    details: dict[str, str] = Field(default_factory=dict)


class AppointmentNow(Frozen):
    """The appointment that was last spoken of, as it stands; `by` is the side that proposed it."""

    ref: UUID
    starts: datetime
    place: AppointmentPlace
    permanence: UUID | None = None
    attendees: tuple[Attendee, ...]
    by: AppointmentSide
    state: AppointmentState


class ReferralView(Frozen):
    """A referral as its record has it, with the actions that this viewer may start from here."""

    ref: UUID
    state: State
    version: int
    episode: int
    right: str
    mode: HandoverMode
    urgent: bool
    accompanied: bool
    sender_organisation: UUID
    sender: UUID
    organisation: UUID
    desk: UUID
    contact: UUID
    assignee: UUID
    turn: Turn | None = None
    sent_at: datetime
    delivered_at: datetime | None = None
    first_viewed_at: datetime | None = None
    acknowledged_at: datetime | None = None
    first_contact_at: datetime | None = None
    ended_at: datetime | None = None
    acknowledge_due: datetime | None = None
    contact_due: datetime | None = None
    promised_for: date | None = None
    resume_on: date | None = None
    next_due: datetime | None = None
    outcome: Outcome | None = None
    date_of_effect: date | None = None
    outcome_confirmed: bool | None = None
    renews_on: date | None = None
    proposed_desk: UUID | None = None
    proposed_organisation: UUID | None = None
    appointment: AppointmentNow | None = None
    parent: UUID | None = None
    hops: int = 0
    attempts: int = 0
    steps: tuple[Step, ...] = ()
    actions: tuple[str, ...] = ()


class DeskDelay(Frozen):
    """How long a desk usually takes to answer: of the desk, never of one of its agents.

    `median_days` is in business days, over what it was sent in the last `days` days, what still waits counted as
    waiting; None while half of it has no answer yet. `sent` is how many it was sent, `waiting` how many of them wait.
    """

    desk: UUID
    median_days: float | None = None
    sent: int
    waiting: int
    days: int


class DelaysFound(Frozen):
    """A desk that was sent nothing is left out."""

    delays: tuple[DeskDelay, ...]


class TerritoryClocks(Frozen):
    """The clocks of the territory’s ladder that another service keeps, as they hold today: how many days before the end
    of an agreement its referent is told.
    """

    consent_days: int = Field(ge=1, le=182)


class Task(Frozen):
    """Something a referent has to do; `referral` is what it is about, `due` a day or None, `account` whose it is.

    `departure` says more than `kind` where somebody left, `follow` after the end; `kind` is then what comes nearest.
    """

    ref: UUID
    kind: TaskKind
    referral: UUID
    since: datetime
    due: date | None = None
    account: UUID | None = None
    departure: DepartureTask | None = None
    follow: FollowTask | None = None


class MoreTasks(Frozen):
    """Tasks of one kind and account that are not told one by one, by the referrals that they are about."""

    kind: TaskKind
    referrals: tuple[UUID, ...]
    account: UUID | None = None
    departure: DepartureTask | None = None
    follow: FollowTask | None = None


class TasksFound(Frozen):
    """Open tasks, the oldest first; `beyond` what more there is of a kind when only so many were asked for."""

    tasks: tuple[Task, ...]
    beyond: tuple[MoreTasks, ...] = ()


class FactsFound(Frozen):
    envelopes: tuple[Envelope, ...]


class HeldFound(Frozen):
    """What one service holds about some referrals, a row each: references, coded words and instants."""

    rows: tuple[dict[str, Any], ...]


class CodeSent(Frozen):
    accepted: bool


class BouncingFound(Frozen):
    """The accounts whose mails come back, and since when."""

    since: dict[UUID, datetime]


class RemindersChecked(Frozen):
    """`alarm` is the sentence to show, None while the reminders leave; `texts`: text messages can leave."""

    alarm: str | None = None
    texts: bool = False
