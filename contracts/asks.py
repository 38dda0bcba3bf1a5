"""Every ask between services: request and reply, answered at once with its reply or a named refusal.

An ask is a command when it changes something; then `command_id` makes a repetition harmless.
"""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.actions import Action
from contracts.consent import Disclosure
from contracts.envelope import Ask, Envelope, Frozen
from contracts.lifecycle import State
from contracts.viewer import Viewer
from contracts.vocabulary import (
    HandoverMode,
    OrganisationKind,
    Outcome,
    Scheme,
    TaskKind,
    Turn,
)

# --- answered by partners: the directory ----------------------------------------------------------


class ViewerFound(Frozen):
    viewer: Viewer | None


class ResolveViewer(Ask[ViewerFound]):
    """Who holds this session? `session` is the SHA-256 of the cookie, in hexadecimal; never the cookie."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "referral", "notify")
    reply: ClassVar[type[BaseModel]] = ViewerFound
    session: str


class ContactOption(Frozen):
    """A named contact: `available` is false while absent without an active deputy; then `absent_until` says until
    when.
    """

    account: UUID
    name: str
    function: str
    phone: str | None = None
    available: bool
    absent_until: date | None = None
    deputy: UUID | None = None
    deputy_name: str | None = None


class DeskOption(Frozen):
    """A desk that may receive a referral for that right, with the convention that covers it (None: none in force)."""

    desk: UUID
    desk_name: str
    organisation: UUID
    organisation_name: str
    organisation_kind: OrganisationKind
    phone: str | None = None
    rights: tuple[str, ...]
    modes: tuple[HandoverMode, ...]
    open: bool = True
    closed_until: date | None = None
    convention: UUID | None = None
    convention_starts: datetime | None = None
    convention_ends: datetime | None = None
    contacts: tuple[ContactOption, ...] = ()


class RecipientsFound(Frozen):
    desks: tuple[DeskOption, ...]


class ListRecipients(Ask[RecipientsFound]):
    """The desks competent for a right under a scheme; `right` None lists every desk that receives referrals."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = RecipientsFound
    viewer: Viewer
    right: str | None = None
    scheme: Scheme = Scheme.GENERAL


class Recipient(Frozen):
    """Who receives, resolved now and kept as a snapshot. `assignee` is the contact, or her deputy while she is
    absent.
    """

    organisation: UUID
    organisation_name: str
    organisation_kind: OrganisationKind
    desk: UUID
    desk_name: str
    contact: UUID
    contact_name: str
    assignee: UUID
    assignee_name: str
    convention: UUID | None = None
    convention_starts: datetime | None = None
    convention_ends: datetime | None = None


class ResolveRecipient(Ask[Recipient]):
    """Refusals: NotFound, DeskNotCompetent, DeskClosed, ContactUnavailable."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = Recipient
    viewer: Viewer
    desk: UUID
    contact: UUID
    right: str
    scheme: Scheme = Scheme.GENERAL


class Address(Frozen):
    """Where to write to a professional; `absent` with a deputy means: write to the deputy as well."""

    account: UUID
    email: str
    active: bool
    absent: bool = False
    deputy: UUID | None = None
    deputy_email: str | None = None


class ResolveAddress(Ask[Address]):
    """Asked by notify at the moment of sending. Refusals: NotFound."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("notify",)
    reply: ClassVar[type[BaseModel]] = Address
    account: UUID


class Network(Frozen):
    """Names of organisations, desks and professionals by reference; nobody accompanied is in it."""

    organisations: dict[UUID, str]
    kinds: dict[UUID, OrganisationKind]
    desks: dict[UUID, str]
    desk_organisation: dict[UUID, UUID]
    accounts: dict[UUID, str]


class DescribeNetwork(Ask[Network]):
    """The names that a list or a chart needs; kept by the asker for a minute at most."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "referral", "notify")
    reply: ClassVar[type[BaseModel]] = Network


class DeskMember(Frozen):
    account: UUID
    active: bool


class CheckDeskMember(Ask[DeskMember]):
    """Is that account an active member of that desk? Asked before a referral is assigned."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("referral",)
    reply: ClassVar[type[BaseModel]] = DeskMember
    desk: UUID
    account: UUID


