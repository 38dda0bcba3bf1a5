"""An emergency: one professional declares, another confirms, the DPO reads it; nothing is opened by it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.refusals import EmergencyClosed, NotFound, RoleNotAllowed
from contracts.viewer import Role, Viewer
from services.intake import break_glass
from services.intake.break_glass import Motive, ToldTo
from services.intake.break_glass_tables import BreakGlass, BreakGlassConfirmation
from services.intake.journal_kinds import Kind
from services.intake.journal_tables import JournalEntry
from services.intake.tables import Person
from tests.intake.people_world import People, a_desk, referent, text_of

GIVEN = {"motive": Motive.MINOR.value, "told_to": ToldTo.CRIP.value}


async def declared(people: People, viewer: Viewer) -> UUID:
    async with people.work(viewer) as work:
        return await break_glass.declare(viewer, work, Motive.VITAL, ToldTo.RESCUE, command=uuid4())


async def test_an_emergency_is_declared_by_one_and_confirmed_by_another(people: People):
    viewer = referent()
    person = await people.meet(viewer, last_name="Valtorix")
    [known] = await people.rows(Person, Person.ref == person)
    client = await people.client(viewer)
    command = str(uuid4())
    for _ in range(2):  # sent twice: once
        answer = await client.post(
            "/urgence", data={**GIVEN, "file_number": known.file_number.lower(), "command_id": command}
        )
        assert answer.status_code == 303
    [row] = await people.rows(BreakGlass, BreakGlass.declared_by == viewer.account)
    assert (row.person, row.motive, row.told_to) == (person, "minor", "crip")
    page = await client.get("/urgence")
    assert "À confirmer" in page.text and "confirmation" not in page.text and "Valtorix" not in page.text
    manager = referent(viewer.organisation, Role.DESK_MANAGER)
    seen = await (await people.client(manager)).get("/urgence")
    assert f"/urgence/{row.ref}/confirmation" in seen.text
    answer = await (await people.client(manager)).post(f"/urgence/{row.ref}/confirmation")
    assert answer.status_code == 303
    [confirmation] = await people.rows(BreakGlassConfirmation, BreakGlassConfirmation.break_glass == row.ref)
    assert confirmation.confirmed_by == manager.account
    found = await people.rows(JournalEntry, JournalEntry.object_ref == row.ref)
    assert {(one.kind, one.person) for one in found} == {
        (Kind.BREAK_GLASS_DECLARED.value, person), (Kind.BREAK_GLASS_CONFIRMED.value, person)
    }  # fmt: skip


async def test_nobody_confirms_her_own_word_nor_that_of_another_organisation(people: People):
    manager = referent(None, Role.DESK_MANAGER)
    ref = await declared(people, manager)
    with pytest.raises(RoleNotAllowed):
        async with people.work(manager) as work:
            await break_glass.confirm(manager, work, ref)
    stranger = referent(None, Role.DESK_MANAGER)
    with pytest.raises(NotFound):
        async with people.work(stranger) as work:
            await break_glass.confirm(stranger, work, ref)
    colleague = referent(manager.organisation)
    with pytest.raises(RoleNotAllowed):
        async with people.work(colleague) as work:
            await break_glass.confirm(colleague, work, ref)
    assert await people.rows(BreakGlassConfirmation, BreakGlassConfirmation.break_glass == ref) == []


async def test_the_dpo_confirms_within_a_day_and_later_sees_that_nobody_did(people: People):
    viewer, dpo = referent(), referent(None, Role.DPO)
    late, confirmed = await declared(people, viewer), await declared(people, viewer)
    async with people.work(dpo) as work:
        await break_glass.confirm(dpo, work, confirmed)
        after = work.now + break_glass.CONFIRM_WITHIN + timedelta(minutes=1)
    with pytest.raises(EmergencyClosed):
        async with people.work(dpo, after) as work:
            await break_glass.confirm(dpo, work, late)
    async with people.work(dpo, after) as work:
        standing = {row.ref: break_glass.standing(row, work.now) for row in await break_glass.emergencies(dpo, work)}
    assert (standing[late], standing[confirmed]) == ("lapsed", "confirmed")


async def test_an_emergency_opens_nothing(people: People):
    viewer = referent()
    person = await people.meet(viewer, last_name="Hermelange")
    desk = a_desk()
    agent = referent(desk.organisation, Role.DESK_AGENT).model_copy(update={"desks": (desk.desk,)})
    client = await people.client(agent)
    answer = await client.post("/urgence", data={**GIVEN, "command_id": str(uuid4())})
    assert answer.status_code == 303
    assert "Hermelange" not in (await client.get("/urgence")).text
    async with people.work(agent) as work:
        assert (await work.execute("SELECT 1 FROM intake.person WHERE ref = :ref", ref=person)).first() is None


async def test_a_number_of_another_organisation_and_a_missing_motive_are_refused_with_a_sentence(people: People):
    person = await people.meet(referent())
    [theirs] = await people.rows(Person, Person.ref == person)
    client = await people.client(referent())
    form = {**GIVEN, "command_id": str(uuid4()), "file_number": theirs.file_number}
    wrong = await client.post("/urgence", data=form)
    assert wrong.status_code == 422 and "Aucun dossier de votre organisme" in text_of(wrong.text)
    assert theirs.file_number in wrong.text, "what was typed is kept"
    missing = await client.post("/urgence", data={"command_id": str(uuid4())})
    assert missing.status_code == 422 and "il manque votre réponse" in text_of(missing.text)
