"""What notify keeps: one row a telling, by references only.

An e-mail address, a name or a sign-in code is in no table.
"""

from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from services.notify.base import Base
from services.notify.domain import State
from services.runtime.access import ACCOUNT, Access, plumbing_access
from services.runtime.migrations import Schema
from services.runtime.tables import instant, plumbing

_STATES = ", ".join(f"'{state.value}'" for state in State)
_WAITING = f"state IN ('{State.PENDING.value}', '{State.SENDING.value}')"



class Telling(Base, table=True):
    """That `account` is to be told of a fact; once a fact and account. `due_at` is the instant of the fact."""

    __table_args__ = (
        UniqueConstraint("fact", "account", name="telling_once"),
        CheckConstraint(f"state IN ({_STATES})", name="telling_state"),
        Index("telling_waiting", "next_attempt_at", postgresql_where=text(_WAITING)),
        Index("telling_due", "due_at"),
        Index("telling_referral", "referral"),
    )

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    fact: UUID
    account: UUID
    kind: str
    referral: UUID
    due_at: datetime = Field(sa_column=instant())
    state: str = State.PENDING
    reason: str | None = None
    attempts: int = 0
    next_attempt_at: datetime = Field(sa_column=instant())
    sent_at: datetime | None = Field(default=None, sa_column=instant(True))


PLUMBING = plumbing(Base, "notify")
ACCESS = (
    # No page shows a telling: the web role has no grant, and would see its own rows only if it were given one.
    Access("telling", worker="SELECT, INSERT, UPDATE, DELETE", visible=f"account = {ACCOUNT}"),
    *plumbing_access("notify"),
)
SCHEMA = Schema("notify", Base.metadata, ACCESS, Path(__file__).with_name("migrations"))
