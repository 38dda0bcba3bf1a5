"""Time to an event when some are still waiting: Kaplan–Meier with right censoring, in business hours.

An open referral counts for as long as it has waited, so that leaving the hard ones aside never makes a figure better.
Recalled and withdrawn ones are censored at their own instant; competing risks (Aalen–Johansen) are not told apart yet.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from operator import itemgetter
from typing import Any

from services.referral.business_time import DAY_SECONDS, OPENS, PARIS, is_business_day, paris_day

PERCENTILES = (50, 75, 90)
_ROUNDING = 1e-9
_HOURS = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Survival:
    """The survival curve of `n` observations: after `times[i]` business hours, a share `still[i]` is still waiting.

    `at_risk[i]` is how many were followed up to that instant. Between two steps the curve is flat; before the first one
    everybody is waiting.
    """

    n: int
    events: int
    times: tuple[float, ...]
    still: tuple[float, ...]
    at_risk: tuple[int, ...]

    @property
    def censored(self) -> int:
        """How many had no event while they were followed."""
        return self.n - self.events

    def waiting(self, hours: float) -> float:
        """The share still waiting after that many business hours."""
        found = bisect_right(self.times, hours)
        return self.still[found - 1] if found else 1.0

    def percentile(self, percent: int) -> float | None:
        """The least time after which at least `percent` % had the event; None when the curve does not get there.

        Without censoring this is the ordinary quantile (inverse of the empirical distribution, no interpolation).
        """
        found = self._step(percent)
        return None if found is None else self.times[found]

    def followed(self, percent: int) -> int | None:
        """How many were still at risk when the curve reached that percentile; None when it does not get there."""
        found = self._step(percent)
        return None if found is None else self.at_risk[found]

    def _step(self, percent: int) -> int | None:
        goal = 1 - percent / 100 + _ROUNDING
        return next((index for index, share in enumerate(self.still) if share <= goal), None)


def survival(observations: Iterable[tuple[Any, ...]]) -> Survival:
    """Estimate the curve (Kaplan and Meier, 1958) from (business hours, whether the event came, …), in any order.

    At a tie, events come before censorings: whoever left at that instant was still at risk. Raises ValueError for a
    duration that is negative or no number.
    """
    rows = sorted(observations, key=_HOURS)
    if rows and not (rows[0][0] >= 0 and all(map(isfinite, map(_HOURS, rows)))):
        raise ValueError("a duration is a finite number of hours, not negative")
    times: list[float] = []
    still: list[float] = []
    at_risk: list[int] = []
    share, n, total, start = 1.0, len(rows), 0, 0
    waited = list(map(_HOURS, rows))
    for hours, events in Counter(row[0] for row in rows if row[1]).items():
        start = bisect_left(waited, hours, start)
        left = n - start
        share *= 1 - events / left
        times.append(hours)
        still.append(share)
        at_risk.append(left)
        total += events
    return Survival(n, total, tuple(times), tuple(still), tuple(at_risk))


class BusinessAxis:
    """Business hours of many instants at once: a prefix sum over the business days from `first` to `last`.

    Agrees with `business_hours_between` for instants of that span, at the price of one search in a sorted list.
    """

    def __init__(self, first: datetime, last: datetime) -> None:
        day, until = paris_day(first) - timedelta(days=7), paris_day(last) + timedelta(days=1)
        self.opens: list[float] = []
        while day <= until:
            if is_business_day(day):
                self.opens.append(datetime.combine(day, OPENS, PARIS).astimezone(UTC).timestamp())
            day += timedelta(days=1)

    def position(self, at: float) -> float:
        """Business hours from the first day of this axis to a POSIX timestamp; two positions subtract to a wait."""
        index = bisect_right(self.opens, at) - 1
        if index < 0:
            return 0.0
        since = at - self.opens[index]
        return (index * DAY_SECONDS + (since if since < DAY_SECONDS else DAY_SECONDS)) / 3600

    def hours(self, start: float, end: float) -> float:
        """Business hours between two POSIX timestamps; 0 when the end is not after the start."""
        return max(0.0, self.position(end) - self.position(start))
