"""The fold of the times by itself: neither order, repetition nor lateness changes a cell."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from services.referral.business_time import business_seconds_between, position
from services.referral.durations import Followed, advance, begin
from services.referral.rebuilding import folded
from services.referral.tallying import cells_of_course, cells_of_waits
from tests.referral.fact_lives import lives


def everything(followed: Iterable[Followed]) -> Counter:
    found: Counter = Counter()
    for one in followed:
        found.update(cells_of_waits(one.waits.values(), position))
        found.update(cells_of_course(one.course, position))
    return found


@given(st.permutations(range(20)))
def test_the_order_in_which_facts_of_several_referrals_arrive_changes_no_cell(order: list[int]):
    """Facts of one referral come in the order of their versions; between referrals any order may be."""
    queues = [list(one) for one in lives()[:20]]
    together: dict[int, Followed] = {}
    while any(queues):
        for place in order:
            if queues[place]:
                fact = queues[place].pop(0)
                now = together.get(place)
                together[place] = advance(now, fact, business_seconds_between) if now else begin(fact, None)
                order = order[1:] + order[:1]
    assert everything(together.values()) == everything(one for facts in lives()[:20] for one in folded([facts]))


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_fact_told_twice_or_late_changes_nothing(data: st.DataObject):
    facts = data.draw(st.sampled_from(lives()))
    once = folded([facts])
    now = begin(facts[0], None)
    for place, fact in enumerate(facts[1:], start=1):
        now = advance(now, fact, business_seconds_between)
        again = data.draw(st.integers(0, place))
        repeated = advance(now, facts[again], business_seconds_between) if again else now
        assert repeated == now
    assert [now] == once


def test_no_clock_ever_starts_later_than_it_did_and_no_end_moves_while_it_stands():
    for facts in lives():
        states = [begin(facts[0], None)]
        for fact in facts[1:]:
            states.append(advance(states[-1], fact, business_seconds_between))
        for before, after in pairwise(states):
            for key, wait in before.waits.items():
                if key in after.waits:
                    assert after.waits[key].start == wait.start
                    if wait.how == after.waits[key].how != "open":
                        assert after.waits[key].seconds == wait.seconds
