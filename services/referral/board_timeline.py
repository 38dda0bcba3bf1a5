"""One referral as the coordination reads it: its thread and its time line, in coded words, without anybody’s name."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.lifecycle import State
from contracts.replies import ReferralView, Step
from contracts.rights import right_name
from contracts.steps import LABELS, coded
from services.referral.board_view import Names
from services.runtime.web import dates


def step_entry(step: Step, names: Names, now: datetime) -> dict[str, Any]:
    """One entry of the time line, with its coded words and without anybody’s name."""
    words = [_word(step, name, value, names) for name, value in step.details.items()]
    return {
        "what": LABELS.get(step.fact, step.fact),
        "who": None,
        "note": ", ".join(one for one in words if one) or None,
        "at_text": dates.when(step.at, now),
        "at_iso": dates.iso(step.at),
        "at_exact": dates.exact(step.at),
    }


def _word(step: Step, name: str, value: str, names: Names) -> str | None:
    if name == "to_desk":
        return names.desk(UUID(value), UUID(step.details["to_organisation"]))
    if name == "right":
        return right_name(value)
    if name == "attendees":
        return None
    word = coded(step.fact, name, value)
    return word.label if word is not None else None


def knots(view: ReferralView, now: datetime) -> list[dict[str, Any]]:
    """The thread of one referral: confided, answered, reached, ended."""
    ended = view.state in (State.CLOSED,)
    stopped = view.ended_at is not None and not ended
    steps = [
        ("Confiée", view.sent_at, "done"),
        ("Réception confirmée", view.acknowledged_at, "done"),
        ("Personne jointe", view.first_contact_at, "done"),
    ]
    found = [_knot(label, at, state, now) for label, at, state in steps if at is not None]
    if view.ended_at is not None:
        return [*found, _knot(view.state.label, view.ended_at, "ended" if stopped else "done", now)]
    late = view.next_due is not None and view.next_due < now
    found += [_knot(label, None, "todo", now) for label, at, _ in steps if at is None]
    found.append(_knot("Terminée", None, "todo", now))
    first = next(index for index, knot in enumerate(found) if knot["state"] == "todo")
    found[first]["state"] = "late" if late else "now"
    return found


def _knot(label: str, at: datetime | None, state: str, now: datetime) -> dict[str, Any]:
    return {
        "label": label,
        "state": state,
        "at_text": dates.when(at, now) if at else None,
        "at_iso": dates.iso(at) if at else None,
    }
