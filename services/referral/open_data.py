"""A table that anybody may read: persons by right and by what became of them, with what would say too much left out.

Pure. No cell under 11 persons, none of which one organisation brought 85 % or more; then as many other cells as it
takes until nobody can work out a hidden one from the sums to within less than 11.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

FEWEST, DOMINANCE, WIDTH = 11, 0.85, 11
TOTAL = "Ensemble"
HIDDEN = "secret"
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Count:
    """Persons of a cell, and how many of them the organisation that brought the most had brought."""

    persons: int
    largest: int = 0

    @property
    def tells_too_much(self) -> bool:
        """Too few, or one contributor's."""
        return self.persons < FEWEST or self.largest >= DOMINANCE * self.persons


@dataclass(frozen=True, slots=True)
class Published:
    """Rows and columns with their totals last; None is hidden."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[int | None, ...], ...]


def publish(
    rows: Sequence[str], columns: Sequence[str], counts: Mapping[tuple[str, str], Count], dominant: Mapping[str, int]
) -> Published:
    """`counts` by (row, column); the totals are their sums. `dominant` by row or column is what its largest contributor
    brought, and under TOTAL of everybody."""
    table = [[counts.get((row, column), Count(0)).persons for column in columns] for row in rows]
    full = [[*line, sum(line)] for line in table]
    full.append([sum(line[place] for line in full) for place in range(len(columns) + 1)])
    first = {
        (i, j) for i, row in enumerate(rows) for j, column in enumerate(columns)
        if counts.get((row, column), Count(0)).tells_too_much
    }
    for i, name in enumerate([*rows, TOTAL]):
        if Count(full[i][-1], dominant.get(name, 0)).tells_too_much:
            first.add((i, len(columns)))
    for j, name in enumerate(columns):
        if Count(full[-1][j], dominant.get(name, 0)).tells_too_much:
            first.add((len(rows), j))
    hidden = protect(full, first)
    shown = tuple(
        tuple(None if (i, j) in hidden else number for j, number in enumerate(line)) for i, line in enumerate(full)
    )
    return Published((*rows, TOTAL), (*columns, TOTAL), shown)


def protect(table: Sequence[Sequence[int]], first: set[Place]) -> set[Place]:
    """The cells to hide: those, and more until each hidden one could be anything over a width of 11.

    `table` holds its totals in the last row and column. Of the cells that would help, the smallest is hidden first, so
    that as little as possible is lost; at worst everything is.
    """
    hidden, todo = set(first), sorted(first)
    while todo:
        # Hiding more only ever widens what was wide enough before.
        if wide_enough(table, hidden, todo[0]):
            todo.pop(0)
            continue
        more = _rectangle(table, hidden, todo[0]) or _smallest(table, hidden, todo[0])
        if not more:
            break
        hidden |= more
    return hidden


def _rectangle(table: Sequence[Sequence[int]], hidden: set[Place], place: Place) -> set[Place]:
    """The cheapest three cells that make a rectangle wide enough with that one, away from the totals."""
    (i, j), best, cost = place, set[Place](), inf
    for a in range(len(table) - 1):
        for b in range(len(table[0]) - 1):
            if a == i or b == j or i == len(table) - 1 or j == len(table[0]) - 1:
                continue
            wide = min(table[i][b], table[a][j]) + min(table[i][j], table[a][b])
            new = {(i, b), (a, j), (a, b)} - hidden
            price = sum(table[one][other] for one, other in new)
            if wide >= WIDTH and new and price < cost:
                best, cost = new, price
    return best


def _smallest(table: Sequence[Sequence[int]], hidden: set[Place], place: Place) -> set[Place]:
    """The smallest shown cell of its row or column, else of the table; none when all are hidden."""
    shown = [
        (not (a == place[0] or b == place[1]), number, a, b)
        for a, line in enumerate(table) for b, number in enumerate(line) if (a, b) not in hidden
    ]
    return {min(shown)[2:]} if shown else set()


def wide_enough(table: Sequence[Sequence[int]], hidden: set[Place], place: Place) -> bool:
    """Whether the published cells leave that hidden one an interval of at least 11."""
    low, high = interval(table, hidden, place)
    return high - low >= WIDTH


def interval(table: Sequence[Sequence[int]], hidden: set[Place], place: Place) -> tuple[float, float]:
    """Between which numbers a hidden cell must lie for whoever knows the others and that all sums add up.

    A table whose sums hold is a flow between its rows and columns: what a cell can gain is the greatest flow back from
    its row to its column through the other hidden cells. A total counts with the opposite sign.
    """
    i, j = place
    here = table[i][j]
    forth = _flow(table, hidden - {place}, i, j)
    back = _flow(table, hidden - {place}, i, j, reverse=True)
    if _sign(table, place) < 0:
        forth, back = back, forth
    return max(0, here - back), here + forth


def _sign(table: Sequence[Sequence[int]], place: Place) -> int:
    ends = (place[0] == len(table) - 1) + (place[1] == len(table[0]) - 1)
    return -1 if ends == 1 else 1


def _flow(table: Sequence[Sequence[int]], hidden: set[Place], row: int, column: int, *, reverse: bool = False) -> float:
    """The greatest flow from a row to a column, or back: along a cell as it may fall, against it as it may rise."""
    room: dict[tuple[str, str], float] = {}
    for a, b in hidden:
        falls, rises = float(table[a][b]), inf
        if _sign(table, (a, b)) < 0:
            falls, rises = rises, falls
        room[f"r{a}", f"c{b}"], room[f"c{b}", f"r{a}"] = falls, rises
    source, sink = (f"c{column}", f"r{row}") if reverse else (f"r{row}", f"c{column}")
    total = 0.0
    while path := _path(room, source, sink):
        least = min(room[edge] for edge in path)
        if least == inf:
            return inf
        for one, other in path:
            room[one, other] -= least
            room[other, one] += least
        total += least
    return total


def _path(room: Mapping[tuple[str, str], float], source: str, sink: str) -> list[tuple[str, str]]:
    came: dict[str, str] = {source: ""}
    todo, ways = deque([source]), defaultdict[str, list[str]](list)
    for (one, other), left in room.items():
        if left > 0:
            ways[one].append(other)
    while todo and sink not in came:
        here = todo.popleft()
        for other in ways[here]:
            if other not in came:
                came[other] = here
                todo.append(other)
    if sink not in came:
        return []
    path, here = [], sink
    while came[here]:
        path.append((came[here], here))
        here = came[here]
    return path[::-1]
