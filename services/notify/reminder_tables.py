"""What notify keeps to tell in time: armed reminders, what each account wishes, and the beat of whoever fires them.

References and coded words only.
"""

from datetime import date, datetime, time
from uuid import UUID, uuid4

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from services.notify.base import Base
from services.runtime.access import ACCOUNT, Access
from services.runtime.tables import instant, territory_key, words


class Reminder(Base, table=True):
    """One rung of the ladder of a referral, waiting for its instant; once a referral, step and instant.

    `state` is armed, fired or disarmed; `version` is that of the fact with the plan. `held_until` is until when a
    process has it in hand: afterwards another may take it.
    """

    __table_args__ = (
        UniqueConstraint("referral", "step", "due_at", name="reminder_once"),
        Index("reminder_armed", "due_at", postgresql_where=text("state = 'armed'")),
        Index("reminder_fired", "fired_at", postgresql_where=text("state = 'fired'")),
    )

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    referral: UUID
    step: str
    due_at: datetime = Field(sa_column=instant())
    audience: list[str] = Field(sa_column=words())
    assignee: UUID
    referent: UUID | None = None
    desk: UUID
    version: int
    state: str = "armed"
    held_until: datetime | None = Field(default=None, sa_column=instant(True))
    fired_at: datetime | None = Field(default=None, sa_column=instant(True))


class Preference(Base, table=True):
    """How an account wants its mail: a Rhythm, quiet hours of Paris, quiet weekends, and whether a text message too."""

    account: UUID = Field(primary_key=True)
    rhythm: str
    quiet_from: time | None = None
    quiet_until: time | None = None
    quiet_weekends: bool = False
    sms: bool = False


class Heartbeat(Base, table=True):
    """When a job last finished a turn, by our clock and by the database's; `skew` is their difference in seconds."""

    territory: str | None = territory_key()
    name: str = Field(primary_key=True)
    beat_at: datetime = Field(sa_column=instant())
    seen_at: datetime = Field(sa_column=instant())
    skew: float = 0.0


class LedgerLine(Base, table=True):
    """How many tellings due on a day (of Paris) became what, and why; counts only, for the page of the ledger.

    `repeats`: how often those were taken again from a process that died with them.
    """

    territory: str | None = territory_key()
    day: date = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    reason: str = Field(default="", primary_key=True)
    count: int
    repeats: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


_OWN = f"account = {ACCOUNT}"
ACCESS = (
    Access("reminder", worker="SELECT, INSERT, UPDATE, DELETE"),
    Access("preference", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE, DELETE", visible=_OWN, writable=_OWN),
    Access("ledgerline", web="SELECT", worker="SELECT, INSERT, UPDATE, DELETE"),
    Access("heartbeat", web="SELECT", worker="SELECT, INSERT, UPDATE"),
)
