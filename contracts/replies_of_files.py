"""What intake answers. Only `Disclosed` holds anything of a person, and it comes from the one disclosure rule."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.consent import Disclosure
from contracts.envelope import Frozen
from contracts.vocabulary import (
    ErasureCause,
    ErasureState,
    KeepingReason,
)


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


class CasesCounted(Frozen):
    """How many people somebody follows, how many of her referrals are open, how many are prepared; numbers only."""

    people: int
    open_referrals: int
    drafts: int


class ErasureAsked(Frozen):
    """A request to erase, for the desk that read: `shared` are labels of what it read, never values.

    `read_from` and `read_until` are the first and the last reading; None when it was delivered and never opened.
    """

    ref: UUID
    referral: UUID
    desk: UUID
    cause: ErasureCause
    shared: tuple[str, ...]
    asked_at: datetime
    due_on: date
    state: ErasureState
    reason: KeepingReason | None = None
    answered_at: datetime | None = None
    read_from: datetime | None = None
    read_until: datetime | None = None


class ErasuresFound(Frozen):
    """The soonest due first; `beyond` is how many more are unanswered than there are rows."""

    rows: tuple[ErasureAsked, ...]
    beyond: int = 0
