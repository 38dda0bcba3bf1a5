"""From the rows of a person to the dossier of one hand-over, and from rows to the values that the consent rules take.

Only what the grant lists is deciphered: what is not shared is never in memory in clear for a desk.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from contracts import consent
from contracts.consent import Basis, Category, Dossier
from contracts.vocabulary import Civility, Ground, NonTakeUpCause, OrganisationKind, Purpose
from services.intake.contact_rules import rules_of
from services.intake.domain import readable_phone
from services.intake.person_keys import PersonKeys
from services.intake.tables import ConsentGrant, Handover, Person, PresumedRight, SharingRoute, Situation


@dataclass(frozen=True)
class Known:
    """What is on record for one hand-over. `person` is None where row-level security does not show it any more."""

    person: Person | None
    situation: Situation | None
    presumed: PresumedRight | None
    need_summary: bytes | str | None = None
    accompaniment: bytes | str | None = None


def dossier_of(known: Known, categories: frozenset[Category], today: date, keys: PersonKeys) -> Dossier:
    """The dossier, filled only in these categories. A text being typed comes as `str`, a kept one as ciphertext."""
    person, situation = known.person, known.situation
    if person is None:
        return Dossier()

    def clear(field: str, value: bytes | str | None) -> str | None:
        return keys.open(person.ref, field, value) if isinstance(value, bytes) else value or None

    values: dict[str, Callable[[], Any]] = {
        "short_name": lambda: short_name(person),
        "age": lambda: age(person.birth_date, today),
        "full_name": lambda: full_name(person),
        "birth_date": lambda: person.birth_date,
        "phone": lambda: (found := clear("phone", person.phone)) and readable_phone(found),
        "postal_address": lambda: clear("postal_address", person.postal_address),
        "safe_times": lambda: _when_to_call(clear("safe_times", person.safe_times), person, keys),
        **{
            name: (lambda name=name: getattr(situation, name) or None)
            for name in ("household", "housing", "employment", "resources_band")
        },
        "children": lambda: situation.children if situation else None,
        "right_status": lambda: right_status(known.presumed),
        "need_summary": lambda: clear("need_summary", known.need_summary),
        "accompaniment": lambda: clear("accompaniment", known.accompaniment),
        "language": lambda: person.language or None,
    }
    if situation is None:
        values = {name: value for name, value in values.items() if name not in Situation.model_fields}
    return Dossier.model_validate(
        {name: value() for name, value in values.items() if consent.category_of(name) in categories}
    )


def _when_to_call(written: str | None, person: Person, keys: PersonKeys) -> str | None:
    """What she asks, hours first, then what was written of it."""
    return " ".join(one for one in (rules_of(person, keys).sentence, written) if one) or None


def short_name(person: Person) -> str:
    """`Mme K.`: the civility when there is one, and the initial of the name."""
    civility = Civility(person.civility).label if person.civility in set(Civility) else ""
    initial = f"{person.last_name[:1].upper()}." if person.last_name else ""
    return f"{civility} {initial}".strip() or "Personne"


class Named(Protocol):
    """A person, or a row that holds her names."""

    first_name: str
    last_name: str


def full_name(person: Named) -> str:
    """First name, then name."""
    return f"{person.first_name} {person.last_name}".strip()


def age(birth_date: date | None, today: date) -> int | None:
    """Whole years on that day, or None when the birth date is not known."""
    if birth_date is None:
        return None
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def right_status(presumed: PresumedRight | None) -> str | None:
    """Where that right stands, as noted by the rights review: presumed, its ground and the cause of non-take-up."""
    if presumed is None:
        return None
    parts = [f"Droit potentiel ({Ground(presumed.ground).label.lower()})"]
    if presumed.cause:
        parts.append(NonTakeUpCause(presumed.cause).label)
    return ". ".join(parts)


def grant_of(row: ConsentGrant) -> consent.Grant:
    """The row as the consent rules take it."""
    return consent.Grant.model_validate(
        {name: getattr(row, name) for name in _GRANT_FIELDS} | {"organisation": row.recipient_organisation}
    )


_GRANT_FIELDS = tuple(set(consent.Grant.model_fields) - {"organisation"})


@dataclass(frozen=True)
class Convention:
    """The convention that covers a desk, as the directory said it; all None when there is none."""

    ref: UUID | None
    starts: datetime | None
    ends: datetime | None


def route_of(row: SharingRoute | None, convention: Convention) -> consent.Route | None:
    """The row of the route table under that convention."""
    if row is None:
        return None
    return consent.Route(
        sender_kind=OrganisationKind(row.sender_kind),
        recipient_kind=OrganisationKind(row.recipient_kind),
        basis=Basis(row.basis),
        version=row.version,
        purposes=frozenset(Purpose(one) for one in row.purposes),
        convention=convention.ref,
        convention_starts=convention.starts,
        convention_ends=convention.ends,
    )


def handover_of(row: Handover) -> consent.Handover:
    """The row as the consent rules take it; a hand-over without a grant gets its own reference, which no grant has."""
    return consent.Handover(
        ref=row.ref,
        person=row.person,
        grant=row.grant or row.ref,
        organisation=row.recipient_organisation,
        desk=row.desk,
        right=row.right,
        purpose=Purpose(row.purpose),
        readable_until=row.readable_until,
    )


def end_of(row: ConsentGrant) -> datetime:
    """When an agreement ends by itself: its own end, or that of whoever spoke for the person."""
    return min(one for one in (row.expires_at, row.represented_until) if one is not None)


def decided_at(row: ConsentGrant | None, now: datetime) -> datetime:
    """The instant at which a grant is judged: never before a withdrawal that is on record, whatever the clocks say."""
    return max(now, row.withdrawn_at) if row is not None and row.withdrawn_at is not None else now


def choose_route(rows: list[SharingRoute], purpose: Purpose) -> SharingRoute | None:
    """Of the routes valid now for a pair of organisations, the newest that allows the purpose, else the newest."""
    newest = sorted(rows, key=lambda row: (purpose.value in row.purposes, row.version), reverse=True)
    return newest[0] if newest else None


def choose_grant(
    rows: list[ConsentGrant], *, desk: UUID, right: str, purpose: Purpose, assignee: UUID, at: datetime
) -> ConsentGrant | None:
    """Of a person's grants for a desk, one that opens the first lock, else the one whose refusal says most.

    A grant that names one contact is none for another: only who takes the referral in hand could read.
    """
    mine = [row for row in rows if row.desk == desk and row.contact in (None, assignee)]

    def closeness(row: ConsentGrant) -> tuple[bool, bool, bool, datetime]:
        grant = grant_of(row)
        live = grant.refusal(desk=desk, right=right, at=at) is None
        return (live and grant.purpose is purpose, live, right in row.rights, row.given_at)

    return max(mine, key=closeness, default=None)
