"""What a merge refuses: a race lost, a stale page, a chain, another organisation; each with its sentence."""

import asyncio
from uuid import UUID, uuid4

import pytest

from contracts.refusals import (
    FileKeepsAnother,
    FileMerged,
    FilesChanged,
    LaterMergeFirst,
    MergeUndone,
    NotFound,
    ReasonNeeded,
    Refusal,
)
from services.intake import caseload
from services.intake.commands import SituationNow, UpdateSituation
from services.intake.duplicate_merging import MergeFiles, compare, merge_files
from services.intake.handlers import update_situation
from services.intake.journal_kinds import Reason
from services.intake.journal_tables import JournalEntry
from services.intake.tables import Encounter, Person
from tests.intake.duplicates_world import merge, two_files, undo
from tests.intake.people_world import People, referent


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


def test_every_refusal_about_files_has_a_sentence_without_a_value():
    for kind in (FileMerged, FileKeepsAnother, FilesChanged, MergeUndone, LaterMergeFirst):
        assert issubclass(kind, Refusal) and "{" not in kind.sentence and kind.sentence.endswith(".")
