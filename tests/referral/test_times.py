"""The estimator behind every published time: computed by hand once, and held to its laws by random data."""

from datetime import UTC, datetime
from math import ceil, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.business_time import business_hours_between
from services.referral.times import PERCENTILES, BusinessAxis, Survival, survival

HOURS = st.integers(0, 400).map(lambda tenths: tenths / 4)
OBSERVATIONS = st.lists(st.tuples(HOURS, st.booleans()), max_size=60)


def hours(curve: Survival, percent: int) -> float:
    """The percentile, infinitely late when it is not reached."""
    found = curve.percentile(percent)
    return inf if found is None else found


def test_a_case_computed_by_hand():
    # Ten referrals, business hours waited; + is still waiting: 2, 4, 4, 5+, 7, 7+, 9, 12+, 15, 20+
    # at 2:  10 followed, 1 answered: 1      × (1 − 1/10) = 0.9
    # at 4:   9 followed, 2 answered: 0.9    × (1 − 2/9)  = 0.7
    # (5+ leaves: 10 − 1 − 2 − 1 = 6 are followed beyond 5)
    # at 7:   6 followed, 1 answered: 0.7    × (1 − 1/6)  = 0.58333… (the 7+ of the same instant is still among the 6)
    # at 9:   4 followed, 1 answered: 0.5833 × (1 − 1/4)  = 0.4375
    # (12+ leaves)
    # at 15:  2 followed, 1 answered: 0.4375 × (1 − 1/2)  = 0.21875
    # 20+ leaves: the curve ends at 0.21875, so 90 % is not reached.
    curve = survival(
        [
            (7, False),
            (2, True),
            (4, True),
            (4, True),
            (5, False),
            (7, True),
            (9, True),
            (12, False),
            (15, True),
            (20, False),
        ]
    )
    assert (curve.n, curve.events, curve.censored) == (10, 6, 4)
    assert curve.times == (2, 4, 7, 9, 15)
    assert curve.at_risk == (10, 9, 6, 4, 2)
    assert curve.still == pytest.approx((0.9, 0.7, 0.7 * 5 / 6, 0.4375, 0.21875))
    assert [curve.percentile(one) for one in PERCENTILES] == [9, 15, None]
    assert (curve.followed(50), curve.followed(90)) == (4, None)
    assert (curve.waiting(1.9), curve.waiting(2), curve.waiting(8)) == pytest.approx((1, 0.9, 0.7 * 5 / 6))


def test_peers_average_only_the_answered_and_ours_does_not():
    # Two answered within the hour, eight unanswered for forty: an average of the answered says 1 h.
    curve = survival([(1, True), (1, True), *[(40, False)] * 8])
    assert curve.percentile(50) is None
    assert curve.waiting(40) == pytest.approx(0.8)


def test_nobody_gives_no_figure():
    curve = survival([])
    assert (curve.n, curve.percentile(50), curve.waiting(3)) == (0, None, 1.0)


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), inf])
def test_a_duration_that_cannot_be_is_refused(wrong: float):
    with pytest.raises(ValueError, match="finite"):
        survival([(1.0, True), (wrong, True)])


@given(st.lists(HOURS, min_size=1, max_size=60), st.sampled_from(PERCENTILES))
def test_without_censoring_it_is_the_ordinary_quantile(values: list[float], percent: int):
    rank = ceil(len(values) * percent / 100)
    assert survival((one, True) for one in values).percentile(percent) == sorted(values)[rank - 1]


@given(OBSERVATIONS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_rows_changes_nothing(both):
    rows, shuffled = both
    assert survival(rows) == survival(shuffled)


@given(OBSERVATIONS, st.sampled_from(PERCENTILES))
def test_closing_only_the_easy_half_of_a_backlog_never_beats_closing_all_of_it(rows, percent: int):
    """The easy half answered and the hard half left open, against all of them answered at that same age."""
    backlog = sorted(one[0] for one in rows)
    middle = len(backlog) // 2
    easy_half = survival([(age, place < middle) for place, age in enumerate(backlog)])
    everything = survival([(age, True) for age in backlog])
    assert hours(easy_half, percent) >= hours(everything, percent)


@given(st.lists(st.tuples(HOURS, st.booleans(), st.booleans()), max_size=60), st.sampled_from(PERCENTILES))
def test_leaving_any_referral_unanswered_never_makes_a_percentile_better(rows, percent: int):
    """Replace events by open referrals of the same age, whichever: no percentile comes earlier."""
    before = survival((age, event) for age, event, _ in rows)
    after = survival((age, event and kept) for age, event, kept in rows)
    assert hours(after, percent) >= hours(before, percent)


@given(OBSERVATIONS, st.sampled_from(PERCENTILES))
def test_it_is_never_better_than_the_figure_of_the_answered_alone(rows, percent: int):
    answered = survival((age, True) for age, event in rows if event)
    if answered.n:
        assert hours(survival(rows), percent) >= hours(answered, percent)


@given(OBSERVATIONS)
def test_the_curve_only_falls_and_stays_between_one_and_zero(rows):
    curve = survival(rows)
    assert list(curve.still) == sorted(curve.still, reverse=True)
    assert all(-1e-12 <= one <= 1 for one in curve.still)
    assert curve.events == sum(event for _, event in rows)


@given(OBSERVATIONS, HOURS, st.sampled_from(PERCENTILES))
def test_waiting_longer_for_the_open_ones_changes_no_percentile_that_was_reached(rows, more: float, percent: int):
    last = max((age for age, _ in rows), default=0)
    now = survival((age if event else last, event) for age, event in rows)
    later = survival((age if event else last + more, event) for age, event in rows)
    assert hours(now, percent) == hours(later, percent)


INSTANTS = st.datetimes(datetime(2025, 12, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


@given(INSTANTS, INSTANTS)
def test_the_prefix_sums_agree_with_the_business_hours_of_one_pair(one: datetime, other: datetime):
    start, end = sorted((one, other))
    axis = BusinessAxis(datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC))
    expected = business_hours_between(start, end)
    assert axis.hours(start.timestamp(), end.timestamp()) == pytest.approx(expected, abs=1e-6)
