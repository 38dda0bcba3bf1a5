"""Business time: Monday to Friday, 9:00 to 17:00 in Paris, without the public holidays of metropolitan France.

Every instant is placed on one axis of business seconds by arithmetic over days: a measure over many rows stays cheap.
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from contracts.paris import PARIS, paris_day, public_holidays

OPENS, CLOSES = time(9), time(17)
HOURS_A_DAY = 8
DAY_SECONDS = HOURS_A_DAY * 3600
_OPENS_AT = 9 * 3600
_FIRST_YEAR = 2000  # holidays before it are not counted; no referral is as old


def is_business_day(day: date) -> bool:
    """Monday to Friday and no public holiday (code du travail, art. L3133-1)."""
    return day.weekday() < 5 and day.toordinal() not in _weekday_holidays(day.year)


def add_business_hours(instant: datetime, hours: float) -> datetime:
    """The instant (UTC) at which that many business hours have passed since; hours > 0.

    A span that fills its last day ends at 17:00 of that day, not at 9:00 of the next.
    """
    if hours <= 0:
        raise ValueError("hours must be positive")
    target = position(instant) + hours * 3600
    day = paris_day(instant)
    while not is_business_day(day) or _days_before(day) * DAY_SECONDS + DAY_SECONDS < target:
        day += timedelta(days=1)
    within = timedelta(seconds=target - _days_before(day) * DAY_SECONDS)
    return (datetime.combine(day, OPENS) + within).replace(tzinfo=PARIS).astimezone(UTC)


def add_business_days(instant: datetime, days: int) -> datetime:
    """The same hour so many business days later (UTC); from out of hours, the end of the last of these days."""
    return add_business_hours(instant, days * HOURS_A_DAY)


def business_hours_between(start: datetime, end: datetime) -> float:
    """Business hours from one aware instant to another; negative when `end` comes first."""
    return (position(end) - position(start)) / 3600


def business_seconds_between(start: datetime, end: datetime) -> int:
    """Whole business seconds from one aware instant to another; 0 when `end` comes first."""
    return max(0, round(position(end) - position(start)))


def position(instant: datetime) -> float:
    """An instant on the one axis of business seconds: two positions subtract to a wait."""
    local = instant.astimezone(PARIS)
    day = local.date()
    whole = _days_before(day) * DAY_SECONDS
    if not is_business_day(day):
        return float(whole)
    seconds = local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
    return whole + min(max(seconds - _OPENS_AT, 0.0), float(DAY_SECONDS))


def _days_before(day: date) -> int:
    ordinal = day.toordinal()
    weeks, rest = divmod(ordinal - 1, 7)  # ordinal 1 is a Monday
    holidays = _holidays_before_year(day.year) + bisect_left(_weekday_holidays(day.year), ordinal)
    return weeks * 5 + min(rest, 5) - holidays


@cache
def _weekday_holidays(year: int) -> tuple[int, ...]:
    if year < _FIRST_YEAR:
        return ()
    return tuple(sorted(day.toordinal() for day in public_holidays(year) if day.weekday() < 5))


@cache
def _holidays_before_year(year: int) -> int:
    return sum(len(_weekday_holidays(one)) for one in range(_FIRST_YEAR, year))
