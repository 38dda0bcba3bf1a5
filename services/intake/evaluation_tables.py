"""What people answered about the evaluation of the programme: its own table, under a database role of its own.

Neither the role of the pages nor that of the consumers and clocks can read an answer; the worker may delete those of an
erased person, by her reference alone. Nothing refers to this table, and no service is told of it.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import ORGANISATION, PERSON, Access, Reader
from services.runtime.tables import instant

ROLE = "evaluation"

_ROWS = f"organisation = {ORGANISATION} AND ({PERSON} IS NULL OR person = {PERSON})"


class EvaluationAnswer(Base, table=True):
    """One answer, never changed; the newest of a person counts. `actor_kind` is `referent` or `person`."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(index=True)
    organisation: UUID
    opposed: bool
    actor: UUID
    actor_kind: str
    at: datetime = Field(sa_column=instant())


ACCESS = (
    Access(
        "evaluationanswer",
        worker="DELETE, SELECT (person)",
        visible=_ROWS,
        readers=(Reader(ROLE, "SELECT, INSERT", _ROWS),),
    ),
)
