"""The open file against a solver that knows every published number and that all sums add up."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.open_data import FEWEST, WIDTH, Count, Published, interval, protect, publish

ROWS, COLUMNS = ("rsa", "css", "apl", "aspa"), ("ouvert", "en cours", "autre issue")
CELLS = st.lists(st.integers(0, 60), min_size=12, max_size=12)


def attack(found: Published, row: int, column: int) -> tuple[float, float]:
    """The least and the most that a hidden cell can be, by linear programming over everything that was published."""
    from scipy.optimize import linprog

    places = [(i, j) for i in range(len(found.rows)) for j in range(len(found.columns))]
    index = {place: number for number, place in enumerate(places)}
    last_row, last_column = len(found.rows) - 1, len(found.columns) - 1
    equations, values = [], []
    for i in range(len(found.rows)):
        line = [0.0] * len(places)
        for j in range(last_column):
            line[index[i, j]] = 1
        line[index[i, last_column]] = -1
        equations.append(line)
        values.append(0)
    for j in range(len(found.columns)):
        line = [0.0] * len(places)
        for i in range(last_row):
            line[index[i, j]] = 1
        line[index[last_row, j]] = -1
        equations.append(line)
        values.append(0)
    bounds = [(0, None) if found.cells[i][j] is None else (found.cells[i][j],) * 2 for i, j in places]
    cost = [0.0] * len(places)
    cost[index[row, column]] = 1
    low = linprog(cost, A_eq=equations, b_eq=values, bounds=bounds)
    high = linprog([-one for one in cost], A_eq=equations, b_eq=values, bounds=bounds)
    assert low.status == 0
    return low.fun, float("inf") if high.status == 3 else -high.fun


def table_of(numbers: list[int], largest: dict[int, int] | None = None) -> tuple[Published, dict]:
    counts = {
        (row, column): Count(numbers[i * 3 + j], (largest or {}).get(i * 3 + j, 0))
        for i, row in enumerate(ROWS) for j, column in enumerate(COLUMNS)
    }
    return publish(ROWS, COLUMNS, counts, {}), counts


@settings(max_examples=25, deadline=None)
@given(CELLS)
def test_no_solver_gets_within_eleven_of_a_cell_that_had_to_be_hidden(numbers: list[int]):
    found, counts = table_of(numbers)
    for i, row in enumerate(ROWS):
        for j, column in enumerate(COLUMNS):
            if counts[row, column].persons < FEWEST:
                assert found.cells[i][j] is None
                low, high = attack(found, i, j)
                assert high - low >= WIDTH - 1e-6, (found, row, column)


@settings(max_examples=15, deadline=None)
@given(CELLS, st.sets(st.integers(0, 14), min_size=2, max_size=9))
def test_the_interval_is_the_solver_s_own(numbers: list[int], hide: set[int]):
    full = [[*numbers[i * 3 : i * 3 + 3], sum(numbers[i * 3 : i * 3 + 3])] for i in range(4)]
    full.append([sum(line[j] for line in full) for j in range(4)])
    hidden = {(place // 4, place % 4) for place in hide}
    shown = Published(
        (*ROWS, "Ensemble"), (*COLUMNS, "Ensemble"),
        tuple(tuple(None if (i, j) in hidden else n for j, n in enumerate(line)) for i, line in enumerate(full)),
    )
    for place in hidden:
        assert interval(full, hidden, place) == pytest.approx(attack(shown, *place), abs=1e-6)


def test_a_single_small_cell_takes_others_with_it_and_large_tables_stay_readable():
    found, _ = table_of([40, 50, 60, 30, 5, 45, 70, 80, 90, 33, 44, 55])
    assert found.cells[1][1] is None
    hidden = sum(cell is None for line in found.cells for cell in line)
    assert 4 <= hidden <= 6
    assert found.cells[4][3] == 602


def test_what_one_organisation_brought_almost_alone_is_hidden_too():
    found, _ = table_of([40] * 12, {4: 34})
    assert found.cells[1][1] is None
    found, _ = table_of([40] * 12, {4: 33})
    assert None not in [cell for line in found.cells for cell in line]


def test_without_the_second_step_the_solver_finds_the_number():
    """The control: hiding the small cell alone hides nothing."""
    numbers = [40, 50, 60, 30, 5, 45, 70, 80, 90, 33, 44, 55]
    full = [[*numbers[i * 3 : i * 3 + 3], sum(numbers[i * 3 : i * 3 + 3])] for i in range(4)]
    full.append([sum(line[j] for line in full) for j in range(4)])
    assert interval(full, {(1, 1)}, (1, 1)) == (5, 5)
    assert (1, 1) in protect(full, {(1, 1)})
