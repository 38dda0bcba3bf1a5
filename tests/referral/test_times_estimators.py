"""The estimators behind every published time: by hand once, against `lifelines`, and held to their laws."""

import warnings
from math import ceil, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.estimators import OPEN, PERCENTILES, Cell, Curve, aalen_johansen, kaplan_meier

EVENT, RECALLED, WITHDRAWN = "answered", "recalled", "withdrawn"
TIMES = st.integers(0, 60)
CELLS = st.lists(
    st.tuples(TIMES, st.sampled_from((EVENT, EVENT, OPEN, RECALLED, WITHDRAWN)), st.integers(1, 4)), max_size=40
)
WAITS = st.lists(st.tuples(TIMES, st.booleans()), max_size=60)


def curve_of(waits: list[tuple[float, bool]]) -> Curve:
    """Waits one by one: how long, and whether the answer came."""
    return kaplan_meier([(time, EVENT if came else OPEN, 1) for time, came in waits], EVENT)


def late(curve: Curve, percent: int) -> float:
    """The percentile, infinitely late when it is not reached."""
    found = curve.percentile(percent)
    return inf if found is None else found


def test_a_case_computed_by_hand():
    # Ten referrals, business hours waited; + is still waiting: 2, 4, 4, 5+, 7, 7+, 9, 12+, 15, 20+
    # at 2:  10 followed, 1 answered: 1      × (1 − 1/10) = 0.9
    # at 4:   9 followed, 2 answered: 0.9    × (1 − 2/9)  = 0.7
    # at 7:   6 followed, 1 answered: 0.7    × (1 − 1/6)  = 0.58333… (the 7+ of the same instant is still among the 6)
    # at 9:   4 followed, 1 answered: 0.5833 × (1 − 1/4)  = 0.4375
    # at 15:  2 followed, 1 answered: 0.4375 × (1 − 1/2)  = 0.21875; 20+ leaves: 90 % is not reached.
    cells: list[Cell] = [
        (7, OPEN, 1), (2, EVENT, 1), (4, EVENT, 2), (5, OPEN, 1), (7, EVENT, 1), (9, EVENT, 1), (12, OPEN, 1),
        (15, EVENT, 1), (20, OPEN, 1),
    ]  # fmt: skip
    curve = kaplan_meier(cells, EVENT)
    assert (curve.n, curve.events) == (10, 6)
    assert curve.times == (2, 4, 7, 9, 15)
    assert curve.at_risk == (10, 9, 6, 4, 2)
    assert curve.still == pytest.approx((0.9, 0.7, 0.7 * 5 / 6, 0.4375, 0.21875))
    assert [curve.percentile(one) for one in PERCENTILES] == [9, 15, None, None]
    assert (curve.followed(50), curve.followed(90)) == (4, None)
    assert (curve.waiting(1.9), curve.waiting(2), curve.waiting(8)) == pytest.approx((1, 0.9, 0.7 * 5 / 6))
    # At 2: width 1.96 × √(1/90) / |ln 0.9| = 1.9612; 0.9^(e^1.9612) = 0.473 and 0.9^(e^−1.9612) = 0.9853. The lower
    # edge is under a half already there, the upper one never: the median lies between 2 and beyond what was followed.
    assert (curve.lower[0], curve.upper[0]) == pytest.approx((0.4730, 0.9853), abs=1e-4)
    assert curve.band(50) == (2, None)


def test_competing_ends_computed_by_hand():
    # Four: answered at 1, recalled at 2, answered at 3, still waiting at 4.
    # by 1: 1/4 = 0.25; free after 2: 0.75 × 2/3 = 0.5; by 3: 0.25 + 0.5 × 1/2 = 0.5. Kaplan–Meier would say 1 − 0.375.
    cells: list[Cell] = [(1, EVENT, 1), (2, RECALLED, 1), (3, EVENT, 1), (4, OPEN, 1)]
    assert aalen_johansen(cells, EVENT).shares == pytest.approx((0.25, 0.5))
    assert aalen_johansen(cells, RECALLED).by(9) == pytest.approx(0.25)
    assert 1 - kaplan_meier(cells, EVENT).waiting(3) == pytest.approx(0.625)


def test_nobody_gives_no_figure():
    curve = kaplan_meier([], EVENT)
    assert (curve.n, curve.percentile(50), curve.band(50), curve.waiting(3)) == (0, None, (None, None), 1.0)
    assert aalen_johansen([], EVENT).by(3) == 0


def test_peers_average_only_the_answered_and_ours_does_not():
    # Two answered within the hour, eight unanswered for forty: an average of the answered says 1 h.
    curve = kaplan_meier([(1, EVENT, 2), (40, OPEN, 8)], EVENT)
    assert curve.percentile(50) is None
    assert curve.waiting(40) == pytest.approx(0.8)


@pytest.mark.parametrize("wrong", [(-1.0, 1), (float("nan"), 1), (inf, 1), (1.0, -1)])
def test_what_cannot_be_is_refused(wrong: tuple[float, int]):
    with pytest.raises(ValueError, match="finite"):
        kaplan_meier([(1.0, EVENT, 1), (wrong[0], EVENT, wrong[1])], EVENT)


