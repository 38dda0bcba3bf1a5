"""The queue checker, after Jepsen's: whatever is killed while referrals are sent, each one that was acknowledged is in
the right desk's list, once, and nothing is there that was never sent.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.topology import SERVICES
from tests.faults.fleet import Fleet, Noted, Until, Writers, fleet, seed

REFERRALS, PERSONS, A_FAULT, ROUNDS = 200, 32, 18, 3


def strikes(rng: random.Random) -> Iterator[list[list[str]]]:
    """Three rounds: each kills the bus and all four services, two at a time; the second PostgreSQL as well."""
    for number in range(ROUNDS):
        services = rng.sample(SERVICES, len(SERVICES))
        found = [["nats"], services[:2], services[2:], *([["postgres"]] if number == 1 else [])]
        yield rng.sample(found, len(found))


async def test_every_acknowledged_referral_arrives_once_at_its_desk_whatever_is_killed(until: Until) -> None:
    chosen = seed()
    print(f"RELAIS_FAULTS_SEED={chosen}")
    rng = random.Random(chosen)
    async with fleet(PERSONS) as running:
        targets = iter(rng.choices(running.territory.targets, k=REFERRALS))
        writers = Writers(running, until)
        for strike in strikes(rng):
            for victims in strike:
                await _strike_while_sending(running, writers, [next(targets) for _ in range(A_FAULT)], victims, rng)
            await until(running.ready, within=60)
        await writers.send(targets)
        print(f"answers: {writers.noted.answers}")
        record = await _drained(running, until)
        _check(record, writers.noted)


async def _strike_while_sending(
    running: Fleet, writers: Writers, batch: list, victims: list[str], rng: random.Random
) -> None:
    """Kill the victims once a drawn number of these is acknowledged, so with others on their way."""
    before, after = len(writers.noted.sent), rng.randrange(1, len(batch) - writers.at_once)
    sending = asyncio.create_task(writers.send(batch))

    async def some_are_acknowledged() -> bool:
        return sending.done() or len(writers.noted.sent) >= before + after

    await writers.until(some_are_acknowledged, within=150)
    print(f"kill {' and '.join(victims)} after {after}")
    await running.strike(victims)
    await sending


@dataclass
class Record:
    """What the database holds in the end, read past every service."""

    handovers: dict[UUID, str]
    referrals: dict[UUID, UUID]
    desk_items: dict[UUID, UUID]
    sent_facts: list[UUID]
    deliveries: list[UUID]
    tellings: list[UUID]
    delivered: int
    left: int


_LEFT = " + ".join(
    f"(SELECT count(*) FROM {name}.{name}_outbox) + (SELECT count(*) FROM {name}.parked)"
    f" + (SELECT count(*) FROM {name}.dead_letter)"
    for name in SERVICES
)


async def _read(running: Fleet) -> Record:
    connection = await asyncpg.connect(running.bench.ground.owner_url)
    try:
        return Record(
            dict(await connection.fetch("SELECT ref, step FROM intake.handover")),
            dict(await connection.fetch("SELECT ref, desk FROM referral.referral")),
            dict(await connection.fetch("SELECT ref, desk FROM partners.deskitem")),
            await _column(connection, "SELECT ref FROM referral.fact WHERE type = 'referral.sent.v1'"),
            await _column(connection, "SELECT ref FROM partners.fact WHERE type = 'desk_item.delivered.v1'"),
            await _column(connection, "SELECT referral FROM notify.telling"),
            await connection.fetchval("SELECT count(delivered_at) FROM referral.referral"),
            await connection.fetchval(f"SELECT {_LEFT}"),
        )
    finally:
        await connection.close()


async def _column(connection: asyncpg.Connection, query: str) -> list[UUID]:
    return [row[0] for row in await connection.fetch(query)]


async def _drained(running: Fleet, until: Until) -> Record:
    """Leases of killed relays and unacknowledged facts come back after 30 s: then all is where it belongs."""

    async def all_arrived() -> bool:
        record = await _read(running)
        counts = (len(record.desk_items), len(record.tellings), record.delivered)
        return record.left == 0 and min(counts) >= REFERRALS

    with contextlib.suppress(AssertionError):  # the check says what is missing
        await until(all_arrived, within=120)
    return await _read(running)


def _check(record: Record, noted: Noted) -> None:
    sent = {ref: noted.desks[key] for key, ref in noted.acknowledged.items()}
    assert len(sent) == len(noted.desks), "each command is one referral"
    assert record.desk_items.items() >= sent.items(), "lost, or at the wrong desk"
    assert record.desk_items.items() <= sent.items(), "never sent"
    assert record.referrals == sent
    assert record.handovers == dict.fromkeys(sent, "sent")
    for found in (record.sent_facts, record.deliveries, record.tellings):
        assert sorted(found) == sorted(sent), "exactly once"
    assert record.delivered == len(sent)
    assert record.left == 0, "nothing waits, nothing was given up"


ONE, OTHER = uuid4(), uuid4()


def _all_is_well() -> tuple[Record, Noted]:
    commands = {uuid4(): ref for ref in (ONE, OTHER)}
    noted = Noted(desks=dict.fromkeys(commands, ONE), acknowledged=commands)
    refs, desks = [ONE, OTHER], dict.fromkeys((ONE, OTHER), ONE)
    record = Record({ONE: "sent", OTHER: "sent"}, desks, dict(desks), refs, list(refs), list(refs), 2, 0)
    return record, noted


@pytest.mark.parametrize(
    "harm",
    [
        lambda record: record.desk_items.pop(ONE),
        lambda record: record.desk_items.update({ONE: OTHER}),
        lambda record: record.desk_items.update({uuid4(): ONE}),
        lambda record: record.deliveries.append(ONE),
        lambda record: record.tellings.append(ONE),
        lambda record: record.tellings.remove(ONE),
        lambda record: record.handovers.update({ONE: "sending"}),
        lambda record: setattr(record, "left", 1),
    ],
    ids=["lost", "wrong desk", "never sent", "delivered twice", "told twice", "not told", "not sent", "left over"],
)
def test_the_checker_sees_each_harm(harm: Callable[[Record], object]) -> None:
    record, noted = _all_is_well()
    _check(record, noted)
    harm(record)
    with pytest.raises(AssertionError):
        _check(record, noted)
