"""Two act at once: whoever comes second is told what happened, by whom, and finds again what she had filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.replies import ReferralView
from contracts.viewer import Viewer
from services.partners.action_forms import FormField
from services.partners.desk_steps import timeline_of
from services.partners.store import Names


@dataclass(frozen=True)
class Overtaken:
    """`still` says that the action can be sent again from the referral as it is now, whose version is `version`."""

    sentence: str
    still: bool
    version: int
    typed: tuple[tuple[str, str], ...] = ()


def overtaken(
    viewer: Viewer, view: ReferralView, action: str, typed: Sequence[tuple[str, str]], names: Names, now: datetime
) -> Overtaken:
    """What the record says happened last, and whether the same can still be done."""
    last = timeline_of(view, names, now)[0] if view.steps else {"what": "Elle a changé", "at_text": "", "note": None}
    actor = view.steps[-1].actor if view.steps else None
    somebody = names.account(actor) or "Quelqu’un"
    who = "Vous avez agi ailleurs" if actor == viewer.account else f"{somebody} a agi avant vous"
    what = f"{last['what'][:1].lower()}{last['what'][1:]}"
    said = f"{who}, {last['at_text']}\u202f: {what}." + (f" {last['note']}" if last["note"] else "")
    return Overtaken(said, action in view.actions, view.version, tuple(typed))


def words_typed(fields: Sequence[FormField], typed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was filled in, by the questions of the form and the words of its options."""
    found = []
    for field in fields:
        given = str(typed.get(field.name, "")).strip()
        if given:
            found.append((field.label, next((one[1] for one in field.options if one[0] == given), given)))
    return found
