"""What asks are answered with: the values that one service tells another, by who answers.

None of them holds anything of a person accompanied but `Disclosed`, which comes from the one disclosure rule.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from contracts.consent import Disclosure
from contracts.envelope import Envelope, Frozen
from contracts.lifecycle import State
from contracts.viewer import Viewer
from contracts.vocabulary import (
    HandoverMode,
    OrganisationKind,
    Outcome,
    TaskKind,
    Turn,
)

# --- partners ------------------------------------------------------------


class ViewerFound(Frozen):
    viewer: Viewer | None


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


class Address(Frozen):
    """Where to write to a professional; `absent` with a deputy means: write to the deputy as well."""

    account: UUID
    email: str
    active: bool
    absent: bool = False
    deputy: UUID | None = None
    deputy_email: str | None = None


class Network(Frozen):
    """Names of organisations, desks and professionals by reference; nobody accompanied is in it."""

    organisations: dict[UUID, str]
    kinds: dict[UUID, OrganisationKind]
    desks: dict[UUID, str]
    desk_organisation: dict[UUID, UUID]
    accounts: dict[UUID, str]


class DeskMember(Frozen):
    account: UUID
    active: bool


# --- intake ------------------------------------------------------------


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


class NoteWritten(Frozen):
    note: UUID


# --- referral ------------------------------------------------------------


class ReferralState(Frozen):
    """The state after a command."""

    ref: UUID
    state: State
    version: int
    turn: Turn | None = None
    next_due: datetime | None = None


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


class Task(Frozen):
    """Something a referent has to do; `referral` is what it is about, `due` a day or None."""

    ref: UUID
    kind: TaskKind
    referral: UUID
    since: datetime
    due: date | None = None


class TasksFound(Frozen):
    tasks: tuple[Task, ...]


class FactsFound(Frozen):
    envelopes: tuple[Envelope, ...]


# --- notify ------------------------------------------------------------


class CodeSent(Frozen):
    accepted: bool
