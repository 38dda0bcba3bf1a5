"""The commands of a rights appointment; what it does besides is done by those of a review and of an encounter."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from contracts.envelope import Frozen
from services.intake.appointment_guide_words import Helper, Preparation, Readiness
from services.intake.commands import Command, NotedRight, SituationNow


class ToPrepare(Frozen):
    """Something to have ready, where it stands and who helps."""

    preparation: Preparation
    state: Readiness
    helper: Helper | None = None


class KeepAppointment(Command):
    """What the referent keeps of a rights appointment. `removed` are presumed rights taken off, by reference.

    `goal` is in the person's words; `situation` replaces what it names and nothing else; `met` notes the encounter too.
    """

    person: UUID
    goal: str = ""
    confirmed: frozenset[str] = frozenset()
    topics: tuple[str, ...] = ()
    rights: tuple[NotedRight, ...] = Field((), max_length=40)
    removed: frozenset[UUID] = frozenset()
    steps: tuple[ToPrepare, ...] = ()
    situation: SituationNow = SituationNow()
    met: bool = False
    next_at: datetime | None = None


class NoteStep(Command):
    """Where one thing to prepare stands now; `state` None takes it off the list."""

    person: UUID
    preparation: Preparation
    state: Readiness | None = None
    helper: Helper | None = None
