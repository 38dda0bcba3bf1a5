"""When a desk works, as data: its hours, its closures, its public holidays, and nothing of the past moves."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.actions import Acknowledge
from contracts.facts import Closure, DeskHoursChanged, OpeningHours
from services.referral.business_time import PARIS, add_business_days, business_hours_between, paris_day
from services.referral.calendar_rules import ALSACE_MOSELLE, Calendar, Version, is_holiday
from tests.referral.referral_world import Alone, World

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)  # 9:00 in Paris
HALF_DAYS = tuple(((time(9), time(12)),) if day in (0, 3) else () for day in range(7))  # Monday and Thursday morning


def paris(*words: int) -> datetime:
    return datetime(*words, tzinfo=PARIS)


def said(**changes: object) -> Version:
    return Version(**{"valid_from": date(2026, 1, 1), "said_at": MONDAY - timedelta(days=60), **changes})


@settings(max_examples=80, deadline=None)
@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1)).map(lambda one: one.replace(tzinfo=UTC)),
    days=st.integers(1, 8),
)
def test_a_desk_that_said_nothing_has_the_usual_days(start: datetime, days: int):
    ours, usual = Calendar().add_days(start, days), add_business_days(start, days)
    # At nine sharp one says the same hour, the other the end of the day before: no business time lies between.
    assert ours == usual or business_hours_between(usual, ours) == 0


def test_two_working_days_of_a_desk_that_opens_two_mornings_a_week():
    calendar = Calendar((said(week=HALF_DAYS),))
    assert calendar.add_days(paris(2026, 3, 2, 10), 2) == paris(2026, 3, 9, 10)  # Thursday, then Monday
    assert calendar.add_days(paris(2026, 3, 3, 15), 2) == paris(2026, 3, 9, 12)  # out of hours: the end of the day
    assert calendar.add_hours(paris(2026, 3, 2, 10), 4) == paris(2026, 3, 5, 11)


def test_closures_and_the_holidays_of_alsace_and_moselle_are_not_worked():
    closed = Calendar((said(closures=((date(2026, 3, 3), date(2026, 3, 6)),)),))
    assert closed.add_days(paris(2026, 3, 2, 10), 1) == paris(2026, 3, 9, 10)
    assert not is_holiday(date(2026, 4, 3)) and is_holiday(date(2026, 4, 3), ALSACE_MOSELLE)  # Good Friday
    there = Calendar(territory=(said(holidays=ALSACE_MOSELLE),))
    assert there.add_days(paris(2026, 4, 2, 10), 1) == paris(2026, 4, 7, 10)  # Easter Monday is none either
    assert Calendar().add_days(paris(2026, 4, 2, 10), 1) == paris(2026, 4, 3, 10)


def test_a_desk_closed_until_further_notice_still_owes_an_answer_some_day():
    gone = Calendar((said(closures=((date(2026, 1, 1), None),)),))
    assert gone.add_days(paris(2026, 3, 2, 10), 2) == paris(2026, 3, 4, 10)


@given(st.permutations(range(3)))
def test_the_order_in_which_versions_arrive_changes_nothing(order: list[int]):
    versions = [
        said(week=HALF_DAYS), said(valid_from=date(2026, 3, 1), said_at=MONDAY - timedelta(days=9)),
        said(valid_from=date(2026, 5, 1), said_at=MONDAY - timedelta(days=30), week=HALF_DAYS),
    ]
    first, shuffled = Calendar(tuple(versions)), Calendar(tuple(versions[place] for place in order))
    days = [date(2026, 1, 5) + timedelta(days=place) for place in range(200)]
    assert [first.stretches(one) for one in days] == [shuffled.stretches(one) for one in days]


async def test_due_instants_follow_the_desk_s_hours_and_those_that_were_promised_stay(alone: Alone):
    world = World()
    before = await alone.sent(world, MONDAY)
    promised = (await alone.read(world.referent, before, MONDAY)).acknowledge_due
    assert promised == MONDAY + timedelta(days=2)
    hours = tuple(OpeningHours(weekday=day, opens=time(9), closes=time(12)) for day in (1, 4))
    change = DeskHoursChanged(
        ref=world.desk, organisation=world.caf, hours=hours, effective_from=paris_day(MONDAY), at=MONDAY,
        closures=(Closure(first=date(2026, 3, 9), last=date(2026, 3, 9)),),
    )
    await alone.react(change)
    after = await alone.sent(world, MONDAY + timedelta(hours=1))
    # Thursday, then not the Monday on which it is closed but the Thursday after.
    assert (await alone.read(world.referent, after, MONDAY)).acknowledge_due == paris(2026, 3, 12, 10)
    assert (await alone.read(world.referent, before, MONDAY)).acknowledge_due == promised
    await alone.act(world.agent, after, Acknowledge(promised_for=paris_day(MONDAY)), MONDAY + timedelta(hours=2))
    contact = (await alone.read(world.referent, after, MONDAY)).contact_due
    assert contact == paris(2026, 3, 23, 11)
    late = change.model_copy(update={"hours": (), "closures": (), "at": MONDAY - timedelta(days=1)})
    await alone.react(late)  # said before, arrived after: what was said last holds
    again = await alone.sent(world, MONDAY + timedelta(hours=1), ref=uuid4())
    assert (await alone.read(world.referent, again, MONDAY)).acknowledge_due == paris(2026, 3, 12, 10)
