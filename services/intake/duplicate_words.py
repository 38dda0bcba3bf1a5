"""Two files of one person in the words of the pages: values, who follows which file, merges, what they hold. Pure."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.intake.contact_rules import ContactRules
from services.intake.domain import readable_phone
from services.intake.duplicate_tables import FileMerge
from services.intake.duplicates import FIELDS, KEPT, MERGED, WORDS, Difference, Told
from services.intake.tables import Person
from services.runtime.web.dates import day

NOTHING = "rien n’est noté"


def said(field: str, value: str) -> str:
    """One value as people read it."""
    if not value:
        return NOTHING
    if field == "birth_date":
        return date.fromisoformat(value).strftime("%d/%m/%Y")
    if field == "phone":
        return readable_phone(value)
    if field == "contact_rules":
        return ContactRules.model_validate(json.loads(value)).sentence or "rien de particulier"
    words = WORDS.get(field)
    return words(value).label if words is not None and value in set(words) else value


def agreed(names: list[str], told: Told) -> list[tuple[str, str]]:
    """What both files say, as facts."""
    return [(FIELDS[name], said(name, told.values[name])) for name in names]


def asked(found: list[Difference], told: tuple[Told, Told], numbers: tuple[str, str]) -> list[dict[str, Any]]:
    """The question of each field that differs: what may be kept, from which file, noted when."""
    return [
        {
            "field": one.field,
            "label": FIELDS[one.field],
            "proposed": one.proposed,
            "in_one_only": not (one.kept and one.merged),
            "options": [
                (choice, f"{said(one.field, value)} (dossier {number}, noté {day(of.noted[one.field])})")
                for choice, value, of, number in (
                    (KEPT, one.kept, told[0], numbers[0]),
                    (MERGED, one.merged, told[1], numbers[1]),
                )
            ],
        }
        for one in found
    ]


def decided(found: list[Difference], chosen: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is kept of each field that differs, as facts."""
    return [(FIELDS[one.field], said(one.field, one.chosen(chosen[one.field]))) for one in found]


def side(person: Person, title: str, held: list[str], follows: str) -> dict[str, Any]:
    """One of the two files."""
    return {
        "ref": person.ref,
        "title": title,
        "number": person.file_number,
        "facts": [
            ("Dossier", person.file_number),
            ("Ouvert", day(person.created_at)),
            ("Dernier contact", day(person.last_contact_at)),
            ("Suivi par", follows),
            ("Contient", ", ".join(held) or "rien encore"),
        ],
    }


def merge_row(row: FileMerge, numbers: Mapping[UUID, str], names: Mapping[UUID, str], mine: UUID) -> dict[str, Any]:
    """One merge: which file, when and by whom, and whether it stands."""
    return {
        "ref": row.ref,
        "file": row.absorbed,
        "number": numbers.get(row.absorbed, "effacé depuis"),
        "when": day(row.merged_at),
        "who": _who(row.merged_by, names, mine),
        "undone": day(row.undone_at) if row.undone_at else None,
        "undone_by": _who(row.undone_by, names, mine) if row.undone_by else None,
    }


def _who(account: UUID, names: Mapping[UUID, str], mine: UUID) -> str:
    return "vous" if account == mine else names.get(account, "une collègue")
