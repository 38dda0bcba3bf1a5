"""What notify keeps: one row a telling, by references only.

An e-mail address, a name or a sign-in code is in no table.
"""

from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from services.notify import bounce_tables, reminder_tables
from services.notify.base import Base
from services.notify.domain import State
from services.runtime.access import ACCOUNT, Access, plumbing_access
from services.runtime.migrations import Schema
from services.runtime.purging import Age
from services.runtime.tables import instant, plumbing

_STATES = ", ".join(f"'{state.value}'" for state in State)
_WAITING = f"state IN ('{State.PENDING.value}', '{State.SENDING.value}')"



class Telling(Base, table=True):
    """That `account` is to be told of a fact; once a fact, account and `channel`. `due_at` is the
    instant of the fact.

    `audience` says as what she is told, and so which page the mail leads to. `planned_for` is when its mail may leave
    at the earliest, `read_at` when she saw it in the bell. The account of nobody is all zeroes. `letter` is the one in
    which it was last handed over; `repeats` how often it was taken again from a process that died with it.
    """

    __table_args__ = (
        UniqueConstraint("fact", "account", "channel", name="telling_once_a_channel"),
        CheckConstraint(f"state IN ({_STATES})", name="telling_state"),
        Index("telling_waiting", "next_attempt_at", postgresql_where=text(_WAITING)),
        Index("telling_due", "due_at"),
        Index("telling_referral", "referral"),
        Index("telling_account", "account", "due_at"),
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
    audience: str = Field(default="assignee", sa_column_kwargs={"server_default": "assignee"})
    planned_for: datetime | None = Field(default=None, sa_column=instant(True))
    read_at: datetime | None = Field(default=None, sa_column=instant(True))
    channel: str = Field(default="mail", sa_column_kwargs={"server_default": "mail"})
    letter: UUID | None = None
    repeats: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


PLUMBING = plumbing(Base, "notify")
_ALL = "SELECT, INSERT, UPDATE, DELETE"
ACCESS = (
    # The bell shows an account her own tellings, and notes that she saw them; the web role changes nothing else.
    Access("telling", web="SELECT, UPDATE (read_at)", worker=_ALL, visible=f"account = {ACCOUNT}"),
    *reminder_tables.ACCESS,
    *bounce_tables.ACCESS,
    *plumbing_access("notify"),
)
AGES = (
    Age("telling", "due_at", 365, "Messages aux professionnels (références)", "state NOT IN ('pending', 'sending')"),
    Age("reminder", "due_at", 365, "Rappels tirés ou désarmés (références)", "state <> 'armed'"),
)
SCHEMA = Schema("notify", Base.metadata, ACCESS, Path(__file__).with_name("migrations"), AGES)
