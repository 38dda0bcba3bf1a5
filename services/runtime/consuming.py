"""Taking facts from a pull consumer: waiting without polling, a batch in one transaction, and what fails put back.

The other half of `services.runtime.bus`; nothing else uses it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext

from contracts.envelope import Envelope
from services.runtime import telemetry
from services.runtime.inbox import Inbox, parse

log = telemetry.logger("bus")
IDLE_WAIT = 3.0
LONGEST_DELAY = 60.0


class Patient:
    """A pull subscription that waits for one fact, then takes what else is there.

    A plain fetch of a batch waits until the batch is full or its time is over: short, it asks the server hundreds of
    times a second for nothing; long, it delays every fact.
    """

    def __init__(self, subscription: JetStreamContext.PullSubscription) -> None:
        self.subscription = subscription

    async def fetch(self, batch: int, timeout: float) -> list[Msg]:
        """At least one message. Raises NatsTimeout when none came within IDLE_WAIT: the only one FastStream expects."""
        try:
            found: list[Msg] = await self.subscription.fetch(1, timeout=IDLE_WAIT)
        except TimeoutError as error:  # nats-py raises the plain one when little time was left
            raise NatsTimeout from error
        with suppress(TimeoutError):
            found += await self.subscription.fetch(batch - 1, timeout=timeout)
        return found

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else FastStream asks of it
        return getattr(self.subscription, name)


class Batch:
    """One fetch of a consumer: all in one transaction, or else one by one, so that one bad fact stops no other."""

    def __init__(self, durable: str, inbox: Inbox) -> None:
        self.durable, self.inbox = durable, inbox

    async def take(self, batch: Sequence[Msg]) -> None:
        read = [(message, await self._parse(message)) for message in batch]
        good = [(message, envelope) for message, envelope in read if envelope is not None]
        if not good:
            return
        service = self.inbox.database.service
        first = {"traceparent": good[0][1].traceparent or ""}
        with telemetry.span(f"take {self.durable}", carrier=first, service=service):
            try:
                await self.inbox.take(self.durable, [envelope for _, envelope in good])
            except Exception as error:
                if len(good) == 1:
                    return await self._put_back(*good[0], error)
                for one in good:
                    await self._take_one(*one)
                return None
        await asyncio.gather(*(message.ack() for message, _ in good))
        return None

    async def _take_one(self, message: Msg, envelope: Envelope) -> None:
        try:
            await self.inbox.take(self.durable, [envelope])
        except Exception as error:
            await self._put_back(message, envelope, error)
        else:
            await message.ack()

    async def _put_back(self, message: Msg, envelope: Envelope, error: Exception) -> None:
        log.warning(
            "fact_failed", consumer=self.durable, type=envelope.type, fact=str(envelope.id), error=type(error).__name__
        )
        try:
            if await self.inbox.failed(self.durable, envelope, error):
                log.error("dead_letter", consumer=self.durable, type=envelope.type, fact=str(envelope.id))
                return await message.ack()
        except Exception as again:
            log.warning("failure_not_counted", consumer=self.durable, error=type(again).__name__)
        return await message.nak(delay=growing_delay(message.metadata.num_delivered))

    async def _parse(self, message: Msg) -> Envelope | None:
        try:
            return parse(message.data)
        except ValueError:
            log.error("not_an_envelope", consumer=self.durable)
            await message.term()
            return None


def growing_delay(deliveries: int) -> float:
    """Seconds before a fact that failed comes back: 0.2, 0.4, 0.8 … at most 60."""
    return min(0.1 * 2 ** min(max(deliveries, 1), 20), LONGEST_DELAY)
