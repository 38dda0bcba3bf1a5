"""The DPO's page of the journal, and « qui a vu quoi » of one person: plain sentences, nobody accompanied is named."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from contracts.asks import Disclose
from contracts.dossier import Category
from contracts.viewer import Role
from services.intake import journal
from services.intake.disclosure import answer_disclose
from services.intake.journal_disclosures import disclosures_of, fields_of
from services.intake.journal_kinds import Kind, Thing
from services.intake.journal_search import PAGE, Wanted, sample_of_month, search
from services.intake.journal_tables import JournalEntry
from services.intake.tables import Person
from tests.intake.people_world import People, a_desk, referent, text_of


async def number_of(people: People, person) -> str:
    [row] = await people.rows(Person, Person.ref == person)
    return row.file_number


async def test_the_dpo_finds_by_file_number_account_kind_and_day(people: People):
    viewer, dpo = referent(), referent(None, Role.DPO)
    mine, other = await people.meet(viewer, last_name="Ostrevant"), await people.meet(viewer, last_name="Pellagrin")
    await (await people.client(viewer)).get(f"/personnes/{mine}")
    client = await people.client(dpo)
    found = text_of((await client.post("/journal", data={"file_number": await number_of(people, mine)})).text)
    assert "a ouvert le dossier" in found and await number_of(people, mine) in found
    assert await number_of(people, other) not in found and "Ostrevant" not in found
    form = {"account": str(viewer.account), "kind": "created", "first_day": "2020-01-01"}
    created = text_of((await client.post("/journal", data=form)).text)
    assert created.count("a créé le dossier.") == 2 and "a ouvert le dossier." not in created
    past = text_of((await client.post("/journal", data={**form, "last_day": "2020-01-02"})).text)
    assert "Le journal n’a rien pour cette recherche" in past
    nobody = text_of((await client.post("/journal", data={"file_number": "99-ZZZZZ"})).text)
    assert "Le journal n’a rien pour cette recherche" in nobody
    wrong = await client.post("/journal", data={"first_day": "hier", "file_number": "26-AAAAA"})
    assert wrong.status_code == 422 and "26-AAAAA" in wrong.text


async def test_a_list_is_found_by_the_person_who_stood_in_it(people: People):
    viewer, dpo = referent(), referent(None, Role.DPO)
    person = await people.meet(viewer)
    await people.meet(viewer)
    await (await people.client(viewer)).get("/personnes")
    async with people.work(dpo) as work:
        rows, _ = await search(dpo, work, Wanted(people=(person,), kind=Kind.LISTED))
    assert [(len(row.people), row.person) for row in rows] == [(2, None)]


async def test_reading_the_journal_is_in_the_journal_and_pages_follow(people: People):
    dpo = referent(None, Role.DPO)
    async with people.work(dpo) as work:
        for _ in range(PAGE + 1):
            await journal.record(work, dpo, Kind.EXPORTED, object=Thing.OTHER)
    client = await people.client(dpo)
    form = {"account": str(dpo.account), "kind": "exported"}
    first = await client.post("/journal", data=form)
    assert first.text.count("a exporté.") == PAGE and 'name="page" value="2"' in first.text
    second = await client.post("/journal", data={**form, "page": "2"})
    assert second.text.count("a exporté.") == 1 and 'name="page"' not in second.text
    assert (await client.get("/journal?page=2")).status_code == 200
    kinds = [one.kind for one in await people.rows(JournalEntry, JournalEntry.viewer == dpo.account)]
    assert kinds.count("journal_read") == 3


async def test_the_sample_of_the_month_is_the_same_all_month_and_only_of_the_month_before(people: People):
    viewer, dpo = referent(), referent(None, Role.DPO)
    now = datetime(2031, 5, 20, 9, tzinfo=UTC)
    for at in (now - timedelta(days=35), now):
        async with people.work(viewer, at) as work:
            for _ in range(30):
                about = {"person": uuid4(), "reason": "supervision"}
                await journal.record(work, viewer, Kind.READ_FILE, object=Thing.PERSON, **about)
    samples = []
    for at in (now, now + timedelta(days=3)):
        async with people.work(dpo, at) as work:
            samples.append([(row.ref, row.at) for row in await sample_of_month(dpo, work)])
    assert samples[0] == samples[1] and len(samples[0]) == 20
    assert {at.month for _, at in samples[0]} == {4}


async def test_the_check_is_shown_with_what_it_found(people: People):
    client = await people.client(referent(None, Role.DPO))
    assert (await client.post("/journal/verification")).status_code == 303
    page = text_of((await client.get("/journal")).text)
    assert "rien à signaler" in page and "Entrées scellées" in page


async def test_who_saw_what_names_desks_fields_and_readers_and_ones_own_organisation(people: People):
    viewer = referent()
    desk = a_desk()
    agent = referent(desk.organisation, Role.DESK_AGENT).model_copy(update={"desks": (desk.desk,)})
    person = await people.meet(viewer)
    grant = await people.agree(viewer, person, desk)
    ref = await people.hand_over(viewer, person, grant, desk, "sent")
    await (await people.client(viewer)).get(f"/personnes/{person}")
    await (await people.client(viewer)).get("/personnes")
    async with people.work(agent) as work:
        await answer_disclose(Disclose(viewer=agent, referrals=(ref,)), work, people.keys)
    async with people.service.database.worker() as work:
        own, theirs = await disclosures_of(person, work)
    assert own.own and own.organisation == viewer.organisation
    assert {one.kind for one in own.read} >= {Kind.READ_FILE, Kind.CREATED, Kind.LISTED}
    assert [one.in_a_list for one in own.read if one.kind is Kind.LISTED] == [True]
    assert (theirs.organisation_name, theirs.desk, theirs.own) == ("Caf de Valbrume", desk.desk, False)
    [agreed] = theirs.agreed
    assert agreed.grant == grant and set(agreed.fields) == {"Initiale et âge", "Téléphone"}
    [read] = theirs.readings
    assert (read.account, read.handover, read.grant) == (agent.account, ref, grant)
    async with people.work(referent()) as work:
        stranger = await disclosures_of(person, work)
    assert [one.readings for one in stranger] == [[]], "another organisation sees none of it"


def test_the_fields_of_a_category_are_said_as_on_the_page():
    assert fields_of([Category.IDENTITY_MIN, Category.HOUSEHOLD]) == {
        "Initiale et âge": ("Personne", "Âge"), "Foyer": ("Foyer", "Enfants à charge")
    }  # fmt: skip
