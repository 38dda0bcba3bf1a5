"""What is kept of the requests of people about their data, and of the limits that follow from them.

A request outlives the person's erasure as its proof: it holds her reference, which then leads to nothing, and its text
is sealed with her key, which is then destroyed.
"""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import DESKS, ORGANISATION, Access
from services.runtime.tables import instant


class DataRequest(Base, table=True):
    """A request: `organisation` follows the person, `due_on` is the last day for an answer, `words` ciphertext."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(index=True)
    organisation: UUID
    kind: str
    origin: str
    state: str = "received"
    received_on: date
    due_on: date
    extension: str | None = None
    refusal: str | None = None
    words: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    opened_at: datetime = Field(sa_column=instant())
    ended_at: datetime | None = Field(default=None, sa_column=instant(True))

    __table_args__ = (Index("datarequest_due", "due_on", postgresql_where=text("ended_at IS NULL")),)


class DataRequestEvent(Base, table=True):
    """Append-only: every step of a request, by whom (None: the person herself, or the clock); codes only."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    request: UUID = Field(foreign_key="intake.datarequest.ref", index=True)
    person: UUID
    organisation: UUID
    kind: str
    details: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    actor: UUID | None = None
    actor_kind: str
    at: datetime = Field(sa_column=instant())


class PersonLimit(Base, table=True):
    """A person whose file is limited (article 18) or opposed (article 21), by which request; no row is no limit."""

    person: UUID = Field(foreign_key="intake.person.ref", primary_key=True)
    organisation: UUID
    kind: str
    request: UUID
    since: datetime = Field(sa_column=instant())


class Correction(Base, table=True):
    """Append-only: which fields of a person were corrected, by whom and when; never the values."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    field: str
    request: UUID | None = None
    actor: UUID
    at: datetime = Field(sa_column=instant())


# The DPO decides in transactions of the worker: see `data_request_decisions`.
_OWN = f"organisation = {ORGANISATION}"
# A desk has to learn that a person of its hand-overs is limited: nothing but that is in the row.
_A_DESK = f"cardinality({DESKS}::uuid[]) > 0"
ACCESS = (
    Access("datarequest", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE", _OWN),
    Access("datarequestevent", "SELECT, INSERT", "SELECT, INSERT", _OWN),
    Access("personlimit", "SELECT", "SELECT, INSERT, DELETE", f"{_OWN} OR {_A_DESK}", _OWN),
    Access("correction", "SELECT, INSERT", "SELECT", _OWN),
)
