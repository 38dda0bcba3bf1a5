"""Reading a form into a model: what cannot be taken comes back field by field, in French, and nothing typed is lost."""

import re
from datetime import date
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData

M = TypeVar("M", bound=BaseModel)
Errors = dict[str, str]
# `json_schema_extra` of a field that is taken to the letter, blanks at its ends with it: a password.
AS_TYPED: dict[str, Any] = {"as_typed": True}

_FRENCH_DATE = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")
SENTENCES = {
    "missing": "Ce champ est nécessaire.",
    "string_too_short": "Ce champ est nécessaire.",
    "string_too_long": "Ce texte est trop long\u202f: {max_length} caractères au plus.",
    "too_short": "Choisissez au moins une réponse.",
    "enum": "Choisissez une réponse de la liste.",
    "date_from_datetime_parsing": "Écrivez la date ainsi\u202f: 24/11/2026.",
    "date_parsing": "Écrivez la date ainsi\u202f: 24/11/2026.",
    "datetime_parsing": "Écrivez la date et l’heure.",
    "uuid_parsing": "Choisissez une réponse de la liste.",
    "int_parsing": "Écrivez un nombre.",
    "greater_than_equal": "Le plus petit nombre possible est {ge}.",
    "less_than_equal": "Le plus grand nombre possible est {le}.",
    "extra_forbidden": "Ce champ n’est pas attendu.",
}


def read(model: type[M], form: FormData) -> tuple[M | None, Errors]:
    """The model, or None with a sentence for each field that cannot be taken. Blank is missing; lists are read as
    lists; a date may be written as in France, where a browser has no field for it. A field marked AS_TYPED is taken so.
    """
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        if info.json_schema_extra == AS_TYPED:
            if name in form:
                values[name] = str(form.getlist(name)[-1])
            continue
        # PostgreSQL takes no zero character in a text.
        given = [text for one in form.getlist(name) if (text := str(one).replace("\0", "").strip())]
        if _is_many(info.annotation):
            values[name] = given
        elif given:
            values[name] = _iso(given[-1]) if _is_date(info.annotation) else given[-1]
    try:
        return model.model_validate(values), {}
    except ValidationError as error:
        return None, sentences(error)


def sentences(error: ValidationError) -> Errors:
    """One French sentence a field; the input itself is never quoted."""
    found: Errors = {}
    for one in error.errors(include_input=False, include_url=False):
        name = str(one["loc"][0]) if one["loc"] else "form"
        context = one.get("ctx") or {}
        if one["type"] == "value_error":
            sentence = str(context.get("error", "Cette réponse ne convient pas."))
        else:
            sentence = SENTENCES.get(one["type"], "Cette réponse ne convient pas.")
        try:
            found.setdefault(name, sentence.format(**context))
        except (KeyError, IndexError):
            found.setdefault(name, sentence)
    return found


def _iso(typed: str) -> str:
    found = _FRENCH_DATE.fullmatch(typed)
    return f"{found[3]}-{found[2]:0>2}-{found[1]:0>2}" if found else typed


def _is_date(annotation: Any) -> bool:  # noqa: ANN401 - a type annotation
    return date in (annotation, *get_args(annotation))


def _is_many(annotation: Any) -> bool:  # noqa: ANN401 - a type annotation
    origins = {get_origin(annotation), *(get_origin(one) for one in get_args(annotation))}
    return bool(origins & {list, tuple, set, frozenset})