# --- answered by intake: the person ---------------------------------------------------------------


class HandoverNote(Frozen):
    """A question of the desk or an answer of the referent; its text is of the person and comes from intake alone."""

    ref: UUID
    kind: str
    at: datetime
    author: UUID
    text: str


class Disclosed(Frozen):
    """One row of the answer: a disclosure, or the wire form of the refusal; notes only with a disclosure."""

    referral: UUID
    disclosure: Disclosure | None = None
    refusal: dict[str, Any] | None = None
    notes: tuple[HandoverNote, ...] = ()


class DisclosedAll(Frozen):
    rows: tuple[Disclosed, ...]


class Disclose(Ask[DisclosedAll]):
    """What this viewer may read now of the persons behind these referrals; every reading is journalled by intake."""

    answered_by: ClassVar[str] = "intake"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = DisclosedAll
    viewer: Viewer
    referrals: tuple[UUID, ...] = Field(max_length=200)
    with_notes: bool = False


class NoteWritten(Frozen):
    note: UUID


class WriteNote(Ask[NoteWritten]):
    """Keep the text of a desk's question (kind `question`); the referral only carries its reference.

    Refusals: NotFound, HandoverClosed, GrantWithdrawn, SocialSecurityNumberRefused, InvalidInput.
    """

    answered_by: ClassVar[str] = "intake"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = NoteWritten
    viewer: Viewer
    referral: UUID
    kind: str
    text: str = Field(max_length=500)


# --- answered by referral: its life ---------------------------------------------------------------


class ReferralState(Frozen):
    """The state after a command."""

    ref: UUID
    state: State
    version: int
    turn: Turn | None = None
    next_due: datetime | None = None


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


class Step(Frozen):
    """One entry of the time line: the fact's class name, when, by whom, and its coded words."""

    fact: str
    at: datetime
    actor: UUID | None = None
    episode: int = 1
    details: dict[str, str] = Field(default_factory=dict)


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
    proposed_desk: UUID | None = None
    proposed_organisation: UUID | None = None
    parent: UUID | None = None
    hops: int = 0
    attempts: int = 0
    steps: tuple[Step, ...] = ()
    actions: tuple[str, ...] = ()


class ReadReferral(Ask[ReferralView]):
    """Refusals: NotFound for whoever is neither of the sending organisation, nor of the desk, nor a coordinator."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "partners")
    reply: ClassVar[type[BaseModel]] = ReferralView
    viewer: Viewer
    ref: UUID


class Task(Frozen):
    """Something a referent has to do; `referral` is what it is about, `due` a day or None."""

    ref: UUID
    kind: TaskKind
    referral: UUID
    since: datetime
    due: date | None = None


class TasksFound(Frozen):
    tasks: tuple[Task, ...]


class ListTasks(Ask[TasksFound]):
    """The open tasks of the viewer's own referrals and, with `whole_organisation`, of her colleagues'."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = TasksFound
    viewer: Viewer
    whole_organisation: bool = False


class FactsFound(Frozen):
    envelopes: tuple[Envelope, ...]


class ReadFacts(Ask[FactsFound]):
    """The facts of one referral after a version, from the record: fills a gap that the bus left open."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "partners", "notify")
    reply: ClassVar[type[BaseModel]] = FactsFound
    ref: UUID
    after: int = 0


# --- answered by notify ---------------------------------------------------------------------------


class CodeSent(Frozen):
    accepted: bool


class SendSignInCode(Ask[CodeSent]):
    """Mail a one-time sign-in code. The code is in no stream, no table and no log."""

    answered_by: ClassVar[str] = "notify"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = CodeSent
    email: str
    code: str
    minutes: int = 10


ASKS: dict[str, type[Ask]] = {  # type: ignore[type-arg]
    kind.__name__: kind
    for kind in (
        ResolveViewer,
        ListRecipients,
        ResolveRecipient,
        ResolveAddress,
        DescribeNetwork,
        CheckDeskMember,
        Disclose,
        WriteNote,
        SendReferral,
        ActOnReferral,
        ReadReferral,
        ListTasks,
        ReadFacts,
        SendSignInCode,
    )
}
