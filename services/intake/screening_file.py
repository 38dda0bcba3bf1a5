"""Reading the screening: the one that comes with the product, and over it the territory's own file when there is one.

A file that does not hold together stops the start with every fault in it, by rule and by question.
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts.rights import Right, add_local, catalogue
from contracts.vocabulary import Scheme
from services.intake.screening import LocalRight, Screening, faults

NATIONAL = Path(__file__).with_name("screenings") / "national.toml"


class ScreeningRefused(Exception):
    """The file of the screening cannot be used; the message names the file and every fault."""

    def __init__(self, path: Path, found: list[str]) -> None:
        self.faults = found
        lines = "".join(f"\n  - {one}" for one in found)
        super().__init__(f"{path} : le questionnaire des droits ne convient pas{lines}")


def read_screening(own: Path | None = None) -> Screening:
    """The screening, with the territory's file over it. Raises ScreeningRefused."""
    data = _toml(NATIONAL)
    if own is not None:
        data = _over(data, _toml(own))
    path = own or NATIONAL
    try:
        screening = Screening.model_validate(data)
    except ValidationError as error:
        raise ScreeningRefused(path, [_said(one, data) for one in error.errors(include_input=False)]) from None
    found = faults(screening)
    if found:
        raise ScreeningRefused(path, found)
    return screening


def learn_local_rights(own: Path) -> None:
    """Add the rights that a territory's file declares to the catalogue of this process. Raises ScreeningRefused."""
    try:
        rights = [LocalRight.model_validate(one) for one in _toml(own).get("right", ())]
        learnt = [
            Right(code=one.code, name=one.name, in_charge=dict.fromkeys(Scheme, one.in_charge), local=True)
            for one in rights
        ]
    except ValidationError as error:
        said = [_said({**one, "loc": ("right", *one["loc"])}, {}) for one in error.errors(include_input=False)]
        raise ScreeningRefused(own, said) from None
    taken = [one.code for one in learnt if one.code in catalogue() and catalogue()[one.code] != one]
    if taken:
        raise ScreeningRefused(own, [f"le droit « {code} » est déjà au catalogue sous ce code" for code in taken])
    add_local(learnt)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ScreeningRefused(path, [f"ce fichier ne peut pas être lu ({error.strerror})"]) from None
    except UnicodeDecodeError:
        raise ScreeningRefused(path, ["ce fichier n’est pas en UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ScreeningRefused(path, [f"ce n’est pas du TOML : {error}"]) from None


def _over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The territory's questions replace those of the same code; its rules replace every rule of the same right."""
    unknown = sorted(set(own) - {"version", "question", "rule", "yours", "not_screened", "right"})
    if unknown:
        return {**base, **{name: own[name] for name in unknown}}  # the model says that it does not know them
    questions = {one.get("code"): one for one in (*base["question"], *own.get("question", ()))}
    left_out, ruled = own.get("not_screened", {}), {one.get("right") for one in own.get("rule", ())}
    rules = [one for one in base["rule"] if one["right"] not in ruled and one["right"] not in left_out]
    silent = {code: why for code, why in base["not_screened"].items() if code not in ruled}
    return {
        "version": own.get("version", base["version"]),
        "question": list(questions.values()),
        # Its own first: a fault names a rule by its place in the file that somebody is writing.
        "rule": [*own.get("rule", ()), *rules],
        "yours": {**base["yours"], **own.get("yours", {})},
        "not_screened": {**silent, **left_out},
    }


_KINDS = {
    "missing": "il manque",
    "extra_forbidden": "ce mot n’est pas connu",
    "enum": "ce n’est pas une valeur de la liste",
    "string_too_long": "ce texte est trop long",
    "string_too_short": "ce texte est vide",
    "too_long": "il y en a trop",
}


def _said(error: Any, data: dict[str, Any]) -> str:  # noqa: ANN401 - an error of pydantic
    kind, place = error["loc"][0], error["loc"][1:]
    name = str(kind)
    if kind in ("question", "rule") and place and isinstance(place[0], int):
        written = data[kind][place[0]]
        label = written.get("code") or written.get("right") if isinstance(written, dict) else None
        name = f"question « {label} »" if kind == "question" else f"règle {place[0] + 1} ({label})"
        place = place[1:]
    where = ".".join(str(part) for part in place)
    why = str(error["ctx"]["error"]) if error["type"] == "value_error" else _KINDS.get(error["type"], error["msg"])
    return f"{name}{f', {where}' if where else ''} : {why}"
