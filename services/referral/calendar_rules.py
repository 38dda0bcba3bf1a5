"""When a desk works, as data with a day from which it holds; and what is promised by it.

Pure. For a day the last said of the versions in force that day counts, so the order in which they arrive does not.
Due instants are computed once from here and kept: a new version changes none of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from contracts.paris import PARIS, paris_day, public_holidays
from services.referral.business_time import CLOSES, OPENS

FRANCE, ALSACE_MOSELLE = "FR", "FR-AM"
Stretch = tuple[time, time]
USUAL: tuple[tuple[Stretch, ...], ...] = (*(((OPENS, CLOSES),),) * 5, (), ())
LONGEST = timedelta(days=400)  # a desk that is closed for longer is not waited for


@dataclass(frozen=True, slots=True)
class Version:
    """Hours from `valid_from` on: seven days of stretches, Monday first; closures of whole days, None: no end."""

    valid_from: date
    said_at: datetime
    holidays: str = FRANCE
    week: tuple[tuple[Stretch, ...], ...] = USUAL
    closures: tuple[tuple[date, date | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """The versions of one desk, or none: then Monday to Friday, 9:00 to 17:00. `holidays` are the territory's own."""

    versions: tuple[Version, ...] = ()
    territory: tuple[Version, ...] = ()

    def stretches(self, day: date) -> tuple[Stretch, ...]:
        """When it works that day, in the time of Paris; nothing on public holidays and while it is closed."""
        holidays = self._said(self.territory, day)
        if is_holiday(day, holidays.holidays if holidays else FRANCE):
            return ()
        version = self._said(self.versions, day)
        if version is None:
            return USUAL[day.weekday()]
        closed = any(first <= day and (last is None or day <= last) for first, last in version.closures)
        return () if closed else version.week[day.weekday()]

    def add_days(self, instant: datetime, days: int) -> datetime:
        """The same hour so many working days later (UTC), not after that day's closing; days > 0.

        From out of hours, the end of the last of these days. A desk that does not work for over a year is taken as one
        with usual hours: an answer must fall due some day.
        """
        local = instant.astimezone(PARIS)
        today = self.stretches(local.date())
        open_now = any(opens <= local.time() < closes for opens, closes in today)
        day, last = local.date(), local.date() + LONGEST
        # A day that has not begun to be worked counts as a whole one.
        left = days - 1 if not open_now and today and local.time() < today[0][0] else days
        while left:
            day += timedelta(days=1)
            if day > last:
                return Calendar((), self.territory).add_days(instant, days) if self.versions else instant
            left -= 1 if self.stretches(day) else 0
        opens, closes = self.stretches(day)[0][0], self.stretches(day)[-1][1]
        at = min(max(local.time(), opens), closes) if open_now else closes
        return datetime.combine(day, at, PARIS).astimezone(UTC)

    def add_hours(self, instant: datetime, hours: float) -> datetime:
        """The instant (UTC) at which that many hours of work have passed; hours > 0."""
        left, day = hours * 3600, paris_day(instant)
        last = day + LONGEST
        while day <= last:
            for opens, closes in self.stretches(day):
                start = max(datetime.combine(day, opens, PARIS).astimezone(UTC), instant)
                spent = (datetime.combine(day, closes, PARIS).astimezone(UTC) - start).total_seconds()
                if 0 < left <= spent:
                    return start + timedelta(seconds=left)
                left -= max(spent, 0)
            day += timedelta(days=1)
        return Calendar((), self.territory).add_hours(instant, hours) if self.versions else instant

    @staticmethod
    def _said(versions: tuple[Version, ...], day: date) -> Version | None:
        found = [one for one in versions if one.valid_from <= day]
        return max(found, key=lambda one: (one.said_at, one.valid_from), default=None)


USUALLY = Calendar()


def version_of(row: Mapping[str, Any]) -> Version:
    """A version from its row."""
    return Version(
        row["valid_from"], row["said_at"], row["holidays"],
        tuple(tuple((time.fromisoformat(one), time.fromisoformat(two)) for one, two in day) for day in row["hours"]),
        tuple((date.fromisoformat(one), date.fromisoformat(two) if two else None) for one, two in row["closures"]),
    )


def week_of(stretches: Iterable[tuple[int, time, time]]) -> list[list[list[str]]]:
    """Seven days of [opens, closes] from (ISO weekday, opens, closes); the usual week when nothing was said."""
    said = sorted(stretches)
    if not said:
        return [[[f"{one:%H:%M}", f"{two:%H:%M}"] for one, two in day] for day in USUAL]
    return [[[f"{one:%H:%M}", f"{two:%H:%M}"] for day, one, two in said if day == place] for place in range(1, 8)]


def is_holiday(day: date, where: str = FRANCE) -> bool:
    """A public holiday there (code du travail, art. L3133-1; L3134-13 for Alsace and Moselle)."""
    return day in public_holidays(day.year, alsace_moselle=where == ALSACE_MOSELLE)
