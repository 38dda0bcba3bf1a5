"""Times to an event while some still wait: Kaplan–Meier with its band; Aalen–Johansen where something else may come.

Plain arithmetic over counts by distinct time, so that a million waits cost as much as their histogram. Every cell is
(time, how it ended, how many): `OPEN` has not ended, any other word is the event or a competing one.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt

OPEN = "open"
PERCENTILES = (50, 75, 90, 95)
CONFIDENCE_Z = 1.959963984540054  # two-sided 95 %
_ROUNDING = 1e-9
Cell = tuple[float, str, int]
Steps = dict[float, list[int]]


@dataclass(frozen=True, slots=True)
class Curve:
    """The share `still[i]` that still waits after `times[i]`; `at_risk[i]` were followed up to that instant.

    `spread` is Greenwood's sum, from which `lower` and `upper` follow, the 95 % band (None where the last ones followed
    all had the event: nothing is known of the upper edge there). Between two steps the curve is flat; before the first
    one everybody waits.
    """

    n: int
    events: int
    times: tuple[float, ...] = ()
    still: tuple[float, ...] = ()
    at_risk: tuple[int, ...] = ()
    spread: tuple[float | None, ...] = ()

    @property
    def lower(self) -> tuple[float, ...]:
        """The lower edge of the band."""
        return tuple(map(_lower, self.still, self.spread))

    @property
    def upper(self) -> tuple[float | None, ...]:
        """The upper edge of the band."""
        return tuple(map(_upper, self.still, self.spread))

    def waiting(self, time: float) -> float:
        """The share still waiting after that time."""
        found = bisect_right(self.times, time)
        return self.still[found - 1] if found else 1.0

    def percentile(self, percent: int) -> float | None:
        """The least time after which at least `percent` % had the event; None when the curve does not get there.

        Without censoring this is the ordinary quantile (inverse of the empirical distribution, no interpolation).
        """
        found = self._step(self.still, percent)
        return None if found is None else self.times[found]

    def band(self, percent: int) -> tuple[float | None, float | None]:
        """Between which times that percentile lies, 95 % of the time; None is beyond what was followed.

        The times at which the band itself crosses (Brookmeyer and Crowley, 1982).
        """
        first = self._step(map(_lower, self.still, self.spread), percent)
        last = self._step(map(_upper, self.still, self.spread), percent)
        return None if first is None else self.times[first], None if last is None else self.times[last]

    def followed(self, percent: int) -> int | None:
        """How many were still at risk when the curve reached that percentile; None when it does not get there."""
        found = self._step(self.still, percent)
        return None if found is None else self.at_risk[found]

    def _step(self, shares: Iterable[float | None], percent: int) -> int | None:
        goal = 1 - percent / 100 + _ROUNDING
        return next((index for index, share in enumerate(shares) if share is not None and share <= goal), None)


@dataclass(frozen=True, slots=True)
class Incidence:
    """The share `shares[i]` that had come to that end by `times[i]`, those counted that came to another end first."""

    times: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()

    def by(self, time: float) -> float:
        """The share by that time."""
        found = bisect_right(self.times, time)
        return self.shares[found - 1] if found else 0.0


def kaplan_meier(cells: Iterable[Cell], event: str) -> Curve:
    """The curve of those cells (Kaplan and Meier, 1958), with Greenwood's variance on the log-log scale.

    Every end but `event` takes a wait out of those followed at its own time. At a tie events come first: whoever left
    at that instant was still at risk. Raises ValueError for a time that is negative or no number, or a count below 0.
    """
    return curve_of(by_time(cells, event))


def curve_of(steps: Steps) -> Curve:
    """The curve of what was counted by time."""
    rows = [(time, *steps[time]) for time in sorted(steps)]
    left = n = sum(all_ends for _, _, _, all_ends in rows)
    share, spread, total = 1.0, 0.0, 0
    times: list[float] = []
    still: list[float] = []
    at_risk: list[int] = []
    spreads: list[float | None] = []
    for time, came, _, all_ends in rows:
        if came:
            share *= 1 - came / left
            spread += came / (left * (left - came)) if left > came else 0.0
            times.append(time)
            still.append(share)
            at_risk.append(left)
            spreads.append(spread if left > came else None)
            total += came
        left -= all_ends
    return Curve(n, total, tuple(times), tuple(still), tuple(at_risk), tuple(spreads))


def aalen_johansen(cells: Iterable[Cell], event: str) -> Incidence:
    """How many had come to `event` by each time, in a world where the other ends exist (Aalen and Johansen, 1978).

    1 − Kaplan–Meier answers another question (what if nobody ever recalled anything) and is never below it. Raises
    ValueError as `kaplan_meier`.
    """
    return incidence_of(by_time(cells, event))


def incidence_of(steps: Steps) -> Incidence:
    """The same of what was counted by time."""
    rows = [(time, *steps[time]) for time in sorted(steps)]
    left = sum(all_ends for _, _, _, all_ends in rows)
    free, reached = 1.0, 0.0  # free: nothing has come yet
    times, shares = [], []
    for time, came, ended, all_ends in rows:
        if came:
            reached += free * came / left
            times.append(time)
            shares.append(reached)
        if ended:
            free *= 1 - ended / left
        left -= all_ends
    return Incidence(tuple(times), tuple(shares))


def by_time(cells: Iterable[Cell], event: str) -> Steps:
    """By time: had the event, came to any end, left altogether. Raises ValueError as `kaplan_meier`."""
    found: Steps = {}
    for time, how, count in cells:
        if not (time >= 0 and isfinite(time)) or count < 0:
            raise ValueError("a time is a finite number, not negative, and so is a count")
        if count:
            at = found.get(time)
            if at is None:
                at = found[time] = [0, 0, 0]
            at[2] += count
            if how != OPEN:
                at[1] += count
                if how == event:
                    at[0] += count
    return found


def together(several: Iterable[Steps]) -> Steps:
    """What was counted of several groups, added up."""
    found: Steps = {}
    for steps in several:
        for time, (came, ended, left) in steps.items():
            at = found.get(time)
            if at is None:
                found[time] = [came, ended, left]
            else:
                at[0] += came
                at[1] += ended
                at[2] += left
    return found


def _lower(share: float, spread: float | None) -> float:
    return 0.0 if spread is None else share ** exp(CONFIDENCE_Z * sqrt(spread) / abs(log(share)))


def _upper(share: float, spread: float | None) -> float | None:
    return None if spread is None else share ** exp(-CONFIDENCE_Z * sqrt(spread) / abs(log(share)))
