"""The consent record of a person in the shape of ISO/IEC TS 27560:2023, as JSON that she can be given and keep.

The names of the sections and fields are the standard's; what it has no field for stands beside them under `relais`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from contracts.consent import Category, ProhibitedUse
from contracts.rights import right_name
from contracts.vocabulary import ConsentMethod, Purpose
from services.intake.consent_events import PRESENT, REPRESENTATIVE
from services.intake.consent_state import EventDetails, EventKind, Standing, in_order, state_of
from services.intake.person_keys import PersonKeys
from services.intake.tables import ConsentEvent, ConsentGrant, Person
from services.intake.united_files import files_of
from services.runtime.database import Work

SCHEMA_VERSION = "ISO/IEC TS 27560:2023"
# The standard's words for where a consent stands after an event.
_STATES = {
    EventKind.PRESENTED: "requested",
    EventKind.GIVEN: "given",
    EventKind.REFUSED: "refused",
    EventKind.NARROWED: "renewed",
    EventKind.RENEWED: "given",
    EventKind.RECEIPT_GIVEN: "given",
    EventKind.PROXY_ENDED: "invalidated",
    EventKind.EXPIRED: "expired",
    EventKind.WITHDRAWN: "withdrawn",
}


async def consent_record(person: Person, work: Work, keys: PersonKeys | None = None) -> dict[str, Any]:
    """Everything that the person was asked and answered, in all her files, as far as this transaction may see.

    `keys` decipher who was present and who represented her; without them these are left out.
    """
    files = await files_of(work, person.ref)
    grants = (
        await work.session.exec(
            select(ConsentGrant).where(col(ConsentGrant.person).in_(files)).order_by(col(ConsentGrant.given_at))
        )
    ).all()
    events = (await work.session.exec(select(ConsentEvent).where(col(ConsentEvent.person).in_(files)))).all()
    by_grant: dict[UUID | None, list[ConsentEvent]] = {}
    for event in in_order(events):
        by_grant.setdefault(event.grant, []).append(event)  # type: ignore[attr-defined,arg-type]
    return {
        "schema_version": SCHEMA_VERSION,
        "pii_principal_id": str(person.ref),
        "made_at": work.now.isoformat(),
        "records": [_record(row, by_grant.get(row.ref, []), work.now, keys) for row in grants],
        "refusals": [_event(one, keys) for one in by_grant.get(None, [])],
    }


def _record(row: ConsentGrant, events: list[ConsentEvent], at: datetime, keys: PersonKeys | None) -> dict[str, Any]:
    state = state_of(events, at)
    return {
        "schema_version": SCHEMA_VERSION,
        "record_id": str(row.ref),
        "pii_principal_id": str(row.person),
        "pii_processing": {
            "privacy_notice": f"/notices/{row.notice_version}",
            "privacy_notice_sha256": row.notice_hash,
            "language": row.language,
            "purposes": [_purpose(row)],
        },
        "party_identification": [
            {"party_id": str(row.organisation), "party_role": "pii_controller"},
            {
                "party_id": str(row.recipient_organisation),
                "party_name": f"{row.recipient_organisation_name}, {row.desk_name}",
                "party_role": "recipient",
            },
        ],
        "event": [_event(one, keys) for one in events],
        "relais": {
            "standing": state.standing.value,
            "standing_label": state.standing.label,
            "epoch": row.epoch,
            "in_force": state.standing is Standing.LIVE,
            "prohibited_uses": [one.label for one in ProhibitedUse],
        },
    }


def _purpose(row: ConsentGrant) -> dict[str, Any]:
    return {
        "purpose": Purpose(row.purpose).label,
        "purpose_type": row.purpose,
        "pii_information": [
            {"pii_type": one.value, "pii_attribute": one.label} for one in Category if one.value in set(row.categories)
        ],
        "services": [{"code": code, "name": right_name(code)} for code in row.rights],
        "collection_method": ConsentMethod(row.method).label,
        "recipient_third_parties": [str(row.recipient_organisation)],
        "validity": {"from": row.given_at.isoformat(), "until": row.expires_at.isoformat()},
        "withdrawal_method": "À tout moment, auprès de tout professionnel qui accompagne la personne",
        "geographic_restrictions": ["FR"],
    }


def _event(row: ConsentEvent, keys: PersonKeys | None) -> dict[str, Any]:
    said = EventDetails.model_validate(row.details)
    found: dict[str, Any] = {
        "event_time": row.at.isoformat(),
        "event_type": row.kind,
        "event_state": _STATES.get(EventKind(row.kind), row.kind),
        "entity_id": str(row.actor) if row.actor else "clock",
        "validity_duration": said.expires_at.isoformat() if said.expires_at else None,
        "recipient": row.desk_name,
        "details": said.stored(),
        "present": _opened(row, PRESENT, row.present, keys),
        "representative": _opened(row, REPRESENTATIVE, row.representative, keys),
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _opened(row: ConsentEvent, field: str, blob: bytes | None, keys: PersonKeys | None) -> str | None:
    return keys.open(row.person, field, blob) if keys is not None else None


def history(events: Iterable[ConsentEvent], keys: PersonKeys, names: dict[UUID, str]) -> list[dict[str, Any]]:
    """The events of an agreement as a page tells them, oldest first."""
    return [
        {
            "what": EventKind(one.kind).label if one.kind in set(EventKind) else one.kind,
            "at": one.at,
            "who": _who(one, names),
            "note": _told(one, keys),
        }
        for one in in_order(events)  # type: ignore[attr-defined]
    ]


def _who(row: ConsentEvent, names: dict[UUID, str]) -> str:
    if row.actor is None or not row.actor.int:
        return "automatiquement"
    return "la personne elle-même" if row.actor == row.person else names.get(row.actor, "une collègue")


def _told(row: ConsentEvent, keys: PersonKeys) -> str | None:
    said = EventDetails.model_validate(row.details)
    present, speaks = _opened(row, PRESENT, row.present, keys), _opened(row, REPRESENTATIVE, row.representative, keys)
    method = ConsentMethod(said.method).label if said.method else None
    parts = [
        f"notice {said.notice}" if said.notice and row.kind == EventKind.PRESENTED else None,
        method if row.kind in (EventKind.GIVEN, EventKind.REFUSED, EventKind.NARROWED) else None,
        "avec un interprète" if said.interpreter and row.kind == EventKind.PRESENTED else None,
        "relu ensemble" if said.read_back else None,
        f"en présence de\u202f: {present}" if present and row.kind == EventKind.PRESENTED else None,
        said.with_proxy.label if said.with_proxy else None,
        speaks,
        "justificatif vu" if said.proxy_paper_seen else None,
        f"empreinte du papier\u202f: {said.evidence_sha256[:12]}…" if said.evidence_sha256 else None,
        said.receipt.label if said.receipt else None,
    ]
    return ", ".join(part for part in parts if part) or None
