"""What notify keeps of providers and of addresses that do not receive. References, codes and keyed hashes only."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.notify.base import Base
from services.runtime.access import ACCOUNT, Access, has_role
from services.runtime.tables import instant, territory_key


class Bouncing(Base, table=True):
    """That mails to `account` come back. `address` is a keyed hash of where they went; `by_relay`: the relay refuses it
    at once, so that its taking one is proof enough; otherwise `last_sent_at` begins the wait for another return.
    """

    account: UUID = Field(primary_key=True)
    address: str
    cause: str
    by_relay: bool = False
    since: datetime = Field(sa_column=instant())
    last_at: datetime = Field(sa_column=instant())
    last_sent_at: datetime | None = Field(default=None, sa_column=instant(True))
    count: int = 1


class ChannelState(Base, table=True):
    """How the provider of a channel stands, as the process that sends last saw it; `since` when it came to stand so."""

    territory: str | None = territory_key()
    name: str = Field(primary_key=True)
    state: str
    since: datetime | None = Field(default=None, sa_column=instant(True))
    seen_at: datetime = Field(sa_column=instant())


# Whoever answers for the territory sees whose address has to be corrected.
_HERS = f"account = {ACCOUNT} OR {has_role('coordinator')} OR {has_role('administrator')}"
ACCESS = (
    Access("bouncing", web="SELECT", worker="SELECT, INSERT, UPDATE, DELETE", visible=_HERS),
    Access("channelstate", web="SELECT", worker="SELECT, INSERT, UPDATE"),
)
