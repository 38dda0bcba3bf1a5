"""The one time zone of the product: working hours, days, public holidays and delays are those of mainland France."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

ZONE = "Europe/Paris"
PARIS = ZoneInfo(ZONE)


def paris_day(instant: datetime) -> date:
    """The calendar day of an aware instant, in Paris."""
    return instant.astimezone(PARIS).date()


@cache
def public_holidays(year: int, *, alsace_moselle: bool = False) -> frozenset[date]:
    """Code du travail, art. L3133-1; with those of art. L3134-13 for Alsace and Moselle."""
    from holidays.countries import France  # the calendars of every country: not before somebody counts

    return frozenset(France(years=year, subdiv="57" if alsace_moselle else None))
