"""Merging two files of one person: one person with both histories, and back exactly."""

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.refusals import (
    InvalidInput,
)
from services.intake import people_list, people_search, store
from services.intake.domain import what_is_looked_for
from services.intake.duplicate_tables import FileMerge
from services.intake.duplicates import FIELDS, KEPT, MERGED, OF_SITUATION, Told, choices_of, differences
from services.intake.erasable import APART, of_person, personal_tables
from services.intake.erasable import KEPT as KEPT_TABLES
from services.intake.rectification import CorrectPerson, correct_person
from services.intake.tables import Base, Encounter, Person
from tests.intake.duplicates_world import THEN, merge, two_files, undo
from tests.intake.people_world import People, a_desk, referent, text_of


async def held(people: People, *files: UUID) -> dict[str, list[dict[str, Any]]]:
    """Every row of these files, in clear, by table and in one order."""
    found = {}
    async with people.service.database.worker() as work:
        for table in personal_tables(Base.metadata):
            if table.name in KEPT_TABLES or table.name in APART or table.name in ("filemerge", "caseloadreason"):
                continue
            rows = []
            for file in files:
                statement = f'SELECT * FROM intake."{table.name}" WHERE {of_person(table)}'
                for row in (await work.execute(statement, person=file)).all():
                    sealed = {name: people.keys.open(file, name, value) if isinstance(value, bytes) else value
                              for name, value in dict(row).items()}  # fmt: skip
                    rows.append({name: value for name, value in sealed.items() if name != "updated_at"})
            found[table.name] = sorted(rows, key=str)
    # A situation of which nothing is on record is none.
    found["situation"] = [row for row in found["situation"] if any(row[name] for name in OF_SITUATION)]
    return found


def told(ref: UUID, noted: datetime, **values: str) -> Told:
    return Told(ref, {**dict.fromkeys(FIELDS, ""), **values}, dict.fromkeys(FIELDS, noted))


def test_the_newer_value_is_proposed_and_one_on_record_before_none():
    old = told(uuid4(), THEN, phone="+33612345678", housing="owner")
    new = told(uuid4(), THEN + timedelta(days=1), phone="+33711223344", scheme="general")
    assert {one.field: one.proposed for one in differences(old, new)} == {
        "phone": MERGED, "housing": KEPT, "scheme": MERGED,
    }  # fmt: skip
    assert {one.field: one.proposed for one in differences(new, old)}["phone"] == KEPT


def test_every_difference_needs_a_choice():
    found = differences(told(uuid4(), THEN, phone="+33612345678"), told(uuid4(), THEN, phone="+33711223344"))
    assert choices_of(found, {"phone": MERGED, "scheme": KEPT}) == {"phone": MERGED}
    with pytest.raises(InvalidInput) as refused:
        choices_of(found, {"phone": "both"})
    assert refused.value.field == "phone"


async def test_a_merged_person_is_one_person_with_both_histories(people: People):
    viewer = referent()
    kept, merged = await two_files(people, viewer)
    everybody = await people.rows(Person, Person.organisation == viewer.organisation)
    numbers = {one.ref: one.file_number for one in everybody}
    await merge(people, viewer, kept, merged)
    async with people.work(viewer) as work:
        assert [one.ref for one in await people_list.list_people(viewer, work, "toutes")] == [kept]
        assert (await people_list.count_people(viewer, work))["toutes"] == 1
        for typed in (numbers[kept], numbers[merged], "valtorix", "elise"):
            found = await people_search.search_people(viewer, work, *what_is_looked_for(typed))
            assert [one.ref for one in found] == [kept], typed
        file = await store.person_file(viewer, work, kept)
    assert {row.person for row in file.encounters} == {kept, merged}
    assert people.keys.open(kept, "phone", file.person.phone) == "+33711223344"
    client = await people.client(viewer)
    page = text_of((await client.get(f"/personnes/{kept}")).text)
    assert f"Marché, dossier {numbers[kept]}" in page and f"Mairie, dossier {numbers[merged]}" in page
    for path in ("", "/situation", "/accords.json", "/doublons"):
        answer = await client.get(f"/personnes/{merged}{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/personnes/{kept}{path}")
    assert (await client.get(f"/personnes/{kept}/situation")).status_code == 200


async def test_undoing_puts_every_row_back_where_it_was(people: People):
    viewer, desk = referent(), a_desk()
    kept, merged = await two_files(people, viewer)
    grant = await people.agree(viewer, merged, desk)
    await people.hand_over(viewer, merged, grant, desk, "sent")
    before = await held(people, kept, merged)
    ref = await merge(people, viewer, kept, merged)
    assert await held(people, kept, merged) != before
    assert await undo(people, viewer, kept, ref) == merged
    after = await held(people, kept, merged)
    assert after == before
    assert (await people.rows(FileMerge, FileMerge.ref == ref))[0].before is None


async def test_what_was_added_since_stays_and_what_was_changed_since_is_left(people: People):
    viewer = referent()
    kept, merged = await two_files(people, viewer)
    ref = await merge(people, viewer, kept, merged)
    await people.meet(viewer, person=kept, first_name="", last_name="", place="Bus")
    async with people.work(viewer) as work:
        change = CorrectPerson(person=kept, first_name="Élise", last_name="Valtorix", phone="06 99 99 99 99")
        await correct_person(change, work, people.keys)
    client = await people.client(viewer)
    page = text_of((await client.get(f"/personnes/{kept}/reunions/{ref}/defaire")).text)
    assert "Ajouté depuis la réunion : 1 rencontre." in page
    assert re.search(r"laissé tel quel : [^.]*téléphone", page)
    form = {"command_id": str(uuid4())}
    answer = await client.post(f"/personnes/{kept}/reunions/{ref}/defaire", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/personnes/{kept}")
    page = text_of((await client.get(f"/personnes/{kept}")).text)
    assert "Ce qui a été ajouté entre-temps est resté ici." in page and "06 99 99 99 99" in page
    assert len(await people.rows(Encounter, Encounter.person == kept)) == 2
    assert len(await people.rows(Encounter, Encounter.person == merged)) == 1
    assert (await client.get(f"/personnes/{merged}")).status_code == 200
