"""The board over real rows, made by the handlers at past instants: every figure computed by hand beside it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.actions import (
    Acknowledge,
    Close,
    ContradictOutcome,
    Decline,
    LogAttempt,
    MarkInError,
    ProposeRedirect,
    Recall,
)
from contracts.facts import PersonMet, RightsIdentified
from contracts.refusals import RoleNotAllowed
from contracts.viewer import Role, Viewer
from contracts.vocabulary import (
    AttemptChannel,
    AttemptResult,
    Channel,
    DeclineReason,
    ErrorReason,
    Outcome,
    RecallReason,
)
from services.referral.board import Figure
from services.referral.board_list import read_list, wanted
from services.referral.board_store import Board, read_board
from services.referral.business_time import paris_day
from services.referral.subscribers import count_person_met, count_rights_identified
from tests.referral.referral_world import Alone, World, somebody

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)  # 9:00 in Paris; no public holiday until the 6th of April
NOW = datetime(2026, 3, 13, 16, tzinfo=UTC)  # Friday of the next week, 17:00 in Paris: ten business days, 80 hours
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def reached() -> LogAttempt:
    """The person answered the telephone."""
    return LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.REACHED)


async def acknowledge(alone: Alone, agent: Viewer, ref: UUID, at: datetime) -> None:
    """The desk acknowledges and promises the same day."""
    await alone.act(agent, ref, Acknowledge(promised_for=paris_day(at)), at)


async def board(alone: Alone, viewer: Viewer) -> Board:
    """The board as that viewer reads it at NOW."""
    async with alone.database.web(viewer, at=NOW) as work:
        return await read_board(viewer, work)


def of(found: Board, code: str, organisation: UUID) -> Figure:
    """One time of one organisation."""
    measure = next(one for one in found.measures if one.code == code)
    return next(one for one in measure.by_partner if one.key == str(organisation))


@pytest.fixture
async def two_desks(alone: Alone) -> tuple[World, World]:
    """Six referrals to one desk on a Monday at nine; one of them is redirected to another organisation.

    A acknowledged the same day at 13:00, person reached Tuesday 9:00, closed Friday 17:00. B declined Tuesday 13:00.
    C never answered. D recalled Wednesday 17:00. E acknowledged Thursday 9:00, redirected Friday 9:00; there
    acknowledged Friday 13:00, reached Monday 9:00, closed Tuesday 9:00. F entered in error.
    """
    first = World()
    second = World(ccas=first.ccas)
    a, b, _c, d, e, f = [await alone.sent(first, MONDAY) for _ in range(6)]
    await acknowledge(alone, first.agent, a, MONDAY + 4 * HOUR)
    await alone.act(first.agent, a, reached(), MONDAY + DAY)
    await alone.act(first.agent, a, Close(outcome=Outcome.NOT_ELIGIBLE), MONDAY + 4 * DAY + 8 * HOUR)
    await alone.act(first.agent, b, Decline(reason=DeclineReason.NOT_COMPETENT), MONDAY + DAY + 4 * HOUR)
    await alone.act(first.referent, d, Recall(reason=RecallReason.MISTAKE), MONDAY + 2 * DAY + 8 * HOUR)
    await acknowledge(alone, first.agent, e, MONDAY + 3 * DAY)
    proposal = ProposeRedirect(to_desk=second.desk, to_organisation=second.caf)
    await alone.act(first.agent, e, proposal, MONDAY + 3 * DAY + HOUR)
    child = await alone.sent(second, MONDAY + 4 * DAY, viewer=first.referent, redirect_of=e)
    await acknowledge(alone, second.agent, child, MONDAY + 4 * DAY + 4 * HOUR)
    await alone.act(second.agent, child, reached(), MONDAY + 7 * DAY)
    await alone.act(second.agent, child, Close(outcome=Outcome.NOT_ELIGIBLE), MONDAY + 8 * DAY)
    await alone.act(first.referent, f, MarkInError(reason=ErrorReason.TEST), MONDAY + 5 * HOUR)
    return first, second


async def test_time_to_answer_by_hand(alone: Alone, two_desks: tuple[World, World]):
    # Business hours until the answer, + without one: A 4, B 12, E 24, D 24+ (recalled), C 80+ (waits still).
    # 4: 1 − 1/5 = 0.8;  12: 0.8 × (1 − 1/4) = 0.6;  24: 3 followed (E, D, C): 0.6 × (1 − 1/3) = 0.4 → median 24.
    first, second = two_desks
    found = await board(alone, first.coordinator)
    figure = of(found, "tta", first.caf)
    assert (figure.n, figure.events, figure.waiting, figure.past_target) == (5, 3, 1, 1)
    assert (figure.p50, figure.p75, figure.p90, figure.followed) == (24, None, None, 3)
    assert of(found, "tta", second.caf).p50 == 4


async def test_time_to_first_contact_by_hand(alone: Alone, two_desks: tuple[World, World]):
    # Until the person was reached: A 8; without: B 12+ (declined), D 24+, E 32+ (redirected), C 80+ (waits still).
    first, second = two_desks
    found = await board(alone, first.coordinator)
    figure = of(found, "ttc", first.caf)
    assert (figure.n, figure.events, figure.waiting, figure.p50) == (5, 1, 1, None)
    # The second desk: from Friday 9:00 to Monday 9:00 is one business day.
    assert of(found, "ttc", second.caf).p50 == 8


async def test_time_to_resolution_runs_from_the_root_across_the_redirect(alone: Alone, two_desks: tuple[World, World]):
    # First desk: A 40 (Monday 9:00 to Friday 17:00), D 24+, and B (declined) and C wait still, 80+.
    # 24+ leaves; 40: 3 followed, 1 − 1/3 = 0.67: the median is not reached.
    first, second = two_desks
    found = await board(alone, first.coordinator)
    figure = of(found, "ttr", first.caf)
    assert (figure.n, figure.events, figure.waiting, figure.p50) == (4, 1, 2, None)
    # E is one root, resolved by the second desk: Monday 9:00 to Tuesday of the next week 9:00, six days of eight hours.
    figure = of(found, "ttr", second.caf)
    assert (figure.n, figure.events, figure.p50) == (1, 1, 48)


async def test_the_open_one_is_in_the_backlog_and_in_the_list_of_what_does_not_move(
    alone: Alone, two_desks: tuple[World, World]
):
    first, _ = two_desks
    found = await board(alone, first.coordinator)
    stuck = next(one for one in found.stuck.by_desk if one.key == str(first.desk))
    # Two business days from Monday 9:00: Wednesday 9:00, in Paris.
    assert (stuck.n, stuck.since) == (1, MONDAY + 2 * DAY)
    assert found.backlog.unanswered >= 1 and found.backlog.late >= 1
    async with alone.database.web(first.coordinator, at=NOW) as work:
        late, _ = await read_list(first.coordinator, work, wanted({"quoi": "retard", "guichet": str(first.desk)}))
        declined, _ = await read_list(first.coordinator, work, wanted({"quoi": "declined", "guichet": str(first.desk)}))
        young, _ = await read_list(
            first.coordinator, work, wanted({"quoi": "ouvertes", "age": "2", "guichet": str(first.desk)})
        )
    assert [(one.word, one.at) for one in late] == [("sent", MONDAY + 2 * DAY)]
    assert [one.word for one in declined] == ["declined"]
    assert [one.ref for one in young] == [one.ref for one in late]


async def test_rows_of_one_instant_stand_each_on_one_page(alone: Alone, two_desks: tuple[World, World]):
    first, _ = two_desks
    asked = wanted({"quoi": "sante", "guichet": str(first.desk)})
    async with alone.database.web(first.coordinator, at=NOW) as work:
        pages = [await read_list(first.coordinator, work, asked, most=2, skip=skip) for skip in (0, 2, 4)]
    shown = [one.ref for rows, _ in pages for one in rows]
    assert len(shown) == 5 and shown == sorted(shown) and [more for _, more in pages] == [True, True, False]


async def test_an_issue_contradicted_where_it_was_sent_on_is_in_the_list_as_it_is_counted(alone: Alone):
    first = World()
    second, began = World(ccas=first.ccas), datetime(2025, 9, 29, 8, tzinfo=UTC)  # in the month before the window
    before = (await board(alone, first.coordinator)).contradicted
    root = await alone.sent(first, began)
    await alone.act(first.agent, root, ProposeRedirect(to_desk=second.desk, to_organisation=second.caf), began + HOUR)
    child = await alone.sent(second, began + 7 * DAY, viewer=first.referent, redirect_of=root)
    await acknowledge(alone, second.agent, child, began + 7 * DAY + HOUR)
    await alone.act(second.agent, child, reached(), began + 8 * DAY)
    await alone.act(second.agent, child, Close(outcome=Outcome.NO_SHOW), began + 9 * DAY)
    await alone.act(first.referent, child, ContradictOutcome(), began + 10 * DAY)
    assert (await board(alone, first.coordinator)).contradicted == before + 1
    async with alone.database.web(first.coordinator, at=NOW) as work:
        listed, _ = await read_list(first.coordinator, work, wanted({"quoi": "contredites"}))
    assert child in {one.ref for one in listed}


async def test_a_reopened_referral_counts_from_its_first_sending_and_its_new_wait_by_itself(alone: Alone):
    world = World()
    ref = await alone.in_progress(world, MONDAY)
    await alone.act(world.agent, ref, Close(outcome=Outcome.NO_SHOW), MONDAY + 2 * HOUR)
    await alone.act(world.referent, ref, ContradictOutcome(), MONDAY + 7 * DAY)
    found = await board(alone, world.coordinator)
    # Two sendings: answered at once, and one that waits since the second Monday, 5 days; 2 days is the target.
    figure = of(found, "tta", world.caf)
    assert (figure.n, figure.events, figure.waiting, figure.past_target, figure.p50) == (2, 1, 1, 1, 0)
    # One root, not resolved any more.
    figure = of(found, "ttr", world.caf)
    assert (figure.n, figure.events, figure.waiting) == (1, 0, 1)


async def test_the_funnel_counts_people_of_the_window_each_step_part_of_the_one_before(alone: Alone):
    world = World()
    before = (await board(alone, world.coordinator)).funnel
    november = datetime(2025, 11, 3, 9, tzinfo=UTC)
    opened, unsent, only_met, recent, long_ago = (uuid4() for _ in range(5))
    met = [(opened, november), (unsent, november), (only_met, november), (recent, NOW - 9 * DAY)]
    async with alone.worker(at=NOW) as work:
        for person, at in [*met, (long_ago, datetime(2025, 9, 29, 9, tzinfo=UTC))]:
            fact = PersonMet(ref=uuid4(), person=person, organisation=world.ccas, channel=Channel.MARAUDE, at=at)
            await count_person_met(fact, work)
        for person, at in ((opened, november), (unsent, november), (recent, NOW - 9 * DAY), (long_ago, november)):
            noted = RightsIdentified(ref=uuid4(), person=person, organisation=world.ccas, rights=("rsa",), at=at)
            await count_rights_identified(noted, work)
    ref = await alone.in_progress(world, november, person=opened)
    effect = Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=paris_day(november))
    await alone.act(world.agent, ref, effect, november + 60 * DAY)
    await alone.sent(world, NOW - 8 * DAY, person=recent)
    after = (await board(alone, world.coordinator)).funnel
    assert after.met - before.met == 4
    assert after.identified - before.identified == 3
    assert after.sent - before.sent == 2
    assert after.opened - before.opened == 1
    # `recent` has not had three months yet, so she is not held against anybody.
    assert (after.mature - before.mature, after.mature_opened - before.mature_opened) == (2, 1)


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.COORDINATOR])
async def test_nobody_but_the_coordination_reads_the_board(alone: Alone, role: Role):
    with pytest.raises(RoleNotAllowed):
        await board(alone, somebody(role))
