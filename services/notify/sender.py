"""The sender: takes due tellings in small batches, asks for the address at the moment of sending, and settles a batch.

A telling is marked as in hand before its mail leaves: a crash in between repeats the mail, under the same Message-ID.
"""

import asyncio
import contextlib
from uuid import UUID

from prometheus_client import Counter

from contracts.asks import ResolveAddress
from contracts.refusals import NotFound, Refusal
from contracts.replies import Address
from services.notify import ledger, mail
from services.notify.domain import (
    LEASE,
    MAX_ATTEMPTS,
    STALE_AFTER,
    Kind,
    Reason,
    Recipients,
    State,
    next_delay,
    recipients_of,
)
from services.notify.ledger import InHand, Settled
from services.notify.smtp import Line, Mailer, NotSent
from services.notify.subscribers import TELLING_DUE
from services.runtime import telemetry
from services.runtime.process import Remembered, Service
from services.runtime.settings import Settings

log = telemetry.logger("sender")
MAILS = Counter("relais_mails_total", "Mails that the relay took or did not take", ["kind", "result"])
BATCH = 10
PAUSE = 1.0


class Sender:
    """One process's sender; several may run, each takes what the others do not have in hand."""

    def __init__(self, service: Service, mailer: Mailer) -> None:
        self.service, self.mailer = service, mailer
        self.woken = asyncio.Event()

    def wake_on(self, topic: str) -> None:
        """A hint listener: a telling was committed somewhere."""
        if topic == TELLING_DUE:
            self.woken.set()

    async def turn(self) -> None:
        """Wait for a telling or for a second, then send all that is due."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.woken.wait(), PAUSE)
        self.woken.clear()
        while await self.send_due():
            pass

    async def send_due(self) -> int:
        """Send one batch; returns how many tellings it took."""
        async with self.service.database.worker() as work:
            taken = await ledger.take_due(work, BATCH)
        if not taken:
            return 0
        addresses = Remembered(self._address, seconds=LEASE.total_seconds())  # asked once a batch
        async with self.mailer.connected() as line:
            settled = await asyncio.gather(*(self._send(telling, addresses, line) for telling in taken))
        async with self.service.database.worker() as work:
            await ledger.settle(work, settled)
        return len(taken)

    async def _send(self, telling: InHand, addresses: Remembered[UUID, Address], line: Line) -> Settled:
        try:
            refused = await self._tell(telling, addresses, line)
        except NotSent as error:
            return self._put_back(telling, error.reason, final=error.final)
        except Refusal:
            return self._put_back(telling, Reason.DIRECTORY_AWAY)
        except Exception as error:  # one telling stops no other, and none is lost
            log.error("telling_failed", error=type(error).__name__, reference=str(telling.ref))
            return self._put_back(telling, Reason.SURPRISE)
        if refused is None:
            MAILS.labels(telling.kind, "sent").inc()
        return Settled(telling, State.SUPPRESSED if refused else State.SENT, refused)

    async def _tell(self, telling: InHand, addresses: Remembered[UUID, Address], line: Line) -> Reason | None:
        """Send the mail, or say why nobody is to be told."""
        now = self.service.clock()
        if now - telling.due_at > STALE_AFTER:
            return Reason.STALE
        try:
            address = await addresses.of(telling.account)
        except NotFound:
            return Reason.UNKNOWN
        found = recipients_of(address)
        if not isinstance(found, Recipients):
            return found
        message = mail.referral_awaits(
            telling=telling.ref,
            referral=telling.referral,
            kind=Kind(telling.kind),
            deputised=found.deputised,
            public_url=address_of(self.service.settings),
            sender=self.mailer.sender,
            to=found.emails,
            at=now,
        )
        await line.send(message)
        return None

    async def _address(self, account: UUID) -> Address:
        return await self.service.bus.ask(ResolveAddress(account=account))

    def _put_back(self, telling: InHand, reason: Reason, *, final: bool = False) -> Settled:
        MAILS.labels(telling.kind, reason.value).inc()
        if final or telling.attempts >= MAX_ATTEMPTS:
            log.error("telling_given_up", slug=reason.value, reference=str(telling.ref), count=telling.attempts)
            return Settled(telling, State.FAILED, reason)
        log.warning("telling_put_back", slug=reason.value, reference=str(telling.ref), count=telling.attempts)
        return Settled(telling, State.PENDING, reason, next_delay(telling.attempts))


def address_of(settings: Settings) -> str:
    """The address that people type: the public one, or that of the web server itself."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"
