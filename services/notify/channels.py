"""The one port to the outside: a channel takes a letter, or says by a named reason why it does not.

Mail and text messages are two adapters of it (`smtp.py`, `sms.py`); each provider has its own circuit breaker.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from prometheus_client import Gauge

from services.notify.breaker import Breaker, Circuit
from services.notify.domain import Reason
from services.runtime import telemetry
from services.runtime.clock import Clock

log = telemetry.logger("channels")
TIMEOUT = 10.0
STATE = Gauge("relais_channel_state", "How a provider stands: 0 answers, 1 on trial, 2 paused", ["channel"])
_LEVEL = {Circuit.CLOSED: 0, Circuit.HALF_OPEN: 1, Circuit.OPEN: 2}
# What says that the provider is not well; anything else is about this letter.
_AWAY = frozenset({Reason.RELAY_AWAY, Reason.GATEWAY_AWAY})


@dataclass(frozen=True)
class Letter:
    """What leaves, for one address. `reference` is the same for a repetition, so that it is recognised as one.

    `account` is whose address it is (None: nobody's that we know), `stop` the address that ends such letters.
    """

    reference: str
    to: str
    text: str
    subject: str = ""
    html: str = ""
    account: UUID | None = None
    stop: str | None = None


class NotSent(Exception):
    """The provider did not take the letter. `final`: it would refuse it again; `address`: because of the address.

    `again_in` is how long the provider is left alone, when it is.
    """

    def __init__(
        self, reason: Reason, *, final: bool = False, address: bool = False, again_in: timedelta | None = None
    ) -> None:
        self.reason, self.final, self.address, self.again_in = reason, final, address, again_in
        super().__init__(reason.value)


class Line(Protocol):
    """A way to the provider for several letters, one after the other."""

    async def send(self, letter: Letter) -> None:
        """Hand one letter over; returns once the provider answers for it. Raises NotSent."""


class Channel(Protocol):
    """A provider behind an adapter."""

    name: str
    circuit: "Guard"

    @property
    def offered(self) -> bool:
        """Whether anything leaves by it at all."""

    def connected(self, *, timeout: float = TIMEOUT) -> AbstractAsyncContextManager[Line]:
        """A line, opened with its first letter."""

    async def stop(self) -> None:
        """Give back what it holds."""


class Guard:
    """The breaker of one provider at work, with its metric."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name, self.clock, self.breaker = name, clock, Breaker()
        STATE.labels(name).set(0)

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Around one attempt. Raises NotSent at once, without an attempt, while the provider is left alone."""
        now = self.clock()
        if not self.breaker.allows(now):
            raise NotSent(Reason.PAUSED, again_in=self.breaker.again_in(now))
        try:
            yield
        except NotSent as error:
            self._note(well=error.reason not in _AWAY)
            raise
        else:
            self._note(well=True)

    def _note(self, *, well: bool) -> None:
        now = self.clock()
        before = self.breaker.state(now)
        (self.breaker.answered if well else self.breaker.failed)(now)
        after = self.breaker.state(now)
        STATE.labels(self.name).set(_LEVEL[after])
        if after is not before:
            log.warning("channel_state", component=self.name, slug=after.value)


async def send_one(channel: Channel, letter: Letter, *, timeout: float = TIMEOUT) -> None:
    """Hand one letter over by a channel. Raises NotSent."""
    async with channel.connected(timeout=timeout) as line:
        await line.send(letter)
