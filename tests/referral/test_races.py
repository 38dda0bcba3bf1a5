"""Acknowledge, recall, expire and withdraw fired at one referral at once, on a real PostgreSQL: one end, one order, and
whoever came too late is told by name.
"""

import asyncio
import random
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.actions import Acknowledge, Recall
from contracts.facts import ConsentWithdrawn
from contracts.refusal import Refusal
from contracts.vocabulary import RecallReason
from services.referral import clocks
from services.runtime.process import Service
from tests.conftest import rounds
from tests.referral.referral_world import NOON, TODAY, Alone, World

OVER = timedelta(days=31)
TOLD = {"referral-already-answered", "grant-withdrawn"}
ENDS = {"recalled", "expired", "withdrawn"}
ROUNDS = rounds(25)


@pytest.fixture
def at_noon(service: Service):
    """The clocks of the service at the instant at which the others act."""
    clock, service.database.clock = service.database.clock, lambda: NOON
    yield
    service.database.clock = clock


async def fired(alone: Alone, world: World, ref: UUID, rng: random.Random) -> dict[str, object]:
    """The four at once, each beginning some milliseconds apart in a drawn order; what each was answered."""
    withdrawn = ConsentWithdrawn(ref=uuid4(), referrals=(ref,), epoch=2, at=NOON)
    starts = {
        "acknowledged": lambda: alone.act(world.agent, ref, Acknowledge(promised_for=TODAY), NOON),
        "recalled": lambda: alone.act(world.referent, ref, Recall(reason=RecallReason.MISTAKE), NOON),
        "expired": lambda: clocks.expire_unanswered(alone.database),
        "withdrawn": lambda: alone.react(withdrawn),
    }
    names = rng.sample(list(starts), len(starts))

    async def begin(name: str) -> object:
        await asyncio.sleep(rng.random() * 0.004)
        return await starts[name]()

    answers = await asyncio.gather(*(begin(name) for name in names), return_exceptions=True)
    return dict(zip(names, answers, strict=True))


async def rows(alone: Alone, ref: UUID) -> list[tuple[int, str]]:
    """The facts of a referral: version and participle."""
    async with alone.worker() as work:
        found = await work.execute("SELECT version, type FROM referral.fact WHERE ref = :ref ORDER BY version", ref=ref)
        return [(row.version, row.type.split(".")[1]) for row in found.all()]


@pytest.mark.long
async def test_of_four_who_come_at_once_one_ends_it_and_the_others_are_told(alone: Alone, at_noon: None) -> None:
    world, rng, won = World(), random.Random(9), dict.fromkeys(sorted(ENDS), 0)
    for number in range(ROUNDS):
        ref = await alone.sent(world, NOON - OVER)
        answers = await fired(alone, world, ref, rng)
        happened = await rows(alone, ref)
        assert [version for version, _ in happened] == list(range(1, len(happened) + 1)), number
        words = [word for _, word in happened]
        assert words[0] == "sent" and words[-1] in ENDS, (number, words)
        # Nothing after its end, and before it at most that the desk had answered.
        assert words[1:-1] in ([], ["acknowledged"]), (number, words)
        won[words[-1]] += 1
        for name in ("acknowledged", "recalled"):
            answer = answers[name]
            if name in words:
                assert not isinstance(answer, BaseException), (number, name, answer)
            else:
                assert isinstance(answer, Refusal) and answer.slug in TOLD, (number, name, answer)
        assert not isinstance(answers["withdrawn"], BaseException) and not isinstance(answers["expired"], BaseException)
        state = await alone.scalar("SELECT state FROM referral.referral WHERE ref = :ref", ref=ref)
        assert state == words[-1]
    print(f"ended by: {won} of {ROUNDS}")
    assert sum(won.values()) == ROUNDS and len([one for one in won.values() if one]) > 1, won
