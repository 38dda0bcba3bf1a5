"""The referral service: sent once, one winner, row security, tasks in the same transaction."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts.actions import (
    AnswerInformation,
    Assign,
    Close,
    Decline,
    Hold,
    LogAttempt,
    Recall,
    RequestInformation,
)
from contracts.asks import ReadFacts
from contracts.facts import PersonMet, RightsIdentified
from contracts.lifecycle import State
from contracts.refusals import (
    NotFound,
    NotYourAction,
    ReferralAlreadyAnswered,
    RoleNotAllowed,
    UnreachableTooEarly,
)
from contracts.viewer import Role
from contracts.vocabulary import (
    AttemptChannel,
    AttemptResult,
    Channel,
    DeclineReason,
    HoldReason,
    Outcome,
    RecallReason,
    TaskKind,
    Turn,
)
from services.referral import clocks, handlers
from tests.referral.referral_world import NOON, World
from tests.referral.service_world import PROMISE, TOMORROW, facts, kinds


async def test_a_referral_is_sent_once_however_often_it_is_asked_for(alone):
    world = World()
    ask = world.send()
    first, again = await alone.send(ask, NOON), await alone.send(ask, NOON + timedelta(hours=1))
    assert first == again and first.state is State.SENT and first.version == 1
    assert await facts(alone, ask.ref) == ["sent"]
    assert await alone.scalar("SELECT count(*) FROM episode WHERE referral = :ref", ref=ask.ref) == 1


async def test_only_a_referent_sends(alone):
    world = World()
    with pytest.raises(RoleNotAllowed):
        await alone.send(world.send(viewer=world.agent), NOON)


async def test_anothers_reference_answers_as_an_unknown_one(alone):
    world = World()
    ask = world.send()
    await alone.send(ask, NOON)
    with pytest.raises(NotFound):
        await alone.send(ask.model_copy(update={"viewer": world.stranger}), NOON)


async def test_of_two_simultaneous_answers_exactly_one_wins_and_the_other_is_told(alone):
    world = World()
    for _ in range(50):
        ref = await alone.sent(world)
        answers = await asyncio.gather(
            alone.act(world.agent, ref, PROMISE, NOON),
            alone.act(world.manager, ref, PROMISE, NOON),
            return_exceptions=True,
        )
        refused = [one for one in answers if isinstance(one, ReferralAlreadyAnswered)]
        won = [one for one in answers if not isinstance(one, BaseException)]
        assert (len(won), len(refused)) == (1, 1), answers
        assert refused[0].details == {"state_label": State.ACKNOWLEDGED.label}
        assert await facts(alone, ref) == ["sent", "acknowledged"]


async def test_of_a_recall_and_a_decline_at_the_same_time_one_ends_it(alone):
    world = World()
    for _ in range(20):
        ref = await alone.sent(world)
        answers = await asyncio.gather(
            alone.act(world.agent, ref, Decline(reason=DeclineReason.NOT_COMPETENT), NOON),
            alone.act(world.referent, ref, Recall(reason=RecallReason.MISTAKE), NOON),
            return_exceptions=True,
        )
        assert sum(isinstance(one, ReferralAlreadyAnswered) for one in answers) == 1, answers
        assert len(await facts(alone, ref)) == 2


async def test_the_same_command_twice_is_one_change(alone):
    world = World()
    ref, command = await alone.sent(world), uuid4()
    answers = await asyncio.gather(*(alone.act(world.agent, ref, PROMISE, NOON, command) for _ in range(5)))
    assert len({answer.model_dump_json() for answer in answers}) == 1
    assert await facts(alone, ref) == ["sent", "acknowledged"]


async def test_whoever_has_nothing_to_do_with_it_gets_the_answer_of_an_unknown_one(alone):
    world = World()
    ref = await alone.sent(world)
    for viewer in (world.stranger, world.other_desk):
        for one in (ref, uuid4()):
            with pytest.raises(NotFound):
                await alone.read(viewer, one)
            with pytest.raises(NotFound):
                await alone.act(viewer, one, PROMISE)
    for viewer in (world.referent, world.agent, world.coordinator):
        assert (await alone.read(viewer, ref)).ref == ref
    with pytest.raises(NotYourAction):
        await alone.act(world.referent, ref, PROMISE, NOON)


async def test_the_manager_of_another_desk_is_an_agent_at_this_one(alone):
    world = World()
    ref = await alone.sent(world)
    both = world.manages_elsewhere
    assert "assign" not in (await alone.read(both, ref)).actions
    with pytest.raises(NotYourAction):
        await alone.act(both, ref, Assign(assignee=world.agent.account), NOON)
    assert "assign" in (await alone.read(world.manager, ref)).actions
    await alone.act(both, ref, PROMISE, NOON)
    async with alone.worker() as work:
        told = await handlers.read_facts(ReadFacts(ref=ref), work)
    assert told.envelopes[-1].actor_kind == Role.DESK_AGENT.value


@pytest.mark.parametrize("table", ["referral", "episode", "task", "attempt", "met", "identified"])
async def test_row_level_security_hides_other_desks_rows_from_a_query_that_forgets_who_asks(alone, table):
    world = World()
    ref = await alone.sent(world)
    await alone.act(world.agent, ref, PROMISE, NOON)
    attempt = LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.NO_ANSWER)
    await alone.act(world.agent, ref, attempt, NOON)
    await alone.act(world.agent, ref, RequestInformation(note=uuid4(), resume_on=TOMORROW), NOON)
    met = PersonMet(ref=ref, person=ref, organisation=world.ccas, channel=Channel.MARAUDE, at=NOON)
    await alone.react(met)
    await alone.react(RightsIdentified(ref=ref, person=ref, organisation=world.ccas, rights=("rsa",), at=NOON))
    column = "ref" if table in ("referral", "met", "identified") else "referral"
    query = text(f"SELECT count(*) FROM {table} WHERE {column} = :ref")

    async def seen(viewer):
        async with alone.database.web(viewer) as work:
            return (await work.session.execute(query, {"ref": ref})).scalar()

    assert await seen(world.coordinator) == 1
    assert await seen(world.stranger) == await seen(world.other_desk) == await seen(None) == 0
    if table in ("met", "identified"):
        assert await seen(world.referent) == await seen(world.agent) == 0
    else:
        assert await seen(world.referent) == 1


async def test_an_unanswered_referral_expires_with_its_task_in_one_transaction(alone):
    world = World()
    ref = await alone.sent(world, NOON - timedelta(days=31))
    fresh = await alone.sent(world, NOON)
    clock, alone.database.clock = alone.database.clock, lambda: NOON
    try:
        await asyncio.gather(clocks.expire_unanswered(alone.database), clocks.expire_unanswered(alone.database))
    finally:
        alone.database.clock = clock
    assert await facts(alone, ref) == ["sent", "expired"]
    assert (await alone.read(world.referent, fresh)).state is State.SENT
    assert await kinds(alone, world) == [TaskKind.EXPIRED]
    same = "SELECT t.xmin = r.xmin FROM task t JOIN referral r ON r.ref = t.referral WHERE r.ref = :ref"
    assert await alone.scalar(same, ref=ref) is True


async def test_confiding_the_same_right_again_settles_the_task_of_an_unanswered_referral(alone):
    world, person = World(), uuid4()
    ref = await alone.sent(world, person=person)
    await alone.act(world.agent, ref, Decline(reason=DeclineReason.OUT_OF_AREA), NOON)
    assert await kinds(alone, world) == [TaskKind.DECLINED]
    await alone.sent(world, person=person, right="ppa")
    assert await kinds(alone, world) == [TaskKind.DECLINED]
    await alone.sent(world, person=person)
    assert await kinds(alone, world) == []


async def test_a_hold_ends_by_itself_on_its_day_and_its_time_is_kept_by_turn(alone):
    world = World()
    ref = await alone.in_progress(world)
    hold = Hold(reason=HoldReason.DECISION_AWAITED, turn=Turn.THIRD_PARTY, resume_on=TOMORROW)
    await alone.act(world.agent, ref, hold, NOON)
    clock, alone.database.clock = alone.database.clock, lambda: NOON + timedelta(days=1)
    try:
        await clocks.resume_holds(alone.database)
    finally:
        alone.database.clock = clock
    view = await alone.read(world.agent, ref)
    assert (view.state, view.turn, view.resume_on) == (State.IN_PROGRESS, None, None)
    assert await alone.scalar("SELECT hold_seconds FROM referral WHERE ref = :ref", ref=ref) == {"third_party": 86400}


async def test_a_question_is_a_task_until_it_is_answered(alone):
    world = World()
    ref = await alone.in_progress(world)
    await alone.act(world.agent, ref, RequestInformation(note=uuid4(), resume_on=TOMORROW), NOON)
    assert await kinds(alone, world) == [TaskKind.QUESTION]
    view = await alone.read(world.referent, ref, NOON)
    assert view.turn is Turn.REFERENT and view.actions[0] == "answer_information"
    await alone.act(world.referent, ref, AnswerInformation(note=uuid4()), NOON)
    assert await kinds(alone, world) == []
    assert (await alone.read(world.agent, ref)).state is State.IN_PROGRESS


async def test_unreachable_needs_three_attempts_by_two_means_on_two_days_and_gives_the_sender_a_task(alone):
    world = World()
    ref = await alone.sent(world)
    await alone.act(world.agent, ref, PROMISE, NOON)
    close = Close(outcome=Outcome.UNREACHABLE)
    tries = [(AttemptChannel.PHONE, 0), (AttemptChannel.PHONE, 0), (AttemptChannel.SMS, 0)]
    for channel, days in tries:
        attempt = LogAttempt(channel=channel, result=AttemptResult.NO_ANSWER)
        await alone.act(world.agent, ref, attempt, NOON + timedelta(days=days))
    with pytest.raises(UnreachableTooEarly) as refused:
        await alone.act(world.agent, ref, close, NOON)
    assert refused.value.details == {"attempts": "3", "channels": "2", "days": "1"}
    # 23:30 UTC is already the next day in Paris.
    late = NOON.replace(hour=23, minute=30)
    await alone.act(world.agent, ref, LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.MESSAGE_LEFT), late)
    await alone.act(world.agent, ref, close, late)
    assert await kinds(alone, world) == [TaskKind.UNREACHABLE]
