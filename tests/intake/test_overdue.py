"""What a referent reads when a desk is late, and that nothing is said while it is not."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.lifecycle import OPEN, State
from contracts.vocabulary import DepartureTask, FollowTask, TaskKind, Turn
from services.intake.overdue import is_overdue, overdue_of
from services.intake.tables import Handover
from services.intake.web_today import _CHIPS, _NEXT, _SAID_ABOVE

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
WORDS_OF_A_CHIP = 3


def handover(**given: Any) -> Handover:
    return Handover(
        ref=uuid4(),
        **(
            {"step": "sent", "state": "sent", "contact_name": "Odirine F.", "next_due": NOW - timedelta(days=1)} | given
        ),
    )


@pytest.mark.parametrize("state", sorted(OPEN))
def test_a_late_desk_is_named_with_what_was_expected_and_a_number_to_call(state: State) -> None:
    late = overdue_of(handover(state=state), "05 36 49 10 14", NOW)
    assert late is not None and late.sentence.startswith("Odirine F. devait ") and late.sentence.endswith("souvent.")
    assert late.dial == "tel:0536491014"


@pytest.mark.parametrize("phone", [None, "05 36 49 10 14, poste 12", "le matin"])
def test_without_a_number_alone_nothing_dials(phone: str | None) -> None:
    late = overdue_of(handover(), phone, NOW)
    assert late is not None and late.dial is None


@pytest.mark.parametrize(
    "given",
    [
        {"next_due": NOW + timedelta(days=3)},
        {"next_due": None},
        {"state": "on_hold", "turn": Turn.REFERENT},
        {"state": "closed", "outcome": "right_opened"},
        {"step": "refused"},
    ],
)
def test_nothing_is_said_of_a_desk_that_is_not_late(given: dict[str, Any]) -> None:
    assert overdue_of(handover(**given), "05 36 49 10 14", NOW) is None
    assert not is_overdue(handover(**given), NOW)


def test_a_task_of_today_has_a_chip_of_a_few_words_or_a_heading_that_says_it() -> None:
    kinds = {*TaskKind, *FollowTask, *DepartureTask}
    assert kinds - _SAID_ABOVE <= set(_CHIPS) and kinds <= set(_NEXT)
    assert all(len(words.split()) <= WORDS_OF_A_CHIP for words in _CHIPS.values())
