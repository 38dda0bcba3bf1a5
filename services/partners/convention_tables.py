"""What was decided about the conventions, by whom and why; nothing of it is changed afterwards."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, DateTime, UniqueConstraint
from sqlmodel import Field

from services.partners.base import Base
from services.runtime.access import Access, has_role
from services.runtime.purging import Age
from services.runtime.tables import instant


class ConventionEntry(Base, table=True):
    """Append-only: a convention recorded, prolonged or ended; `revision` counts from 1 and orders what is told."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    convention: UUID = Field(index=True)
    organisation: UUID
    revision: int
    kind: str
    starts: datetime = Field(sa_column=instant())
    ends: datetime = Field(sa_column=instant())
    reason: str
    actor: UUID
    at: datetime = Field(sa_column=instant())

    __table_args__ = (UniqueConstraint("convention", "revision", name="conventionentry_once"),)


class ConventionWarning(Base, table=True):
    """That an end was announced that many days before; a convention that is prolonged has another end."""

    convention: UUID = Field(primary_key=True)
    ends: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    days: int = Field(primary_key=True)
    at: datetime = Field(sa_column=instant())


KEEPER = f"({has_role('dpo')} OR {has_role('administrator')})"
ACCESS = (
    Access("conventionentry", "SELECT, INSERT", "SELECT, INSERT", "true", KEEPER),
    Access("conventionwarning", worker="SELECT, INSERT, DELETE"),
)
AGES = (Age("conventionwarning", "at", 365, "Annonces de fins de conventions"),)
