"""What two files say of one person, field by field: what agrees, what differs, and which value is proposed. Pure.

A value is text as a form carries it: a code, an ISO date, a phone in international form; "" is nothing on record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.refusals import InvalidInput
from contracts.vocabulary import (
    Civility,
    EmploymentKind,
    HouseholdKind,
    HousingKind,
    Language,
    ResourcesBand,
    Scheme,
    Word,
)

# Of the person's own row, then of her situation; in the order of the page.
OF_PERSON = {
    "civility": "Civilité",
    "first_name": "Prénom",
    "last_name": "Nom",
    "birth_date": "Date de naissance",
    "phone": "Téléphone",
    "contact_rules": "La joindre sans risque",
    "safe_times": "Quand l’appeler",
    "postal_address": "Adresse",
    "language": "Langue",
    "scheme": "Régime",
}
OF_SITUATION = {
    "household": "Foyer",
    "children": "Enfants à charge",
    "housing": "Logement",
    "employment": "Emploi",
    "resources_band": "Ressources par mois",
}
FIELDS = OF_PERSON | OF_SITUATION
WORDS: dict[str, type[Word]] = {
    "civility": Civility,
    "language": Language,
    "scheme": Scheme,
    "household": HouseholdKind,
    "housing": HousingKind,
    "employment": EmploymentKind,
    "resources_band": ResourcesBand,
}
KEPT, MERGED = "kept", "merged"


@dataclass(frozen=True)
class Told:
    """What one file says, and when each of it was last noted."""

    ref: UUID
    values: Mapping[str, str]
    noted: Mapping[str, datetime]


@dataclass(frozen=True)
class Difference:
    """One field in which the files differ; `proposed` is KEPT or MERGED: whose value is the newer one."""

    field: str
    kept: str
    merged: str
    proposed: str

    def chosen(self, choice: str) -> str:
        """The value of that choice."""
        return self.merged if choice == MERGED else self.kept


def agreeing(kept: Told, merged: Told) -> list[str]:
    """The fields in which both say the same, and say something."""
    return [name for name in FIELDS if kept.values[name] and kept.values[name] == merged.values[name]]


def differences(kept: Told, merged: Told) -> list[Difference]:
    """The fields in which they differ, with what is proposed: what is on record before nothing, then the newer."""
    found = []
    for name in FIELDS:
        mine, theirs = kept.values[name], merged.values[name]
        if mine == theirs:
            continue
        newer = not mine or (bool(theirs) and merged.noted[name] > kept.noted[name])
        found.append(Difference(name, mine, theirs, MERGED if newer else KEPT))
    return found


def choices_of(found: Iterable[Difference], given: Mapping[str, str]) -> dict[str, str]:
    """Whose value is kept, by field. Refusal: InvalidInput for a field that differs and has no choice."""
    chosen = {}
    for one in found:
        choice = given.get(one.field, "")
        if choice not in (KEPT, MERGED):
            label = FIELDS[one.field].lower()
            raise InvalidInput(field=one.field, reason=f"Choisissez ce qui est gardé\u202f: {label}.")
        chosen[one.field] = choice
    return chosen


def ordered(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """A pair as it is kept, whichever is said first."""
    return (one, other) if one < other else (other, one)
