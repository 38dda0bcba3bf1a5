"""Files opened outside one's own caseload: the coded reason given for each, and the alert when there are many."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import ACCOUNT, ORGANISATION, Access, has_role
from services.runtime.tables import instant


class CaseloadReason(Base, table=True):
    """Why somebody opens the file of a person that a colleague follows; it opens the file until `until`."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    account: UUID = Field(index=True)
    organisation: UUID
    person: UUID = Field(index=True)
    reason: str
    at: datetime = Field(sa_column=instant())
    until: datetime = Field(sa_column=instant())


class CaseloadAlert(Base, table=True):
    """Somebody opened more files outside her caseload on one day than the territory's number; once a day."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    account: UUID
    organisation: UUID
    day: date
    opened: int
    at: datetime = Field(sa_column=instant())

    __table_args__ = (UniqueConstraint("territory", "account", "day", name="caseloadalert_once"),)


class SafeguardTold(Base, table=True):
    """That the data protection officers were told of an alert or an emergency (`ref` is its own), and how many."""

    ref: UUID = Field(primary_key=True)
    officers: int
    at: datetime = Field(sa_column=instant())


_DPO = has_role("dpo")
_OWN = f"organisation = {ORGANISATION} AND account = {ACCOUNT}"
ACCESS = (
    Access("caseloadreason", "SELECT, INSERT", "SELECT, DELETE", f"({_OWN}) OR {_DPO}", _OWN),
    Access("caseloadalert", "SELECT, INSERT", "SELECT, INSERT, DELETE", f"({_OWN}) OR {_DPO}", _OWN),
    Access("safeguardtold", worker="SELECT, INSERT, DELETE"),
)
