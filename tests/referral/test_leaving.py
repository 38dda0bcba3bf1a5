"""A departure leaves no referral in nobody's hands, and no task with somebody who is gone."""

from datetime import timedelta
from uuid import uuid4

from contracts.actions import Acknowledge, Recall
from contracts.facts import DeskItemUnattended, MemberLeft, OrganisationLeft
from contracts.lifecycle import State
from contracts.vocabulary import DepartureReason, DepartureTask, RecallReason
from tests.referral.referral_world import NOON, TODAY, World


def unattended(world, ref, **given):
    values = {"ref": ref, "desk": world.desk, "previous": world.agent.account, "at": NOON, **given}
    return DeskItemUnattended(**values)


async def kinds(alone, viewer):
    return [(task.departure, task.referral) for task in (await alone.tasks(viewer)).tasks]


async def test_whoever_was_found_has_it_in_hand_without_a_new_clock(alone):
    world, successor = World(), uuid4()
    ref = await alone.sent(world)
    before = await alone.read(world.referent, ref)
    await alone.react(unattended(world, ref, successor=successor), NOON + timedelta(hours=3))
    after = await alone.read(world.referent, ref)
    assert (after.assignee, after.version) == (successor, 2)
    assert (after.acknowledge_due, after.next_due) == (before.acknowledge_due, before.next_due)
    assert (after.steps[-1].fact, after.steps[-1].actor) == ("ReferralAssigned", None)


async def test_one_that_was_given_to_somebody_else_meanwhile_or_ended_stays_as_it_is(alone):
    world, successor = World(), uuid4()
    given, ended = await alone.sent(world, assignee=uuid4()), await alone.sent(world)
    await alone.act(world.referent, ended, Recall(reason=RecallReason.MISTAKE), NOON)
    for ref in (given, ended, uuid4()):
        await alone.react(unattended(world, ref, successor=successor))
    assert (await alone.read(world.referent, given)).assignee != successor
    assert (await alone.read(world.referent, ended)).version == 2


async def test_a_desk_without_anybody_asks_its_referent_to_decide_until_somebody_answers(alone):
    world = World()
    ref, watched = await alone.sent(world), await alone.sent(world)
    await alone.react(unattended(world, ref))
    await alone.react(unattended(world, watched, managers=(uuid4(),)))
    assert await kinds(alone, world.referent) == [(DepartureTask.UNATTENDED, ref)]
    await alone.act(world.agent, ref, Acknowledge(promised_for=TODAY), NOON)
    assert await kinds(alone, world.referent) == []


async def test_the_heir_of_a_referent_has_her_tasks_and_the_next_ones(alone):
    world, heir = World(), None
    heir = world.referent.model_copy(update={"account": uuid4()})
    asked, later = await alone.sent(world), await alone.sent(world)
    await alone.react(unattended(world, asked))
    await alone.react(MemberLeft(ref=world.referent.account, organisation=world.ccas, heir=heir.account, at=NOON))
    assert await kinds(alone, world.referent) == []
    assert await kinds(alone, heir) == [(DepartureTask.UNATTENDED, asked)]
    await alone.react(unattended(world, later))
    assert [ref for _, ref in await kinds(alone, heir)] == [asked, later]


async def test_what_was_under_way_with_an_organisation_that_left_is_taken_back_with_a_task(alone):
    world, other = World(), World()
    waiting, going = await alone.sent(world), await alone.in_progress(world)
    elsewhere = await alone.sent(other)
    await alone.react(OrganisationLeft(ref=world.caf, desks=(world.desk,), at=NOON), NOON + timedelta(days=1))
    for ref in (waiting, going):
        found = await alone.read(world.referent, ref)
        assert found.state is State.RECALLED
        assert found.steps[-1].details["reason"] == DepartureReason.DESK_LEFT
        assert found.steps[-1].fact == "ReferralRecalledByDeparture"
    assert {ref for _, ref in await kinds(alone, world.referent)} == {waiting, going}
    assert {kind for kind, _ in await kinds(alone, world.referent)} == {DepartureTask.DESK_LEFT}
    assert (await alone.read(other.referent, elsewhere)).state is State.SENT
    row = await alone.scalar("SELECT ended_how FROM referral.episode WHERE referral = :ref", ref=going)
    assert row == "recalled"


async def test_choosing_another_desk_settles_that_task(alone):
    world, person = World(), uuid4()
    ref = await alone.sent(world, person=person)
    await alone.react(OrganisationLeft(ref=world.caf, at=NOON))
    assert await kinds(alone, world.referent) == [(DepartureTask.DESK_LEFT, ref)]
    await alone.sent(world, person=person, desk=uuid4(), organisation=uuid4())
    assert await kinds(alone, world.referent) == []


async def test_what_a_sender_that_left_had_sent_ends_without_a_task_for_anybody(alone):
    world = World()
    ref = await alone.in_progress(world)
    await alone.react(OrganisationLeft(ref=world.ccas, at=NOON))
    found = await alone.read(world.agent, ref)
    assert found.state is State.RECALLED
    assert found.steps[-1].details["reason"] == DepartureReason.SENDER_LEFT
    assert await kinds(alone, world.referent) == []
