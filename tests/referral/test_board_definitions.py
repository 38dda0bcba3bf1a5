"""Every definition’s SQL runs as it stands and finds what the board shows; the report says the same in every form."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from contracts.actions import Acknowledge, Close, Decline, LogAttempt, Recall
from contracts.refusals import RoleNotAllowed
from contracts.viewer import Role
from contracts.vocabulary import AttemptChannel, AttemptResult, DeclineReason, Outcome, RecallReason
from services.referral import report, spreadsheet, tally_store
from services.referral.board import month_key
from services.referral.board_definitions import listed, runnable
from services.referral.board_list import Wanted, read_list
from services.referral.board_store import read_board
from services.referral.board_view import Names
from services.referral.business_time import paris_day
from services.referral.definitions import HOLD, PEOPLE, RATES, TIMES
from services.referral.durations import EVENTS
from tests.referral.referral_world import Alone, World, somebody

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = MONDAY + timedelta(days=18)
DAY = timedelta(days=1)


@pytest.fixture
async def some(alone: Alone) -> World:
    """One closed and confirmed nowhere, one declined, one recalled, one that waits."""
    world = World()
    closed, declined, recalled, _ = [await alone.sent(world, MONDAY) for _ in range(4)]
    await alone.act(world.agent, closed, Acknowledge(promised_for=paris_day(MONDAY + DAY)), MONDAY + DAY)
    reached = LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.REACHED)
    await alone.act(world.agent, closed, reached, MONDAY + DAY)
    await alone.act(world.agent, closed, Close(outcome=Outcome.NO_SHOW), MONDAY + 2 * DAY)
    await alone.act(world.agent, declined, Decline(reason=DeclineReason.NO_CAPACITY), MONDAY + DAY)
    await alone.act(world.referent, recalled, Recall(reason=RecallReason.MISTAKE), MONDAY + DAY)
    return world


async def test_the_sql_of_every_figure_finds_what_the_board_shows(alone: Alone, some: World):
    async with alone.database.web(some.coordinator, at=NOW) as work:
        board = await read_board(some.coordinator, work)
    since, until = month_key(board.since), month_key(board.at)
    found: dict[str, list] = {}
    async with alone.worker() as work:
        for one in (*RATES, HOLD, *[shown for shown in listed(board) if shown.code in EVENTS]):
            found[one.code] = (await work.execute(runnable(one.sql, since, until))).all()
    await tally_store.gather(alone.database)
    async with alone.worker() as work:
        found[PEOPLE.code] = (await work.execute(runnable(PEOPLE.sql, since, until))).all()
    assert len(found[PEOPLE.code]) == 1
    for rate in board.rates:
        ours = (rate.part, rate.whole)
        assert tuple(number or 0 for number in found[rate.code][0]) == ours, rate.code
    for measure in board.measures:
        rows = found[measure.code]
        assert sum(row[2] for row in rows) == measure.overall.n
        assert sum(row[2] for row in rows if row[0] == EVENTS[measure.code]) == measure.overall.events
        assert sum(row[2] for row in rows if row[0] == "open") == measure.overall.waiting
    assert len(TIMES) == len(board.measures) == 4


async def test_the_list_behind_a_share_is_as_long_as_what_it_counts(alone: Alone, some: World):
    async with alone.database.web(some.coordinator, at=NOW) as work:
        board = await read_board(some.coordinator, work)
        for rate in board.rates:
            if rate.code not in ("reminder", "confirmed"):  # a referral may have several of these
                rows, more = await read_list(some.coordinator, work, Wanted(rate.code, {}), most=10_000)
                assert (len(rows), more) == (rate.part, False), rate.code
        for code in EVENTS:
            waiting, _ = await read_list(some.coordinator, work, Wanted(code, {"fin": "open"}), most=10_000)
            measure = next(one for one in board.measures if one.code == code)
            assert len(waiting) == measure.overall.waiting, code


async def test_the_report_says_the_same_as_page_csv_and_workbook(alone: Alone, some: World):
    from python_calamine import load_workbook

    async with alone.database.web(some.coordinator, at=NOW) as work:
        made = await report.read_report(some.coordinator, work, "2026-03", Names(None))
    rows = list(csv.reader(io.StringIO(spreadsheet.long_csv(report.tables(made)).decode("utf-8-sig"))))
    assert rows[0] == list(spreadsheet.LONG_HEADS)
    said = {(row[0], row[1], row[2]): row[3] for row in rows[1:]}
    assert all(said["Chiffres", line[0], "Valeur"] == line[1] for line in made.lines)
    book = load_workbook(io.BytesIO(spreadsheet.as_xlsx(report.tables(made))))
    sheet = book.get_sheet_by_name("Chiffres").to_python()
    assert [tuple(map(str, row)) for row in sheet[1:]] == list(made.lines)
    assert made.desks and not any(str(some.agent.account) in line for row in made.desks for line in row)


async def test_only_the_coordination_reads_the_report(alone: Alone):
    for role in (Role.REFERENT, Role.DESK_MANAGER, Role.DPO):
        with pytest.raises(RoleNotAllowed):
            async with alone.database.web(somebody(role)) as work:
                await report.read_report(somebody(role), work, "2026-03", Names(None))
