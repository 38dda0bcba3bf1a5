"""The requests to erase: what a desk read under an agreement that has ended or was narrowed, and what it answered."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import ORGANISATION, Access, at_my_desks, has_role
from services.runtime.tables import instant, words


class ErasureRequest(Base, table=True):
    """One desk is asked to erase what it read of one hand-over. `categories` are codes, never values.

    `state` is asked, erased or kept (with `reason`); `read_from` and `read_until` are its first and last reading.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(index=True)
    organisation: UUID = Field(index=True)
    grant: UUID = Field(index=True)
    handover: UUID = Field(index=True)
    right: str
    recipient_organisation: UUID
    recipient_organisation_name: str
    desk: UUID = Field(index=True)
    desk_name: str
    assignee: UUID
    cause: str
    categories: list[str] = Field(sa_column=words())
    read_from: datetime | None = Field(default=None, sa_column=instant(True))
    read_until: datetime | None = Field(default=None, sa_column=instant(True))
    asked_at: datetime = Field(sa_column=instant())
    due_on: date
    state: str = "asked"
    reason: str | None = None
    answered_at: datetime | None = Field(default=None, sa_column=instant(True))
    answered_by: UUID | None = None


_OWN = f"organisation = {ORGANISATION}"
_REACH = f"{_OWN} OR {at_my_desks('desk')}"
ACCESS = (
    Access(
        "erasurerequest",
        "SELECT, INSERT, UPDATE",
        "SELECT, INSERT, UPDATE",
        f"{_REACH} OR {has_role('dpo')}",
        f"{_REACH} OR {has_role('dpo')}",
    ),
)
