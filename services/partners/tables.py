"""What partners keeps: the directory of professionals, how they sign in, and the list of each desk.

Nothing here is of a person accompanied: a desk item holds references, states and instants only.
"""

from datetime import date, datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, UniqueConstraint, Uuid, text
from sqlmodel import Field

from services.partners import (
    convention_tables,
    directory_tables,
    import_tables,
    permanence_tables,
    queue_tables,
    sign_in_tables,
    welcome_tables,
)
from services.partners.base import Base
from services.runtime.access import ACCOUNT, ORGANISATION, Access, at_my_desks, has_role, plumbing_access
from services.runtime.migrations import Schema
from services.runtime.purging import Age
from services.runtime.tables import instant, plumbing, words

# Written out, and the same in the statements that list: so the two partial indexes serve them.
STILL_OPEN = "state IN ('sent', 'acknowledged', 'in_progress', 'on_hold')"


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
    """A professional; `email` is lower-case, `function` her job title in French. An inactive one has left: she stays,
    so that what she did keeps her name, and her address may be given to somebody else.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str
    name: str
    function: str = ""
    phone: str | None = None
    organisation: UUID = Field(foreign_key="partners.organisation.ref", index=True)
    active: bool = True

    __table_args__ = (
        Index("account_email_active", "territory", "email", unique=True, postgresql_where=text("active")),
    )


class Membership(Base, table=True):
    """A role of an account, at a desk for the roles that have one; `confirmed_at` is when it was last said to hold."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    account: UUID = Field(foreign_key="partners.account.ref", index=True)
    role: str
    desk: UUID | None = Field(default=None, foreign_key="partners.desk.ref", index=True)
    confirmed_at: datetime | None = Field(default=None, sa_column=instant(True))

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
    """A signed-in browser; `hash` is the SHA-256 of its cookie, which is kept nowhere. `device` is a word or two of
    what kind of browser it is, `federation` the sealed token by which an OpenID provider ends its own session.
    """

    hash: str = Field(primary_key=True)
    ref: UUID = Field(
        default_factory=uuid4,
        sa_column=Column(Uuid, nullable=False, unique=True, server_default=text("gen_random_uuid()")),
    )
    method: str = Field(default="code", sa_column_kwargs={"server_default": "code"})
    device: str = Field(default="", sa_column_kwargs={"server_default": ""})
    federation: str | None = None
    account: UUID = Field(foreign_key="partners.account.ref", index=True)
    created_at: datetime = Field(sa_column=instant())
    seen_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    ended_at: datetime | None = Field(default=None, sa_column=instant(True))


class SignIn(Base, table=True):
    """A code asked for from one browser; `account` is None for an unknown address, which then never succeeds.

    `code_hash` is made with the browser's secret, so that the table alone does not give the code; `address` is the
    keyed fingerprint under which wrong tries are counted.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    browser: str = Field(index=True)
    account: UUID | None = None
    address: str = Field(default="", sa_column_kwargs={"server_default": ""})
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
    """A referral in the list of its desk, kept from the referral's facts; its reference is the referral's.

    `unattended_since` stands while whoever has it in hand can no longer answer and nobody took it over.
    """

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
    unattended_since: datetime | None = Field(default=None, sa_column=instant(True))

    __table_args__ = (
        Index("deskitem_desk_state", "desk", "state"),
        Index("deskitem_unattended", "desk", postgresql_where=text("unattended_since IS NOT NULL")),
        Index("deskitem_open", "desk", "acknowledge_due", postgresql_where=text(STILL_OPEN)),
        Index(
            "deskitem_ended", "desk", text("ended_at DESC NULLS LAST"), "ref",
            postgresql_where=text(f"NOT ({STILL_OPEN})"),
        ),
    )  # fmt: skip


PLUMBING = plumbing(Base, "partners")
_ALL = "SELECT, INSERT, UPDATE, DELETE"
_ADMINISTRATOR, _MANAGER = has_role("administrator"), has_role("desk_manager")
_OF_MY_DESKS = (
    f"EXISTS (SELECT 1 FROM partners.membership m WHERE m.account = absence.account AND {at_my_desks('m.desk')})"
)
# The directory names professionals only, so everybody signed in reads all of the territory's, and writes what is hers;
# the sign-in tables are read by their key before anybody is known, and are never listed.
ACCESS = (
    *(
        Access(table, web=f"SELECT, INSERT, UPDATE{more}", worker=_ALL, writable=f"{_ADMINISTRATOR} OR {own}")
        for table, own, more in (
            ("organisation", "false", ""),
            ("desk", f"{_MANAGER} AND {at_my_desks('ref')}", ""),
            ("account", f"ref = {ACCOUNT} OR {_MANAGER} AND organisation = {ORGANISATION}", ""),
            ("membership", f"{_MANAGER} AND {at_my_desks('desk')}", ", DELETE"),
            ("absence", f"account = {ACCOUNT} OR {_MANAGER} AND {_OF_MY_DESKS}", ", DELETE"),
        )
    ),
    Access("convention", "SELECT, INSERT, UPDATE", _ALL, "true", convention_tables.KEEPER),
    *convention_tables.ACCESS,
    *(Access(table, web="SELECT, INSERT, UPDATE", worker=_ALL) for table in ("session", "signin", "signinthrottle")),
    Access("deskitem", web="SELECT, UPDATE", worker=_ALL, visible=at_my_desks("desk")),
    *sign_in_tables.ACCESS,
    *directory_tables.ACCESS,
    *import_tables.ACCESS,
    *permanence_tables.ACCESS,
    *queue_tables.ACCESS,
    *welcome_tables.ACCESS,
    *plumbing_access("partners"),
)
AGES = (
    Age("session", "expires_at", 30, "Sessions closes des professionnels"),
    Age("signin", "created_at", 30, "Codes de connexion"),
    Age("signinthrottle", "since", 7, "Compteurs d’essais de connexion"),
    Age("signinchallenge", "created_at", 7, "Connexions commencées"),
    *import_tables.AGES,
    *convention_tables.AGES,
    Age("signinevent", "at", 3 * 365, "Journal des connexions (contrôle des accès)"),
)
SCHEMA = Schema("partners", Base.metadata, ACCESS, Path(__file__).with_name("migrations"), AGES)
