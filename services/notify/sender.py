"""The sender: takes what is due, asks for each address at the moment of sending, and settles a batch.

A telling is marked as in hand before its letter leaves: a crash in between repeats the letter, under the same
reference.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field
from uuid import UUID

from prometheus_client import Counter

from contracts.asks import ResolveAddress
from contracts.pages import UNSUBSCRIBE
from contracts.refusals import NotFound, Refusal
from contracts.replies import Address
from services.notify import bounces, ledger, mail, texts
from services.notify.bounces import Bounces, Mark
from services.notify.channels import Channel, Letter, Line, NotSent
from services.notify.domain import (
    FIRST_DELAY,
    LEASE,
    MAILS_A_WEEK,
    MAX_ATTEMPTS,
    STALE_AFTER,
    TEXTS_A_WEEK,
    Reason,
    Recipient,
    State,
    Way,
    mobile_of,
    next_delay,
    recipients_of,
)
from services.notify.dsn import Cause
from services.notify.ledger import InHand, Settled
from services.notify.subscribers import TELLING_DUE
from services.notify.tokens import Tokens
from services.notify.wishes import CAN_WAIT
from services.runtime import telemetry
from services.runtime.process import Remembered, Service
from services.runtime.settings import Settings

log = telemetry.logger("sender")
MAILS = Counter("relais_mails_total", "Letters that a provider took or did not take", ["kind", "result"])
REPEATED = Counter("relais_tellings_repeated_total", "Tellings taken again from a process that died with them")
BATCH = 10
PAUSE = 1.0
UNSUBSCRIBING = "unsubscribe"
BUDGETS = {Way.MAIL: MAILS_A_WEEK, Way.SMS: TEXTS_A_WEEK}


@dataclass
class Outcome:
    """What became of the tellings of one account: settled rows, whom the provider took letters for, whose address it
    refused.
    """

    settled: list[Settled] = field(default_factory=list)
    reached: list[Recipient] = field(default_factory=list)
    refused: list[Recipient] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """What all the letters of a batch share."""

    lines: dict[str, Line]
    addresses: Remembered[UUID, Address]
    sent: dict[tuple[UUID, str], int]
    marks: dict[UUID, Mark]


class Sender:
    """One process's sender; several may run, each takes what the others do not have in hand."""

    def __init__(self, service: Service, *channels: Channel) -> None:
        self.service, self.channels = service, {one.name: one for one in channels}
        self.tokens = Tokens(service.servers.keys / service.name)
        self.bounces = Bounces(service, self.tokens)
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
            accounts = {one.account for one in taken}
            sent = await ledger.letters_this_week(accounts, work) if taken else {}
            marked = await bounces.marks(accounts, work) if taken else {}
        if not taken:
            return 0
        REPEATED.inc(sum(one.again for one in taken))
        addresses = Remembered(self._address, seconds=LEASE.total_seconds())  # asked once a batch
        async with contextlib.AsyncExitStack() as stack:
            ways = {one.channel for one in taken} & self.channels.keys()
            lines = {way: await stack.enter_async_context(self.channels[way].connected()) for way in ways}
            batch = Batch(lines, addresses, sent, marked)
            outcomes = await asyncio.gather(*(self._send(mine, batch) for mine in _gathered(taken)))
        await self._write(outcomes)
        return len(taken)

    async def _write(self, outcomes: list[Outcome]) -> None:
        reached = [one for each in outcomes for one in each.reached]
        async with self.service.database.worker() as work:
            await ledger.settle(work, [one for each in outcomes for one in each.settled])
            if reached:
                await self.bounces.reached(reached, work)
        for one in [one for each in outcomes for one in each.refused]:
            # The ledger has it already; without the directory the mark waits for the next refusal.
            with contextlib.suppress(Refusal):
                await self.bounces.note(one.account, Cause.ADDRESS, by_relay=True)

    async def _send(self, mine: list[InHand], batch: Batch) -> Outcome:
        """One letter for all that one account has to be told now by one channel."""
        now, way = self.service.clock(), Way(mine[0].channel)
        within = batch.sent.get((mine[0].account, way.value), 0) < BUDGETS[way]
        useful = [one for one in mine if now - one.planned_for <= STALE_AFTER]
        kept = [one for one in useful if within or (way is Way.MAIL and one.kind not in CAN_WAIT)]
        outcome = Outcome([
            *(Settled(one, State.SUPPRESSED, Reason.STALE) for one in mine if one not in useful),
            *(Settled(one, State.SUPPRESSED, Reason.BUDGET) for one in useful if one not in kept),
        ])  # fmt: skip
        if not kept:
            return outcome
        try:
            refused = await (self._mail if way is Way.MAIL else self._text)(kept, batch, outcome)
        except NotSent as error:
            outcome.settled += [self._put_back(one, error) for one in kept]
        except Refusal:
            outcome.settled += [self._put_back(one, NotSent(Reason.DIRECTORY_AWAY)) for one in kept]
        except Exception as error:  # one letter stops no other, and none is lost
            log.error("telling_failed", error=type(error).__name__, reference=str(kept[0].ref))
            outcome.settled += [self._put_back(one, NotSent(Reason.SURPRISE)) for one in kept]
        else:
            outcome.settled += _told(kept, refused)
        return outcome

    async def _mail(self, mine: list[InHand], batch: Batch, outcome: Outcome) -> Reason | None:
        """Send the mails, or say why nobody is to be told. Raises NotSent when none of them was taken."""
        address = await self._known(mine[0].account, batch)
        found = address if isinstance(address, Reason) else recipients_of(address)
        if isinstance(found, Reason):
            return found
        people = [one for one in found.people if not self._comes_back(one, batch)]
        if not people:
            return Reason.BOUNCED
        root = address_of(self.service.settings)
        problem: NotSent | None = None
        for one in people:
            letter = mail.referral_awaits(
                mine, one, deputised=found.deputised, public_url=root, stop=self._stop(root, one.account)
            )
            try:
                await self._hand_over(Way.MAIL, letter, batch)
                outcome.reached.append(one)
            except NotSent as error:
                problem = error if problem is None or problem.final else problem
                outcome.refused += [one] if error.address else []
        if problem is not None and not outcome.reached:
            raise problem
        return None

    async def _text(self, mine: list[InHand], batch: Batch, outcome: Outcome) -> Reason | None:
        """Send the text message, or say why none goes."""
        address = await self._known(mine[0].account, batch)
        if isinstance(address, Reason):
            return address
        number = Reason.ABSENT if address.absent else mobile_of(address)
        if isinstance(number, Reason):
            return number
        letter = texts.referral_due(mine, number, public_url=address_of(self.service.settings))
        await self._hand_over(Way.SMS, letter, batch)
        return None

    async def _hand_over(self, way: Way, letter: Letter, batch: Batch) -> None:
        if way not in batch.lines:
            raise NotSent(Reason.NO_GATEWAY, final=True)
        await batch.lines[way].send(letter)

    async def _known(self, account: UUID, batch: Batch) -> Address | Reason:
        try:
            return await batch.addresses.of(account)
        except NotFound:
            return Reason.UNKNOWN

    def _comes_back(self, one: Recipient, batch: Batch) -> bool:
        mark = batch.marks.get(one.account)
        return mark is not None and mark.stops(self.tokens.fingerprint(one.email), self.service.clock())

    def _stop(self, root: str, account: UUID) -> str:
        return f"{root.rstrip('/')}{UNSUBSCRIBE}/{self.tokens.seal(UNSUBSCRIBING, account)}"

    async def _address(self, account: UUID) -> Address:
        return await self.service.bus.ask(ResolveAddress(account=account))

    def _put_back(self, telling: InHand, error: NotSent) -> Settled:
        reason = error.reason
        MAILS.labels(telling.kind, reason.value).inc()
        # A provider left alone was not tried: that wears out no telling.
        if reason is Reason.PAUSED:
            return Settled(telling, State.PENDING, reason, max(error.again_in or FIRST_DELAY, FIRST_DELAY))
        if error.final or telling.attempts >= MAX_ATTEMPTS:
            log.error("telling_given_up", slug=reason.value, reference=str(telling.ref), count=telling.attempts)
            return Settled(telling, State.FAILED, reason)
        log.warning("telling_put_back", slug=reason.value, reference=str(telling.ref), count=telling.attempts)
        return Settled(telling, State.PENDING, reason, next_delay(telling.attempts))


def _told(kept: list[InHand], refused: Reason | None) -> list[Settled]:
    """The first is the one that was sent; the others came with it."""
    if refused is not None:
        return [Settled(one, State.SUPPRESSED, refused) for one in kept]
    MAILS.labels(kept[0].kind, "sent").inc()
    return [Settled(kept[0], State.SENT), *(Settled(one, State.SUPPRESSED, Reason.MERGED) for one in kept[1:])]


def _gathered(taken: list[InHand]) -> list[list[InHand]]:
    """The tellings of each letter, the longest due first: one for each account and channel, and those begun before."""
    found: dict[tuple[UUID, str, UUID], list[InHand]] = {}
    for one in sorted(taken, key=lambda one: (one.due_at, one.ref)):
        found.setdefault((one.account, one.channel, one.reference), []).append(one)
    return list(found.values())


def address_of(settings: Settings) -> str:
    """The address that people type: the public one, or that of the web server itself."""
    return settings.public_url or f"http://{settings.host}:{settings.port}"
