"""Emergencies declared by one professional and confirmed by a second: references and codes, never a word of anybody.

Both tables only grow. They record that something was told outside Relais; nothing is disclosed by them.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import ACCOUNT, ORGANISATION, Access, has_role
from services.runtime.tables import instant


class BreakGlass(Base, table=True):
    """An emergency, as declared: the coded motive, to whom it was told, about whom where that is known."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    organisation: UUID = Field(index=True)
    person: UUID | None = Field(default=None, index=True)
    motive: str
    told_to: str
    declared_by: UUID
    declared_at: datetime = Field(sa_column=instant())
    confirm_before: datetime = Field(sa_column=instant())


class BreakGlassConfirmation(Base, table=True):
    """The second person's word; one an emergency."""

    break_glass: UUID = Field(primary_key=True, foreign_key="intake.breakglass.ref")
    organisation: UUID
    confirmed_by: UUID
    at: datetime = Field(sa_column=instant())


_DPO = has_role("dpo")
_SECOND = f"(organisation = {ORGANISATION} AND {has_role('desk_manager')}) OR {_DPO}"
ACCESS = (
    Access(
        "breakglass",
        "SELECT, INSERT",
        "SELECT",
        f"declared_by = {ACCOUNT} OR {_SECOND}",
        f"declared_by = {ACCOUNT} AND organisation = {ORGANISATION}",
    ),
    Access(
        "breakglassconfirmation",
        "SELECT, INSERT",
        "SELECT",
        f"organisation = {ORGANISATION} OR {_DPO}",
        f"confirmed_by = {ACCOUNT} AND ({_SECOND})",
    ),
)
