"""The four times of cells in lumps are those of the same cells one by one, whatever was taken back meanwhile."""

from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.board import Counted, measures, measures_of
from services.referral.business_time import position
from services.referral.durations import EVENTS, RESOLUTION
from services.referral.estimators import OPEN
from services.referral.lumps import Lump, time_behind
from services.referral.rates import hold
from services.referral.tallying import began, bucket_of

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
HERE = began(position(NOW))
# (month, clock, how, wait, number): ends are published rounded, what waits is kept as it began.
CELLS = st.lists(
    st.tuples(
        st.sampled_from(["2026-07", "2026-10", "2026-11"]), st.sampled_from(sorted(EVENTS)),
        st.sampled_from([OPEN, "answered", "reached", "closed", "opened", "recalled"]), st.integers(0, 4000),
        st.integers(1, 9),
    ),
    max_size=40,
)  # fmt: skip


def lumps_of(cells: list[tuple[str, str, str, int, int]]) -> list[Lump]:
    """The cells as the database would hand them over."""
    found: defaultdict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
    for month, clock, how, bucket, n in cells:
        found[month, clock, how].append((bucket, n))
    return [Lump(*key, *zip(*pairs, strict=True)) for key, pairs in found.items()]


@given(cells=CELLS, again=st.integers(0, 10))
@settings(max_examples=60, deadline=None)
def test_lumps_tell_the_same_times_as_their_cells(cells, again):
    placed = [
        (month, clock, how, HERE - wait if how == OPEN else bucket_of(wait * 900), n)
        for month, clock, how, wait, n in cells
    ]
    # What moved on meanwhile was counted, and taken back again.
    moved = [(*cell[:4], sign * cell[4]) for cell in placed[:again] for sign in (1, -1)]
    netted: Counter[tuple[str, str, str, int]] = Counter()
    for month, clock, how, bucket, n in placed:
        netted[month, clock, how, bucket] += n
    counted = [Counted(month, "", clock, how, bucket, n) for (month, clock, how, bucket), n in netted.items()]
    lumps = lumps_of([*placed, *moved])
    assert measures_of(lumps, {}, NOW) == measures(counted, {}, NOW)
    assert measures_of(lumps, {}, NOW, whole=False) == measures(counted, {}, NOW, whole=False)
    roots = [one for one in lumps if one.clock == RESOLUTION]
    own = [one for one in counted if one.clock == RESOLUTION]
    assert hold([], NOW, time_behind(roots, NOW)) == hold(own, NOW)


def test_what_was_taken_back_more_than_counted_is_an_error_and_no_figure():
    with pytest.raises(ValueError, match="taken back"):
        measures_of([Lump("2026-11", "tta", "answered", (4,), (-1,))], {}, NOW)
