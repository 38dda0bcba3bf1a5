"""Every step that a referral can take has its words, for whoever reads the time line."""

import pytest

from contracts.facts import FACTS, ReferralFact
from contracts.steps import LABELS, coded
from contracts.vocabulary import DeclineReason, HoldReason, Outcome
from services.partners.desk_steps import _SENTENCES

STEPS = sorted({kind.__name__ for kind in FACTS.values() if issubclass(kind, ReferralFact)})


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_told_to_the_referent_the_coordination_and_the_desk(step: str) -> None:
    assert step in LABELS
    assert step in _SENTENCES


def test_a_reason_is_read_in_the_list_of_its_own_step() -> None:
    assert coded("ReferralDeclined", "reason", "no_capacity") is DeclineReason.NO_CAPACITY
    assert coded("ReferralHeld", "reason", next(iter(HoldReason)).value) is next(iter(HoldReason))
    assert coded("ReferralClosed", "outcome", "right_opened") is Outcome.RIGHT_OPENED


def test_a_code_of_a_later_version_a_date_and_an_unknown_step_are_no_words() -> None:
    assert coded("ReferralDeclined", "reason", "of_2031") is None
    assert coded("ReferralClosed", "date_of_effect", "2026-11-22") is None
    assert coded("ReferralClosed", "outcome", None) is None
    assert coded("NeverHeardOf", "reason", "no_capacity") is None
