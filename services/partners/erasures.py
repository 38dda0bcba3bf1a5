"""A request to erase in words, for the desk that is asked: a tombstone of what was shared, by labels alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts.replies import ErasureAsked
from contracts.vocabulary import ErasureState
from services.partners.domain import today_in_paris
from services.runtime.web import dates


def banner(rows: Sequence[ErasureAsked], now: datetime) -> list[dict[str, Any]]:
    """What waits for an answer of the viewer's desks, the soonest due first."""
    return [tombstone(one, now) for one in rows if one.state is ErasureState.ASKED]


def tombstone(one: ErasureAsked, now: datetime) -> dict[str, Any]:
    """One request in words: what was shared and when, why it is to be erased, by when, and what was answered."""
    today = today_in_paris(now)
    waiting = one.state is ErasureState.ASKED
    late = waiting and one.due_on < today
    if one.read_from is None or one.read_until is None:
        read_when = "Reçu dans votre liste\u202f; aucune lecture n’est notée"
    elif today_in_paris(one.read_from) == today_in_paris(one.read_until):
        read_when = f"Lu {dates.day(one.read_from, today)}"
    else:
        read_when = f"Lu {dates.day(one.read_from, today)}, pour la dernière fois {dates.day(one.read_until, today)}"
    why = one.reason.label if one.reason else ""
    answered = dates.day(one.answered_at, today) if one.answered_at else ""
    state = {
        ErasureState.ASKED: "En retard" if late else "Réponse attendue",
        ErasureState.ERASED: f"Effacement confirmé {answered}",
        ErasureState.KEPT: f"Conservé\u202f: {why[:1].lower()}{why[1:]}",
    }[one.state]
    return {
        "referral": one.referral,
        "cause": one.cause.label,
        "waiting": waiting,
        "state": state,
        "kind": "late" if late else "due" if waiting else "open",
        "due": dates.day(one.due_on, today),
        "pairs": [
            ("Pourquoi", one.cause.label),
            ("Ce qui a été partagé", ", ".join(one.shared)),
            ("Quand", read_when),
            ("Demandé", dates.day(one.asked_at, today)),
            ("À répondre au plus tard", dates.day(one.due_on, today)),
        ],
    }
