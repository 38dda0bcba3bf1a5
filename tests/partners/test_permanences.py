"""The next day on which a permanence is held: its weekday, within its dates, never on a public holiday it skips."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from services.partners.permanence_tables import Permanence
from services.partners.permanences import next_held
from services.partners.working_days import is_holiday

DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def permanence(**other: object) -> Permanence:
    given_ = {
        "organisation": uuid4(), "place": "Mairie", "weekday": 2, "opens": time(9), "closes": time(12),
        "valid_from": date(2026, 1, 1), "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Permanence(**(given_ | other))


@given(DAYS, st.integers(1, 7), DAYS, st.none() | DAYS, st.booleans())
def test_it_is_the_first_day_that_fits(today: date, weekday: int, first: date, last: date | None, closed: bool):
    row = permanence(weekday=weekday, valid_from=first, valid_until=last, closed_on_holidays=closed)

    def fits(day: date) -> bool:
        return (
            day.isoweekday() == weekday and day >= first and (last is None or day <= last)
            and not (closed and is_holiday(day))
        )

    days = (today + timedelta(days=number) for number in range(367))
    assert next_held(row, today) == next((day for day in days if fits(day)), None)


def test_a_public_holiday_is_skipped_or_not():
    fourteenth = date(2026, 7, 14)  # a Tuesday
    assert next_held(permanence(), fourteenth) == fourteenth + timedelta(days=7)
    assert next_held(permanence(closed_on_holidays=False), fourteenth) == fourteenth
