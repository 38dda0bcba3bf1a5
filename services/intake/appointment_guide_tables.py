"""What is kept of a rights appointment: her goal in her words, and what has to be ready first.

None of the answers to the questions is here. Nothing of this leaves for a partner: no desk can read these tables.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import ORGANISATION, Access
from services.runtime.tables import instant, words


class RightsAppointment(Base, table=True):
    """One appointment: `goal` is ciphertext, `topics` the names of the groups of questions that were gone through,
    `review` the rights review it led to, `next_at` when both meet again.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    referent: UUID
    goal: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    topics: list[str] = Field(sa_column=words())
    review: UUID | None = None
    next_at: datetime | None = Field(default=None, sa_column=instant(True))
    held_at: datetime = Field(sa_column=instant())


class PreparationStep(Base, table=True):
    """Something to have ready, a Preparation code: one row a person and thing; `helper` is a Helper code."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    preparation: str
    helper: str | None = None
    noted_by: UUID
    noted_at: datetime = Field(sa_column=instant())
    done_at: datetime | None = Field(default=None, sa_column=instant(True))

    __table_args__ = (Index("preparationstep_once", "person", "preparation", unique=True),)


_OWN = f"organisation = {ORGANISATION}"
ACCESS = (
    Access("rightsappointment", "SELECT, INSERT", "SELECT", _OWN),
    Access("preparationstep", "SELECT, INSERT, UPDATE, DELETE", "SELECT", _OWN),
)
