"""Ladders, what is stuck, and the checks after the end, in the database: who may, what stays, what is asked once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.actions import Acknowledge, Close, Decline, RecordCheck
from contracts.asks import FollowUpReferral, ListTasks
from contracts.refusals import DateInThePast, ManagerAskedAlready, ReferralAlreadyAnswered, RoleNotAllowed
from contracts.replies import AudienceFound
from contracts.vocabulary import DeclineReason, FollowTask, LadderReason, ManagerAsk, Outcome, RightReally, TaskKind
from services.referral import clocks, handlers, ladder_store, stuck
from services.referral.business_time import paris_day
from services.referral.desk_terms import terms_for, terms_of_all
from services.referral.ladder_simulation import replay
from services.referral.ladder_store import NewVersion
from services.referral.ladder_versions import RUNG_BOUNDS, TERRITORY, changed
from services.referral.stuck import Matter
from services.referral.web_ladder import compare
from tests.referral.referral_world import NOON, TODAY, World

SLOW = changed({"acknowledge_days": 6, "urgent_hours": 8, "contact_days": 12, "expires_days": 60}, {})


async def keep(alone, world, days_ahead=1, ladder=SLOW, viewer=None, owner=None, command=None):
    viewer = viewer or world.coordinator
    new = NewVersion(owner or world.desk, TODAY + timedelta(days=days_ahead), ladder, LadderReason.AGREED)
    async with alone.database.web(viewer, at=NOON) as work:
        await ladder_store.keep_version(viewer, work, command or uuid4(), new)


async def test_a_version_holds_for_what_begins_after_it_and_moves_nothing_that_was_promised(alone):
    world = World()
    before = await alone.sent(world, NOON)
    promised = (await alone.read(world.referent, before)).acknowledge_due
    await keep(alone, world)
    after = await alone.sent(world, NOON + timedelta(days=1))
    assert (await alone.read(world.referent, before)).acknowledge_due == promised == NOON + timedelta(days=2)
    assert (await alone.read(world.referent, after)).acknowledge_due == NOON + timedelta(days=9)  # six working days
    # The answer to the first begins the wait for a contact: by what holds now.
    at = NOON + timedelta(days=1, hours=1)
    await alone.act(world.agent, before, Acknowledge(promised_for=paris_day(at)), at)
    assert (await alone.read(world.referent, before)).contact_due > at + timedelta(days=14)
    assert (await alone.read(world.referent, before)).acknowledge_due == promised


async def test_a_version_is_kept_once_by_the_coordination_and_for_days_to_come(alone):
    world, command = World(), uuid4()
    for viewer in (world.manager, world.referent):
        with pytest.raises(RoleNotAllowed):
            await keep(alone, world, viewer=viewer)
    with pytest.raises(DateInThePast):
        await keep(alone, world, days_ahead=0)
    await keep(alone, world, command=command)
    await keep(alone, world, command=command)
    async with alone.database.web(world.referent) as work:
        found = (await terms_for(world.desk, work)).ladders.own
    assert [(one.ladder, one.reason, one.made_by) for one in found] == [(SLOW, "agreed", world.coordinator.account)]
    with pytest.raises(RoleNotAllowed):
        ladder_store.allow_reading(world.manages_elsewhere, world.desk)
    ladder_store.allow_reading(world.manager, world.desk)


async def test_what_was_promised_longer_expires_later(alone):
    world = World()
    await keep(alone, world)
    quick = await alone.sent(World(), NOON + timedelta(days=1))
    slow = await alone.sent(world, NOON + timedelta(days=1))
    clock, alone.database.clock = alone.database.clock, lambda: NOON + timedelta(days=32)
    try:
        await clocks.expire_unanswered(alone.database)
    finally:
        alone.database.clock = clock
    states = [await alone.scalar("SELECT state FROM referral WHERE ref = :ref", ref=ref) for ref in (quick, slow)]
    assert states == ["expired", "sent"]


async def test_the_record_replayed_plans_what_was_planned_and_a_change_is_seen_before_it_is_kept(alone):
    world = World()
    ref = await alone.sent(world, NOON)
    await alone.act(world.agent, ref, Acknowledge(promised_for=TODAY + timedelta(days=9)), NOON + timedelta(days=5))
    until = NOON + timedelta(days=40)
    async with alone.database.web(world.coordinator, at=until) as work:
        lives = await ladder_store.lives_between(world.coordinator, work, NOON, until, world.desk)
        terms = await terms_of_all(work)
        live = await alone_plans(work, ref)
    planned = [list(one.reminders) for one in replay(lives[0], lambda _: terms[TERRITORY])]
    assert [[one.model_dump(mode="json") for one in reminders] for reminders in planned] == live
    new = NewVersion(world.desk, paris_day(until) + timedelta(days=1), SLOW, LadderReason.AGREED)
    now, then, _, _ = compare(lives, terms, new, until)
    assert (now.late_answers[world.desk], then.late_answers[world.desk]) == (1, 0)
    with pytest.raises(RoleNotAllowed):
        async with alone.database.web(world.manager) as work:
            await ladder_store.lives_between(world.manager, work, NOON, until)


async def alone_plans(work, ref):
    rows = await work.execute("SELECT envelope FROM fact WHERE ref = :ref AND version > 0 ORDER BY version", ref=ref)
    known = set(RUNG_BOUNDS)
    return [[one for one in row.envelope["data"]["reminders"] if one["step"] in known] for row in rows]


async def test_what_is_stuck_is_listed_and_its_managers_are_asked_once_a_week(alone):
    world, behind = World(), AudienceFound(managers=(uuid4(),))
    late, declined = await alone.sent(world, NOON), await alone.sent(world, NOON)
    fine = await alone.sent(world, NOON + timedelta(days=7))
    await alone.act(world.agent, declined, Decline(reason=DeclineReason.OUT_OF_AREA), NOON)
    at = NOON + timedelta(days=7, hours=1)

    async def listed():
        async with alone.database.web(world.coordinator, at=at) as work:
            return {one.ref: one for one in await stuck.list_stuck(world.coordinator, work) if one.desk == world.desk}

    async def ask(when, ref=late, viewer=world.coordinator):
        async with alone.database.web(viewer, at=when) as work:
            await stuck.ask_managers(viewer, work, uuid4(), ref, ManagerAsk.ASSIGN, behind)

    found = await listed()
    assert {ref: one.matter for ref, one in found.items()} == {late: Matter.UNANSWERED, declined: Matter.DECLINED}
    assert fine not in found and found[late].may_ask(at) and not found[declined].may_ask(at)
    await ask(at)
    assert not (await listed())[late].may_ask(at)
    with pytest.raises(ManagerAskedAlready):
        await ask(at + timedelta(days=6))
    await ask(at + timedelta(days=7))
    with pytest.raises(ReferralAlreadyAnswered):
        await ask(at, declined)
    for viewer in (world.manager, world.referent):
        with pytest.raises(RoleNotAllowed):
            await ask(at, viewer=viewer)
    view = await alone.read(world.manager, late)
    assert [step.details for step in view.steps if step.fact == "ReferralManagerAsked"] == [{"what": "assign"}] * 2
    assert view.version == 1 and view.acknowledge_due == NOON + timedelta(days=2)  # no clock moved


async def test_the_checks_are_asked_on_their_days_and_an_answer_is_kept_apart_from_the_desk(alone):
    world = World()
    ref = await alone.in_progress(world)
    await alone.act(world.agent, ref, Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=TODAY), NOON)

    async def tasks(days):
        async with alone.database.web(world.referent, at=NOON + timedelta(days=days)) as work:
            found = (await handlers.list_tasks(ListTasks(viewer=world.referent), work)).tasks
        return {one.follow or one.kind for one in found}

    assert await tasks(29) == {TaskKind.OUTCOME_TO_CHECK}
    assert await tasks(30) == {FollowTask.CHECK_30}
    check = RecordCheck(contacted=True, right_open=RightReally.YES)
    ask = FollowUpReferral(viewer=world.referent, ref=ref, action=check)
    async with alone.database.web(world.referent, at=NOON + timedelta(days=30)) as work:
        await handlers.act_on_referral(ask, work)
    assert await tasks(31) == set() and await tasks(90) == {FollowTask.CHECK_90}
    assert await tasks(345) == {FollowTask.CHECK_90, FollowTask.RIGHT_TO_RENEW}
    steps = {viewer.account: (await alone.read(viewer, ref)).steps for viewer in (world.referent, world.agent)}
    said = {who: [one.details for one in found if one.fact == "ReferralChecked"] for who, found in steps.items()}
    assert said[world.referent.account] == [{"step": "check_30", "contacted": "true", "right_open": "yes"}]
    assert said[world.agent.account] == [{"step": "check_30"}]
    async with alone.database.web(world.agent) as work:
        assert (await work.execute("SELECT count(*) FROM checkanswer WHERE referral = :ref", ref=ref)).scalar() == 0
    assert await alone.scalar("SELECT right_open FROM checkanswer WHERE referral = :ref", ref=ref) == "yes"
