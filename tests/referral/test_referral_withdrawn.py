"""A person takes her agreement back: before the referral is known, while it is made or open, and after its end."""

import asyncio
from uuid import uuid4

import pytest

from contracts.actions import ContestDecline, Decline, Reopen
from contracts.facts import ConsentWithdrawn
from contracts.lifecycle import State
from contracts.refusals import GrantWithdrawn, NotFound
from contracts.vocabulary import DeclineReason, ReopenReason
from tests.referral.referral_world import NOON, World


async def test_a_withdrawal_ends_what_is_open_and_refuses_what_is_not_known_yet(alone):
    world = World()
    ref, early = await alone.sent(world), world.send()
    await alone.react(ConsentWithdrawn(ref=uuid4(), referrals=(ref, early.ref), epoch=2, at=NOON))
    assert (await alone.read(world.referent, ref)).state is State.WITHDRAWN
    with pytest.raises(GrantWithdrawn):
        await alone.send(early, NOON)
    with pytest.raises(NotFound):
        await alone.read(world.referent, early.ref)


async def test_what_had_ended_when_the_person_withdrew_does_not_begin_again(alone):
    world = World()
    ask = world.send()
    await alone.send(ask, NOON)
    await alone.act(world.agent, ask.ref, Decline(reason=DeclineReason.OUT_OF_AREA), NOON)
    await alone.react(ConsentWithdrawn(ref=uuid4(), referrals=(ask.ref,), epoch=2, at=NOON))
    for viewer, action in (
        (world.referent, Reopen(reason=ReopenReason.NEW_ELEMENT)), (world.coordinator, ContestDecline())
    ):
        assert action.kind not in (await alone.read(viewer, ask.ref, NOON)).actions
        with pytest.raises(GrantWithdrawn):
            await alone.act(viewer, ask.ref, action, NOON)
    assert (await alone.send(ask, NOON)).state is State.DECLINED


async def test_a_withdrawal_and_a_sending_at_the_same_time_leave_nothing_open(alone):
    world = World()
    for _ in range(25):
        ask = world.send()
        await asyncio.gather(
            alone.send(ask, NOON), alone.react(ConsentWithdrawn(ref=uuid4(), referrals=(ask.ref,), epoch=2, at=NOON)),
            return_exceptions=True,
        )
        state = await alone.scalar("SELECT state FROM referral WHERE ref = :ref", ref=ask.ref)
        assert state in (None, "withdrawn")
