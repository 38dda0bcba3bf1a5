"""The words of the board: a duration as people say it, a first sentence, a figure that says what it counts."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.lifecycle import State
from services.referral.backlog import Funnel, OpenRow, backlog
from services.referral.board import EpisodeRow, measures, window_start
from services.referral.board_view import NOT_YET, duration, lead, month_name, past_target, tile, yardstick

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)  # 9:00 in Paris


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (None, NOT_YET),
        (0, "1 minute"),
        (0.5, "30 minutes"),
        (1, "1 heure"),
        (5.2, "5 heures"),
        (8, "1 jour"),
        (12, "1,5 jour"),
        (20, "2,5 jours"),
    ],
)
def test_a_duration_is_said_in_business_time(hours: float | None, said: str):
    assert duration(hours) == said


@pytest.mark.parametrize(
    ("waits", "sentence"),
    [
        ([], "Aucune orientation n’attend de réponse."),
        ([1], "1 orientation attend une réponse, aucune depuis plus de 2 jours ouvrés."),
        ([1, 3, 4], "3 orientations attendent une réponse, dont 2 depuis plus de 2 jours ouvrés."),
    ],
)
def test_the_first_sentence_says_how_many_wait_and_how_many_for_long(waits: list[int], sentence: str):
    now = MONDAY + timedelta(days=4)
    rows = [OpenRow(State.SENT.value, at, at) for at in ((now - timedelta(days=one)).timestamp() for one in waits)]
    assert lead(backlog(rows, now)) == sentence


def test_an_age_counts_business_days_and_falls_in_one_class():
    now = MONDAY + timedelta(days=7)  # the next Monday, 9:00: five business days
    at = MONDAY.timestamp()
    found = backlog([OpenRow(State.ON_HOLD.value, at, at)], now)
    assert found.cells[State.ON_HOLD] == (0, 1, 0, 0, 0)
    assert (found.total, found.by_age, found.unanswered) == (1, (0, 1, 0, 0, 0), 0)


def test_a_time_that_most_still_wait_for_is_never_shown_as_a_number():
    at = MONDAY.timestamp()
    row = EpisodeRow("root", 0, True, "o", "rsa", "sent", None, at, at, None, None, None)
    time_to_answer = measures([row], MONDAY + timedelta(days=4))[0]
    assert tile(time_to_answer)["value"] == "plus d’une sur deux"
    assert past_target(time_to_answer, time_to_answer.overall).startswith("1 (100")


def test_no_referral_gives_a_dash_and_no_error():
    for measure in measures([], MONDAY):
        assert tile(measure)["value"] == "–"


def test_the_yardstick_waits_for_three_months_of_hindsight():
    assert "trois mois de recul" in yardstick(Funnel(5, 4, 3, 2, 0, 0))
    assert "50\u202f% des 4 personnes" in yardstick(Funnel(9, 8, 7, 4, 4, 2))


def test_the_window_is_the_present_month_and_the_five_before():
    assert window_start(MONDAY).isoformat() == "2025-10-01T00:00:00+02:00"
    assert month_name("2025-10") == "octobre 2025"
