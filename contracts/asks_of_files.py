"""Asks that intake answers: what is shared of a person, notes, erasures."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.dossier import Category
from contracts.envelope import Ask
from contracts.replies import (
    CasesCounted,
    DisclosedAll,
    ErasureAsked,
    ErasuresFound,
    NoteWritten,
)
from contracts.viewer import Viewer
from contracts.vocabulary import (
    KeepingReason,
)


class Disclose(Ask[DisclosedAll]):
    """What this viewer may read now of the persons behind these referrals; every reading is journalled by intake.

    `only` are the categories that the page shows: nothing else is deciphered, sent or journalled as read. None asks for
    all that the agreement lists.
    """

    answered_by: ClassVar[str] = "intake"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = DisclosedAll
    viewer: Viewer
    referrals: tuple[UUID, ...] = Field(max_length=200)
    with_notes: bool = False
    only: frozenset[Category] | None = None


class WriteNote(Ask[NoteWritten]):
    """Keep the text of a desk's question (kind `question`); the referral only carries its reference.

    `confirmed`: the text was looked at again and is kept although it speaks of health or of somebody else. Refusals:
    NotFound, HandoverClosed, GrantWithdrawn, SocialSecurityNumberRefused, InvalidInput, FreeTextToConfirm.
    """

    answered_by: ClassVar[str] = "intake"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = NoteWritten
    viewer: Viewer
    referral: UUID
    kind: str
    text: str = Field(max_length=500)
    confirmed: bool = False


class DropNote(Ask[NoteWritten]):
    """Take back a note that was written for a question which was then refused. Unknown, or asked since: nothing."""

    answered_by: ClassVar[str] = "intake"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = NoteWritten
    viewer: Viewer
    note: UUID


class ListErasures(Ask[ErasuresFound]):
    """What the viewer's desks are asked to erase: all that is unanswered, or everything about one referral."""

    answered_by: ClassVar[str] = "intake"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = ErasuresFound
    viewer: Viewer
    referral: UUID | None = None


class AnswerErasure(Ask[ErasureAsked]):
    """The desk erased (`reason` None), or keeps and says why; the last answer holds.

    Refusals: NotFound, ErasureAlreadyConfirmed.
    """

    answered_by: ClassVar[str] = "intake"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = ErasureAsked
    viewer: Viewer
    request: UUID
    reason: KeepingReason | None = None


class CountCases(Ask[CasesCounted]):
    """What hangs on a referent, or on a whole organisation (`account` None), before she or it leaves: numbers only.

    Refusals: RoleNotAllowed for whoever is neither an administrator nor of that organisation.
    """

    answered_by: ClassVar[str] = "intake"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = CasesCounted
    viewer: Viewer
    organisation: UUID
    account: UUID | None = None
