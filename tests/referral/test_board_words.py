"""The words of the board: a duration as people say it, a first sentence, a figure that says what it counts."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.lifecycle import State
from services.referral.backlog import Funnel, backlog
from services.referral.board import Counted, measures, window_start
from services.referral.board_list import ages_of
from services.referral.board_view import (
    MOST_ROWS,
    NOT_YET,
    Names,
    duration,
    lead,
    month_name,
    past_target,
    table,
    tile,
    yardstick,
)
from services.referral.business_time import position
from services.referral.tallying import began, rounded

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
    rows = [counted("awaiting", now - timedelta(days=one)) for one in waits]
    assert lead(backlog(rows, now)) == sentence


def counted(how: str, since: datetime, clock: str = "backlog") -> Counted:
    """One referral that waits since then."""
    return Counted("", "", clock, how, began(position(since)), 1)


def test_an_age_counts_business_days_and_falls_in_one_class():
    now = MONDAY + timedelta(days=7)  # the next Monday, 9:00: five business days
    found = backlog([counted(State.ON_HOLD.value, MONDAY)], now)
    assert found.cells[State.ON_HOLD] == (0, 1, 0, 0, 0)
    assert (found.total, found.by_age, found.unanswered) == (1, (0, 1, 0, 0, 0), 0)


def test_a_time_that_most_still_wait_for_is_never_shown_as_a_number():
    time_to_answer = measures([counted("open", MONDAY, "tta")], {}, MONDAY + timedelta(days=4))[0]
    assert tile(time_to_answer)["value"] == "plus d’une sur deux"
    assert past_target(time_to_answer, time_to_answer.overall).startswith("1 (100")


def test_no_referral_gives_a_dash_and_no_error():
    for measure in measures([], {}, MONDAY):
        assert tile(measure)["value"] == "–"


def test_a_table_that_is_cut_says_how_many_rows_it_leaves_out():
    desks = [counted("open", MONDAY, "tta")._replace(key=str(uuid4())) for _ in range(MOST_ROWS + 2)]
    [answer, *_] = measures([], {"desk": desks}, MONDAY + timedelta(hours=1))
    _, rows, more = table(answer, "desk", Names(None))
    assert (len(answer.by_desk), len(rows), more) == (len(desks), MOST_ROWS, 2)
    assert table(answer, "month", Names(None))[1:] == ([], 0)


def test_the_yardstick_waits_for_three_months_of_hindsight():
    assert "trois mois de recul" in yardstick(Funnel(5, 4, 3, 2, 0, 0))
    assert "50\u202f% (2 des 4 personnes" in yardstick(Funnel(9, 8, 7, 4, 4, 2))


def test_the_window_is_the_present_month_and_the_five_before():
    assert window_start(MONDAY).isoformat() == "2025-10-01T00:00:00+02:00"
    assert month_name("2025-10") == "octobre 2025"


def test_a_tile_says_its_trend_only_when_there_is_enough_to_say_one():
    now = datetime(2026, 3, 13, 16, tzinfo=UTC)

    def answered(month: str, quarters: int, number: int) -> list[Counted]:
        return [Counted(month, "", "tta", "answered", quarters + place, number) for place in range(3)]

    few = measures(answered("2026-03", 8, 3), {}, now)[0]
    assert tile(few)["trend"].startswith("Trop peu")
    slower = measures([*answered("2025-11", 4, 200), *answered("2026-03", 32, 200)], {}, now)[0]
    assert tile(slower)["trend"] == "Plus long"
    assert tile(slower)["beside"] == "1 jour ces trois mois, 1 heure les trois d’avant. "
    same = measures([*answered("2025-11", 8, 200), *answered("2026-03", 8, 200)], {}, now)[0]
    assert tile(same)["trend"] == "Pas de changement net"


@pytest.mark.parametrize("place", range(5))
def test_the_list_behind_an_age_class_holds_just_what_it_counts(place: int):
    now = datetime(2026, 3, 13, 15, 10, tzinfo=UTC)
    first, last = ages_of(place, now)
    for days in range(45):
        for minutes in (0, 7, 250):
            sent = now - timedelta(days=days, minutes=minutes)
            counted_in = backlog([counted("sent", sent)], now).by_age.index(1)
            assert (first <= sent < last) == (counted_in == place), sent


@pytest.mark.parametrize("quarters", [0, 1, 32, 33, 64, 160, 161, 1280, 1281, 2560, 2561, 5000])
def test_rounding_twice_is_rounding_once_and_never_shortens(quarters: int):
    once = rounded(quarters)
    assert once >= quarters and rounded(once) == once and once - quarters < 160
