"""What the directory keeps beside its first tables: how each desk works, and who changed what when."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.partners.base import Base
from services.runtime.access import ORGANISATION, Access, at_my_desks, has_role
from services.runtime.tables import instant, words


class DeskSetting(Base, table=True):
    """How a desk works: one row a desk, replaced when it changes; a desk without one works the usual hours.

    `hours` are stretches as `{"weekday": 1, "opens": "09:00", "closes": "12:00"}` in the time of Paris; `capacity` is
    a Capacity, until `full_until` when it is full and that is known; `documents` are Document codes.
    """

    desk: UUID = Field(primary_key=True, foreign_key="partners.desk.ref")
    organisation: UUID
    hours: list[dict[str, object]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    hours_from: date | None = None
    capacity: str = "open"
    full_until: date | None = None
    documents: list[str] = Field(sa_column=words())
    documents_note: str = ""
    updated_at: datetime = Field(sa_column=instant())


class DirectoryEvent(Base, table=True):
    """Append-only: who changed what in the directory, and when. `details` are coded words and names of professionals.

    `actor` None is a clock; `about` is the account that was changed, when it was one.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    organisation: UUID
    desk: UUID | None = None
    about: UUID | None = None
    actor: UUID | None = None
    details: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    at: datetime = Field(sa_column=instant())

    __table_args__ = (Index("directoryevent_of_organisation", "organisation", "at"),)


_ADMINISTRATOR = has_role("administrator")
ACCESS = (
    Access(
        "desksetting", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE", "true",
        f"{_ADMINISTRATOR} OR {has_role('desk_manager')} AND {at_my_desks('desk')}",
    ),
    Access(
        "directoryevent", "SELECT, INSERT", "SELECT, INSERT",
        f"{_ADMINISTRATOR} OR {has_role('dpo')} OR organisation = {ORGANISATION}",
    ),
)  # fmt: skip
