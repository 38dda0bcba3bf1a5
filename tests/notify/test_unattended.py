"""The managers of a desk are told of a referral that nobody follows any more, unless somebody took it over."""

from datetime import UTC, datetime
from uuid import uuid4

from contracts.envelope import Envelope
from contracts.facts import DeskItemUnattended


async def publish(world, **given):
    fact = DeskItemUnattended(ref=uuid4(), desk=uuid4(), previous=uuid4(), at=datetime.now(UTC), **given)
    await world.partners.publish(
        Envelope.of(fact, source="partners", time=fact.at, territory="essai", actor_kind="clock")
    )
    return fact


async def told(world, ref):
    async with world.service.database.worker() as work:
        return (await work.execute("SELECT account, kind FROM telling WHERE referral = :ref", ref=ref)).all()


async def test_every_manager_is_told_unless_somebody_took_over(world, until):
    managers = tuple(world.account()[0] for _ in range(2))
    taken = await publish(world, managers=managers, successor=uuid4())
    alone = await publish(world, managers=managers)

    async def both():
        return len(await told(world, alone.ref)) == 2

    await until(both)
    rows = await told(world, alone.ref)
    assert {row.account for row in rows} == set(managers)
    assert {row.kind for row in rows} == {"referral_unattended"}
    assert await told(world, taken.ref) == []
