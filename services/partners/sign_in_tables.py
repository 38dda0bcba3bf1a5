"""What signing in keeps: means of an account, one-use challenges, events, and the token of the first start.

Nothing typed is kept: secrets are hashes, or sealed with a key that lies outside the database.
"""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field

from services.partners.base import Base
from services.runtime.access import ACCOUNT, Access, has_role
from services.runtime.tables import instant, words


class Passkey(Base, table=True):
    """A passkey of an account; `sign_count` is what its authenticator last said, `cloned_at` the instant at which it
    went backwards: it then no longer signs in.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    account: UUID = Field(foreign_key="partners.account.ref", index=True)
    credential: str = Field(unique=True)
    public_key: bytes
    sign_count: int = Field(sa_column=Column(BigInteger, nullable=False))
    name: str
    created_at: datetime = Field(sa_column=instant())
    used_at: datetime | None = Field(default=None, sa_column=instant(True))
    cloned_at: datetime | None = Field(default=None, sa_column=instant(True))


class Password(Base, table=True):
    """A password and its second factor, made together: one without the other does not exist.

    `hash` is argon2id's own form; `totp` is the sealed secret, `totp_step` the last 30-second step that was used.
    """

    account: UUID = Field(primary_key=True, foreign_key="partners.account.ref")
    hash: str
    totp: str
    totp_step: int = Field(sa_column=Column(BigInteger, nullable=False))
    changed_at: datetime = Field(sa_column=instant())


class RecoveryCode(Base, table=True):
    """A code that stands in once for the second factor; only its hash is kept."""

    hash: str = Field(primary_key=True)
    account: UUID = Field(foreign_key="partners.account.ref", index=True)
    used_at: datetime | None = Field(default=None, sa_column=instant(True))


class FederatedIdentity(Base, table=True):
    """Who an account is at an OpenID provider, bound at the first sign-in by it."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    account: UUID = Field(foreign_key="partners.account.ref", index=True)
    issuer: str
    subject: str
    bound_at: datetime = Field(sa_column=instant())

    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="federatedidentity_subject"),
        UniqueConstraint("account", "issuer", name="federatedidentity_account"),
    )


class SignInChallenge(Base, table=True):
    """Something begun in one browser that is ended once, there, within minutes: a passkey ceremony, a trip to an
    OpenID provider, a password waiting for its second factor. `value` is sealed.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    holder: str = Field(index=True)
    account: UUID | None = None
    value: str
    created_at: datetime = Field(sa_column=instant())
    used_at: datetime | None = Field(default=None, sa_column=instant(True))


class SignInPolicy(Base, table=True):
    """The methods by which an organisation's people, or one account, may sign in; without a row all of them."""

    subject: UUID = Field(primary_key=True)
    methods: list[str] = Field(sa_column=words())


class SignInEvent(Base, table=True):
    """A try to sign in, or a change of the means to: instant, outcome and method; `account` None when nobody was
    recognised. The address typed is never kept.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    at: datetime = Field(sa_column=instant())
    account: UUID | None = None
    method: str
    outcome: str
    device: str = ""

    __table_args__ = (Index("signinevent_account_at", "account", "at"),)


class SetupToken(Base, table=True):
    """The token of an installation without any account: its hash, for half an hour, once."""

    hash: str = Field(primary_key=True)
    created_at: datetime = Field(sa_column=instant())
    used_at: datetime | None = Field(default=None, sa_column=instant(True))


_ALL = "SELECT, INSERT, UPDATE, DELETE"
# Read by their key before anybody is known, and listed for their own account alone; an account lists its own events.
ACCESS = (
    *(
        Access(table, web=_ALL, worker=_ALL)
        for table in ("passkey", "password", "recoverycode", "signinchallenge")
    ),
    Access("signinpolicy", web=_ALL, worker=_ALL, writable=f"subject = {ACCOUNT} OR {has_role('administrator')}"),
    Access("federatedidentity", web=_ALL, worker=_ALL),
    Access("signinevent", web="SELECT, INSERT", worker=_ALL, visible=f"account = {ACCOUNT}", writable="true"),
    Access("setuptoken", web="SELECT, UPDATE", worker=_ALL),
)
