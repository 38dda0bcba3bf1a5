"""A referral in words: its time line, its actions, the coded words of each fact. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.lifecycle import BY_ACTION
from contracts.replies import Network, ReferralView, Step
from contracts.steps import LABELS, coded
from contracts.vocabulary import (
    ErrorReason,
    KeptRight,
    RecallReason,
    ReopenReason,
    RightReally,
    Turn,
    Usefulness,
    Word,
)
from services.runtime.web import dates

# Said elsewhere on the page, or of no weight in a line.
_UNSAID = frozenset({"turn", "mode", "by"})
_WAITED_FOR = {
    Turn.DESK: "C’est au guichet d’agir.",
    Turn.REFERENT: "C’est à la personne référente d’agir.",
    Turn.PERSON: "On attend la personne accompagnée.",
    Turn.THIRD_PARTY: "On attend un autre organisme.",
}


def details_of(step: Step) -> list[str]:
    """The coded words of one step as people read them; what is no coded word is left out."""
    starts = step.details.get("starts")
    found = [dates.when(datetime.fromisoformat(starts))] if starts else []
    if step.fact == "ReferralChecked":
        return _check_words(step.details)
    for name, code in step.details.items():
        word = None if name in _UNSAID else coded(step.fact, name, code)
        if word is not None:
            found.append(word.label)
    return found


def _check_words(details: dict[str, str]) -> list[str]:
    """What the person said, each answer with its question; nothing for a desk, which does not get the answers."""
    if "contacted" not in details:
        return []
    useful = details.get("useful")
    return [
        "contactée" if details["contacted"] == "true" else "pas contactée",
        RightReally(details["right_open"]).label.lower(),
        *([f"utile\u202f: {Usefulness(useful).label.lower()}"] if useful else []),
    ]


def timeline_of(view: ReferralView, network: Network | None) -> list[dict[str, Any]]:
    """The steps, the latest first, with the name of who acted when the directory knows her."""
    names = network.accounts if network else {}
    return [
        {
            "what": " – ".join([LABELS.get(step.fact, "Étape"), *details_of(step)]),
            "at_text": dates.when(step.at),
            "at_iso": dates.iso(step.at),
            "at_exact": dates.exact(step.at),
            "who": names.get(step.actor) if step.actor else None,
            "note": None,
        }
        for step in reversed(view.steps)
    ]


@dataclass(frozen=True)
class ActionForm:
    """What one action of the referent asks: a reason of a list, a text, what the person says, or only to be confirmed.

    `field` is the name of the action's own field that the reason fills.
    """

    action: str
    question: str
    sentence: str
    reasons: type[Word] | None = None
    text: str | None = None
    field: str = "reason"
    check: bool = False


FORMS: dict[str, ActionForm] = {
    one.action: one
    for one in (
        ActionForm(
            "recall",
            "Pourquoi la rappeler\u202f?",
            "Le guichet ne verra plus les informations de la personne.",
            RecallReason,
        ),
        ActionForm(
            "answer_information",
            "Répondre au guichet",
            "Votre réponse n’est lue que par ce guichet, et seulement tant que l’accord vaut.",
            text="Votre réponse",
        ),
        ActionForm(
            "refuse_redirect",
            "Garder ce guichet",
            "Le guichet proposé n’est pas retenu\u202f: l’orientation reste où elle est.",
        ),
        ActionForm(
            "reopen", "Pourquoi la rouvrir\u202f?", "Elle repart chez le même contact, qui en est averti.", ReopenReason
        ),
        ActionForm(
            "record_check",
            "Ce que dit la personne",
            "Demandez-lui, puis notez sa réponse. Le guichet n’en lit pas le détail\u202f; si cela contredit ce qu’il "
            "a noté, l’orientation est rouverte et il en est averti.",
            check=True,
        ),
        ActionForm(
            "record_renewal",
            "Qu’en est-il de ce droit\u202f?",
            "Garder un droit compte autant que l’ouvrir. Renouvelé\u202f: Relais vous le rappellera avant son prochain "
            "terme. Demande faite\u202f: il vous le redemandera dans un mois.",
            KeptRight,
            field="kept",
        ),
        ActionForm("confirm_outcome", "C’est bien cela", "La personne confirme ce que le guichet a noté."),
        ActionForm(
            "contradict_outcome", "Ce n’est pas le cas", "L’orientation est rouverte et le guichet en est averti."
        ),
        ActionForm(
            "mark_in_error",
            "Quelle est l’erreur\u202f?",
            "Ce qui était écrit sur la personne est effacé. C’est définitif.",
            ErrorReason,
        ),
    )
}


def buttons_of(actions: tuple[str, ...], ref: UUID) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The one main action of the referent, and the others, with their addresses, from the table of the life cycle."""
    rows = [BY_ACTION[one] for one in actions if one in FORMS or one == "confirm_redirect"]
    found = [{"href": f"/orientations/{ref}/{row.action}", "label": row.label, "main": row.main} for row in rows]
    main = next((one for one in found if one["main"]), None)
    return main, [one for one in found if one is not main]


def turn_of(view: ReferralView) -> str | None:
    """Who is waited for, when the referral waits."""
    return _WAITED_FOR.get(Turn(view.turn)) if view.turn else None
