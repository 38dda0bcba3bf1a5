"""What referral keeps of its ladders, of what the coordination asked by hand, and of what people said at the checks."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.base import Base
from services.runtime.access import ORGANISATION, Access, at_my_desks, has_role
from services.runtime.tables import instant


class LadderVersion(Base, table=True):
    """The clocks and rungs of a desk, or of the territory (`owner` all zeros), from the day `applies_from` on.

    Nothing here is changed or taken away. Both None: from that day the desk follows the territory again. `reason` is
    coded, `made_by` an account.
    """

    __table_args__ = (Index("ladderversion_of", "owner", "applies_from"),)

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    owner: UUID
    applies_from: date
    made_at: datetime = Field(sa_column=instant())
    clocks: dict[str, int] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    rungs: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    made_by: UUID
    reason: str


class ManagerAsked(Base, table=True):
    """What the coordination asked the managers of a desk about a referral: coded, with the instant."""

    __table_args__ = (Index("managerasked_of_referral", "referral", "at"),)

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    referral: UUID
    desk: UUID
    sender_organisation: UUID
    what: str
    asked_by: UUID
    at: datetime = Field(sa_column=instant())


class CheckAnswer(Base, table=True):
    """What a person said after the end, at the first (`check_30`) or second check of an episode; once each.

    `said_by` is `referent` or `person`. Read by desk, as counts; never by the desk itself.
    """

    __table_args__ = (
        UniqueConstraint("referral", "episode", "step", name="checkanswer_once"),
        Index("checkanswer_of_desk", "desk", "at"),
        Index("checkanswer_by_day", "at"),
    )

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    referral: UUID
    episode: int
    step: str
    desk: UUID
    sender_organisation: UUID
    contacted: bool
    useful: str | None = None
    right_open: str
    said_by: str
    at: datetime = Field(sa_column=instant())


_COORDINATOR = has_role("coordinator")
_SIDES = f"sender_organisation = {ORGANISATION} OR {at_my_desks('desk')} OR {_COORDINATOR}"
_SENDER = f"sender_organisation = {ORGANISATION}"
ACCESS = (
    # Whoever moves a referral reads what its desk promises; it holds nothing of a person.
    Access("ladderversion", "SELECT, INSERT", "SELECT", "true", writable=_COORDINATOR),
    Access("managerasked", "SELECT, INSERT", "SELECT, DELETE", _SIDES, writable=_COORDINATOR),
    Access("checkanswer", "SELECT, INSERT", "SELECT, DELETE", f"{_SENDER} OR {_COORDINATOR}", writable=_SENDER),
)
