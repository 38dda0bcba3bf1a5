"""What was prepared and published as open data, and the aggregates of other territories; nothing is ever changed."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.base import Base
from services.runtime.access import Access, has_role
from services.runtime.tables import instant


class OpenProposal(Base, table=True):
    """A file as a coordinator prepared it, without what must not be said; `month` is the quarter's last."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    month: str
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    prepared_by: UUID
    prepared_at: datetime = Field(sa_column=instant())


class OpenPublication(Base, table=True):
    """A file that a data protection officer approved and that anybody may read; one a quarter, for ever."""

    ref: UUID = Field(primary_key=True)
    month: str
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    approved_by: UUID
    approved_at: datetime = Field(sa_column=instant())

    __table_args__ = (Index("openpublication_once", "territory", "month", unique=True),)


class ComparisonFile(Base, table=True):
    """The aggregates of one territory for one quarter, known by the fingerprint of its key and by nothing else."""

    key: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    imported_at: datetime = Field(sa_column=instant())


_PREPARES, _APPROVES = has_role("coordinator"), has_role("dpo")
ACCESS = (
    Access("openproposal", "SELECT, INSERT", "SELECT", f"{_PREPARES} OR {_APPROVES}", writable=_PREPARES),
    Access("openpublication", "SELECT, INSERT", "SELECT", "true", writable=_APPROVES),
    Access("comparisonfile", "SELECT, INSERT", "SELECT, INSERT", _PREPARES),
)
