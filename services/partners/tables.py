"""What partners keeps: the directory of professionals, how they sign in, and the list of each desk.

Nothing here is of a person accompanied: a desk item holds references, states and instants only.
"""

from datetime import date, datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from services.partners.base import Base
from services.runtime.access import Access, at_my_desks, plumbing_access
from services.runtime.migrations import Schema
from services.runtime.tables import instant, plumbing, words


class Organisation(Base, table=True):
    """A body of the territory; `kind` is an OrganisationKind, `closed` ends its part in the network."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    kind: str
    siret: str | None = None
    closed: bool = False


class Desk(Base, table=True):
    """A counter of an organisation: the rights it receives, in which modes; shut from `closed_from` to `closed_until`
    included (None: without end).
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    organisation: UUID = Field(foreign_key="partners.organisation.ref", index=True)
    name: str
    phone: str | None = None
    rights: list[str] = Field(sa_column=words())
    modes: list[str] = Field(sa_column=words())
    receives: bool = True
    closed_from: date | None = None
    closed_until: date | None = None


class Account(Base, table=True):
    """A professional; `email` is lower-case, `function` her job title in French. An inactive one has left."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str
    name: str
    function: str = ""
    phone: str | None = None
    organisation: UUID = Field(foreign_key="partners.organisation.ref", index=True)
    active: bool = True

    __table_args__ = (UniqueConstraint("territory", "email", name="account_email"),)


class Membership(Base, table=True):
    """A role of an account, at a desk for the roles that have one."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    account: UUID = Field(foreign_key="partners.account.ref", index=True)
    role: str
    desk: UUID | None = Field(default=None, foreign_key="partners.desk.ref", index=True)

    __table_args__ = (
        UniqueConstraint("account", "role", "desk", name="membership_once", postgresql_nulls_not_distinct=True),
    )


class Absence(Base, table=True):
    """Away from `starts` to `ends`, both included, perhaps with a deputy."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    account: UUID = Field(foreign_key="partners.account.ref", index=True)
    starts: date
    ends: date
    deputy: UUID | None = Field(default=None, foreign_key="partners.account.ref")


class Convention(Base, table=True):
    """The dated convention with an organisation: in force from `starts`, until just before `ends`."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    organisation: UUID = Field(foreign_key="partners.organisation.ref", index=True)
    starts: datetime = Field(sa_column=instant())
    ends: datetime = Field(sa_column=instant())


class Session(Base, table=True):
    """A signed-in browser; `hash` is the SHA-256 of its cookie, which is kept nowhere."""

    hash: str = Field(primary_key=True)
    account: UUID = Field(foreign_key="partners.account.ref", index=True)
    created_at: datetime = Field(sa_column=instant())
    seen_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    ended_at: datetime | None = Field(default=None, sa_column=instant(True))


class SignIn(Base, table=True):
    """A code asked for from one browser; `account` is None for an unknown address, which then never succeeds.

    `code_hash` is made with the browser's secret, so that the table alone does not give the code.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    browser: str = Field(index=True)
    account: UUID | None = None
    code_hash: str
    created_at: datetime = Field(sa_column=instant())
    tries: int = 0
    used_at: datetime | None = Field(default=None, sa_column=instant(True))


class SignInThrottle(Base, table=True):
    """How many codes were asked for by one key (hash of an address or of a browser) since `since`."""

    key: str = Field(primary_key=True)
    since: datetime = Field(sa_column=instant())
    count: int = 1


class DeskItem(Base, table=True):
    """A referral in the list of its desk, kept from the referral's facts; its reference is the referral's."""

    ref: UUID = Field(primary_key=True)
    organisation: UUID
    desk: UUID
    assignee: UUID
    right: str
    mode: str
    urgent: bool = False
    accompanied: bool = False
    sender_organisation: UUID
    sender: UUID
    state: str
    turn: str | None = None
    next_due: datetime | None = Field(default=None, sa_column=instant(True))
    acknowledge_due: datetime | None = Field(default=None, sa_column=instant(True))
    contact_due: datetime | None = Field(default=None, sa_column=instant(True))
    promised_for: date | None = None
    episode: int = 1
    version: int
    attempts: int = 0
    outcome: str | None = None
    redirect_proposed: bool = False
    received_at: datetime = Field(sa_column=instant())
    moved_at: datetime = Field(sa_column=instant())
    viewed_at: datetime | None = Field(default=None, sa_column=instant(True))
    ended_at: datetime | None = Field(default=None, sa_column=instant(True))

    __table_args__ = (Index("deskitem_desk_state", "desk", "state"),)


PLUMBING = plumbing(Base, "partners")
_ALL = "SELECT, INSERT, UPDATE, DELETE"
# The directory names professionals only, so everybody signed in reads all of the territory's; the sign-in tables are
# read by their key before anybody is known, and are never listed.
ACCESS = (
    *(
        Access(table, web="SELECT", worker=_ALL)
        for table in ("organisation", "desk", "account", "membership", "absence", "convention")
    ),
    *(Access(table, web="SELECT, INSERT, UPDATE", worker=_ALL) for table in ("session", "signin", "signinthrottle")),
    Access("deskitem", web="SELECT, UPDATE", worker=_ALL, visible=at_my_desks("desk")),
    *plumbing_access("partners"),
)
SCHEMA = Schema("partners", Base.metadata, ACCESS, Path(__file__).with_name("migrations"))
