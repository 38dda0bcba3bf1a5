"""Addresses whose mails come back: marked by account, told to the managers of its desks, shown to whoever refers to it,
and forgotten when a mail stays delivered or the address is another.

An address is in no table: a keyed hash of it says whether it is still the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter

from contracts.asks import FindAudience, ListBouncing, ResolveAddress
from contracts.ladder import Audience
from contracts.replies import BouncingFound
from services.notify import ledger
from services.notify.domain import Kind, Reason, Recipient
from services.notify.dsn import Cause
from services.notify.subscribers import TELLING_DUE
from services.notify.tokens import Tokens
from services.runtime import telemetry
from services.runtime.database import Work
from services.runtime.process import Service

log = telemetry.logger("bounces")
BOUNCES = Counter("relais_bounces_total", "Mails that came back for good, by cause", ["cause"])
CLEAR_EVERY = 60.0
# A mail that has not come back after that has arrived; until then one a day is tried.
ARRIVED_AFTER, TRIED_EVERY = timedelta(hours=48), timedelta(hours=24)
_MARK = """
INSERT INTO bouncing (account, address, cause, by_relay, since, last_at, count)
VALUES (:account, :address, :cause, :by_relay, :now, :now, 1)
ON CONFLICT (account) DO UPDATE SET cause = excluded.cause, by_relay = excluded.by_relay, last_at = excluded.last_at,
    since = CASE WHEN bouncing.address = excluded.address THEN bouncing.since ELSE excluded.since END,
    count = CASE WHEN bouncing.address = excluded.address THEN bouncing.count + 1 ELSE 1 END,
    address = excluded.address
RETURNING count
"""
_SENT_BACK = """
UPDATE telling SET state = 'failed', reason = 'bounced' WHERE ref = :telling AND account = :account AND state = 'sent'
"""
# Accepted by the relay that had refused it, or gone to another address: it is well. Otherwise the wait begins.
_REACHED = """
UPDATE bouncing b SET last_sent_at = :now FROM
    unnest(cast(:accounts AS uuid[]), cast(:addresses AS text[])) AS one (account, address)
WHERE b.account = one.account RETURNING b.account, (b.by_relay OR b.address <> one.address) AS well
"""
_ARRIVED = "SELECT account FROM bouncing WHERE last_sent_at > last_at AND last_sent_at <= :before FOR UPDATE"
_FORGET = "DELETE FROM bouncing WHERE account = ANY(cast(:accounts AS uuid[]))"


@dataclass(frozen=True)
class Mark:
    """That the mails to an account come back."""

    address: str
    tried_at: datetime

    def stops(self, address: str, now: datetime) -> bool:
        """Whether another mail to that same address would be one too many today."""
        return address == self.address and now - self.tried_at < TRIED_EVERY


class Bounces:
    """One process's view of them."""

    def __init__(self, service: Service, tokens: Tokens) -> None:
        self.service, self.tokens = service, tokens

    async def note(self, account: UUID, cause: Cause, *, telling: UUID | None = None, by_relay: bool = False) -> None:
        """A mail to that account came back (`by_relay`: was refused at once). Refusals: NotFound, ServiceAway."""
        address = await self.service.bus.ask(ResolveAddress(account=account, with_desks=True))
        told = await self._managers(address.desks)
        async with self.service.database.worker() as work:
            values = {"address": self.tokens.fingerprint(address.email), "cause": cause.value, "by_relay": by_relay}
            found = await work.execute(_MARK, account=account, now=work.now, **values)
            if telling is not None:
                await work.execute(_SENT_BACK, telling=telling, account=account)
            if found.scalar_one() == 1:
                await _tell_managers(work, account, [one for one in told if one != account])
            work.hint(f"account.{account}")
        BOUNCES.labels(cause.value).inc()
        log.warning("mail_comes_back", slug=cause.value)

    async def _managers(self, desks: Sequence[UUID]) -> list[UUID]:
        found = [await self.service.bus.ask(FindAudience(desk=desk)) for desk in desks]
        return list(dict.fromkeys(one for each in found for one in each.managers))

    async def reached(self, people: Collection[Recipient], work: Work) -> None:
        """The relay took mails to these."""
        values = {"accounts": [one.account for one in people],
                  "addresses": [self.tokens.fingerprint(one.email) for one in people]}  # fmt: skip
        rows = await work.execute(_REACHED, now=work.now, **values)
        await _forget([row.account for row in rows if row.well], work)

    async def clear(self) -> None:
        """Forget those whose last mail has stayed where it went."""
        async with self.service.database.worker() as work:
            rows = await work.execute(_ARRIVED, before=work.now - ARRIVED_AFTER)
            await _forget([row.account for row in rows], work)


async def marks(accounts: Collection[UUID], work: Work) -> dict[UUID, Mark]:
    """Which of these accounts' mails come back."""
    rows = await work.execute(
        "SELECT account, address, greatest(last_at, last_sent_at) AS tried_at FROM bouncing"
        " WHERE account = ANY(cast(:accounts AS uuid[]))",
        accounts=list(accounts),
    )
    return {row.account: Mark(row.address, row.tried_at) for row in rows}


async def list_bouncing(ask: ListBouncing, work: Work) -> BouncingFound:
    """Which of these accounts' mails come back, and since when; all of them when none is named."""
    query = "SELECT account, since FROM bouncing WHERE :all OR account = ANY(cast(:accounts AS uuid[])) LIMIT 500"
    rows = await work.execute(query, accounts=list(ask.accounts), all=not ask.accounts)
    return BouncingFound(since={row.account: row.since for row in rows})


async def _forget(accounts: list[UUID], work: Work) -> None:
    if not accounts:
        return
    await work.execute(_FORGET, accounts=accounts)
    for account in accounts:
        await ledger.suppress(work, account, Reason.ALREADY_DONE, referent=False)
        work.hint(f"account.{account}")


async def _tell_managers(work: Work, account: UUID, managers: Sequence[UUID]) -> None:
    """What the telling is about is the account; a new fact each time, since it may come back another year."""
    if not managers:
        return
    fact = UUID(bytes=account.bytes[:8] + int(work.now.timestamp()).to_bytes(8, "big"))
    await ledger.enter(work, *(
        ledger.Entry(fact, manager, Kind.MAIL_COMES_BACK, account, work.now, Audience.MANAGER) for manager in managers
    ))
    work.hint(TELLING_DUE)
