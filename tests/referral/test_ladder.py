"""The plan of reminders: computed by hand for each state, and never anything in the past."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ladder import Audience, LadderStep
from contracts.lifecycle import State
from contracts.vocabulary import Outcome
from services.referral.ladder import Standing, plan
from services.referral.ladder_versions import changed

# A Thursday, 10:00 in Paris (summer time).
SENT = datetime(2026, 6, 4, 8, 0, tzinfo=UTC)
DUE = datetime(2026, 6, 8, 8, 0, tzinfo=UTC)


def at(day: int, hour: int = 8, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def steps(standing: Standing) -> list[tuple[str, datetime]]:
    return [(one.step.value, one.at) for one in plan(standing)]


def test_what_is_sent_on_a_thursday_is_due_on_monday_and_late_on_thursday():
    assert steps(Standing(State.SENT, moved_at=SENT, awaiting_since=SENT, acknowledge_due=DUE)) == [
        ("acknowledge_soon", at(5)),  # the business day before Monday is Friday
        ("acknowledge_due", at(8)),
        ("acknowledge_late", at(11)),
        ("expires_soon", at(29)),  # 25 calendar days after it was sent
    ]


def test_the_manager_hears_at_the_due_instant_and_the_coordinator_three_days_later():
    told = {one.step: one.audience for one in plan(Standing(State.SENT, SENT, SENT, acknowledge_due=DUE))}
    assert told[LadderStep.ACKNOWLEDGE_SOON] == (Audience.ASSIGNEE,)
    assert told[LadderStep.ACKNOWLEDGE_DUE] == (Audience.ASSIGNEE, Audience.DEPUTY, Audience.MANAGER)
    assert told[LadderStep.ACKNOWLEDGE_LATE] == (Audience.COORDINATOR,)


def test_a_change_in_between_keeps_what_is_still_ahead():
    later = Standing(State.SENT, moved_at=at(9), awaiting_since=SENT, acknowledge_due=DUE)
    assert steps(later) == [("acknowledge_late", at(11)), ("expires_soon", at(29))]


def test_once_the_person_is_reached_only_silence_is_told():
    standing = Standing(State.IN_PROGRESS, moved_at=SENT, awaiting_since=SENT, contact_due=at(11), reached=True)
    assert steps(standing) == [
        ("no_activity", SENT + timedelta(days=14)), ("no_activity_long", SENT + timedelta(days=30))
    ]  # fmt: skip


def test_a_pause_that_ends_by_the_clock_is_told_at_the_opening():
    midnight = datetime(2026, 6, 5, 22, 5, tzinfo=UTC)  # Saturday, five past midnight in Paris
    standing = Standing(State.IN_PROGRESS, midnight, SENT, reached=True, resumed_by_clock=True)
    assert steps(standing)[0] == ("hold_ended", at(8, 7))


def test_a_question_is_told_again_after_two_business_days():
    assert steps(Standing(State.ON_HOLD, SENT, SENT, question=True)) == [("question_waits", at(8))]
    assert steps(Standing(State.ON_HOLD, SENT, SENT)) == []


def test_what_ended_is_checked_with_the_person_after_30_and_90_days():
    ended = Standing(State.CLOSED, SENT, SENT, ended_at=SENT, outcome=Outcome.RIGHT_OPENED)
    assert steps(ended) == [("check_30", SENT + timedelta(days=30)), ("check_90", SENT + timedelta(days=90))]
    assert steps(Standing(State.CLOSED, SENT, SENT, ended_at=SENT, outcome=Outcome.DECEASED)) == []


@pytest.mark.parametrize("state", [State.DECLINED, State.RECALLED, State.WITHDRAWN, State.EXPIRED, State.REDIRECTED])
def test_what_ended_otherwise_is_told_no_more(state):
    assert steps(Standing(state, SENT, SENT, acknowledge_due=DUE, ended_at=SENT)) == []


def test_a_ladder_with_other_days_or_without_a_step_plans_so():
    rungs = changed({}, {LadderStep.ACKNOWLEDGE_LATE: 5, LadderStep.ACKNOWLEDGE_SOON: None}).rungs
    standing = Standing(State.SENT, SENT, SENT, acknowledge_due=DUE)
    assert [(one.step.value, one.at) for one in plan(standing, rungs)] == [
        ("acknowledge_due", at(8)), ("acknowledge_late", at(15)), ("expires_soon", at(29))
    ]  # fmt: skip


@given(
    st.sampled_from(list(State)), st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.integers(-20, 20), st.booleans(),
)
def test_no_plan_looks_back_and_two_plans_of_the_same_are_the_same(state, now, days, reached):
    due = now + timedelta(days=days)
    standing = Standing(state, now, now - timedelta(days=3), due, due, reached, True, now, Outcome.OTHER)
    made = plan(standing)
    assert all(one.at >= now for one in made) and made == plan(standing)
    assert [one.at for one in made] == sorted(one.at for one in made)
    assert len({one.step for one in made}) == len(made)
