"""Where somebody stands, in words: the knots of a hand-over, and the one next thing to do for a person. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.lifecycle import State
from contracts.rights import right_name
from contracts.vocabulary import Outcome, Turn
from services.intake.tables import ConsentGrant, Handover, PresumedRight
from services.runtime.driver import Row
from services.runtime.web import dates

_STEPS = ("Confiée", "Réception confirmée", "Contact pris", "Terminée")
_REACHED = {State.SENT: 1, State.ACKNOWLEDGED: 2, State.IN_PROGRESS: 3, State.ON_HOLD: 3, State.CLOSED: 4}
_SOON = timedelta(days=1)


def knots_of(row: Handover | Row, now: datetime) -> list[dict[str, Any]]:
    """The knots of a hand-over for the thread: what is done, what is now (due or late), what is to come."""
    if row.step == "refused":
        return [_knot("Pas envoyée", "ended")]
    if row.step != "sent":
        label = "En attente d’accord" if row.step == "awaiting_consent" else "À envoyer"
        first = "Envoi en cours" if row.step == "sending" else label
        return [_knot(first, "now"), *(_knot(one, "todo") for one in _STEPS[1:])]
    state = State(row.state) if row.state in set(State) else State.SENT
    sent = _knot(_STEPS[0], "done", row.sent_at)
    if state not in _REACHED and state is not State.DRAFT:
        return [sent, _knot(state.label, "ended", row.moved_at)]
    reached = _REACHED.get(state, 1)
    done = [sent, *(_knot(one, "done") for one in _STEPS[1:reached])]
    if reached == len(_STEPS):
        done[-1] = _knot(Outcome(row.outcome).label if row.outcome else _STEPS[-1], "done", row.moved_at)
        return done
    here = _knot("En pause" if state is State.ON_HOLD else _STEPS[reached], _pressing(row, now), row.next_due)
    if row.next_due is not None:
        here["at_text"] = f"au plus tard {here['at_text']}"
    return [*done, here, *(_knot(one, "todo") for one in _STEPS[reached + 1 :])]


def _pressing(row: Handover | Row, now: datetime) -> str:
    if row.next_due is None or row.next_due > now + _SOON:
        return "now"
    return "late" if row.next_due <= now else "due"


def _knot(label: str, state: str, at: datetime | None = None) -> dict[str, Any]:
    return {
        "label": label,
        "state": state,
        "at_text": dates.day(at) if at else None,
        "at_iso": dates.iso(at) if at else None,
        "at_exact": dates.exact(at) if at else None,
    }


def status_of(row: Handover | Row, now: datetime) -> tuple[str, str]:
    """The chip of a hand-over: its words and its kind (late, due, new, open, soft)."""
    if row.step != "sent":
        words = {"sending": "Envoi en cours", "awaiting_consent": "En attente d’accord", "refused": "Pas envoyée"}
        return words.get(row.step, "Brouillon"), "due" if row.step in ("refused", "awaiting_consent") else "soft"
    state = State(row.state) if row.state in set(State) else State.SENT
    if state is State.CLOSED and row.outcome:
        opened = row.outcome in (Outcome.RIGHT_OPENED, Outcome.ALREADY_OPEN)
        return Outcome(row.outcome).label, "open" if opened else "soft"
    if row.turn == Turn.REFERENT:
        return "À vous de répondre", "due"
    if state in _REACHED and state is not State.CLOSED and _pressing(row, now) == "late":
        return f"{state.label}, en retard", "late"
    return (State.SENT if state is State.DRAFT else state).label, "new" if state is State.SENT else "soft"


@dataclass(frozen=True)
class NextStep:
    """The one next thing to do for a person, and where."""

    label: str
    href: str
    because: str


def next_step(
    person: UUID, rights: Sequence[PresumedRight], grants: Sequence[ConsentGrant], handovers: Sequence[Handover]
) -> NextStep:
    """What comes next: a rights review, her agreement, handing over a right, or following what was handed over.

    `rights` are those presumed now and `grants` the live ones.
    """
    here = f"/personnes/{person}"
    if not rights:
        return NextStep("Faire le bilan des droits", f"{here}/bilan", "Aucun droit potentiel n’est noté.")
    handed = {row.right for row in handovers}
    waiting = [row.right for row in rights if row.right not in handed]
    if not waiting:
        return NextStep("Noter une rencontre", f"{here}/rencontre", "Chaque droit potentiel a été confié.")
    covered = {right for grant in grants for right in grant.rights}
    ready = next((right for right in waiting if right in covered), None)
    if ready is not None:
        name = right_name(ready)
        return NextStep(f"Confier : {name}", f"{here}/confier?droit={ready}", "Son accord est recueilli.")
    return NextStep(
        "Recueillir son accord", f"{here}/accord?droit={waiting[0]}", f"{right_name(waiting[0])} attend son accord."
    )
