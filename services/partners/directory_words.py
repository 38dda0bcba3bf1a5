"""The directory in words: members as rows, changes as a time line, counts with what they count."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.partners.directory_forms import ROLE_WORDS
from services.partners.directory_store import Member
from services.partners.domain import today_in_paris
from services.runtime.web import dates

_EVENTS = {
    "organisation_made": "Organisme ajouté",
    "organisation_changed": "Organisme modifié",
    "organisation_left": "Organisme parti du réseau",
    "desk_made": "Guichet ajouté",
    "desk_changed": "Guichet modifié",
    "desk_settings_changed": "Réglages du guichet changés",
    "permanence_made": "Permanence ajoutée",
    "permanence_changed": "Permanence modifiée",
    "member_invited": "Membre invité",
    "member_changed": "Membre modifié",
    "member_confirmed": "Contact confirmé",
    "member_left": "Départ noté",
    "absence_declared": "Absence notée",
    "absence_cancelled": "Absence annulée",
}


def some(count: int, one: str, many: str) -> str:
    """`3 comptes`, `1 compte`, `aucun compte` reads as `0 compte`."""
    return f"{count} {many if count > 1 else one}"


def roles_of(member: Member) -> str:
    """Her roles, each with its desk."""
    words = dict.fromkeys(
        f"{ROLE_WORDS[role]}, {desk}" if desk else ROLE_WORDS[role]  # type: ignore[index]
        for role, _, desk in member.roles
    )
    return "\u202f; ".join(words) or "Aucun rôle"


def confirmed_words(member: Member, now: datetime) -> str | None:
    """When she was last said to be a contact."""
    if not member.contact:
        return None
    if member.confirmed_at is None:
        return "Contact jamais confirmé"
    return f"Contact confirmé {dates.day(member.confirmed_at, today_in_paris(now))}"


def member_row(member: Member, now: datetime) -> dict[str, Any]:
    """A member as a row of a list."""
    today = today_in_paris(now)
    chip, kind = None, None
    if not member.active:
        chip, kind = "N’est plus là", "soft"
    elif member.to_confirm(now):
        chip, kind = "À confirmer", "due"
    elif member.away:
        chip, kind = f"En absence {dates.until(member.away, today)}", "due"
    meta = (member.function, roles_of(member), confirmed_words(member, now))
    return {
        "href": f"/annuaire/membres/{member.ref}",
        "ref": member.ref,
        "name": member.name,
        "chip": chip,
        "kind": kind,
        "meta": [one for one in meta if one],
        "pairs": [("Rôles", roles_of(member)), ("Confirmation", confirmed_words(member, now) or "Pas un contact")],
        "to_confirm": member.to_confirm(now),
    }


def card_pairs(card: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - an OrganisationCard
    """Where an organisation is and whom a professional calls there, as far as it is known."""
    contact = (card.contact_name, card.contact_function, card.contact_phone, card.contact_email)
    pairs = (
        ("Adresse", ", ".join(one for one in (card.address, f"{card.postal_code} {card.city}".strip()) if one)),
        ("Téléphone", card.phone),
        ("Courriel", card.email),
        ("Contact, sans compte", ", ".join(one for one in contact if one)),
        ("Thématiques", card.themes.replace(" | ", ", ")),
    )
    return [(label, value) for label, value in pairs if value]


def entries_of(rows: Iterable[Any], now: datetime) -> list[dict[str, Any]]:
    """Changes as a time line: what, about whom, by whom, when."""
    return [
        {
            # What was changed may be the desk itself: then its name is said once.
            "what": " — ".join(dict.fromkeys(one for one in (_EVENTS.get(row.kind, row.kind), row.details.get("name"),
                                                             row.desk_name) if one)),
            "who": row.actor_name,
            "note": "Par un import" if row.details.get("by") == "import" else None,
            "at_text": dates.when(row.at, now),
            "at_iso": dates.iso(row.at),
            "at_exact": dates.exact(row.at),
        }
        for row in rows
    ]  # fmt: skip
