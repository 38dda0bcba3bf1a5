"""A process that dies between two steps of a fact's way, at each of them: the effect is there once, and nothing waits.

The cut is made by the real parts in this process: the step is done, the one after it is not, and a new one goes on.
"""

from collections.abc import Callable

import nats
from nats.aio.msg import Msg

from contracts.envelope import STREAM, Envelope
from services.runtime.relay import Relay
from tests.runtime.probe import PLUMBING, Probe, delivered

DURABLE = "probe-desk_item"


async def committed(probe: Probe) -> Envelope:
    """A fact whose process died right after the commit: it lies in the outbox, and nobody carries it."""
    await probe.relay.stop()
    async with probe.database.web(None) as work:
        one = work.emit(delivered())
    assert await probe.count("probe_outbox") == 1
    return one


async def goes_on(probe: Probe) -> None:
    """The process is started again."""
    probe.relay = Relay(probe.database, PLUMBING.outbox, probe.bus)
    await probe.relay.start()


async def arrived_once(probe: Probe, one: Envelope, until: Callable) -> None:
    """The effect is there, the outbox and the consumer are empty, and the effect is there once."""
    await until(lambda: probe.effects(one.data["ref"]))

    async def nothing_waits() -> bool:
        return await probe.count("probe_outbox") == 0 and await waiting(probe) == 0

    await until(nothing_waits, within=20)
    assert await probe.effects(one.data["ref"]) == [0]


async def waiting(probe: Probe) -> int:
    """Facts of the consumer that are not acknowledged."""
    client, stream = await admin(probe)
    try:
        found = await stream.consumer_info(STREAM, DURABLE)
        return int(found.num_pending or 0) + int(found.num_ack_pending or 0)
    finally:
        await client.close()


async def admin(probe: Probe) -> tuple[nats.NATS, nats.js.JetStreamContext]:
    client = await nats.connect(probe.nats.url, user_credentials=str(probe.nats.credentials("admin")))
    return client, client.jetstream()


async def test_dead_after_the_commit(probe: Probe, until: Callable) -> None:
    one = await committed(probe)
    await goes_on(probe)
    await arrived_once(probe, one, until)


async def test_dead_after_the_acknowledgement_of_the_stream_and_before_the_outbox_row_is_deleted(
    probe: Probe, until: Callable
) -> None:
    one = await committed(probe)
    await probe.bus.publish(one)
    await until(lambda: probe.effects(one.data["ref"]))
    await goes_on(probe)
    await arrived_once(probe, one, until)


async def test_carried_again_after_the_stream_has_forgotten_that_it_had_it(probe: Probe, until: Callable) -> None:
    one = await committed(probe)
    client, stream = await admin(probe)
    for _ in range(2):  # no message id: the stream takes it each time
        await stream.publish(f"relais.essai.{one.type}", one.model_dump_json().encode())
    await client.close()
    await goes_on(probe)
    await arrived_once(probe, one, until)
    assert await probe.count("inbox") == 1


async def test_dead_after_the_inbox_row_is_committed_and_before_the_acknowledgement(
    probe: Probe, until: Callable
) -> None:
    one = await committed(probe)
    await probe.bus.stop()
    await _taken_and_not_acknowledged(probe, one)
    assert await waiting(probe) == 1
    await probe.bus.start()
    await goes_on(probe)
    await arrived_once(probe, one, until)


async def _taken_and_not_acknowledged(probe: Probe, one: Envelope) -> None:
    client, stream = await admin(probe)
    await stream.publish(f"relais.essai.{one.type}", one.model_dump_json().encode())
    taking = await stream.pull_subscribe_bind(DURABLE, STREAM)
    messages: list[Msg] = await taking.fetch(1, timeout=5)
    assert messages[0].data == one.model_dump_json().encode()
    await probe.inbox.take(DURABLE, [one])
    await client.close()


async def test_a_process_that_is_asked_to_stop_while_the_bus_is_away_stops(probe: Probe, until: Callable) -> None:
    probe.nats.kill()
    try:

        async def away() -> bool:
            return not probe.bus.connected

        await until(away)
        await probe.bus.stop()
    finally:
        probe.nats.restart()
