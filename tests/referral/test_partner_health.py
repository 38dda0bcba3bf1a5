"""The rules that ask for a look at a desk fire at their thresholds and nowhere else, and say why in numbers."""

from uuid import UUID

import pytest

from services.referral.board_rates import HEALTH_HEADS, health_cards, health_rows, health_sentence
from services.referral.board_view import Names
from services.referral.rates import Looked, health, looked_at
from services.referral.said_after_words import contradicted

DESK, OTHER = str(UUID(int=1)), str(UUID(int=2))
NAMES = Names(None)


def desk(sent=0, declined=0, roots=0, opened=0, confirmed=0, checked=0) -> Looked:
    return Looked(DESK, sent, declined, roots, opened, confirmed, checked)


@pytest.mark.parametrize(
    ("looked", "rules"),
    [
        (desk(sent=50, declined=15), ["declines"]),
        (desk(sent=50, declined=14), []),
        (desk(sent=49, declined=49), []),
        (desk(roots=50, opened=12), ["opens_little"]),
        (desk(roots=50, opened=13), []),
        (desk(roots=49, opened=0), []),
        (desk(checked=100, confirmed=45), ["contradicted"]),
        (desk(checked=100, confirmed=46), []),
        (desk(checked=99, confirmed=0), []),
        (desk(60, 20, 60, 5, 10, 120), ["declines", "opens_little", "contradicted"]),
    ],
)
def test_a_rule_fires_at_its_threshold_and_not_before(looked, rules):
    assert [one.rule for one in health([looked])] == rules


def test_what_is_looked_at_is_three_months_of_sendings_and_twelve_of_checks_busiest_first():
    quarter = {DESK: {"sent": 4, "declined": 1, "roots": 3, "right_opened": 2}, OTHER: {"sent": 9, "roots": 9}}
    year = {DESK: {"sent": 40, "confirmed": 6, "contradicted": 2}, OTHER: {}, str(UUID(int=3)): {"sent": 7}}
    assert looked_at(quarter, year) == (Looked(OTHER, 9, 0, 9, 0, 0, 0), Looked(DESK, 4, 1, 3, 2, 6, 8))


def test_a_fired_rule_says_why_in_numbers_and_what_to_do():
    fired = health([desk(sent=60, declined=20)])
    (card,) = health_cards(fired, NAMES)
    assert "20 des 60 orientations" in card["why"] and "33\u202f%" in card["why"] and "à partir de 50" in card["why"]
    assert "annuaire" in card["do"] and card["ref"] == DESK
    assert health_sentence(fired, (desk(sent=60, declined=20),)).startswith("1 guichet mérite un échange")


def test_with_few_referrals_the_numbers_are_shown_and_no_judgement():
    few = desk(sent=12, declined=6, roots=9, opened=0, confirmed=3, checked=4)
    assert "Trop peu d’orientations pour juger" in health_sentence(health([few]), (few,))
    assert health_sentence(health([desk(sent=50)]), (desk(sent=50),)) == "Aucun guichet ne dépasse un repère."
    assert health_rows((few,), NAMES) == [[NAMES.desk_alone(UUID(DESK)), "12", "6 sur 12", "0 sur 9", "3 sur 4"]]
    assert len(health_rows((desk(),), NAMES)[0]) == len(HEALTH_HEADS) and health_rows((desk(),), NAMES)[0][2] == "–"


def test_a_contradiction_is_said_with_its_number():
    assert contradicted(0) == ""
    assert contradicted(1).startswith("Une fois, la personne") and contradicted(3).startswith("3 fois")
