"""What referral keeps: each referral as it stands, one row an episode, every attempt, the referents' tasks.

`person` is a random reference; no name, date of birth or text of a person is in this schema. Instants are aware, UTC.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Column, DateTime, Index, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral import durations_tables, ladder_tables, open_data_tables, reminder_tables
from services.referral.base import Base
from services.referral.forgettable import forgettable
from services.runtime.access import ORGANISATION, PERSON, Access, at_my_desks, has_role, plumbing_access
from services.runtime.migrations import Schema
from services.runtime.tables import instant, plumbing, words

_OPEN = "'sent', 'acknowledged', 'in_progress', 'on_hold'"


class Referral(Base, table=True):
    """A referral as it stands. `sent_at` is its own first sending and never changes; `root_sent_at` that of its root.

    `acknowledged_at` … `outcome_confirmed` are those of the present episode: a reopening starts an episode with none of
    them, and what was before stays in `episode`. `awaiting_since` is when it last became `sent` (sent, contested,
    reopened): expiry counts from it. `been_at` are the desks of its chain before this one. `hold_seconds` is calendar
    time on hold by turn, holds that have ended only. `recorded_at` is when it was last written by the database's
    clock, `redelivered_at` when its newest fact was last published again, None until then; `delivered_at` is when the
    desk got what it has to answer now.
    """

    ref: UUID = Field(primary_key=True)
    person: UUID = Field(index=True)
    right: str
    mode: str
    urgent: bool = False
    accompanied: bool = False
    sender_organisation: UUID
    sender: UUID
    organisation: UUID
    desk: UUID
    contact: UUID
    assignee: UUID
    state: str
    turn: str | None = None
    state_before_hold: str | None = None
    question: UUID | None = None
    episode: int = 1
    version: int = 1
    root: UUID = Field(index=True)
    parent: UUID | None = None
    hops: int = 0
    been_at: list[UUID] = Field(
        default_factory=list, sa_column=Column(ARRAY(Uuid), nullable=False, server_default="{}")
    )
    sent_at: datetime = Field(sa_column=instant())
    root_sent_at: datetime = Field(sa_column=instant())
    episode_sent_at: datetime = Field(sa_column=instant())
    awaiting_since: datetime = Field(sa_column=instant())
    recorded_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now())
    )
    delivered_at: datetime | None = Field(default=None, sa_column=instant(True))
    redelivered_at: datetime | None = Field(default=None, sa_column=instant(True))
    first_viewed_at: datetime | None = Field(default=None, sa_column=instant(True))
    answered_at: datetime | None = Field(default=None, sa_column=instant(True))
    acknowledged_at: datetime | None = Field(default=None, sa_column=instant(True))
    first_attempt_at: datetime | None = Field(default=None, sa_column=instant(True))
    first_contact_at: datetime | None = Field(default=None, sa_column=instant(True))
    ended_at: datetime | None = Field(default=None, sa_column=instant(True))
    acknowledge_due: datetime | None = Field(default=None, sa_column=instant(True))
    contact_due: datetime | None = Field(default=None, sa_column=instant(True))
    promised_for: date | None = None
    resume_on: date | None = None
    next_due: datetime | None = Field(default=None, sa_column=instant(True))
    expires_at: datetime | None = Field(default=None, sa_column=instant(True))
    on_hold_since: datetime | None = Field(default=None, sa_column=instant(True))
    hold_seconds: dict[str, int] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    outcome: str | None = None
    date_of_effect: date | None = None
    ground: str | None = None
    cause: str | None = None
    outcome_confirmed: bool | None = None
    checked: str | None = None
    renews_on: date | None = None
    decline_reason: str | None = None
    decline_contested_episode: int | None = None
    proposed_desk: UUID | None = None
    proposed_organisation: UUID | None = None
    appointment: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True))

    __table_args__ = (
        Index("referral_of_sender", "sender_organisation", "sent_at"),
        Index("referral_of_desk", "desk", "sent_at"),
        Index("referral_by_sending", "root_sent_at"),
        Index("referral_by_state", "state", "root_sent_at"),
        Index("referral_unanswered", "acknowledge_due", "desk", postgresql_where=text("state = 'sent'")),
        Index("referral_ended", "state", "ended_at", postgresql_where=text("state IN ('declined', 'expired')")),
        Index("referral_awaiting", "awaiting_since", postgresql_where=text("state = 'sent'")),
        Index("referral_expires", "expires_at", postgresql_where=text("state = 'sent'")),
        Index("referral_on_hold", "resume_on", postgresql_where=text("state = 'on_hold'")),
        Index("referral_open_due", "next_due", postgresql_where=text(f"state IN ({_OPEN})")),
        Index(
            "referral_unreached",
            "contact_due",
            postgresql_where=text("state IN ('acknowledged', 'in_progress') AND first_contact_at IS NULL"),
        ),
        Index(
            "referral_quiet",
            "recorded_at",
            postgresql_where=text("state IN ('acknowledged', 'in_progress') AND first_contact_at IS NOT NULL"),
        ),
        Index(
            "referral_to_send_again",
            "recorded_at",
            postgresql_where=text("redelivered_at IS NULL OR state = 'sent' AND delivered_at IS NULL"),
        ),
    )


class Episode(Base, table=True):
    """One sending of a referral and its answer. An instant, once here, never changes (`ended_at` while the end stands).

    `answered_at` is the first of acknowledged, declined, redirected; `first_contact_at` the first attempt that reached
    the person; `ended_how` the state in which it ended. A contested decline takes its end back, not its answer.
    """

    referral: UUID = Field(primary_key=True, foreign_key="referral.referral.ref")
    number: int = Field(primary_key=True)
    sender_organisation: UUID
    organisation: UUID
    desk: UUID
    sent_at: datetime = Field(sa_column=instant())
    answered_at: datetime | None = Field(default=None, sa_column=instant(True))
    acknowledged_at: datetime | None = Field(default=None, sa_column=instant(True))
    acknowledge_due: datetime | None = Field(default=None, sa_column=instant(True))
    contact_due: datetime | None = Field(default=None, sa_column=instant(True))
    first_attempt_at: datetime | None = Field(default=None, sa_column=instant(True))
    first_contact_at: datetime | None = Field(default=None, sa_column=instant(True))
    ended_at: datetime | None = Field(default=None, sa_column=instant(True))
    ended_how: str | None = None
    outcome: str | None = None
    date_of_effect: date | None = None
    decline_reason: str | None = None
    outcome_confirmed: bool | None = None


class Attempt(Base, table=True):
    """One attempt of a desk to contact the person, by channel and result."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    referral: UUID = Field(foreign_key="referral.referral.ref")
    episode: int
    sender_organisation: UUID
    desk: UUID
    channel: str
    result: str
    at: datetime = Field(sa_column=instant())

    __table_args__ = (Index("attempt_of_referral", "referral", "episode"),)


