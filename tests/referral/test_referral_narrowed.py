"""A person keeps a part of her agreement: what rests on the right that is out ends, and the rest goes on."""

from uuid import uuid4

import pytest

from contracts.facts import ConsentNarrowed
from contracts.lifecycle import State
from contracts.refusals import GrantWithdrawn
from tests.referral.referral_world import NOON, World


async def test_a_narrowing_ends_what_rests_on_the_right_that_is_out_and_nothing_else(alone):
    world = World()
    out, kept, early = await alone.sent(world), await alone.sent(world), world.send()
    await alone.react(ConsentNarrowed(ref=uuid4(), referrals=(out, early.ref), epoch=2, at=NOON))
    assert (await alone.read(world.referent, out)).state is State.WITHDRAWN
    assert (await alone.read(world.referent, kept)).state is State.SENT
    with pytest.raises(GrantWithdrawn):
        await alone.send(early, NOON)
