"""Every definition’s SQL runs as it stands and finds what the board shows; the report says the same in every form."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

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
from services.referral.definitions import BACKLOG, CAUSES, DEFINITIONS, HEALTH, HOLD, LATE, PEOPLE, RATES, TIMES
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


async def test_the_sql_of_what_is_late_open_noted_and_looked_at_finds_what_the_board_shows(alone: Alone, some: World):
    await tally_store.gather(alone.database)
    async with alone.worker() as work:
        await work.execute(
            "INSERT INTO met (ref, person, organisation, channel, at)"
            " SELECT gen_random_uuid(), :person, :of, 'maraude', :at",
            person=(person := uuid4()), of=some.referent.organisation, at=MONDAY,
        )
        await work.execute(
            "INSERT INTO identified (ref, person, organisation, rights, causes, at) VALUES (gen_random_uuid(), :person,"
            " :of, '{rsa}', '{non_demande,non_connaissance}', :at)",
            person=person, of=some.referent.organisation, at=MONDAY,
        )
        await work.execute("INSERT INTO touched (person) VALUES (:person)", person=person)
    await tally_store.gather(alone.database)
    async with alone.database.web(some.coordinator, at=NOW) as work:
        board = await read_board(some.coordinator, work)
    since, until = month_key(board.since), month_key(board.at)

    async def rows(one) -> list[tuple]:
        sql = runnable(one.sql, since, until).replace("now()", f"timestamptz '{NOW.isoformat()}'")
        async with alone.worker() as work:
            return [tuple(row) for row in (await work.execute(sql)).all()]

    assert dict(await rows(LATE)) == {one.key: one.n for one in board.stuck.by_step} and board.stuck.total
    opened = {state.value: sum(counts) for state, counts in board.backlog.cells.items() if sum(counts)}
    assert dict(await rows(BACKLOG)) == opened and opened
    assert dict(await rows(CAUSES)) == {one.cause.value: one.people for one in board.causes if one.people} != {}
    looked = {
        one.desk: (one.sent, one.declined, one.roots, one.opened, one.confirmed, one.checked - one.confirmed)
        for one in board.desks
    }
    found = {str(row[0]): row[1:] for row in await rows(HEALTH)}
    assert {desk: row for desk, row in found.items() if row[0] or row[4] or row[5]} == looked
    assert looked[str(some.agent.desks[0])][:3] == (4, 1, 4)
    counts = {one.code: one.count for one in listed(board)}
    assert set(counts) == {one.code for one in DEFINITIONS} and all(counts.values())


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
    by_title = {line[0]: line for line in made.lines}
    assert by_title[PEOPLE.title][2].endswith("repère de la Drees 63\u202f%")
    held, whole = re.fullmatch(r"(\d+) heures ouvrées sur (\d+)", by_title[HOLD.title][2]).groups()
    assert int(held) < int(whole) > 0
    assert made.desks and not any(str(some.agent.account) in line for row in made.desks for line in row)


async def test_only_the_coordination_reads_the_report(alone: Alone):
    for role in (Role.REFERENT, Role.DESK_MANAGER, Role.DPO):
        with pytest.raises(RoleNotAllowed):
            async with alone.database.web(somebody(role)) as work:
                await report.read_report(somebody(role), work, "2026-03", Names(None))


def test_a_figure_that_counts_people_says_that_two_files_count_twice():
    of_people = [one for one in DEFINITIONS if "personstep" in one.sql]
    assert {PEOPLE.code, CAUSES.code} <= {one.code for one in of_people}
    assert all("deux dossiers compte deux fois" in one.text for one in of_people)
