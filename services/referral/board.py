"""The four times of the coordinators’ board, estimated from counted cells, with the open referrals in them.

Pure arithmetic over (month, key, clock, how, bucket, n); nothing of a person is in a cell.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.referral.business_time import PARIS, position
from services.referral.definitions import TIMES, Time
from services.referral.durations import EVENTS
from services.referral.estimators import OPEN, PERCENTILES, Cell, Steps, by_time, curve_of, incidence_of, together
from services.referral.lumps import Lump, gathered
from services.referral.tallying import DAY_QUARTERS, HOUR_QUARTERS, began, rounded

MONTHS_SHOWN, MONTHS_OF_A_TREND = 6, 3


class Counted(NamedTuple):
    """A row of the figures as it is read; `month` is empty where months are added up, `key` overall.

    `quarters` is the whole time behind it, in quarter hours and not rounded, where it was asked for.
    """

    month: str
    key: str
    clock: str
    how: str
    bucket: int
    n: int
    quarters: int | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One time of one group, in business hours; None is not reached yet. `band` are the 95 % bounds of the median.

    `followed` is the number at risk at the median, `past_target` those still waiting beyond the target; `came_by` the
    share that had the event within the target beside every competing end (Aalen–Johansen), `ends` the others by word.
    """

    key: str
    n: int
    events: int
    waiting: int
    past_target: int
    p50: float | None
    p75: float | None
    p90: float | None
    p95: float | None
    followed: int | None
    band: tuple[float | None, float | None] = (None, None)
    came_by: float = 0.0
    ends: Mapping[str, int] = field(default_factory=dict)

    @property
    def share_past_target(self) -> float:
        """Share, 0 to 1, of all `n` that still wait beyond the target."""
        return self.past_target / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the four times: overall, by month of sending, and where it was asked for by organisation, desk, right.

    `lately` and `before` are the overall figures of the last three months of sending and of the three before.
    """

    time: Time
    overall: Figure
    lately: Figure
    before: Figure
    by_month: tuple[Figure, ...]
    by_partner: tuple[Figure, ...] = ()
    by_desk: tuple[Figure, ...] = ()
    by_right: tuple[Figure, ...] = ()

    @property
    def code(self) -> str:
        """`tta`, `ttc`, `ttr` or `tto`."""
        return self.time.code


def measures(
    overall: Iterable[Counted], splits: Mapping[str, Iterable[Counted]], now: datetime, *, whole: bool = True
) -> tuple[Measure, ...]:
    """The four times at that instant. `overall` is by month; `splits` by `organisation`, `desk`, `right`.

    Not `whole`, the months have their percentiles alone, which is all that a trend needs.
    """
    by_clock: defaultdict[str, list[Counted]] = defaultdict(list)
    for row in overall:
        by_clock[row.clock].append(row)
    split = {name: _by_clock_and_key(rows) for name, rows in splits.items()}
    quarter = began(position(now))
    found = []
    for one in TIMES:
        by_month: defaultdict[str, list[Counted]] = defaultdict(list)
        for row in by_clock[one.code]:
            by_month[row.month].append(row)
        groups = {key: group(one, by_month[key], quarter) for key in sorted(by_month)}
        found.append(_measure(one, groups, split, quarter, month_key(now), whole))
    return tuple(found)


def measures_of(
    lumps: Iterable[Lump], splits: Mapping[str, Iterable[Counted]], now: datetime, *, whole: bool = True
) -> tuple[Measure, ...]:
    """The same as `measures` of what was counted overall in lumps, several times as fast."""
    by_clock: defaultdict[str, defaultdict[str, list[Lump]]] = defaultdict(lambda: defaultdict(list))
    for one in lumps:
        by_clock[one.clock][one.month].append(one)
    split = {name: _by_clock_and_key(rows) for name, rows in splits.items()}
    quarter, found = began(position(now)), []
    for time in TIMES:
        groups = {
            month: Group(*gathered(own, EVENTS[time.code], time.target_days * DAY_QUARTERS, quarter))
            for month, own in sorted(by_clock[time.code].items())
        }
        found.append(_measure(time, groups, split, quarter, month_key(now), whole))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Group:
    """What was counted of one group, before anything is estimated, so that months can be added up."""

    steps: Steps
    waiting: int
    past_target: int
    ends: Mapping[str, int]


def group(time: Time, rows: Iterable[Counted], quarter: int) -> Group:
    """These cells; `quarter` is now, in quarter hours of business time."""
    target = time.target_days * DAY_QUARTERS
    cells: list[Cell] = []
    waiting = late = 0
    ends: defaultdict[str, int] = defaultdict(int)
    for _, _, _, how, bucket, n, _ in rows:
        if how == OPEN:
            waited = rounded(max(0, quarter - bucket))
            cells.append((waited, OPEN, n))
            waiting += n
            late += n if waited > target else 0
        else:
            cells.append((bucket, how, n))
            ends[how] += n
    return Group(by_time(cells, EVENTS[time.code]), waiting, late, ends)


def added(groups: Sequence[Group]) -> Group:
    """Several groups as one."""
    ends: defaultdict[str, int] = defaultdict(int)
    for one in groups:
        for how, number in one.ends.items():
            ends[how] += number
    return Group(
        together(one.steps for one in groups), sum(one.waiting for one in groups),
        sum(one.past_target for one in groups), ends,
    )


def figure(key: str, time: Time, rows: Iterable[Counted], quarter: int) -> Figure:
    """One figure of these cells; `quarter` is now, in quarter hours of business time."""
    return estimated(key, time, group(time, rows, quarter))


def estimated(key: str, time: Time, counted: Group, *, band: bool = True, share: bool = True) -> Figure:
    """The figure of a group. `band` of the median and `share` that came by the target are computed when asked for."""
    curve = curve_of(counted.steps)
    low, high = curve.band(50) if band else (None, None)
    event, target = EVENTS[time.code], time.target_days * DAY_QUARTERS
    return Figure(
        key, curve.n, curve.events, counted.waiting, counted.past_target,
        *(_hours(curve.percentile(one)) for one in PERCENTILES),
        followed=curve.followed(50), band=(_hours(low), _hours(high)),
        came_by=incidence_of(counted.steps).by(target) if share else 0.0,
        ends={how: number for how, number in sorted(counted.ends.items()) if how != event},
    )


def window_start(now: datetime, months: int = MONTHS_SHOWN) -> datetime:
    """The first instant of the cohort: the first of the month, in Paris, so many months back, the present one
    counted."""
    local = now.astimezone(PARIS)
    number = local.year * 12 + local.month - months
    return datetime(number // 12, number % 12 + 1, 1, tzinfo=PARIS)


def month_key(at: datetime) -> str:
    """`2026-11`, in Paris."""
    return f"{at.astimezone(PARIS):%Y-%m}"


def month_start(month: str) -> datetime:
    """Its first instant, in Paris."""
    return datetime(int(month[:4]), int(month[5:]), 1, tzinfo=PARIS)


def months_before(month: str, number: int) -> str:
    """The month so many months before."""
    year, place = map(int, month.split("-"))
    count = year * 12 + place - 1 - number
    return f"{count // 12}-{count % 12 + 1:02d}"


def _measure(
    time: Time, groups: Mapping[str, Group], splits: Mapping[str, Mapping[str, Mapping[str, list[Counted]]]],
    quarter: int, month: str, whole: bool,
) -> Measure:
    turn = months_before(month, MONTHS_OF_A_TREND - 1)

    def split(name: str) -> tuple[Figure, ...]:
        found = [figure(key, time, one, quarter) for key, one in splits.get(name, {}).get(time.code, {}).items()]
        return tuple(sorted(found, key=lambda one: (-one.n, one.key)))

    def of(months: Iterable[str], *, share: bool = False) -> Figure:
        return estimated("", time, added([groups[key] for key in months]), share=share)

    return Measure(
        time,
        overall=of(groups, share=True),
        lately=of(key for key in groups if key >= turn),
        before=of(key for key in groups if key < turn),
        by_month=tuple(estimated(key, time, one, band=whole, share=whole) for key, one in groups.items()),
        by_partner=split("organisation"), by_desk=split("desk"), by_right=split("right"),
    )


def _by_clock_and_key(rows: Iterable[Counted]) -> dict[str, dict[str, list[Counted]]]:
    found: defaultdict[str, defaultdict[str, list[Counted]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.clock][row.key].append(row)
    return {clock: dict(keys) for clock, keys in found.items()}


def _hours(quarters: float | None) -> float | None:
    return None if quarters is None else quarters / HOUR_QUARTERS
