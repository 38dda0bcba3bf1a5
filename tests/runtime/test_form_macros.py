"""What the fields of a form say when something is missing, and how rows of a list are told apart by ear."""

import re
from html import unescape
from pathlib import Path
from typing import Any

from services.runtime.settings import Settings
from services.runtime.web.pages import Renderer

MISSING = "Ce champ est nécessaire."


def drawn(file: str, call: str, **values: Any) -> str:
    environment = Renderer(Settings(var=Path("/nonexistent")), None).environment
    source = f'{{% import "macros/{file}.html" as m with context %}}{{{{ m.{call} }}}}'
    return unescape(environment.from_string(source).render(**values))


def test_of_choices_one_is_asked_to_choose() -> None:
    options = [("a", "Au téléphone"), ("b", "Sur place")]
    for call in ("radios('how', 'Comment', options, '', error)", "select('how', 'Comment', options, '', error)"):
        shown = drawn("forms", call, options=options, error=MISSING)
        assert "Choisissez une réponse." in shown and MISSING not in shown
        assert "Trop tard." in drawn("forms", call, options=options, error="Trop tard.")
        assert "À corriger" not in drawn("forms", call, options=options, error=None)
    assert MISSING in drawn("forms", "text_field('name', 'Nom', '', error)", error=MISSING)


def test_the_summary_names_a_question_without_its_mark() -> None:
    shown = drawn("forms", "error_summary([('how', error)], {'how': 'Par quel moyen\\u202f?'})", error=MISSING)
    assert "Par quel moyen\u202f: il manque votre réponse." in shown and "?" not in shown


def test_a_day_of_the_week_and_its_error_belong_to_its_field() -> None:
    shown = drawn("forms", "day_line('day_1', 'Lundi', '9 h', 'Écrivez les heures ainsi.')")
    assert '<label class="ds-label" for="day_1">Lundi</label>' in shown
    assert 'aria-describedby="day_1-error" aria-invalid="true"' in shown and 'id="day_1-error"' in shown


def test_two_rows_of_the_same_name_are_told_apart_in_each_link_and_box() -> None:
    call = "row('/o/1', 'Mme K.', meta=('RSA',), action_label='Ouvrir', action_href='/o/1', pick='1', apart='RSA')"
    shown = re.sub(r"<[^>]*>", "", drawn("parts", call))
    assert "Mme K., RSA" in shown and "Ouvrir, Mme K., RSA" in shown
    assert 'aria-label="Cocher Mme K., RSA"' in drawn("parts", call)
    assert 'class="sr">, ' not in drawn("parts", "row('/o/1', 'Mme K.', meta=('RSA',))")
