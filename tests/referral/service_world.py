"""What the tests of the referral service read of its facts."""

from datetime import timedelta

from contracts.actions import (
    Acknowledge,
)
from contracts.asks import ReadFacts
from services.referral import handlers
from tests.referral.referral_world import TODAY, Alone, World

TOMORROW = TODAY + timedelta(days=1)


PROMISE = Acknowledge(promised_for=TOMORROW)


async def facts(alone: Alone, ref):
    async with alone.worker() as work:
        found = await handlers.read_facts(ReadFacts(ref=ref), work)
    return [envelope.type.split(".")[1] for envelope in found.envelopes]


async def kinds(alone: Alone, world: World):
    return [task.kind for task in (await alone.tasks(world.referent)).tasks]
