"""The bus: with `consuming`, the only place that names FastStream and nats-py. Facts by JetStream, asks by core NATS.

FastStream's defaults lose or leak data, so all goes through here: facts are acknowledged by hand after the commit and
come back with a growing delay; publishing always waits for the stream's acknowledgement; nothing of a message is
logged.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.security import NatsCredentials
from faststream.nats.subscriber.usecases import BatchPullStreamSubscriber
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from pydantic import BaseModel, ValidationError

from contracts.envelope import STREAM, Ask, Envelope
from contracts.refusals import InvalidInput, Refusal, ServiceAway, from_wire
from contracts.topology import SERVICES, durables
from services.runtime import telemetry
from services.runtime.consuming import Batch, Patient
from services.runtime.inbox import Inbox

log = telemetry.logger("bus")
R = TypeVar("R", bound=BaseModel)
Answer = Callable[[Any], Awaitable[BaseModel]]
HintListener = Callable[[str], None]

PUBLISH_TIMEOUT = 5.0
ASK_TIMEOUT = 5.0
BATCH, BATCH_WAIT = 64, 0.005
ERASE_CHUNK = 100
_REPLY = b'{"reply":'


async def _whole(message: StreamMessage[Any]) -> Any:  # noqa: ANN401 - the message itself is the handler's argument
    return message


class Bus:
    """One service's connection. Register answers and consumers before `start`; `ask`, `publish` and `hint` after it."""

    def __init__(
        self, service: str, territory: str, url: str, credentials: Path, *, ask_timeout: float = ASK_TIMEOUT
    ) -> None:
        self.service, self.territory, self.ask_timeout = service, territory, ask_timeout
        self.listeners: list[HintListener] = []
        self.broker = NatsBroker(
            url,
            security=NatsCredentials(str(credentials)),
            name=f"relais-{service}",
            inbox_prefix=f"_INBOX_{service}",
            logger=None,
            apply_types=False,
            graceful_timeout=10,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            ping_interval=10,
            max_outstanding_pings=2,
            error_cb=self._on_error,
        )

    async def start(self) -> None:
        """Connect and begin to consume; waits for the server for as long as it takes."""
        await self.broker.start()
        await self._link.subscribe(f"hint.{self.territory}.>", cb=self._on_hint)
        for subscriber in self.broker.subscribers:
            if isinstance(subscriber, BatchPullStreamSubscriber) and subscriber.subscription is not None:
                subscriber.subscription = Patient(subscriber.subscription)  # type: ignore[assignment]

    async def stop(self) -> None:
        """Let running handlers end (10 s at most), then disconnect; also while the server is away."""
        connection = self.broker._connection
        try:
            await self.broker.stop()
        except NatsError:
            # There is nobody to say goodbye to: what was not acknowledged comes again.
            if connection is not None:
                await connection.close()

    @property
    def _link(self) -> Client:
        """The connection itself: FastStream around each message costs as much again. Raises ConnectionClosedError."""
        connection: Client | None = self.broker._connection
        if connection is None:
            raise ConnectionClosedError
        return connection

    @property
    def connected(self) -> bool:
        """True while the connection is up."""
        connection = self.broker._connection
        return bool(connection and connection.is_connected)

    # --- asks ---------------------------------------------------------------------------------------------------------

    def answer(self, kind: type[Ask[Any]], handler: Answer) -> None:
        """Answer this ask with `handler(ask)`; a Refusal it raises goes back by its slug, anything else as
        ServiceAway.
        """

        async def answered(message: NatsMessage) -> bytes:
            with telemetry.span(f"answer {kind.slug()}", carrier=message.headers, service=self.service):
                try:
                    reply = await handler(kind.model_validate_json(message.body))
                except Refusal as refusal:
                    return json.dumps({"refusal": refusal.wire()}).encode()
                except ValidationError:
                    return json.dumps({"refusal": InvalidInput(reason="Demande mal formée.").wire()}).encode()
                except Exception as error:
                    log.error("ask_failed", ask=kind.slug(), error=type(error).__name__)
                    return json.dumps({"refusal": ServiceAway().wire()}).encode()
                return _REPLY + reply.model_dump_json().encode() + b"}"

        self.broker.subscriber(kind.subject(self.territory), queue=self.service, decoder=_whole, max_workers=16)(
            answered
        )

    async def ask(self, ask: Ask[R]) -> R:
        """Send an ask and return its reply; raises the refusal it was answered with, or ServiceAway."""
        with telemetry.span(f"ask {ask.slug()}", service=self.service):
            try:
                message = await self._link.request(
                    ask.subject(self.territory),
                    ask.model_dump_json().encode(),
                    headers=telemetry.carrier() or None,
                    timeout=self.ask_timeout,
                )
            except (NatsError, TimeoutError, OSError) as error:
                raise ServiceAway(service=ask.answered_by) from error
        if message.data.startswith(_REPLY):
            return ask.reply.model_validate_json(message.data[len(_REPLY) : -1])  # type: ignore[return-value]
        body = json.loads(message.data or b"{}")
        if "refusal" in body:
            raise from_wire(body["refusal"])
        raise ServiceAway(service=ask.answered_by)

    # --- facts --------------------------------------------------------------------------------------------------------

    async def publish(self, envelope: Envelope | dict[str, Any]) -> None:
        """Hand a fact to the stream and wait for its acknowledgement; raises when the stream did not take it."""
        data = envelope if isinstance(envelope, dict) else envelope.model_dump(mode="json")
        await self._link.jetstream().publish(
            f"relais.{self.territory}.{data['type']}",
            json.dumps(data).encode(),
            stream=STREAM,
            timeout=PUBLISH_TIMEOUT,
            headers={"Nats-Msg-Id": str(data["id"])},
        )

    def listen(self, thing: str, durable: str, inbox: Inbox) -> None:
        """Take every fact of an object, in batches, from the durable consumer that `doctor` made."""

        async def take(message: NatsMessage) -> None:
            batch: Sequence[Msg] = message.raw_message
            await Batch(durable, inbox).take(batch)

        self.broker.subscriber(
            f"relais.{self.territory}.{thing}.>",
            stream=JStream(STREAM, declare=False),
            durable=durable,
            pull_sub=PullSub(batch_size=BATCH, timeout=BATCH_WAIT, batch=True),
            # FastStream does not hand the connection's own prefix on: `_INBOX.` is refused to us.
            inbox_prefix=f"_INBOX_{self.service}.".encode(),
            ack_policy=AckPolicy.MANUAL,
            decoder=_whole,
        )(take)

    async def lag(self, durable: str) -> int:
        """How many facts that consumer has still to take or to acknowledge."""
        connection = self.broker._connection
        assert connection is not None
        info = await connection.jetstream(timeout=ASK_TIMEOUT).consumer_info(STREAM, durable)
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    # --- erasing ------------------------------------------------------------------------------------------------------

    async def erase_messages(self, speaks_of: Callable[[bytes], bool]) -> tuple[int, int]:
        """Look through the whole stream and delete, overwriting them, the messages of which `speaks_of` is true.

        (deleted, left): what some consumer has still to take is left, for another time. Only intake may (`ERASES`).
        """
        js = self._link.jetstream(timeout=ASK_TIMEOUT)
        state = (await js.stream_info(STREAM)).state
        taken = await self._taken_by_all(js, state.last_seq)
        deleted = left = 0
        for start in range(state.first_seq, state.last_seq + 1, ERASE_CHUNK):
            numbers = range(start, min(start + ERASE_CHUNK, state.last_seq + 1))
            found = await asyncio.gather(*(self._kept(js, number) for number in numbers))
            for number, data in zip(numbers, found, strict=True):
                if data is None or not speaks_of(data):
                    continue
                if number > taken:
                    left += 1
                elif await js.delete_msg(STREAM, number):
                    deleted += 1
        return deleted, left

    @staticmethod
    async def _kept(js: JetStreamContext, number: int) -> bytes | None:
        try:
            return (await js.get_msg(STREAM, number)).data
        except NotFoundError:
            return None

    @staticmethod
    async def _taken_by_all(js: JetStreamContext, last: int) -> int:
        """The last message that no consumer waits for any more."""
        for durable in (one for service in SERVICES for one in durables(service).values()):
            info = await js.consumer_info(STREAM, durable)
            if info.num_pending or info.num_ack_pending:
                last = min(last, info.ack_floor.stream_seq if info.ack_floor else 0)
        return last

    # --- hints --------------------------------------------------------------------------------------------------------

    async def hint(self, topic: str) -> None:
        """Tell every web process that something moved. May be lost: a page that missed it still reads the truth."""
        try:
            await self._link.publish(f"hint.{self.territory}.{topic}")
        except (NatsError, TimeoutError, OSError):
            log.warning("hint_lost")

    async def _on_hint(self, message: Msg) -> None:
        topic = message.subject.split(".", 2)[2]
        for listener in self.listeners:
            listener(topic)

    async def _on_error(self, error: Exception) -> None:
        log.warning("bus_error", error=type(error).__name__)