@settings(max_examples=25, deadline=None)
@given(CELLS.filter(lambda cells: any(how == EVENT for _, how, _ in cells)))
def test_lifelines_finds_the_same_curve_band_and_percentiles(cells: list[Cell]):
    from lifelines import KaplanMeierFitter
    from lifelines.utils import qth_survival_times

    fitted = KaplanMeierFitter(alpha=0.05).fit(
        [time for time, _, _ in cells], [how == EVENT for _, how, _ in cells], weights=[n for _, _, n in cells]
    )
    ours = kaplan_meier(cells, EVENT)
    theirs = fitted.survival_function_["KM_estimate"]
    edges = fitted.confidence_interval_
    for time, share, low, high in zip(ours.times, ours.still, ours.lower, ours.upper, strict=True):
        assert share == pytest.approx(theirs.loc[time], abs=1e-9)
        if share > 1e-9:
            assert (low, high) == pytest.approx(tuple(edges.loc[time]), abs=1e-6)
    for percent in PERCENTILES:
        if all(abs(share - (1 - percent / 100)) > 1e-6 for share in ours.still):  # their ties are decided by rounding
            assert late(ours, percent) == qth_survival_times(1 - percent / 100, fitted.survival_function_)


@settings(max_examples=15, deadline=None)
@given(CELLS.filter(lambda cells: sum(how == EVENT for _, how, _ in cells) > 1))
def test_lifelines_finds_the_same_incidence_beside_competing_ends(cells: list[Cell]):
    from lifelines import AalenJohansenFitter

    codes = {OPEN: 0, EVENT: 1, RECALLED: 2, WITHDRAWN: 3}
    one_by_one = [(time, codes[how]) for time, how, count in cells for _ in range(count)]
    # Theirs separates ties by a random jitter and says so: ours is compared on times without ties.
    rows = [(float(place + 1), code) for place, (_, code) in enumerate(sorted(one_by_one))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = AalenJohansenFitter(calculate_variance=False).fit(
            [time for time, _ in rows], [code for _, code in rows], event_of_interest=1
        )
    names = {code: how for how, code in codes.items()}
    ours = aalen_johansen([(time, names[code], 1) for time, code in rows], EVENT)
    theirs = fitted.cumulative_density_.iloc[:, 0]
    for time, _ in rows:
        assert ours.by(time) == pytest.approx(theirs[theirs.index <= time].iloc[-1], abs=1e-6)


@given(st.lists(TIMES, min_size=1, max_size=60), st.sampled_from(PERCENTILES))
def test_without_censoring_it_is_the_ordinary_quantile(values: list[int], percent: int):
    rank = ceil(len(values) * percent / 100)
    assert curve_of([(one, True) for one in values]).percentile(percent) == sorted(values)[rank - 1]


@given(CELLS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_cells_changes_nothing(both: tuple[list[Cell], list[Cell]]):
    cells, shuffled = both
    assert kaplan_meier(cells, EVENT) == kaplan_meier(shuffled, EVENT)
    assert aalen_johansen(cells, EVENT) == aalen_johansen(shuffled, EVENT)


@given(WAITS, st.lists(st.integers(0, 200), max_size=60), st.sampled_from(PERCENTILES))
def test_closing_the_easy_half_of_a_backlog_never_improves_a_percentile(waits, extra: list[int], percent: int):
    """Of the open ones the older half is left to wait on while the others are closed now, at the age they have.

    Held against everything being closed now: whoever leaves the hard half aside has no better figure than who does not.
    """
    ages = sorted(age for age, came in waits if not came)
    half = len(ages) // 2
    answered = [(age, True) for age, came in waits if came]
    hard = [(age + more, False) for age, more in zip(ages[half:], [*extra, *[0] * len(ages)], strict=False)]
    easy_only = curve_of([*answered, *[(age, True) for age in ages[:half]], *hard])
    everything = curve_of([*answered, *[(age, True) for age in ages]])
    assert late(easy_only, percent) >= late(everything, percent)


@given(WAITS, st.sampled_from(PERCENTILES), st.integers(0, 60))
def test_no_percentile_ever_undercuts_what_the_answers_alone_allow(waits, percent: int, more: int):
    """A percentile p is never earlier than the time by which p % of ALL waits had been answered if all open ones were
    answered this instant: a time before which the answers just are not there."""
    open_ones_now = [(age, True) for age, _ in waits]
    assert late(curve_of(waits), percent) >= late(curve_of(open_ones_now), percent)
    waited_on = [(age if came else age + more, came) for age, came in waits]
    assert late(curve_of(waited_on), percent) >= late(curve_of(open_ones_now), percent)


@given(st.lists(st.tuples(TIMES, st.booleans(), st.booleans()), max_size=60), st.sampled_from(PERCENTILES))
def test_leaving_any_referral_unanswered_never_makes_a_percentile_better(rows, percent: int):
    before = curve_of([(age, came) for age, came, _ in rows])
    after = curve_of([(age, came and kept) for age, came, kept in rows])
    assert late(after, percent) >= late(before, percent)


@given(CELLS)
def test_the_curve_only_falls_inside_its_band(cells: list[Cell]):
    curve = kaplan_meier(cells, EVENT)
    assert list(curve.still) == sorted(curve.still, reverse=True)
    for share, low, high in zip(curve.still, curve.lower, curve.upper, strict=True):
        assert -1e-12 <= low <= share + 1e-9
        assert high is None or share - 1e-9 <= high <= 1


@given(CELLS)
def test_the_incidences_of_all_ends_and_those_still_waiting_are_everybody(cells: list[Cell]):
    ends = {how for _, how, _ in cells if how != OPEN}
    last = max((time for time, _, _ in cells), default=0)
    any_end = kaplan_meier([(time, "ended" if how != OPEN else OPEN, n) for time, how, n in cells], "ended")
    assert sum(aalen_johansen(cells, how).by(last) for how in ends) + any_end.waiting(last) == pytest.approx(1)


@given(CELLS, TIMES)
def test_a_competing_end_makes_the_incidence_lower_than_kaplan_meier_never_higher(cells: list[Cell], time: int):
    assert aalen_johansen(cells, EVENT).by(time) <= 1 - kaplan_meier(cells, EVENT).waiting(time) + 1e-9
