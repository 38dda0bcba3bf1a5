"""The sender: takes due tellings in small batches, asks for the address at the moment of sending, and settles each.

A telling is marked as in hand before its mail leaves: a crash in between repeats the mail, under the same Message-ID.
"""

import asyncio
import contextlib

from prometheus_client import Counter

from contracts.asks import ResolveAddress
from contracts.refusals import NotFound, Refusal
from contracts.replies import Address
from services.notify import ledger, mail
from services.notify.domain import MAX_ATTEMPTS, STALE_AFTER, Kind, Reason, Recipients, State, next_delay, recipients_of
from services.notify.smtp import Mailer, NotSent
from services.notify.subscribers import TELLING_DUE
from services.notify.tables import Telling
from services.runtime import telemetry
from services.runtime.process import Service
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
        await asyncio.gather(*(self._send(telling) for telling in taken))
        return len(taken)

    async def _send(self, telling: Telling) -> None:
        try:
            refused = await self._tell(telling)
        except NotSent as error:
            await self._put_back(telling, error.reason, final=error.final)
        except Refusal:
            await self._put_back(telling, Reason.DIRECTORY_AWAY)
        except Exception as error:  # one telling stops no other, and none is lost
            log.error("telling_failed", error=type(error).__name__, reference=str(telling.ref))
            await self._put_back(telling, Reason.SURPRISE)
        else:
            await self._settle(telling, State.SUPPRESSED if refused else State.SENT, refused)

    async def _tell(self, telling: Telling) -> Reason | None:
        """Send the mail, or say why nobody is to be told."""
        now = self.service.clock()
        if now - telling.due_at > STALE_AFTER:
            return Reason.STALE
        try:
            address: Address = await self.service.bus.ask(ResolveAddress(account=telling.account))
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
        await self.mailer.send(message)
        return None

    async def _put_back(self, telling: Telling, reason: Reason, *, final: bool = False) -> None:
        MAILS.labels(telling.kind, reason.value).inc()
        if final or telling.attempts >= MAX_ATTEMPTS:
            log.error("telling_given_up", slug=reason.value, reference=str(telling.ref), count=telling.attempts)
            return await self._settle(telling, State.FAILED, reason)
        log.warning("telling_put_back", slug=reason.value, reference=str(telling.ref), count=telling.attempts)
        async with self.service.database.worker() as work:
            await ledger.settle(work, telling, State.PENDING, reason, again_in=next_delay(telling.attempts))
        return None

    async def _settle(self, telling: Telling, state: State, reason: Reason | None) -> None:
        if state is State.SENT:
            MAILS.labels(telling.kind, "sent").inc()
        async with self.service.database.worker() as work:
            await ledger.settle(work, telling, state, reason)


def address_of(settings: Settings) -> str:
    """The address that people type: the public one, or that of the web server itself."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"
