"""A notify process on a fast clock: the real inbox, scheduler, ledger and sender on the real database, with a provider
that keeps what it takes, and named points at which the process dies.

Facts reach it as by the stream: at least once, in batches, in any order.
"""

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from contracts.envelope import Envelope, Fact
from services.notify.channels import Letter, NotSent
from services.notify.domain import LEASE, Reason
from services.notify.mail import compose
from services.notify.scheduler import Scheduler
from services.notify.sender import Sender
from services.notify.subscribers import REACTIONS
from services.notify.tables import PLUMBING, SCHEMA
from services.runtime.inbox import Inbox, Reaction
from services.runtime.process import Servers, Service
from services.runtime.settings import Settings
from tests.notify.year_model import Model
from tests.notify.year_people import Directory, Killed, People

SENDER = "relais@valbrume.example"
CRASH_POINTS = ("taking", "taken", "reminders in hand", "letters in hand", "letters handed over")
A_BATCH = 60


@dataclass
class FastClock:
    """An instant that the simulation sets."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Postbox:
    """A provider: takes most letters, is away or refuses now and then; `dies` when the process is to die beside it."""

    name: str
    rng: random.Random
    clock: FastClock
    taken: Counter[str] = field(default_factory=Counter)
    dies: str = ""
    dead: bool = False
    offered: bool = True

    @asynccontextmanager
    async def connected(self, *, timeout: float = 10.0) -> AsyncIterator["Postbox"]:
        if self.dies == "letters in hand":
            self._die()
        yield self

    async def send(self, letter: Letter) -> None:
        if self.dead:
            raise Killed(self.dies)
        drawn = self.rng.random()
        if drawn < 0.01:
            raise NotSent(Reason.RELAY_AWAY)
        if drawn < 0.013:
            raise NotSent(Reason.RELAY_REFUSED, final=True)
        self.taken[self._name_of(letter)] += 1
        if self.dies == "letters handed over":
            self._die()

    def _name_of(self, letter: Letter) -> str:
        """What a mail program recognises a repetition by: the Message-ID of the mail as it left."""
        if self.name != "mail":
            return letter.reference
        message: EmailMessage = compose(letter, sender=SENDER, at=self.clock())
        return str(message["Message-ID"])

    def _die(self) -> None:
        self.dead = True
        raise Killed(self.dies)


@dataclass
class Worker:
    """One territory's notify: `turn` does all that is due at the clock's instant, whatever dies meanwhile."""

    settings: Settings
    servers: Servers
    clock: FastClock
    people: People
    rng: random.Random
    kill_share: float
    model: Model
    kills: Counter[str] = field(default_factory=Counter)
    queue: list[Envelope] = field(default_factory=list)
    turns: int = 0
    _dying: bool = False

    def __post_init__(self) -> None:
        self.service = Service("notify", self.settings, self.servers, SCHEMA, PLUMBING, self.clock)
        self.service.database.send_hint = None
        self.directory = Directory(self.people, self.clock)
        self.service.bus = self.directory  # type: ignore[assignment]
        self.mail, self.sms = (Postbox(name, self.rng, self.clock) for name in ("mail", "sms"))
        reactions = {kind: self._mortal(reaction) for kind, reaction in REACTIONS.items()}
        self.inbox = Inbox(self.service.database, PLUMBING, reactions)
        self._start()

    def _start(self) -> None:
        """A new process: nothing of the one before but what the database has."""
        self._dying, self.mail.dies, self.sms.dies = False, "", ""
        self.mail.dead = self.sms.dead = self.directory.killed = False
        self.scheduler, self.sender = Scheduler(self.service), Sender(self.service, self.mail, self.sms)

    async def turn(self) -> None:
        """Take the facts, fire what is due, send what is due; each until it went through."""
        self.turns += 1
        for step in (self._take_all, self._fire_all, self._send_all):
            while not await self._lives(step):
                self.clock.now += LEASE + timedelta(seconds=1)

    async def forget(self) -> None:
        """Take all of this territory out of the database again."""
        async with self.service.database.worker() as work:
            for table in ("telling", "reminder", "preference", "inbox", "position", "parked"):
                await work.execute(f"DELETE FROM {table}")
        await self.service.database.close()

    async def _lives(self, step: Callable[[], Awaitable[None]]) -> bool:
        try:
            await step()
        except Killed as killed:
            self.kills[str(killed)] += 1
            self._start()
            return False
        return True

    async def _take_all(self) -> None:
        if self.rng.random() < 0.2:
            self.rng.shuffle(self.queue)
        while self.queue:
            batch = self.queue[:A_BATCH]
            again = self.rng.sample(batch, len(batch) // 20)
            self._dying = self._strikes("taking")
            await self.inbox.take("notify-referral", [*batch, *again])
            self._dying = False
            self.model.take(batch, self.clock())
            if self._strikes("taken"):
                self.queue = self.queue[len(batch) // 2 :]  # half was acknowledged: the rest comes again
                raise Killed("taken")
            self.queue = self.queue[len(batch) :]

    async def _fire_all(self) -> None:
        self.directory.killed = self._strikes("reminders in hand")
        if self.directory.killed:
            self.scheduler = Scheduler(self.service)  # one that knows nobody yet asks, and dies in the asking
        while await self.scheduler.fire_due():
            pass
        self.directory.killed = False
        self.model.fire(self.clock())

    async def _send_all(self) -> None:
        for point in ("letters in hand", "letters handed over"):
            if self._strikes(point):
                self.mail.dies = self.sms.dies = point
        while await self.sender.send_due():
            pass
        self.mail.dies = self.sms.dies = ""

    def _strikes(self, point: str) -> bool:
        """Now and then; and at each point at the first occasion after so many turns, so that none is left untried."""
        overdue = not self.kills[point] and self.turns > 12 * (1 + CRASH_POINTS.index(point))
        return overdue or self.rng.random() < self.kill_share

    def _mortal(self, reaction: Reaction) -> Reaction:
        async def react(fact: Fact, work: Any) -> None:
            await reaction(fact, work)
            if self._dying:
                self._dying = False
                raise Killed("taking")

        return react
