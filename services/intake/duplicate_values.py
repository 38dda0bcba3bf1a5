"""The values that a merge writes, and how undoing puts the former ones back: in clear here, sealed in between.

What a merge wrote and what stood before is kept as one ciphertext of the kept file's key.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from contracts.refusals import NotFound
from services.intake.domain import fold
from services.intake.duplicate_tables import FileMerge
from services.intake.duplicates import KEPT, MERGED, OF_PERSON, OF_SITUATION, Difference
from services.intake.person_keys import PersonKeys
from services.intake.tables import Person, Situation
from services.runtime.database import Work

SEALED = ("phone", "postal_address", "safe_times", "contact_rules")
# What is asked of how to reach her holds for her, whichever file says it: it restrains and tells nothing.
OF_BOTH = "contact_rules"
SEALED_MERGE = "file_merge"


async def rows_of(ref: UUID, work: Work) -> tuple[Person, Situation | None]:
    """A file and its situation. Refusal: NotFound."""
    person = await work.session.get(Person, ref)
    if person is None:
        raise NotFound
    return person, await work.session.get(Situation, ref)


def values_of(person: Person, situation: Situation | None, keys: PersonKeys) -> dict[str, str]:
    """What a file says, by field, as `duplicates` takes it."""

    def said(value: Any) -> str:  # noqa: ANN401 - a column of any type
        return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)

    own = {name: said(getattr(person, name)) for name in OF_PERSON if name not in SEALED}
    own |= {name: keys.open(person.ref, name, getattr(person, name)) or "" for name in SEALED}
    return own | {name: said(getattr(situation, name)) if situation else "" for name in OF_SITUATION}


async def write_chosen(
    kept: Person, merged: Person, differ: Iterable[Difference], chosen: Mapping[str, str], work: Work, keys: PersonKeys
) -> bytes:
    """Write what is chosen from the merged file; what stood before and what stands now, sealed."""
    wrote: dict[str, dict[str, tuple[str, str]]] = {"kept": {}, "merged": {}}
    for one in differ:
        value = one.chosen(chosen[one.field])
        if chosen[one.field] == MERGED:
            wrote["kept"][one.field] = (one.kept, value)
        elif one.field == OF_BOTH and chosen[one.field] == KEPT:
            wrote["merged"][one.field] = (one.merged, value)
    for person, changes in ((kept, wrote["kept"]), (merged, wrote["merged"])):
        await _set(person, {name: value for name, (_, value) in changes.items()}, work, keys)
    return keys.seal(kept.ref, SEALED_MERGE, json.dumps(wrote))


async def put_back(row: FileMerge, work: Work, keys: PersonKeys) -> None:
    """Give each field its former value, unless it was changed since, and the merged file its own standing."""
    wrote = _unsealed(row, keys)
    for ref, changes in ((row.person, wrote["kept"]), (row.absorbed, wrote["merged"])):
        person, situation = await rows_of(ref, work)
        now = values_of(person, situation, keys)
        back = {name: before for name, (before, written) in changes.items() if now[name] == written}
        await _set(person, back, work, keys)
        if ref == row.absorbed:
            person.merged_into = None
        work.session.add(person)


def _unsealed(row: FileMerge, keys: PersonKeys) -> dict[str, dict[str, tuple[str, str]]]:
    kept = keys.open(row.person, SEALED_MERGE, row.before)
    return json.loads(kept) if kept else {"kept": {}, "merged": {}}


async def _set(person: Person, values: Mapping[str, str], work: Work, keys: PersonKeys) -> None:
    for name, value in values.items():
        if name in SEALED:
            setattr(person, name, keys.seal(person.ref, name, value) if value else None)
        elif name in OF_PERSON:
            setattr(person, name, date.fromisoformat(value) if value and name == "birth_date" else value or _none(name))
    if "phone" in values:
        person.phone_hash = keys.lookup_hash(values["phone"]) if values["phone"] else None
    person.search = fold(f"{person.first_name} {person.last_name}")
    work.session.add(person)
    of_situation = {name: value for name, value in values.items() if name in OF_SITUATION}
    if of_situation:
        row = await work.session.get(Situation, person.ref) or Situation(
            person=person.ref, organisation=person.organisation, updated_at=work.now
        )
        for name, value in of_situation.items():
            setattr(row, name, int(value) if value and name == "children" else value or None)
        row.updated_at = work.now
        work.session.add(row)


def _none(name: str) -> str | None:
    return None if name == "birth_date" else ""


async def changed_since(row: FileMerge, work: Work, keys: PersonKeys) -> list[str]:
    """The fields that the merge wrote and that were changed since: undoing leaves them as they are."""
    person, situation = await rows_of(row.person, work)
    found = _unsealed(row, keys)
    now = values_of(person, situation, keys)
    return [name for name, (_, written) in found["kept"].items() if now[name] != written]
