"""Reminders on real servers: armed and disarmed by facts, fired once by any number of schedulers, merged if late."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.facts import ReferralAcknowledged, ReferralSent, ReferralWithdrawn, ReminderTold
from contracts.ladder import Audience, LadderStep, Reminder
from contracts.lifecycle import State
from contracts.replies import AudienceFound
from services.notify import reminders
from services.notify.scheduler import Scheduler

BEHIND = (Audience.ASSIGNEE, Audience.DEPUTY, Audience.MANAGER)


def rung(step: LadderStep, at: datetime, *audience: Audience) -> Reminder:
    return Reminder(step=step, at=at, audience=audience or (Audience.ASSIGNEE,))


async def armed(world, referral) -> list[str]:
    async with world.service.database.worker() as work:
        rows = await work.execute(
            "SELECT step FROM reminder WHERE referral = :ref AND state = 'armed' ORDER BY due_at", ref=referral
        )
        return [row.step for row in rows]


async def told(world, referral) -> list[tuple[str, str, str]]:
    """(kind, audience, state) of the tellings of the ladder."""
    async with world.service.database.worker() as work:
        rows = await work.execute(
            "SELECT kind, audience, state FROM telling WHERE referral = :ref AND kind = ANY(cast(:steps AS text[]))"
            " ORDER BY due_at, audience", ref=referral, steps=[step.value for step in LadderStep],
        )
        return [tuple(row) for row in rows]


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


async def test_a_plan_is_armed_and_the_next_one_replaces_it(world, new_fact, until, now):
    contact, _ = world.account()
    soon, due = now + timedelta(days=1), now + timedelta(days=2)
    sent = new_fact(
        assignee=contact,
        reminders=(rung(LadderStep.ACKNOWLEDGE_SOON, soon), rung(LadderStep.ACKNOWLEDGE_DUE, due, *BEHIND)),
    )
    await world.publish(sent)
    await until(lambda: armed(world, sent.ref))
    assert await armed(world, sent.ref) == ["acknowledge_soon", "acknowledge_due"]
    answered = new_fact(
        ReferralAcknowledged, ref=sent.ref, version=2, assignee=contact, state=State.ACKNOWLEDGED,
        promised_for=now.date(), contact_due=due, reminders=(rung(LadderStep.CONTACT_DUE, due, *BEHIND),),
    )
    await world.publish(answered)

    async def replaced():
        return await armed(world, sent.ref) == ["contact_due"]

    await until(replaced)


async def test_a_fact_without_a_plan_leaves_the_plan_and_an_empty_one_ends_it(world, new_fact, until, now):
    contact, _ = world.account()
    sent = new_fact(assignee=contact, reminders=(rung(LadderStep.ACKNOWLEDGE_DUE, now + timedelta(days=2)),))
    await world.publish(sent)
    await until(lambda: armed(world, sent.ref))
    older = new_fact(ReferralWithdrawn, ref=sent.ref, version=2, assignee=contact, state=State.WITHDRAWN)
    await world.publish(older)
    ended = new_fact(
        ReferralWithdrawn, ref=sent.ref, version=3, assignee=contact, state=State.WITHDRAWN, reminders=()
    )
    async with world.service.database.worker() as work:
        await reminders.follow_plan(older, work)
    assert await armed(world, sent.ref) == ["acknowledge_due"]
    await world.publish(ended)

    async def none_left():
        return await armed(world, sent.ref) == []

    await until(none_left)


async def test_at_its_instant_the_contact_and_her_managers_are_told_each_once(world, new_fact, until, now):
    contact, _ = world.account()
    manager, manager_email = world.account()
    desk = uuid4()
    world.behind[desk] = AudienceFound(managers=(manager, contact))
    sent = new_fact(
        assignee=contact, desk=desk, reminders=(rung(LadderStep.ACKNOWLEDGE_DUE, now + timedelta(days=2), *BEHIND),)
    )
    await world.publish(sent)
    await until(lambda: armed(world, sent.ref))
    assert await told(world, sent.ref) == []
    world.shift = timedelta(days=2, seconds=2)
    others = [Scheduler(world.service) for _ in range(5)]
    await asyncio.gather(*(one.fire_due() for one in others))

    async def both():
        rows = await told(world, sent.ref)
        return len(rows) == 2 and {state for _, _, state in rows} == {"sent"}

    await until(both)
    assert await told(world, sent.ref) == [
        ("acknowledge_due", "assignee", "sent"), ("acknowledge_due", "manager", "sent")
    ]  # fmt: skip
    assert len(world.relay.to(manager_email)) == 1
    assert LadderStep.ACKNOWLEDGE_DUE.label in world.relay.to(manager_email)[0].words


async def test_firing_says_so_in_a_fact_once(world, new_fact, until, now):
    contact, _ = world.account()
    sent = new_fact(assignee=contact, reminders=(rung(LadderStep.NO_ACTIVITY, now + timedelta(days=14)),))
    await world.publish(sent)
    await until(lambda: armed(world, sent.ref))
    world.shift = timedelta(days=14, seconds=1)
    await asyncio.gather(*(Scheduler(world.service).fire_due() for _ in range(4)))

    async def said():
        async with world.service.database.worker() as work:
            rows = await work.execute("SELECT type, envelope FROM fact WHERE ref = :ref", ref=sent.ref)
            return [row.envelope for row in rows]

    await until(said)
    (envelope,) = await said()
    fact = ReminderTold.model_validate(envelope["data"])
    assert (fact.step, fact.told, fact.audience) == (LadderStep.NO_ACTIVITY, 1, (Audience.ASSIGNEE,))


async def test_after_a_pause_only_the_last_step_of_a_referral_is_told(world, new_fact, until, now):
    contact, _ = world.account()
    coordinator, _ = world.account()
    desk = uuid4()
    world.behind[desk] = AudienceFound(coordinators=(coordinator,))
    plan = (
        rung(LadderStep.ACKNOWLEDGE_SOON, now + timedelta(days=1)),
        rung(LadderStep.ACKNOWLEDGE_DUE, now + timedelta(days=2)),
        rung(LadderStep.ACKNOWLEDGE_LATE, now + timedelta(days=5), Audience.COORDINATOR),
    )
    sent = new_fact(assignee=contact, desk=desk, reminders=plan)
    await world.publish(sent)
    await until(lambda: armed(world, sent.ref))
    world.shift = timedelta(days=6)

    async def all_fired():
        rows = await told(world, sent.ref)
        return len(rows) == 3 and rows

    rows = await until(all_fired)
    assert [(kind, state) for kind, _, state in rows][:2] == [
        ("acknowledge_soon", "suppressed"), ("acknowledge_due", "suppressed")
    ]  # fmt: skip
    assert rows[2][:2] == ("acknowledge_late", "coordinator")


async def test_a_step_that_concerns_nobody_is_written_as_failed(world, new_fact, until, now):
    contact, _ = world.account()
    sent = new_fact(
        assignee=contact, reminders=(rung(LadderStep.NO_ACTIVITY_LONG, now + timedelta(days=30), Audience.COORDINATOR),)
    )
    await world.publish(sent)
    await until(lambda: armed(world, sent.ref))
    world.shift = timedelta(days=31)

    async def failed():
        return [row for row in await world.states(sent.ref) if row == ("failed", "nobody")]

    assert await until(failed)


async def test_a_repeated_plan_does_not_fire_again_what_has_fired(world, new_fact, until, now):
    contact, _ = world.account()
    plan = (rung(LadderStep.ACKNOWLEDGE_DUE, now + timedelta(days=2)),)
    sent = new_fact(assignee=contact, reminders=plan)
    await world.publish(sent)
    await until(lambda: armed(world, sent.ref))
    world.shift = timedelta(days=2, seconds=1)
    await until(lambda: told(world, sent.ref))
    again = new_fact(ReferralSent, ref=sent.ref, version=2, assignee=contact, reminders=plan)
    async with world.service.database.worker() as work:
        await reminders.follow_plan(again, work)
    assert await armed(world, sent.ref) == []


async def test_the_scheduler_beats(world, until):
    async def beat():
        async with world.service.database.worker() as work:
            return (await work.execute("SELECT beat_at, skew FROM heartbeat WHERE name = 'scheduler'")).one_or_none()

    row = await until(beat)
    assert row.beat_at


async def test_a_step_that_is_long_past_when_its_fact_comes_is_not_armed(world, new_fact, until, now):
    contact, _ = world.account()
    plan = (
        rung(LadderStep.ACKNOWLEDGE_DUE, now - timedelta(days=3)),
        rung(LadderStep.ACKNOWLEDGE_LATE, now + timedelta(days=1), Audience.COORDINATOR),
    )
    sent = new_fact(assignee=contact, reminders=plan)
    await world.publish(sent)
    await until(lambda: armed(world, sent.ref))
    assert await armed(world, sent.ref) == ["acknowledge_late"]
