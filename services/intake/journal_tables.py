"""The journal: every reading and writing of personal data, appended in the transaction that did it, and its seals.

No table of the journal holds a value of a person. No role may change a row; the worker may erase an entry only once
its time is over. The seals stay, so that the chain can be checked whatever was erased in due time.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, BigInteger, Column, Identity, Index, UniqueConstraint, Uuid
from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import ORGANISATION, Access, has_role
from services.runtime.tables import instant, words


class JournalEntry(Base, table=True):
    """Who did what with whose data, under which grant and route, or was refused.

    `reading` groups what one request read. `person` is None for a list; `people` then names everybody it showed, so
    that a person finds the lists that she stood in too. `organisation` owns the data. `actor_kind` is a role code,
    `person` (herself; `viewer` is then her reference) or `system`.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    reading: UUID = Field(index=True)
    kind: str = Field(index=True)
    object: str
    object_ref: UUID | None = None
    handover: UUID | None = Field(default=None, index=True)
    person: UUID | None = Field(default=None, index=True)
    people: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False, server_default="{}"))
    organisation: UUID | None = Field(default=None, index=True)
    viewer: UUID = Field(index=True)
    viewer_organisation: UUID | None = None
    actor_kind: str
    desk: UUID | None = None
    grant: UUID | None = None
    epoch: int = 0
    route_version: int = 0
    categories: list[str] = Field(sa_column=words())
    outcome: str = "done"
    refusal: str | None = None
    reason: str | None = None
    at: datetime = Field(sa_column=instant())
    keep_until: datetime = Field(sa_column=instant())

    __table_args__ = (
        Index("journalentry_at", "at"),
        Index("journalentry_keep_until", "keep_until"),
        Index("journalentry_people", "people", postgresql_using="gin"),
    )


class JournalPending(Base, table=True):
    """The entries that are not sealed yet, in the order in which they were written; a row goes when its seal comes."""

    number: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    entry: UUID = Field(unique=True)


class JournalSeal(Base, table=True):
    """One link of the territory's chain: `hash` is that of the link before, this number and this entry's hash."""

    entry: UUID = Field(primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    entry_hash: str
    keep_until: datetime = Field(sa_column=instant())
    hash: str
    sealed_at: datetime = Field(sa_column=instant())

    __table_args__ = (UniqueConstraint("territory", "seq"),)


class JournalHead(Base, table=True):
    """The end of the chain at an instant, signed with a key that is not in the database; written elsewhere as well."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    hash: str
    key: str
    signature: str
    at: datetime = Field(sa_column=instant())


class JournalCheck(Base, table=True):
    """One verification of the chain: how far, and what it found; `problem` is None when all is well."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    problem: str | None = None
    at: datetime = Field(sa_column=instant())


_DPO = has_role("dpo")
_MINE = f"organisation = {ORGANISATION} OR viewer_organisation = {ORGANISATION}"
ACCESS = (
    Access(
        "journalentry",
        "SELECT, INSERT",
        "SELECT, INSERT, DELETE",
        f"{_MINE} OR {_DPO}",
        f"{_MINE} OR {_DPO} OR actor_kind IN ('person', 'system')",
        erasable="keep_until < now()",
    ),
    Access("journalpending", "INSERT", "SELECT, INSERT, DELETE"),
    Access("journalseal", "SELECT", "SELECT, INSERT", _DPO),
    Access("journalhead", "SELECT", "SELECT, INSERT", _DPO),
    Access("journalcheck", "SELECT", "SELECT, INSERT", _DPO),
)
