"""What leaves the territory: the open file and its life, what two of them give away together, and the comparison."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest

from contracts.refusals import InvalidInput, NotFound, QuarterAlreadyPublished, RoleNotAllowed
from contracts.rights import catalogue
from contracts.viewer import Role
from services.referral import comparison, publishing
from services.referral.open_data import FEWEST, TOTAL, WIDTH, Published
from services.referral.spreadsheet import Sheet, as_csv, as_xlsx, long_csv, safe
from tests.referral.referral_world import Alone, World, somebody
from tests.referral.test_times_open_data import attack

SENDERS = [UUID(int=one) for one in range(1, 6)]
NOW = datetime(2031, 5, 6, 9, tzinfo=UTC)


def people(seed: int) -> list[tuple[str, str, UUID, int]]:
    """Persons by right, situation and sender, of a quarter like another."""
    rng = Random(seed)
    return [
        (right, situation, sender, number)
        for right in list(catalogue())[:6] for situation in publishing.SITUATIONS for sender in SENDERS
        if (number := rng.choice([0, 1, 2, 4, 9, 15]))
    ]


def small(rows: list[tuple[str, str, UUID, int]], table: Published) -> list[tuple[int, int]]:
    """The cells that must not be told."""
    counts: dict[tuple[str, str], int] = {}
    for right, situation, _, number in rows:
        counts[right, situation] = counts.get((right, situation), 0) + number
    return [
        (i, j) for i, row in enumerate(table.rows[:-1]) for j, column in enumerate(table.columns[:-1])
        if 0 < counts.get((row, column), 0) < FEWEST
    ]


def test_every_file_has_the_same_rows_and_columns_whatever_there_is():
    tables = [publishing.table_of(people(seed)) for seed in (1, 2)] + [publishing.table_of([])]
    assert len({(one.rows, one.columns) for one in tables}) == 1
    assert all(not number for cells in tables[2].cells for number in cells)


@pytest.mark.parametrize("seed", [1, 5])
def test_two_publications_one_after_the_other_give_away_no_small_number(seed: int):
    first, second = people(seed), people(seed + 1)
    tables = [publishing.table_of(one) for one in (first, second)]
    seen = 0
    for rows, table in zip((first, second), tables, strict=True):
        for i, j in small(rows, table)[:4]:
            # No equation ties a cell of one quarter to one of another: what the solver finds of one is all there is.
            low, high = attack(table, i, j)
            assert high - low >= WIDTH - 1e-6
            seen += 1
    assert seen


def test_a_file_that_were_published_again_with_one_person_more_would_give_her_away():
    """The control: why a quarter is published once, and why quarters do not overlap."""
    rows = [(right, situation, sender, 20) for right in list(catalogue())
            for situation in publishing.SITUATIONS for sender in SENDERS]  # fmt: skip
    again = [*rows, ("rsa", "ouvert", SENDERS[0], 1)]
    before, after = publishing.table_of(rows), publishing.table_of(again)
    i, j = before.rows.index("rsa"), before.columns.index("ouvert")
    assert (after.cells[i][j] or 0) - (before.cells[i][j] or 0) == 1


@pytest.mark.parametrize(
    ("day", "quarter"),
    [("2026-11-22", "2026-09"), ("2026-10-01", "2026-09"), ("2026-09-30", "2026-06"), ("2026-01-15", "2025-12")],
)
def test_only_a_quarter_that_is_over_can_be_published(day: str, quarter: str):
    now = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    assert publishing.quarter_over(now) == quarter
    assert publishing.is_quarter(quarter, now)
    assert not publishing.is_quarter(publishing.months_before(quarter, -3), now)
    assert not publishing.is_quarter(publishing.months_before(quarter, 1), now)


async def test_a_coordinator_prepares_a_data_protection_officer_publishes_and_then_nothing_changes(alone: Alone):
    coordinator, officer = somebody(Role.COORDINATOR), somebody(Role.DPO)
    both = somebody(Role.COORDINATOR, Role.DPO)
    world, sent = World(), datetime(2031, 2, 3, 9, tzinfo=UTC)
    for _ in range(12):
        await alone.sent(world, sent)
    async with alone.database.web(coordinator, at=NOW) as work:
        ref = await publishing.prepare(coordinator, work, "2031-03")
        with pytest.raises(NotFound):
            await publishing.prepare(coordinator, work, "2031-06")
        with pytest.raises(RoleNotAllowed):
            await publishing.approve(coordinator, work, ref)
    async with alone.database.web(None, at=NOW) as work:
        assert "2031-03" not in {one.month for one in await publishing.published(work)}
    async with alone.database.web(both, at=NOW) as work:
        own = await publishing.prepare(both, work, "2031-03")
        with pytest.raises(RoleNotAllowed):
            await publishing.approve(both, work, own)
    async with alone.database.web(officer, at=NOW) as work:
        with pytest.raises(RoleNotAllowed):
            await publishing.prepare(officer, work, "2031-03")
        assert await publishing.approve(officer, work, ref) == "2031-03"
    async with alone.database.web(None, at=NOW) as work:
        found = next(one for one in await publishing.published(work) if one.month == "2031-03")
    # One organisation sent all twelve: more than 85 % of every cell and total.
    assert not any(number for cells in found.table.cells for number in cells)
    assert found.table.cells[found.table.rows.index("rsa")] == found.table.cells[-1] == (None,) * 4
    for who in (coordinator, officer):
        async with alone.database.web(who, at=NOW) as work:
            with pytest.raises((QuarterAlreadyPublished, RoleNotAllowed)):
                await (publishing.prepare(who, work, "2031-03") if who is coordinator
                       else publishing.approve(who, work, own))
    async with alone.database.web(officer, at=NOW) as work:
        with pytest.raises(QuarterAlreadyPublished):
            await publishing.approve(officer, work, own)


@pytest.mark.parametrize("change", ["UPDATE openpublication SET month = 'x'", "DELETE FROM openpublication"])
@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.DPO, Role.ADMINISTRATOR])
async def test_a_published_file_cannot_be_changed_by_anybody(alone: Alone, role: Role, change: str):
    import asyncpg

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with alone.database.web(somebody(role)) as work:
            await work.execute(change)


def test_the_file_is_rfc_4180_and_says_of_each_line_whether_it_is_hidden():
    table = publishing.table_of(people(3))
    found = publishing.Publication("2026-09", table, NOW)
    body, kind = publishing.file_of(found, "valbrume", "csv")
    assert kind.startswith("text/csv") and body.count(b"\r\n") == body.count(b"\n")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert len(rows) == len(table.rows) * len(table.columns)
    assert all((row["personnes"] == "") == (row["statut"] == "secret") for row in rows)
    assert all(int(row["personnes"]) >= FEWEST for row in rows if row["personnes"] not in ("", "0"))
    schema = json.loads(publishing.file_of(found, "valbrume", "json")[0])
    assert [one["name"] for one in schema["fields"]] == list(rows[0])


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2", "@sum", "\tx", "\rx"])
def test_no_cell_of_a_download_is_taken_for_a_formula(text: str):
    from python_calamine import load_workbook

    assert safe(text) == f"'{text}" and safe(-2) == -2
    sheet = Sheet("a", "A", ("Tête", "Autre"), ((text, text),))
    for body in (as_csv(sheet.heads, sheet.rows), long_csv([sheet])):
        cells = [cell for row in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")) for cell in row]
        assert f"'{text}" in cells and text not in cells
    assert load_workbook(io.BytesIO(as_xlsx([sheet]))).get_sheet_by_name("A").to_python()[1][0].startswith("'")


def territory(folder: Path, number: int) -> tuple[comparison.Signer, dict]:
    """A territory with its key and the file of its published quarter."""
    signer = comparison.Signer(folder / str(number))
    rows = [("rsa", situation, sender, 10 + number) for situation in publishing.SITUATIONS for sender in SENDERS]
    rows += [("css", "ouvert", sender, 20 + 3 * number) for sender in SENDERS]
    rows += [("css", situation, sender, 20) for situation in ("autre", "en_cours") for sender in SENDERS]
    return signer, comparison.signed(signer, "2026-09", publishing.table_of(rows))


def test_thirty_nine_territories_each_see_themselves_among_letters(tmp_path: Path):
    all_of = [territory(tmp_path, number) for number in range(39)]
    orders = set()
    for own in (0, 20, 38):
        signer, mine = all_of[own]
        files = [comparison.checked(json.dumps(file).encode()) for _, file in all_of if file is not mine]
        found = next(one for one in comparison.strips(signer, files, mine) if one.code == "css")
        assert len(found.points) == 39 and [one.own for one in found.points].count(True) == 1
        assert found.rank == 39 - own  # the share grows with the number
        letters = {one.letter for one in found.points if not one.own}
        assert letters == {comparison.letters(place) for place in range(38)}
        orders.add(tuple(one.letter for one in found.points if not one.own))
    assert len(orders) == 3
    assert not any("valbrume" in json.dumps(file) for _, file in all_of)


def test_two_territories_alone_are_not_compared(tmp_path: Path):
    signer, mine = territory(tmp_path, 1)
    _, other = territory(tmp_path, 2)
    assert comparison.strips(signer, [other], mine) == ()


def test_a_file_that_was_changed_or_tells_too_little_a_number_is_refused(tmp_path: Path):
    signer, file = territory(tmp_path, 1)
    assert comparison.checked(json.dumps(file).encode())["opened"]["css"]["part"] >= FEWEST
    changed = {**file, "month": "2026-06"}
    few = {"rsa": {"part": 4, "whole": 50}}
    body = {"version": 1, "month": "2026-09", "public": signer.public.hex(), "opened": few}
    signature = signer.private.sign(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hex()
    for wrong in (changed, {**body, "signature": signature}, {}, [], "x"):
        with pytest.raises(InvalidInput):
            comparison.checked(json.dumps(wrong).encode())


async def test_the_exchange_takes_a_file_once_and_never_ones_own(alone: Alone, tmp_path: Path):
    coordinator = somebody(Role.COORDINATOR)
    signer, mine = territory(tmp_path, 1)
    texts = [json.dumps(territory(tmp_path, number)[1]).encode() for number in (2, 3, 4)]
    async with alone.database.web(coordinator) as work:
        assert [await comparison.keep(work, signer, text) for text in [*texts, texts[0]]] == [True, True, True, False]
        with pytest.raises(InvalidInput):
            await comparison.keep(work, signer, json.dumps(mine).encode())
        strips, others, _ = await comparison.read_strips(coordinator, work, signer)
    assert others == 3 and {one.code for one in strips} >= {"css"}
    with pytest.raises(RoleNotAllowed):
        async with alone.database.web(somebody(Role.DPO)) as work:
            await comparison.read_strips(somebody(Role.DPO), work, signer)


def test_the_total_of_a_table_is_what_is_told_for_all_rights():
    table = publishing.table_of(people(2))
    told = comparison.measured(table)
    assert set(told) <= {"all", *catalogue()} and TOTAL not in told
    assert all(FEWEST <= one["part"] <= one["whole"] for one in told.values())
    assert uuid4().hex not in json.dumps(told)
