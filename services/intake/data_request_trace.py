"""The steps of a request as people read them: what was done, when, by whom and why."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.intake.data_request_rules import Event, ExtensionReason, Origin, RefusalReason
from services.intake.data_request_tables import DataRequestEvent
from services.runtime.web.dates import exact, when

_WHO = {"person": "la personne elle-même", "clock": "Relais", "dpo": "le DPO", "referent": "la personne référente"}


def entry_of(event: DataRequestEvent, accounts: Mapping[UUID, str]) -> dict[str, Any]:
    """One entry of a time line."""
    name = accounts.get(event.actor) if event.actor else None
    return {
        "what": Event(event.kind).label if event.kind in set(Event) else event.kind,
        "at_text": when(event.at),
        "at_iso": event.at.isoformat(),
        "at_exact": exact(event.at),
        "who": name or _WHO.get(event.actor_kind, event.actor_kind),
        "note": _note(event),
    }


def _note(event: DataRequestEvent) -> str | None:
    details = event.details
    reason = details.get("reason")
    if event.kind == "extended" and reason:
        return ExtensionReason(reason).label
    if event.kind == "refused" and reason:
        return RefusalReason(reason).label
    if event.kind == "received" and "origin" in details:
        return Origin(details["origin"]).label
    if event.kind == "ended":
        count = int(details.get("agreements", "0"))
        return f"{count} accord{'s' if count > 1 else ''}"
    if event.kind == "corrected":
        return details.get("fields")
    return "Effacée avec le reste" if details.get("by") == "erasure" else None
