"""Two files of one person: side by side, merged by somebody, separated again, and nothing lost or moved by either."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.refusals import (
    FileKeepsAnother,
    FileMerged,
    FilesChanged,
    InvalidInput,
    LaterMergeFirst,
    MergeUndone,
    NotFound,
    ReasonNeeded,
    Refusal,
)
from contracts.viewer import Viewer
from contracts.vocabulary import HousingKind
from services.intake import caseload, people_search, store
from services.intake.commands import SituationNow, UpdateSituation
from services.intake.domain import what_is_looked_for
from services.intake.duplicate_merging import (
    MergeFiles,
    SetFilesApart,
    UndoMerge,
    compare,
    merge_files,
    set_files_apart,
    undo_merge,
)
from services.intake.duplicate_store import likely_pairs
from services.intake.duplicate_tables import FileMerge
from services.intake.duplicates import FIELDS, KEPT, MERGED, OF_SITUATION, Told, choices_of, differences
from services.intake.erasable import APART, of_person, personal_tables
from services.intake.erasable import KEPT as KEPT_TABLES
from services.intake.handlers import update_situation
from services.intake.journal_kinds import Reason
from services.intake.journal_tables import JournalEntry
from services.intake.rectification import CorrectPerson, correct_person
from services.intake.tables import Base, Encounter, Person
from tests.intake.people_world import People, a_desk, referent, text_of

THEN = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def two_files(people: People, viewer: Viewer) -> tuple[UUID, UUID]:
    """The same person met twice: the second file is newer and knows more."""
    kept = await people.meet(viewer, at=THEN, phone="06 12 34 56 78", place="Marché")
    merged = await people.meet(
        viewer, first_name="Elise", last_name="Valtorix", phone="07 11 22 33 44", postal_address="3 rue du Puits",
        situation=SituationNow(housing=HousingKind.HOSTED), place="Mairie",
    )  # fmt: skip
    return kept, merged


async def merge(people: People, viewer: Viewer, kept: UUID, merged: UUID, **choices: str) -> UUID:
    """Merge with what is proposed, or with these choices."""
    async with people.work(viewer) as work:
        found = await compare(viewer, work, kept, merged, people.keys)
        given = {one.field: one.proposed for one in found.differ} | choices
        command = MergeFiles(kept=kept, merged=merged, choices=given, seen=found.seen)
        return await merge_files(command, work, people.keys)


async def undo(people: People, viewer: Viewer, kept: UUID, merge: UUID) -> UUID:
    async with people.work(viewer) as work:
        return await undo_merge(UndoMerge(kept=kept, merge=merge), work, people.keys)


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
        assert [one.ref for one in await store.list_people(viewer, work, "toutes")] == [kept]
        assert (await store.count_people(viewer, work))["toutes"] == 1
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


async def test_a_form_sent_to_a_merged_file_is_refused_with_a_sentence(people: People):
    viewer = referent()
    kept, merged = await two_files(people, viewer)
    await merge(people, viewer, kept, merged)
    client = await people.client(viewer)
    sent = {"command_id": str(uuid4()), "channel": "permanence"}
    answer = await client.post(f"/personnes/{merged}/situation", data=sent)
    assert answer.status_code == 409 and "réuni avec un autre" in answer.text
    sent = {"command_id": str(uuid4()), "channel": "permanence", "met_on": "2026-03-02"}
    answer = await client.post(f"/personnes/{merged}/rencontre", data=sent)
    assert answer.status_code == 409 and len(await people.rows(Encounter, Encounter.person == merged)) == 1


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


async def test_of_two_merges_at_once_one_way_each_one_wins(people: People):
    viewer = referent()
    one, other = await two_files(people, viewer)
    done = await asyncio.gather(
        merge(people, viewer, one, other), merge(people, viewer, other, one), return_exceptions=True
    )
    won, lost = sorted(done, key=lambda it: isinstance(it, Exception))
    assert isinstance(won, UUID) and isinstance(lost, FileMerged)
    rows = await people.rows(Person, Person.organisation == viewer.organisation)
    assert sum(row.merged_into is not None for row in rows) == 1


async def test_a_stale_page_an_undone_merge_and_a_chain_are_refused(people: People):
    viewer = referent()
    kept, merged = await two_files(people, viewer)
    third = await people.meet(viewer, first_name="Elyse", last_name="Valtorix", phone="06 55 55 55 55")
    async with people.work(viewer) as work:
        found = await compare(viewer, work, kept, merged, people.keys)
    async with people.work(viewer) as work:
        situation = UpdateSituation(person=kept, situation=SituationNow(children=2))
        await update_situation(situation, work)
    stale = MergeFiles(kept=kept, merged=merged, choices={}, seen=found.seen)
    async with people.work(viewer) as work:
        with pytest.raises(FilesChanged):
            await merge_files(stale, work, people.keys)
    first = await merge(people, viewer, kept, merged)
    with pytest.raises(FileKeepsAnother):
        await merge(people, viewer, third, kept)
    second = await merge(people, viewer, kept, third)
    with pytest.raises(LaterMergeFirst):
        await undo(people, viewer, kept, first)
    await undo(people, viewer, kept, second)
    with pytest.raises(MergeUndone):
        await undo(people, viewer, kept, second)
    await undo(people, viewer, kept, first)
    (row,) = await people.rows(Person, Person.ref == kept)
    assert people.keys.open(kept, "phone", row.phone) == "+33612345678"


async def test_nobody_merges_across_organisations_nor_a_colleagues_person_without_a_reason(people: People):
    viewer, stranger = referent(), referent()
    colleague = referent(viewer.organisation)
    kept, merged = await two_files(people, viewer)
    theirs = await people.meet(stranger)
    for one, other in ((kept, theirs), (theirs, kept)):
        with pytest.raises(NotFound):
            await merge(people, viewer, one, other)
    with pytest.raises(ReasonNeeded):
        await merge(people, colleague, kept, merged)
    async with people.work(colleague) as work:
        for file in (kept, merged):
            await caseload.give_reason(colleague, work, file, Reason.DUPLICATE_CHECK)
    ref = await merge(people, colleague, kept, merged)
    with pytest.raises(NotFound):
        await undo(people, stranger, kept, ref)


async def test_both_files_have_the_merge_and_its_undoing_in_the_journal(people: People):
    viewer = referent()
    kept, merged = await two_files(people, viewer)
    ref = await merge(people, viewer, kept, merged)
    await undo(people, viewer, kept, ref)
    entries = await people.rows(JournalEntry, JournalEntry.object_ref == ref)
    assert sorted((one.kind, one.person) for one in entries) == sorted(
        (kind, file) for kind in ("files_merged", "files_separated") for file in (kept, merged)
    )


async def test_the_pages_lead_from_a_likely_pair_to_one_file_and_back(people: People):
    viewer = referent()
    kept, merged = await two_files(people, viewer)
    client = await people.client(viewer)
    listed = (await client.get("/personnes/doublons")).text
    assert re.search(rf'href="/personnes/({kept}/doublon/{merged}|{merged}/doublon/{kept})"', listed)
    assert f"/personnes/{kept}/doublon/{merged}" in (await client.get(f"/personnes/{kept}/doublons")).text
    address = f"/personnes/{kept}/doublon/{merged}"
    page = await client.get(address)
    shown = text_of(page.text)
    assert "06 12 34 56 78" in shown and "07 11 22 33 44" in shown and "Ce qui concorde" in shown
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    chosen = dict(re.findall(r'name="(\w+)" value="(\w+)"[^>]* checked', page.text))
    assert chosen["phone"] == MERGED
    confirm = await client.post(address, data={**form, **chosen, "step": "relire"})
    assert confirm.status_code == 200 and "Réunir les deux dossiers" in confirm.text
    assert (await people.rows(Person, Person.ref == merged))[0].merged_into is None
    missing = {name: value for name, value in chosen.items() if name != "phone"}
    assert (await client.post(address, data={**form, **missing, "step": "reunir"})).status_code == 422
    done = await client.post(address, data={**form, **chosen, "step": "reunir"})
    assert (done.status_code, done.headers["location"]) == (303, f"/personnes/{kept}")
    assert (await client.get(address)).headers["location"] == f"/personnes/{kept}"


async def test_two_persons_are_not_proposed_again(people: People):
    viewer = referent()
    one, other = await two_files(people, viewer)
    async with people.work(viewer) as work:
        assert len(await likely_pairs(viewer, work)) == 1
        await set_files_apart(SetFilesApart(one=other, other=one), work)
    async with people.work(viewer) as work:
        assert await likely_pairs(viewer, work) == []
    client = await people.client(viewer)
    assert str(other) not in (await client.get(f"/personnes/{one}/doublons")).text


def test_every_refusal_about_files_has_a_sentence_without_a_value():
    for kind in (FileMerged, FileKeepsAnother, FilesChanged, MergeUndone, LaterMergeFirst):
        assert issubclass(kind, Refusal) and "{" not in kind.sentence and kind.sentence.endswith(".")