class Task(Base, table=True):
    """Something the sender has to do: `account` is the referent, `done_at` None while it is open. Not shown before
    `since`, which may be a day to come.

    `desk` is the referral's: what the desk does can settle a task of the referent, under the desk's own transaction.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    referral: UUID = Field(foreign_key="referral.referral.ref")
    organisation: UUID
    account: UUID
    desk: UUID
    since: datetime = Field(sa_column=instant())
    due: date | None = None
    done_at: datetime | None = Field(default=None, sa_column=instant(True))

    __table_args__ = (
        Index("task_open", "referral", "kind", unique=True, postgresql_where=text("done_at IS NULL")),
        Index("task_of_organisation", "organisation", "account", postgresql_where=text("done_at IS NULL")),
    )


class WithdrawnEarly(Base, table=True):
    """A referral whose agreement ended while it was unknown here, or no longer open: it does not come, or not back."""

    ref: UUID = Field(primary_key=True)
    at: datetime = Field(sa_column=instant())


class Met(Base, table=True):
    """A person was met (read model of PersonMet, for the coordinators' funnel); `ref` is the encounter."""

    ref: UUID = Field(primary_key=True)
    person: UUID = Field(index=True)
    organisation: UUID
    channel: str
    at: datetime = Field(sa_column=instant())

    __table_args__ = (Index("met_by_day", "at"),)


class Identified(Base, table=True):
    """A rights review noted presumed rights (read model of RightsIdentified); `ref` is the review."""

    ref: UUID = Field(primary_key=True)
    person: UUID = Field(index=True)
    organisation: UUID
    rights: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    causes: list[str] = Field(default_factory=list, sa_column=words())
    at: datetime = Field(sa_column=instant())

    __table_args__ = (Index("identified_by_day", "at"),)


PLUMBING = plumbing(Base, "referral")
_COORDINATOR = has_role("coordinator")
_PARTIES = f"sender_organisation = {ORGANISATION} OR {at_my_desks('desk')} OR {_COORDINATOR}"
_TASK = f"organisation = {ORGANISATION} OR {at_my_desks('desk')} OR {_COORDINATOR}"
ACCESS = (
    Access("referral", "SELECT, INSERT, UPDATE", "SELECT, UPDATE", _PARTIES, herself=f"person = {PERSON}"),
    Access("episode", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE", _PARTIES),
    Access("attempt", "SELECT, INSERT", "SELECT", _PARTIES),
    Access("task", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE", _TASK),
    *reminder_tables.ACCESS,
    *ladder_tables.ACCESS,
    Access("withdrawnearly", "SELECT", "SELECT, INSERT"),
    Access("met", "SELECT", "SELECT, INSERT, UPDATE", _COORDINATOR),
    Access("identified", "SELECT", "SELECT, INSERT, UPDATE", _COORDINATOR),
    *durations_tables.ACCESS,
    *open_data_tables.ACCESS,
    *plumbing_access("referral"),
)
SCHEMA = Schema("referral", Base.metadata, forgettable(ACCESS, Base.metadata), Path(__file__).with_name("migrations"))
