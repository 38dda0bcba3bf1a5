"""A telephone number on a page dials; what only looks like one stays text."""

import pytest

from services.runtime.web.pages import call, dial


@pytest.mark.parametrize(
    ("text", "dialled"),
    [
        ("06 39 98 27 34", "0639982734"),
        ("+33 6 39 98 27 34", "+33639982734"),
        ("01.99.00.10.14", "0199001014"),
        ("3646", "3646"),
    ],
)
def test_a_number_dials_and_reads_as_it_was_written(text: str, dialled: str) -> None:
    assert call(text) == f'<a class="tel" href="tel:{dialled}">{text}</a>'


@pytest.mark.parametrize(
    "text", ["non renseigné", "18/03/1982", "26-AN6DS", "0", "06 39 98 27 34 le matin", "<b>06</b>"]
)
def test_what_is_no_number_stays_as_it_was(text: str) -> None:
    assert call(text) == text and not hasattr(call(text), "__html__")


def test_nothing_is_an_empty_text() -> None:
    assert call(None) == "" and dial(None) == ""


def test_the_number_of_a_person_is_no_address() -> None:
    shown = dial("06 39 98 27 34")
    assert "data-dial" in shown and "tel:" not in shown and "href" not in shown
    assert dial("non renseigné") == "non renseigné"
