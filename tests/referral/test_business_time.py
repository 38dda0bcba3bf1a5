"""Business time against a slow and obvious reference: every hour looked at one by one."""

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.business_time import (
    PARIS,
    add_business_days,
    add_business_hours,
    business_hours_between,
    is_business_day,
)

OFF = holidays.country_holidays("FR", years=range(2024, 2029))
instants = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 1)).map(lambda one: one.replace(tzinfo=UTC))


def paris(*words: int) -> datetime:
    return datetime(*words, tzinfo=PARIS)


def by_the_minute(start: datetime, end: datetime) -> float:
    minutes, one = 0, start
    while one < end:
        local = one.astimezone(PARIS)
        minutes += local.weekday() < 5 and local.date() not in OFF and 9 <= local.hour < 17
        one += timedelta(minutes=1)
    return minutes / 60


@pytest.mark.parametrize(("start", "end"), [
    (paris(2026, 11, 18, 10), paris(2026, 11, 20, 10)),  # an ordinary week
    (paris(2026, 11, 20, 16), paris(2026, 11, 24, 16)),  # over a week-end
    (paris(2026, 11, 10, 10), paris(2026, 11, 13, 10)),  # over the 11th of November
    (paris(2026, 3, 27, 16), paris(2026, 3, 31, 16)),  # over the change to summer time
    (paris(2026, 11, 21, 12), paris(2026, 11, 24, 17)),  # sent on a Saturday: the end of the second day
    (paris(2026, 11, 20, 18), paris(2026, 11, 24, 17)),  # sent in the evening
    (paris(2026, 12, 24, 15), paris(2026, 12, 29, 15)),  # over Christmas
    (paris(2026, 12, 31, 15), paris(2027, 1, 5, 15)),  # over New Year
])
def test_two_business_days_later(start, end):
    assert add_business_days(start, 2) == end


def test_four_business_hours_go_on_the_next_morning():
    assert add_business_hours(paris(2026, 11, 20, 15), 4) == paris(2026, 11, 23, 11)
    assert add_business_hours(paris(2026, 11, 20, 13), 4) == paris(2026, 11, 20, 17)


def test_nothing_to_add_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError):
        add_business_days(paris(2026, 11, 20, 15), 0)


@settings(max_examples=40, deadline=None)
@given(start=instants, minutes=st.integers(0, 60 * 24 * 12))
def test_hours_between_are_those_counted_minute_by_minute(start, minutes):
    start = start.replace(second=0, microsecond=0)
    end = start + timedelta(minutes=minutes)
    assert business_hours_between(start, end) == pytest.approx(by_the_minute(start, end))
    assert business_hours_between(end, start) == pytest.approx(-business_hours_between(start, end))


@given(start=instants, hours=st.floats(0.01, 400))
def test_what_was_added_is_what_lies_between(start, hours):
    end = add_business_hours(start, hours)
    assert business_hours_between(start, end) == pytest.approx(hours, abs=1e-5)
    local = end.astimezone(PARIS)
    assert is_business_day(local.date()) and 9 <= local.hour <= 17


def test_public_holidays_are_those_of_metropolitan_france():
    assert not is_business_day(date(2026, 7, 14)) and not is_business_day(date(2026, 4, 6))
    assert is_business_day(date(2026, 4, 3))  # Good Friday: only in Alsace-Moselle
