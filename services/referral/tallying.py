"""What one referral adds to the figures, as counted cells: a figure is a sum of cells, never a walk over rows.

Pure. Cells of a clock hold how it ended and after how long (`OPEN`: since when); other cells count what happened. The
whole of a referral's cells follows from its rows, so a change of the rows is the difference of two such counts.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from contracts.lifecycle import OPEN as OPEN_STATES
from contracts.lifecycle import State
from contracts.vocabulary import Outcome
from services.referral.business_time import PARIS
from services.referral.durations import Course, Wait
from services.referral.estimators import OPEN

QUARTER = 900  # seconds; what all waits are rounded up to
HOUR_QUARTERS, DAY_QUARTERS = 4, 32
# Up to so many quarter hours, waits are published to so many; the last step holds beyond. Each limit is a multiple of
# its step and of the next, so that rounding twice is rounding once and no target lies inside a step.
ROUNDING = ((1 * DAY_QUARTERS, 1), (5 * DAY_QUARTERS, HOUR_QUARTERS), (40 * DAY_QUARTERS, DAY_QUARTERS // 2),
            (80 * DAY_QUARTERS, DAY_QUARTERS))  # fmt: skip
LONGEST_STEP = 5 * DAY_QUARTERS
LOOP_WITHIN = timedelta(days=90)
REMINDER_WORKS_WITHIN = timedelta(hours=48)
COUNT, HOLDING, BACKLOG, DUE = "count", "holding", "backlog", "due"
DUE_SECONDS = 3600  # what is late is counted by the hour
_NOT_A_ROOT = frozenset({State.REDIRECTED, State.ENTERED_IN_ERROR})
Position = Callable[[datetime], float]


class Cell(NamedTuple):
    """One counted cell: `bucket` is a duration in quarter hours, or the quarter hour in which an open wait began."""

    desk: UUID
    organisation: UUID
    right: str
    sender_organisation: UUID
    clock: str
    month: str
    how: str
    bucket: int


@lru_cache(maxsize=16_384)
def rounded(quarters: int) -> int:
    """A wait as it is published, in quarter hours, never shorter than it was.

    To the quarter up to one business day, to the hour up to five, to half a day up to forty, to the day up to eighty,
    then to five days. The same for ends and for those who still wait, so that no order between two waits is turned
    round.
    """
    step = next((step for most, step in ROUNDING if quarters <= most), LONGEST_STEP)
    return -(-quarters // step) * step


def rounded_sql(quarters: str) -> str:
    """The same of an SQL expression of an integer that is not negative."""
    cases = " ".join(f"WHEN {quarters} <= {most} THEN {step}" for most, step in ROUNDING)
    step = f"(CASE {cases} ELSE {LONGEST_STEP} END)"
    return f"(({quarters} + {step} - 1) / {step} * {step})"


def bucket_of(seconds: int) -> int:
    """A finished wait in quarter hours, as published."""
    return rounded(-(-seconds // QUARTER))


def began(position: float) -> int:
    """The quarter hour of business time in which an open wait began."""
    return int(position // QUARTER)


def due_hour(at: datetime, *, to_the_hour: bool) -> int:
    """The hour, since 1970, from which something that was due at that instant is counted as late: the next full hour,
    or the end of that day in Paris."""
    if not to_the_hour:
        at = datetime.combine(at.astimezone(PARIS) + timedelta(days=1), time(), PARIS)
    return -int(-at.timestamp() // DUE_SECONDS)


def month_of(at: datetime) -> str:
    """The month of an instant in Paris, as `2026-11`."""
    return f"{at.astimezone(PARIS):%Y-%m}"


def cells_of_waits(waits: Iterable[Wait], position: Position) -> Counter[Cell]:
    """The cells of these clocks; `position` is an instant on the territory's axis of business seconds."""
    found: Counter[Cell] = Counter()
    for one in waits:
        bucket = began(position(one.start)) if one.how == OPEN else bucket_of(one.seconds or 0)
        found[Cell(*one.place, one.clock, month_of(one.start), one.how, bucket)] += 1
    return found


def cells_of_course(course: Course | None, position: Position) -> Counter[Cell]:
    """What else is counted of this referral; nothing of what was entered in error."""
    found: Counter[Cell] = Counter()
    if course is None or course.state is State.ENTERED_IN_ERROR:
        return found
    for how, (clock, month, bucket), number in _counted(course, position):
        found[Cell(*course.place, clock, month, how, bucket)] += number
    return +found


def _counted(course: Course, position: Position) -> list[tuple[str, tuple[str, str, int], int]]:
    sent, root = month_of(course.sent_at), month_of(course.root_sent_at)
    found = [(name, (COUNT, sent, 0), number) for name, number in _of_the_sending(course)]
    if course.state not in _NOT_A_ROOT:
        found += [(name, (COUNT, root, 0), 1) for name in _of_the_root(course)]
    if course.state in OPEN_STATES:
        found.append((course.state.value, (BACKLOG, "", began(position(course.root_sent_at))), 1))
        if course.state is State.SENT:
            found.append(("awaiting", (BACKLOG, "", began(position(course.awaiting_since))), 1))
        if course.due is not None:
            hour = due_hour(course.due, to_the_hour=course.state is State.SENT)
            found.append((course.state.value, (DUE, "", hour), 1))
    if course.turn is not None and course.held_since is not None:
        found.append((course.turn, (HOLDING, root, began(position(course.held_since))), 1))
    return found


def _of_the_sending(course: Course) -> list[tuple[str, int]]:
    worked = sum(any(at <= one <= at + REMINDER_WORKS_WITHIN for one in course.answers) for at in course.reminded)
    return [
        ("sent", 1),
        ("declined", int(course.state is State.DECLINED)),
        ("first", int(course.hops == 0)),
        ("accepted", int(course.hops == 0 and course.accepted)),
        ("contradicted", course.contradicted),
        ("accompaniment_refused", course.accompaniment_refused),
        ("reminded", len(course.reminded)),
        ("reminder_worked", worked),
        *((f"held_{turn}", seconds) for turn, seconds in course.held.items()),
    ]


def _of_the_root(course: Course) -> list[str]:
    closed = course.state is State.CLOSED and course.ended_at is not None
    in_time = closed and course.ended_at is not None and course.ended_at - course.root_sent_at <= LOOP_WITHIN
    names = {
        "roots": True,
        f"hops_{course.hops}": True,
        f"state_{course.state.value}": True,
        f"outcome_{course.outcome}": closed,
        "loop": in_time,
        "verified": in_time and course.confirmed is True,
        "confirmed": closed and course.confirmed is True,
        "right_opened": closed and course.outcome == Outcome.RIGHT_OPENED,
        "unreachable": closed and course.outcome == Outcome.UNREACHABLE,
    }
    return [name for name, holds in names.items() if holds]
