"""The other files of a person on the page of the one that is kept: since when, what they say, and who still reads them.

A desk that had a referral of a merged file goes on reading that file, so the page shows what it says and where to
correct it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.viewer import Viewer
from services.intake import duplicate_store
from services.intake.duplicate_tables import FileMerge
from services.intake.duplicate_words import merge_row, said
from services.intake.handover_store import READABLE_STEPS
from services.intake.person_keys import PersonKeys
from services.intake.store import PersonFile
from services.intake.tables import Handover, Person
from services.runtime.database import Work


@dataclass(frozen=True)
class Merges:
    """Every merge into one file, those that were undone too, with the numbers of the files."""

    rows: list[FileMerge]
    numbers: Mapping[UUID, str]

    def shown(
        self, found: PersonFile, names: Mapping[UUID, str], viewer: Viewer, keys: PersonKeys, now: datetime
    ) -> list[dict[str, Any]]:
        """Each in the words of the page, the last first; `names` are those of accounts."""
        return [
            merge_row(row, self.numbers, names, viewer.account)
            | {
                "facts": _facts(found.merged[row.absorbed], keys) if _stands(row, found) else [],
                "readers": _readers(found.handovers, row.absorbed, now) if _stands(row, found) else [],
            }
            for row in self.rows
        ]


async def read_merges(viewer: Viewer, work: Work, ref: UUID) -> Merges:
    """The merges into a file of the viewer's organisation."""
    rows = await duplicate_store.merges_of(viewer, work, ref)
    numbers = await duplicate_store.numbers_of(viewer, work, [row.absorbed for row in rows]) if rows else {}
    return Merges(rows, numbers)


def _stands(row: FileMerge, found: PersonFile) -> bool:
    return row.undone_at is None and row.absorbed in found.merged


def _facts(person: Person, keys: PersonKeys) -> list[tuple[str, str]]:
    sealed = {name: keys.open(person.ref, name, getattr(person, name)) or "" for name in ("phone", "postal_address")}
    born = person.birth_date.isoformat() if person.birth_date else ""
    return [
        ("Nom", f"{person.first_name} {person.last_name}".strip()),
        ("Date de naissance", said("birth_date", born)),
        ("Téléphone", said("phone", sealed["phone"])),
        ("Adresse", said("postal_address", sealed["postal_address"])),
    ]


def _readers(handovers: Iterable[Handover], file: UUID, now: datetime) -> list[str]:
    theirs = [row for row in handovers if row.person == file and row.step in READABLE_STEPS]
    reading = [row for row in theirs if row.readable_until is None or row.readable_until > now]
    return sorted({f"{row.recipient_organisation_name}, {row.desk_name}" for row in reading})
