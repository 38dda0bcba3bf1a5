"""The page of the published numbers tells the whole first, and says in a sentence what it cannot or need not show."""

from contracts.rights import catalogue, right_name
from services.referral.open_data import TOTAL, Published
from services.referral.open_data_words import shown

ONE, TWO, THREE, FOUR = list(catalogue())[:4]


def test_the_whole_comes_first_and_rights_without_a_number_are_named_in_a_sentence():
    table = Published(
        (ONE, TWO, THREE, FOUR, TOTAL), ("ouvert", "en_cours", "autre", TOTAL),
        ((0, 0, 0, 0), (12, None, None, 40), (None, None, None, None), (None, 0, 0, None), (25, None, None, 51)),
    )  # fmt: skip
    found = shown(table)
    assert found["rows"] == [
        [TOTAL, "25", "secret", "secret", "51"], [right_name(TWO), "12", "secret", "secret", "40"],
        [right_name(FOUR), "secret", "0", "0", "secret"],
    ]  # fmt: skip
    assert (found["few"], found["nobody"]) == ([right_name(THREE)], [right_name(ONE)])
    assert found["columns"][0] == "Droit" and len(found["columns"]) == 5
    assert (found["hidden"], found["cells"]) == (10, 20)
