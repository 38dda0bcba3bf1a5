"""What a desk's list keeps beside its items: the views that somebody named, and who looks at a referral just now."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from services.partners.base import Base
from services.runtime.access import ACCOUNT, Access, at_my_desks
from services.runtime.tables import instant


class SavedView(Base, table=True):
    """A view of the list under a name of one's own; `query` is the list's address after the question mark."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    account: UUID = Field(foreign_key="partners.account.ref")
    name: str
    query: str
    created_at: datetime = Field(sa_column=instant())

    __table_args__ = (UniqueConstraint("account", "name", name="savedview_once"),)


class Presence(Base, table=True):
    """Which referral somebody looks at now: one row an account, overwritten, and gone a minute after it was seen last.

    There is no history of it, so nobody can be followed by it.
    """

    account: UUID = Field(primary_key=True, foreign_key="partners.account.ref")
    referral: UUID = Field(index=True)
    desk: UUID
    seen_at: datetime = Field(sa_column=instant())


_HERS = f"account = {ACCOUNT}"
ACCESS = (
    Access("savedview", "SELECT, INSERT, UPDATE, DELETE", "SELECT, DELETE", _HERS),
    Access(
        "presence", "SELECT, INSERT, UPDATE, DELETE", "SELECT, DELETE",
        visible=f"{_HERS} OR {at_my_desks('desk')}", writable=f"{_HERS} AND {at_my_desks('desk')}",
    ),
)  # fmt: skip
