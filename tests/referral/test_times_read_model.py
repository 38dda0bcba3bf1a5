"""The read model of times against the record: what no reopening resets, the same before and after."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from contracts.actions import (
    Acknowledge,
    Assign,
    Close,
    ContestDecline,
    ContradictOutcome,
    Decline,
    Hold,
    LogAttempt,
    MarkInError,
    ProposeRedirect,
    Recall,
    Reopen,
    Resume,
)
from contracts.facts import PersonMet, ReminderTold, RightsIdentified
from contracts.ladder import Audience, LadderStep
from contracts.viewer import Viewer
from contracts.vocabulary import (
    AttemptChannel,
    AttemptResult,
    Channel,
    DeclineReason,
    ErrorReason,
    HoldReason,
    Outcome,
    RecallReason,
    ReopenReason,
    Turn,
)
from services.referral import tally_store
from services.referral.board_store import Board, read_board
from services.referral.business_time import paris_day
from services.referral.durations import ANSWER, CONTACT, RESOLUTION, RIGHT
from services.referral.rebuilding import Rebuilt, rebuild
from tests.referral.referral_world import Alone, World

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)  # 9:00 in Paris; no public holiday until the 6th of April


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


REACHED = LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.REACHED)


async def rebuilt(alone: Alone) -> Rebuilt:
    return await rebuild(alone.database, lambda _done, _all: None)


async def board(alone: Alone, viewer: Viewer, at: datetime) -> Board:
    async with alone.database.web(viewer, at=at) as work:
        return await read_board(viewer, work)


async def clocks(alone: Alone, ref: UUID) -> dict[tuple[str, int], tuple[str, datetime, int | None]]:
    """(clock, number) → how it ended, since when, business seconds."""
    async with alone.worker() as work:
        rows = await work.execute(
            "SELECT clock, number, how, start, seconds FROM referral.duration WHERE subject = :ref", ref=ref
        )
        return {(row.clock, row.number): (row.how, row.start, row.seconds) for row in rows}


async def a_long_life(alone: Alone, world: World) -> UUID:
    """Acknowledged, held for the person, resumed, closed, contradicted, closed again with the right opened."""
    ref = await alone.sent(world, MONDAY)
    await alone.act(world.agent, ref, Acknowledge(promised_for=paris_day(MONDAY)), MONDAY + 4 * HOUR)
    await alone.act(world.agent, ref, REACHED, MONDAY + DAY)
    held = Hold(reason=HoldReason.DOCUMENTS_AWAITED, turn=Turn.PERSON, resume_on=paris_day(MONDAY + 6 * DAY))
    await alone.act(world.agent, ref, held, MONDAY + DAY)
    await alone.act(world.agent, ref, Resume(), MONDAY + 3 * DAY)
    await alone.act(world.agent, ref, Close(outcome=Outcome.NO_SHOW), MONDAY + 4 * DAY)
    await alone.act(world.referent, ref, ContradictOutcome(), MONDAY + 7 * DAY)
    await alone.act(world.agent, ref, Acknowledge(promised_for=paris_day(MONDAY + 8 * DAY)), MONDAY + 8 * DAY)
    await alone.act(world.agent, ref, REACHED, MONDAY + 8 * DAY)
    opened = Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=paris_day(MONDAY))
    await alone.act(world.agent, ref, opened, MONDAY + 9 * DAY)
    return ref


def reminder(world: World, ref: UUID, step: LadderStep, told: Audience, at: datetime) -> ReminderTold:
    return ReminderTold(ref=ref, step=step, audience=(told,), desk=world.desk, told=1, due_at=at, at=at)


async def test_reopening_starts_a_new_answer_and_never_resets_what_runs_from_the_first_sending(alone: Alone):
    world = World()
    ref = await a_long_life(alone, world)
    found = await clocks(alone, ref)
    day = 8 * 3600
    assert found[ANSWER, 1] == ("answered", MONDAY, 4 * 3600)
    assert found[ANSWER, 2] == ("answered", MONDAY + 7 * DAY, day)
    assert found[CONTACT, 1] == ("reached", MONDAY, day)
    # From the first Monday 9:00 to the Wednesday of the next week: seven business days, hold and first end included.
    assert found[RESOLUTION, 0] == ("closed", MONDAY, 7 * day)
    assert found[RIGHT, 0] == ("opened", MONDAY, 7 * day)


async def test_reopening_what_was_never_answered_goes_on_with_the_same_clock(alone: Alone):
    world = World()
    ref = await alone.sent(world, MONDAY)
    await alone.act(world.referent, ref, Recall(reason=RecallReason.NO_ANSWER), MONDAY + DAY)
    assert (await clocks(alone, ref))[ANSWER, 1][0] == "recalled"
    await alone.act(world.referent, ref, Reopen(reason=ReopenReason.NEW_ELEMENT), MONDAY + 2 * DAY)
    assert set(await clocks(alone, ref)) == {(ANSWER, 1), (CONTACT, 1), (RESOLUTION, 0), (RIGHT, 0)}
    await alone.act(world.agent, ref, Acknowledge(promised_for=paris_day(MONDAY + 3 * DAY)), MONDAY + 3 * DAY)
    assert (await clocks(alone, ref))[ANSWER, 1] == ("answered", MONDAY, 3 * 8 * 3600)


async def test_a_redirect_gives_the_root_s_clocks_to_the_new_desk_as_they_run(alone: Alone):
    first = World()
    second = World(ccas=first.ccas)
    ref = await alone.sent(first, MONDAY)
    proposal = ProposeRedirect(to_desk=second.desk, to_organisation=second.caf)
    await alone.act(first.agent, ref, proposal, MONDAY + HOUR)
    child = await alone.sent(second, MONDAY + DAY, viewer=first.referent, redirect_of=ref)
    assert set(await clocks(alone, child)) == {(ANSWER, 1), (CONTACT, 1)}
    assert (await clocks(alone, ref))[RESOLUTION, 0] == ("open", MONDAY, None)
    desk = await alone.scalar("SELECT desk FROM duration WHERE clock = 'ttr' AND subject = :ref", ref=ref)
    assert desk == second.desk
    await alone.act(second.agent, child, Acknowledge(promised_for=paris_day(MONDAY + 2 * DAY)), MONDAY + 2 * DAY)
    await alone.act(second.agent, child, REACHED, MONDAY + 2 * DAY)
    # The first desk's own clocks are not the second's.
    assert (await clocks(alone, ref))[CONTACT, 1] == ("passed_on", MONDAY, 8 * 3600)
    assert (await clocks(alone, child))[CONTACT, 1] == ("reached", MONDAY + DAY, 8 * 3600)
    assert (await rebuilt(alone)).identical


async def test_a_reassignment_and_a_contested_decline_reset_nothing(alone: Alone):
    world = World()
    ref = await alone.sent(world, MONDAY)
    await alone.act(world.manager, ref, Assign(assignee=uuid4()), MONDAY + HOUR)
    await alone.act(world.agent, ref, Decline(reason=DeclineReason.NO_CAPACITY), MONDAY + 2 * HOUR)
    await alone.act(world.coordinator, ref, ContestDecline(), MONDAY + DAY)
    found = await clocks(alone, ref)
    assert found[ANSWER, 1] == ("answered", MONDAY, 2 * 3600)
    assert found[CONTACT, 1] == ("open", MONDAY, None)
    assert found[RESOLUTION, 0] == ("open", MONDAY, None)


async def test_what_was_entered_in_error_leaves_every_figure_and_the_record_says_the_same(alone: Alone):
    world = World()
    ref = await a_long_life(alone, world)
    await alone.act(world.referent, ref, MarkInError(reason=ErrorReason.TEST), MONDAY + 10 * DAY)
    assert await clocks(alone, ref) == {}
    left = await alone.scalar("SELECT coalesce(sum(n), 0) FROM tallychange WHERE desk = :desk", desk=world.desk)
    gathered = "SELECT coalesce(sum(n), 0) FROM tally WHERE split = 'desk' AND key = :desk"
    assert left + await alone.scalar(gathered, desk=str(world.desk)) == 0


async def test_the_board_shows_a_fact_before_it_is_gathered_and_the_same_after(alone: Alone):
    world, now = World(), MONDAY + 20 * DAY
    await a_long_life(alone, world)
    before = await board(alone, world.coordinator, now)
    await tally_store.gather(alone.database)
    after = await board(alone, world.coordinator, now)
    assert (before.measures, before.rates, before.hold) == (after.measures, after.rates, after.hold)
    assert (before.backlog, before.funnel, before.health) == (after.backlog, after.funnel, after.health)
    mine = next(one for one in after.measures[3].by_desk if one.key == str(world.desk))
    assert (mine.n, mine.events, mine.p50) == (1, 1, 56)
    assert after.hold.by_turn[Turn.PERSON] >= 16


async def test_the_record_alone_gives_the_same_rows_and_what_was_tampered_with_is_put_right(alone: Alone):
    world = World()
    ref = await a_long_life(alone, world)
    await alone.react(reminder(world, ref, LadderStep.ACKNOWLEDGE_SOON, Audience.ASSIGNEE, MONDAY + HOUR))
    found = await rebuilt(alone)
    assert found.identical and found.facts > 0, found
    async with alone.worker() as work:
        await work.execute("UPDATE duration SET seconds = 1 WHERE subject = :ref AND clock = 'ttr'", ref=ref)
        await work.execute("DELETE FROM course WHERE ref = :ref", ref=ref)
        await work.execute(
            "INSERT INTO tally (split, clock, month, key, how, bucket, n)"
            " VALUES ('right', 'ttr', '2026-03', 'rsa', 'closed', 7, 40)"
        )
    found = await rebuilt(alone)
    assert found.differing["duration"] == 2 and found.differing["course"] == 1 and found.differing["tally"]
    assert (await rebuilt(alone)).identical
    assert (await clocks(alone, ref))[RESOLUTION, 0][2] == 7 * 8 * 3600


async def test_a_reminder_counts_as_worked_whether_it_is_known_before_or_after_the_answer(alone: Alone):
    early, late = World(), World()
    shares = []
    for world, answer_first in ((early, False), (late, True)):
        ref = await alone.sent(world, MONDAY)
        told = reminder(world, ref, LadderStep.ACKNOWLEDGE_DUE, Audience.MANAGER, MONDAY + DAY)
        steps = [
            lambda w=world, r=ref: alone.act(
                w.agent, r, Acknowledge(promised_for=paris_day(MONDAY + 2 * DAY)), MONDAY + 2 * DAY
            ),
            lambda t=told: alone.react(t),
        ]
        for step in steps if answer_first else reversed(steps):
            await step()
        await tally_store.gather(alone.database)
        rows = "SELECT coalesce(sum(n), 0) FROM tally WHERE split = 'desk' AND key = :desk AND how = :how"
        hows = ("reminded", "reminder_worked")
        shares.append([await alone.scalar(rows, desk=str(world.desk), how=how) for how in hows])
    assert shares == [[1, 1], [1, 1]]


async def test_people_count_the_same_in_whatever_order_their_facts_arrive(alone: Alone):
    async def story(order: tuple[int, ...]) -> Counter:
        world, person = World(), uuid4()
        async with alone.database.web(world.coordinator) as work:
            await tally_store.hold_still(world.coordinator, work)
            before = await tally_store.read_people(world.coordinator, work, since="2026-03")
        met = PersonMet(ref=uuid4(), person=person, organisation=world.ccas, channel=Channel.MARAUDE, at=MONDAY)
        noted = RightsIdentified(ref=uuid4(), person=person, organisation=world.ccas, rights=("rsa",), at=MONDAY)

        async def opened() -> None:
            ref = await alone.in_progress(world, MONDAY, person=person)
            close = Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=paris_day(MONDAY))
            await alone.act(world.agent, ref, close, MONDAY + 3 * DAY)

        steps = [lambda: alone.react(met), lambda: alone.react(noted), opened]
        for place in order:
            await steps[place]()
            if place == order[0]:
                await tally_store.gather(alone.database)
        async with alone.database.web(world.coordinator) as work:
            after = await tally_store.read_people(world.coordinator, work, since="2026-03")
        after.subtract(before)
        return Counter({cell.how: number for cell, number in after.items() if number})

    expected = Counter(met=1, identified=1, sent=1, opened=1, noted_opened=1)
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        assert await story(order) == expected
    assert (await rebuilt(alone)).identical
