"""What referral keeps of the reminders that notify has told: a step in the time line."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index
from sqlmodel import Field

from services.referral.base import Base
from services.runtime.access import ORGANISATION, Access, at_my_desks, has_role
from services.runtime.tables import instant


class ReminderGiven(Base, table=True):
    """A step of the ladder that was told at `at` to `told` people (0: there was nobody), due at `due_at`."""

    __table_args__ = (Index("remindergiven_of_referral", "referral", "at"),)

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    referral: UUID
    step: str
    desk: UUID
    sender_organisation: UUID
    told: int
    due_at: datetime = Field(sa_column=instant())
    at: datetime = Field(sa_column=instant())


_SIDES = f"sender_organisation = {ORGANISATION} OR {at_my_desks('desk')} OR {has_role('coordinator')}"
ACCESS = (Access("remindergiven", web="SELECT", worker="SELECT, INSERT, UPDATE, DELETE", visible=_SIDES),)
