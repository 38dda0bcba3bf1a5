"""A social security number is refused however it is written; names, phones and dates compare as people mean them."""

import json
import re
from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.fr import nir

from contracts.refusals import InvalidInput, SocialSecurityNumberRefused
from services.intake.domain import (
    Likeness,
    Looked,
    file_number,
    fold,
    normal_phone,
    possible_twins,
    readable_phone,
    same_person,
    what_is_looked_for,
)
from services.intake.free_text import accept_free_text, holds_a_nir

DEPARTMENTS = [*(f"{one:02d}" for one in range(1, 96) if one != 20), "2A", "2B", "97", "99"]
NUMBERS = st.builds(
    lambda sex, year, month, department, commune, order: (
        f"{sex}{year:02d}{month:02d}{department}{commune:03d}{order:03d}"
    ),
    st.sampled_from("12"),
    st.integers(0, 99),
    st.integers(1, 12),
    st.sampled_from(DEPARTMENTS),
    st.integers(1, 990),
    st.integers(1, 999),
)
GAPS = st.sampled_from(["", " ", ".", "-", "\u00a0", "\u202f", " . ", "/"])
AROUND = st.sampled_from(["", "Son numéro est ", "NIR : ", "(", "sécu=", "né le 04/05/1992, "])


def spread(number: str, gap: str) -> str:
    """As on the card: 1 85 05 78 006 084 36."""
    parts = (number[:1], number[1:3], number[3:5], number[5:7], number[7:10], number[10:13], number[13:])
    return gap.join(part for part in parts if part)


@given(number=NUMBERS, gap=GAPS, before=AROUND, after=st.sampled_from(["", ".", ", merci", ")", " et sa fille"]))
def test_a_number_is_refused_with_or_without_its_key_however_it_is_spaced(number, gap, before, after):
    key = nir.calc_check_digits(number)
    for written in (number, number + key):
        assert holds_a_nir(before + spread(written, gap) + after), written
        assert holds_a_nir(before + spread(written, gap).lower() + after), written


@pytest.mark.parametrize(
    "text", ["2 53 07 2B 073 004 70", "253072a073004", "1 85 05 2A 006 084", "née en Corse : 253072B07300470."]
)
def test_a_number_of_corsica_is_refused(text):
    assert holds_a_nir(text)


@given(number=NUMBERS)
def test_a_number_followed_by_another_number_is_still_refused(number):
    for text in (f"{number} 34 ans", f"{number} 06", f"{spread(number, ' ')} 75011 Arvel"):
        assert holds_a_nir(text), text


@given(number=NUMBERS, key=st.integers(0, 99))
def test_a_mistyped_key_does_not_let_the_number_through(number, key):
    assert holds_a_nir(f"{number} {key:02d}") and holds_a_nir(f"{number}{key:02d}")


@given(number=NUMBERS, month=st.sampled_from(["00", "13", "19", "21", "29", "43", "49"]))
def test_digits_without_a_month_are_another_number(number, month):
    assert not holds_a_nir(f"dossier {number[:3]}{month}{number[5:]}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Elle appelle le matin au 06 12 34 56 78.",
        "06 12 34 56 78 ou 01 98 76 54 32",
        "Dossier 2026-000123, 75011",
        "du 12/03/2025 au 14/09/2026",
        "IBAN non noté",
        "3 enfants, 2 ans, 5 ans et 11 ans",
        "RSA 559 €",
    ],
)
def test_ordinary_texts_pass(text: str):
    assert accept_free_text(text, "place") == text.strip()


def test_the_refusal_names_the_field_and_never_quotes_the_text():
    with pytest.raises(SocialSecurityNumberRefused) as refused:
        accept_free_text("2 69 05 49 588 157 80", "present")
    said = json.dumps(refused.value.wire(), ensure_ascii=False)
    assert refused.value.field == "present" and not re.search(r"\d{3}", said)
    with pytest.raises(InvalidInput):
        accept_free_text("x" * 501, "need_summary")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Jean-Baptiste", "jean baptiste"),
        ("D’Œuvrard", "d oeuvrard"),
        ("ŁUKASZ", "lukasz"),
        ("Søren", "soren"),
        ("STRAẞE", "strasse"),
        ("Lætitia  GARÇON", "laetitia garcon"),
        ("Nguyễn", "nguyen"),
        ("Анна", "анна"),
        ("---", ""),
    ],
)
def test_names_fold_to_what_is_compared(text: str, folded: str):
    assert fold(text) == folded


@given(text=st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "typed", ["06 12 34 56 78", "0612345678", "+33 6 12 34 56 78", "06.12.34.56.78", "0033612345678"]
)
def test_a_phone_number_has_one_form(typed: str):
    assert normal_phone(typed) == "+33612345678"
    assert readable_phone(normal_phone(typed)) == "06 12 34 56 78"


def test_an_incomplete_phone_number_is_refused():
    for typed in ("12", "06 12", "pas de téléphone"):
        with pytest.raises(InvalidInput):
            normal_phone(typed)


def test_what_is_looked_for_is_read_off_what_is_typed():
    assert what_is_looked_for("04/05/1992") == (Looked.BIRTH_DATE, "1992-05-04")
    assert what_is_looked_for("31/02/1992")[0] is Looked.NAME
    assert what_is_looked_for("06 12 34 56 78") == (Looked.PHONE, "+33612345678")
    assert what_is_looked_for("26-k7m2p") == (Looked.FILE_NUMBER, "26-K7M2P")
    assert what_is_looked_for("Élise V.") == (Looked.NAME, "elise v")


@given(year=st.integers(2000, 2099), draw=st.integers(0, 2**40))
def test_a_file_number_is_found_again_by_search(year: int, draw: int):
    number = file_number(year, draw)
    assert what_is_looked_for(number) == (Looked.FILE_NUMBER, number)


def test_a_couple_that_shares_a_phone_is_two_people():
    his = Likeness(uuid4(), "bruno chastel", date(1980, 1, 1), "h")
    hers = Likeness(None, "amina kaddour", date(1982, 2, 2), "h")
    assert possible_twins(hers, [his]) == []
    typo = Likeness(None, "bruno chatel", date(1980, 1, 1), None)
    assert [ref for _, ref in possible_twins(typo, [his])] == [his.ref]
    assert same_person(typo, his) > same_person(hers, his)
