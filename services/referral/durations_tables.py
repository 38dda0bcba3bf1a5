"""The read model of the referral times: a row a clock, a row a referral, and the counted cells of every figure.

Kept in the transaction of each fact; `relais replay referral` rebuilds all of it from the record and compares. Nothing
of a person is here but, until the people are counted anew, the random reference of who was touched.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.base import Base
from services.runtime.access import ORGANISATION, Access, at_my_desks, has_role
from services.runtime.tables import instant, words


class Duration(Base, table=True):
    """One clock. `subject` is the referral (tta, ttc) or the root (ttr, tto); `seconds` of business time once ended.

    `number` is the episode in which it began, 0 for a root; `how` is `open`, the event or what came instead; `hops` the
    last hand-over of the root that it has seen.
    """

    clock: str = Field(primary_key=True)
    subject: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    desk: UUID
    organisation: UUID
    right: str
    sender_organisation: UUID
    hops: int
    start: datetime = Field(sa_column=instant())
    end: datetime | None = Field(default=None, sa_column=instant(True))
    how: str
    seconds: int | None = None

    __table_args__ = (
        Index("duration_of_subject", "subject"),
        Index("duration_by_start", "clock", "how", "start"),
        Index("duration_began", "clock", "start"),
        Index("duration_of_desk", "desk", "clock", "start"),
    )


class Course(Base, table=True):
    """What is counted of one referral besides its clocks; `held` is business seconds on hold by whose turn it was."""

    ref: UUID = Field(primary_key=True)
    root: UUID = Field(index=True)
    root_sent_at: datetime = Field(sa_column=instant())
    hops: int
    desk: UUID
    organisation: UUID
    right: str
    sender_organisation: UUID
    sent_at: datetime = Field(sa_column=instant())
    state: str
    episode: int
    version: int
    awaiting_since: datetime = Field(sa_column=instant())
    due: datetime | None = Field(default=None, sa_column=instant(True))
    answers: list[datetime] = Field(
        default_factory=list, sa_column=Column(ARRAY(DateTime(timezone=True)), nullable=False, server_default="{}")
    )
    accepted: bool = False
    outcome: str | None = None
    ended_at: datetime | None = Field(default=None, sa_column=instant(True))
    confirmed: bool | None = None
    contradicted: int = 0
    accompaniment_refused: int = 0
    held: dict[str, int] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    turn: str | None = None
    held_since: datetime | None = Field(default=None, sa_column=instant(True))
    reminded: list[datetime] = Field(
        default_factory=list, sa_column=Column(ARRAY(DateTime(timezone=True)), nullable=False, server_default="{}")
    )

    __table_args__ = (
        Index("course_by_sending", "root_sent_at"),
        # What a list behind a figure holds may be rare: each is read in its order without passing over all the others.
        Index("course_by_state", "state", "root_sent_at"),
        Index("course_by_outcome", "outcome", "root_sent_at", postgresql_where=text("state = 'closed'")),
        Index("course_reminded", "root_sent_at", postgresql_where=text("cardinality(reminded) > 0")),
        Index("course_contradicted", "root_sent_at", postgresql_where=text("contradicted > 0")),
        Index("course_passed_on", "root_sent_at", postgresql_where=text("hops > 0")),
    )


class Reminded(Base, table=True):
    """A reminder that was told (read model of ReminderTold, from which `course.reminded` follows)."""

    referral: UUID = Field(primary_key=True)
    step: str = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))


class TallyChange(Base, table=True):
    """What a transaction added to or took from the figures; gathered into `tally` within seconds, and read with it.

    Appended and never updated, so that no two transactions wait for each other over a figure.
    """

    seq: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    desk: UUID
    organisation: UUID
    right: str
    sender_organisation: UUID
    clock: str
    month: str
    how: str
    bucket: int
    n: int = Field(sa_column=Column(BigInteger, nullable=False))


class Tally(Base, table=True):
    """The counted cells by `split`: overall (``), desk, organisation, right, sender."""

    split: str = Field(primary_key=True)
    clock: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    how: str = Field(primary_key=True)
    bucket: int = Field(primary_key=True)
    n: int = Field(sa_column=Column(BigInteger, nullable=False))

    __table_args__ = (Index("tally_empty", "n", postgresql_where=text("n = 0")),)


class Touched(Base, table=True):
    """A person of whom something was written that the people's figures may count; gathered within seconds."""

    seq: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    person: UUID


class PersonStep(Base, table=True):
    """How far one person came, as last gathered: first met, first right noted, handed over, first right opened."""

    person: UUID = Field(primary_key=True)
    met_at: datetime | None = Field(default=None, sa_column=instant(True))
    identified_at: datetime | None = Field(default=None, sa_column=instant(True))
    sent: bool = False
    opened_at: datetime | None = Field(default=None, sa_column=instant(True))
    causes: list[str] = Field(default_factory=list, sa_column=words())


class BusinessCalendar(Base, table=True):
    """From which day on which hours hold: of a desk, or of the territory (the nil UUID). A day that has begun is never
    changed.

    `hours` are seven lists of [opens, closes] as `HH:MM`, Monday first; `closures` of [first, last] days, `last` null
    until further notice; `holidays` is `FR` or `FR-AM` (Alsace and Moselle). Of the rows in force on a day the last
    said counts. What was promised by a calendar is kept where it was promised, so nothing that was moves.
    """

    owner: UUID = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    holidays: str
    hours: list[list[list[str]]] = Field(sa_column=Column(JSONB, nullable=False))
    closures: list[list[str | None]] = Field(sa_column=Column(JSONB, nullable=False, server_default=text("'[]'")))
    said_at: datetime = Field(sa_column=instant())


_COORDINATOR = has_role("coordinator")
_PARTIES = f"sender_organisation = {ORGANISATION} OR {at_my_desks('desk')} OR {_COORDINATOR}"
ACCESS = (
    Access("duration", "SELECT, INSERT, UPDATE, DELETE", "SELECT, INSERT, UPDATE, DELETE", _PARTIES),
    Access("course", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE, DELETE", _PARTIES),
    Access("reminded", "SELECT", "SELECT, INSERT", _COORDINATOR),
    Access("tallychange", "SELECT, INSERT", "SELECT, INSERT, DELETE", _COORDINATOR, writable="true"),
    Access("tally", "SELECT", "SELECT, INSERT, UPDATE, DELETE", _COORDINATOR),
    Access("touched", "SELECT, INSERT", "SELECT, INSERT, UPDATE, DELETE", _COORDINATOR, writable="true"),
    Access("personstep", "SELECT", "SELECT, INSERT, UPDATE, DELETE", _COORDINATOR),
    Access("businesscalendar", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE", "true", writable=_COORDINATOR),
)
