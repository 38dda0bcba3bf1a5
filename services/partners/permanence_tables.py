"""Where and when organisations and desks receive every week, outside or beside their counter: public, of nobody."""

from datetime import date, datetime, time
from uuid import UUID, uuid4

from sqlmodel import Field

from services.partners.base import Base
from services.runtime.access import Access, at_my_desks, has_role
from services.runtime.tables import instant


class Permanence(Base, table=True):
    """Held every `weekday` (1 is Monday) from `opens` to `closes`, in the time of Paris, of a desk or a whole
    organisation; from `valid_from` to `valid_until`, both included (None: until further notice).
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    organisation: UUID = Field(foreign_key="partners.organisation.ref", index=True)
    desk: UUID | None = Field(default=None, foreign_key="partners.desk.ref")
    place: str
    weekday: int
    opens: time
    closes: time
    valid_from: date
    valid_until: date | None = None
    closed_on_holidays: bool = True
    updated_at: datetime = Field(sa_column=instant())


ACCESS = (
    Access(
        "permanence", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE", "true",
        f"{has_role('administrator')} OR {has_role('desk_manager')} AND {at_my_desks('desk')}",
    ),
)  # fmt: skip
