"""The ways in which a bus client loses or repeats facts by default, each tried against a real nats-server."""

import asyncio
from uuid import uuid4

import pytest
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from services.runtime.consuming import growing_delay
from services.runtime.inbox import MAX_ATTEMPTS
from tests.runtime.probe import Probe, delivered, envelope, met


async def test_a_fact_written_in_a_transaction_arrives_once(probe: Probe, until) -> None:
    fact = delivered()
    async with probe.database.web(None) as work:
        work.emit(fact)
    await until(lambda: probe.effects(fact.ref))
    assert await probe.effects(fact.ref) == [0]
    assert await probe.count("fact") == 1


async def test_a_transaction_that_fails_writes_no_fact(probe: Probe) -> None:
    with pytest.raises(RuntimeError):
        async with probe.database.web(None) as work:
            work.emit(delivered())
            raise RuntimeError
    assert await probe.count("fact") == 0
    assert await probe.count("probe_outbox") == 0


async def test_a_reaction_that_fails_is_tried_again_and_its_half_done_work_is_undone(probe: Probe, until) -> None:
    fact = delivered()
    probe.broken.add(fact.ref)
    await probe.bus.publish(envelope(fact))
    await until(lambda: _true(len(probe.tried) >= 2))
    assert await probe.effects(fact.ref) == []
    probe.broken.clear()
    await until(lambda: probe.effects(fact.ref))
    assert await probe.effects(fact.ref) == [0]


async def test_a_fact_that_keeps_failing_becomes_a_dead_letter_without_what_the_error_said(probe: Probe, until) -> None:
    fact = delivered()
    one = envelope(fact)
    for _ in range(MAX_ATTEMPTS - 1):
        assert not await probe.inbox.failed("probe-desk_item", one, ValueError("née 12/03/1951"))
    assert await probe.inbox.failed("probe-desk_item", one, ValueError("née 12/03/1951"))
    async with probe.database.worker() as work:
        row = (await work.execute("SELECT id, error, envelope::text FROM dead_letter")).one()
    assert row.error == "ValueError"
    assert "née" not in row.envelope
    await probe.inbox.replay_dead_letter(row.id)
    assert await probe.effects(fact.ref) == [0]


async def test_one_bad_fact_of_a_batch_stops_no_other(probe: Probe, until) -> None:
    facts = [delivered() for _ in range(20)]
    probe.broken.add(facts[7].ref)
    await asyncio.gather(*(probe.bus.publish(envelope(fact)) for fact in facts))
    for fact in facts:
        if fact.ref not in probe.broken:
            await until(lambda fact=fact: probe.effects(fact.ref))
    assert await probe.effects(facts[7].ref) == []


async def test_the_same_fact_delivered_three_times_has_one_effect(probe: Probe) -> None:
    one = envelope(delivered())
    for _ in range(3):
        await probe.inbox.take("probe-desk_item", [one, one])
    assert await probe.effects(one.data["ref"]) == [0]


async def test_versions_are_applied_in_order_whatever_the_order_of_arrival(probe: Probe) -> None:
    ref = uuid4()
    for version in (3, 5, 1, 4, 2, 2, 5):
        await probe.inbox.take("probe-desk_item", [envelope(delivered(ref, version))])
    assert await probe.effects(ref) == [1, 2, 3, 4, 5]
    assert await probe.count("parked") == 0


async def test_a_gap_is_reported_once_it_is_old(probe: Probe) -> None:
    ref = uuid4()
    await probe.inbox.take("probe-desk_item", [envelope(delivered(ref, 1)), envelope(delivered(ref, 3))])
    assert await probe.inbox.gaps(60) == []
    assert await probe.inbox.gaps(0) == [("probe-desk_item", ref, 1)]


async def test_a_parked_fact_that_fails_kills_itself_and_never_the_one_before_it(probe: Probe) -> None:
    ref, consumer = uuid4(), "probe-desk_item"
    first, bad, last = (envelope(delivered(ref, version)) for version in (1, 2, 3))
    await probe.inbox.take(consumer, [bad, last])
    probe.broken_versions.add((ref, 2))
    await probe.inbox.take(consumer, [first])
    assert await probe.effects(ref) == [1]
    assert await probe.inbox.gaps(0) == []  # nothing is missing: it failed
    for _ in range(MAX_ATTEMPTS - 1):
        assert await probe.count("dead_letter") == 0
        await probe.inbox.release_parked()
    async with probe.database.worker() as work:
        letter = (await work.execute("SELECT id, fact FROM dead_letter")).one()
    assert letter.fact == bad.id
    assert (await probe.count("failure"), await probe.count("parked")) == (0, 1)
    probe.broken_versions.clear()
    await probe.inbox.replay_dead_letter(letter.id)
    assert await probe.effects(ref) == [1, 2, 3]
    assert await probe.count("parked") == 0


async def test_a_parked_fact_that_fails_once_follows_at_the_next_turn_with_what_is_behind_it(probe: Probe) -> None:
    ref, consumer = uuid4(), "probe-desk_item"
    probe.broken_versions.add((ref, 2))
    for version in (3, 2, 1):
        await probe.inbox.take(consumer, [envelope(delivered(ref, version))])
    assert await probe.effects(ref) == [1]
    probe.broken_versions.clear()
    await probe.inbox.release_parked()
    assert await probe.effects(ref) == [1, 2, 3]
    assert await probe.count("parked") == 0


async def test_publishing_waits_for_the_stream_and_raises_when_it_does_not_take(probe: Probe) -> None:
    one = envelope(delivered()).model_dump(mode="json")
    with pytest.raises((NatsError, APIError)):
        await probe.bus.broker.publish(b"x", "elsewhere.nothing", stream="FACTS", timeout=1)
    await probe.bus.publish(one)


async def test_a_fact_waits_in_the_outbox_while_the_bus_is_away_and_leaves_when_it_is_back(probe: Probe, until) -> None:
    probe.nats.kill()
    fact = delivered()
    async with probe.database.web(None) as work:
        work.emit(fact)
    assert await probe.count("probe_outbox") == 1
    probe.nats.restart()
    await until(lambda: probe.effects(fact.ref), within=30)
    assert await probe.effects(fact.ref) == [0]


async def test_no_fact_is_fetched_and_then_forgotten(probe: Probe, until) -> None:
    facts = [delivered() for _ in range(60)]
    for fact in facts:
        await probe.bus.publish(envelope(fact))

    async def all_taken() -> bool:
        return await probe.count("effect") == len(facts)

    await until(all_taken, within=20)
    assert await probe.redelivered() == 0


async def test_a_fact_that_nobody_here_uses_is_taken_and_forgotten(probe: Probe) -> None:
    fact = met()
    await probe.inbox.take("probe-desk_item", [envelope(fact)])
    assert await probe.effects(fact.ref) == []


async def test_what_is_no_envelope_is_put_aside_and_stops_nothing(probe: Probe, until) -> None:
    await probe.bus.broker.publish(b"not json", "relais.essai.desk_item.delivered.v1", stream="FACTS", timeout=5)
    fact = delivered()
    await probe.bus.publish(envelope(fact))
    await until(lambda: probe.effects(fact.ref))


def test_the_delay_before_a_retry_grows_and_is_bounded() -> None:
    delays = [growing_delay(deliveries) for deliveries in range(1, 40)]
    assert delays == sorted(delays)
    assert delays[0] >= 0.1
    assert delays[-1] == 60.0


async def _true(value: bool) -> bool:
    return value
