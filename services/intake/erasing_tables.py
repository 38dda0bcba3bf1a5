"""The register of erasures and the nightly reports of retention: references, instants and counts, and no value."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Column, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.base import Base
from services.runtime.access import Access, has_role
from services.runtime.tables import instant


class Erasure(Base, table=True):
    """One line of the register: who was erased (a reference that leads to nothing), when and why.

    `referrals` and `others` are references of hers, for the stream; `again` counts how often a restored copy was
    erased again, `told_at` is when the fact was last told; `scrubbed_at` is when the stream held nothing of her any
    more, `messages` how many were deleted there.
    """

    subject: UUID = Field(primary_key=True)
    organisation: UUID
    request: UUID | None = None
    why: str
    referrals: list[UUID] = Field(
        default_factory=list, sa_column=Column(ARRAY(Uuid), nullable=False, server_default="{}")
    )
    others: list[UUID] = Field(
        default_factory=list, sa_column=Column(ARRAY(Uuid), nullable=False, server_default="{}")
    )
    erased_at: datetime = Field(sa_column=instant())
    told_at: datetime = Field(sa_column=instant())
    again: int = 0
    scrubbed_at: datetime | None = Field(default=None, sa_column=instant(True))
    messages: int = 0


class RetentionRun(Base, table=True):
    """One night: what was over its age and went, by kind; `ended_at` None while it runs, or when it was cut."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    night: date
    started_at: datetime = Field(sa_column=instant())
    ended_at: datetime | None = Field(default=None, sa_column=instant(True))
    counts: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))

    __table_args__ = (UniqueConstraint("territory", "night", name="retentionrun_once"),)


_DPO = has_role("dpo")
ACCESS = (
    Access("erasure", "SELECT", "SELECT, INSERT, UPDATE", _DPO),
    Access("retentionrun", "SELECT", "SELECT, INSERT, UPDATE, DELETE", _DPO),
)
