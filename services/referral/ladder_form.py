"""The form of a ladder: its questions, what it shows of a ladder, and what was typed in it. Pure."""

from collections.abc import Mapping
from typing import Any

from contracts.ladder import Audience, LadderStep
from services.referral.ladder import USUAL, Ladder
from services.referral.ladder_audiences import CHOSEN, HEARERS, PREFIX
from services.referral.ladder_versions import CLOCK_BOUNDS, OF_TERRITORY, RUNG_BOUNDS, URGENT_BOUNDS, URGENT_PREFIX
from services.referral.ladder_view import CLOCKS, FIXED, NAMES

_CHOICES = {
    Audience.ASSIGNEE: "Le contact (et sa suppléance s’il est absent)",
    Audience.MANAGER: "Les responsables du guichet",
    Audience.COORDINATOR: "La coordination",
    Audience.REFERENT: "Qui a confié l’orientation",
}


def hearer_fields() -> list[dict[str, Any]]:
    """The questions of the form about who is told, with their possible answers."""
    return [
        {"name": PREFIX + step.value, "label": NAMES[step][0], "hint": None,
         "options": [(one.value, _CHOICES[one]) for one in HEARERS[step].may]}
        for step in CHOSEN
    ]  # fmt: skip


def urgent_fields() -> list[dict[str, Any]]:
    """The questions of the form about what is urgent."""
    found = []
    for step, (least, most, may_go) in URGENT_BOUNDS.items():
        low, high = sorted((abs(least), abs(most)))
        unit = f"heures ouvrées {'avant' if most < 0 else 'après'} l’échéance, de {low} à {high}"
        hint = unit + ("\u202f; vide\u202f: pas de rappel" if may_go else "")
        label = f"{NAMES[step][0]}, si elle est urgente"
        found.append({"name": URGENT_PREFIX + step.value, "label": label, "hint": hint, "required": not may_go})
    return found


def urgent_of(values: Mapping[str, int | None]) -> dict[LadderStep, int | None]:
    """The hours of the urgent rungs from the numbers of the form; what counts back gets its sign."""
    return {
        step: None if (said := values.get(URGENT_PREFIX + step.value)) is None else -said if most < 0 else said
        for step, (_, most, _) in URGENT_BOUNDS.items()
    }


def choices_shown(ladder: Ladder) -> dict[str, Any]:
    """What the form shows of who is told and of what is urgent; a rung that was taken out as it usually is."""
    rungs = {step: ladder.rung(step) or USUAL.rung(step) for step in {*CHOSEN, *URGENT_BOUNDS}}
    who = {PREFIX + step.value: [one.value for one in rung.audience] for step, rung in rungs.items() if rung}
    hours = {
        URGENT_PREFIX + step.value: str(abs(rung.urgent_hours)) if rung and rung.urgent_hours is not None else ""
        for step, rung in rungs.items() if step in URGENT_BOUNDS
    }  # fmt: skip
    return who | hours


def values_of(ladder: Ladder) -> dict[str, str]:
    """What the form shows of a ladder; a rung that was taken out is blank, days before are shown without a sign."""
    clocks = {name: str(getattr(ladder.clocks, name)) for name in CLOCKS}
    rungs = {step: ladder.rung(step) for step in NAMES if step not in FIXED}
    return clocks | {step.value: str(abs(rung.days)) if rung else "" for step, rung in rungs.items()}


def fields(kind: str, *, territory: bool = True) -> list[dict[str, Any]]:
    """The fields of the form: `clocks`, or `rungs` with those that may be left blank; without `territory`, a desk’s."""
    if kind == "clocks":
        return [
            {"name": name, "label": label, "hint": f"{unit}, de {CLOCK_BOUNDS[name][0]} à {CLOCK_BOUNDS[name][1]}",
             "required": True}
            for name, (label, unit) in CLOCKS.items() if territory or name not in OF_TERRITORY
        ]  # fmt: skip
    found = []
    for step, (label, unit) in NAMES.items():
        if step not in FIXED:
            least, most, may_go = RUNG_BOUNDS[step]
            low, high = sorted((abs(least), abs(most)))
            hint = f"{unit}, de {low} à {high}" + ("\u202f; vide\u202f: pas de rappel" if may_go else "")
            found.append({"name": step.value, "label": label, "hint": hint, "required": not may_go})
    return found


def days_of(values: Mapping[str, int | None]) -> dict[LadderStep, int | None]:
    """The days of the rungs from the numbers of the form; what counts back gets its sign."""
    return {
        step: None if (said := values.get(step.value)) is None else -said if RUNG_BOUNDS[step][1] < 0 else said
        for step in NAMES if step not in FIXED
    }
