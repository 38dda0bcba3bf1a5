"""Working days: Monday to Friday, without the public holidays of metropolitan France. Pure; days are arguments."""

from datetime import date, timedelta

from contracts.paris import public_holidays


def is_holiday(day: date) -> bool:
    """A public holiday (code du travail, art. L3133-1)."""
    return day in public_holidays(day.year)


def next_working_day(day: date) -> date:
    """The next day that is neither Saturday, Sunday nor a public holiday: a proposal that people may change."""
    found = day + timedelta(days=1)
    while found.weekday() > 4 or is_holiday(found):
        found += timedelta(days=1)
    return found


def working_day_after(day: date, days: int) -> date:
    """So many working days later."""
    for _ in range(days):
        day = next_working_day(day)
    return day
