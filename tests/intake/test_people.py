"""Meeting people: what is kept, who may see it, how somebody is found again, and what is never written in clear."""

import asyncio
import re
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.refusals import DateInTheFuture, InvalidInput, NotFound, RoleNotAllowed, SocialSecurityNumberRefused
from contracts.viewer import Role
from contracts.vocabulary import Channel, HousingKind
from services.intake import people_search, store
from services.intake.commands import MeetPerson, SituationNow, UpdateSituation
from services.intake.domain import what_is_looked_for
from services.intake.erasable import APART
from services.intake.handlers import find_twins, meet_person, update_situation
from services.intake.tables import SCHEMA, Encounter, Person, Situation
from tests.intake.people_world import People, referent, text_of

CANARIES = {
    "phone": "0699887766",
    "postal_address": "12 impasse du Canari-Adresse",
    "safe_times": "jamais le soir canari-horaire",
    "place": "sous le préau canari-lieu",
    "present": "sa sœur canari-présente",
}


async def search(people: People, viewer, typed: str) -> list[UUID]:
    looked, value = what_is_looked_for(typed)
    if looked == "phone":
        value = people.keys.lookup_hash(value)
    async with people.work(viewer) as work:
        return [one.ref for one in await people_search.search_people(viewer, work, looked, value)]


async def test_an_encounter_is_kept_and_told_without_a_name(people: People):
    viewer = referent()
    ref = await people.meet(viewer, situation=SituationNow(housing=HousingKind.HOSTED, children=2))
    [encounter] = await people.rows(Encounter, Encounter.person == ref)
    [situation] = await people.rows(Situation, Situation.person == ref)
    assert (situation.housing, situation.children) == ("hosted", 2)
    [fact] = await people.facts(encounter.ref)
    assert fact["type"] == "person.met.v1" and fact["actor_kind"] == "referent"
    assert fact["data"]["person"] == str(ref) and "Valtorix" not in str(fact)


async def test_the_same_command_twice_at_once_is_one_person(people: People):
    viewer = referent()
    command = MeetPerson(channel=Channel.MARAUDE, first_name="Oumar", last_name="Ndiaye")

    async def meet() -> UUID:
        async with people.work(viewer) as work:
            return await meet_person(command, work, people.keys)

    assert len(set(await asyncio.gather(*(meet() for _ in range(4))))) == 1
    assert len(await people.rows(Person, Person.organisation == viewer.organisation)) == 1


async def test_a_past_encounter_keeps_its_instant(people: People):
    viewer = referent()
    async with people.work(viewer) as work:
        past = work.now - timedelta(days=40)
    ref = await people.meet(viewer, at=past)
    [encounter] = await people.rows(Encounter, Encounter.person == ref)
    assert encounter.at == past and encounter.met_on == past.date()
    [fact] = await people.facts(encounter.ref)
    assert fact["time"].startswith(past.isoformat()[:19])


async def test_another_encounter_adds_to_the_person(people: People):
    viewer = referent()
    ref = await people.meet(viewer)
    again = await people.meet(viewer, person=ref, first_name="", last_name="", phone="06 99 88 77 66")
    assert again == ref
    assert len(await people.rows(Encounter, Encounter.person == ref)) == 2
    [person] = await people.rows(Person, Person.ref == ref)
    assert person.last_name == "Valtorix" and people.keys.open(ref, "phone", person.phone) == "+33699887766"


async def test_the_database_holds_ciphertext_only(people: People):
    viewer = referent()
    ref = await people.meet(viewer, **CANARIES)
    async with people.service.database.worker() as work:
        dump = ""
        for table in SCHEMA.metadata.tables.values():
            if table.name not in ("failure", "position", "parked", "noticedraft", *APART):
                rows = await work.execute(f"SELECT row_to_json(t)::text, t::text FROM intake.{table.name} t")
                dump += "".join(part for row in rows for part in row)
    hidden = [*CANARIES.values(), "699887766", "Canari-Adresse", "canari"]
    found = [one for one in hidden if one in dump or one.encode().hex() in dump]
    assert str(ref) in dump and "Valtorix" in dump and not found
    [person] = await people.rows(Person, Person.ref == ref)
    assert people.keys.open(ref, "postal_address", person.postal_address) == CANARIES["postal_address"]


@pytest.mark.parametrize(
    "field", ["first_name", "last_name", "place", "present", "phone", "postal_address", "safe_times"]
)
async def test_no_free_text_takes_a_social_security_number(people: People, field: str):
    with pytest.raises(SocialSecurityNumberRefused) as refused:
        await people.meet(referent(), **{field: "2 69 05 49 588 157 80"})
    assert refused.value.field == field


async def test_a_name_is_needed_for_somebody_new(people: People):
    with pytest.raises(InvalidInput) as refused:
        await people.meet(referent(), first_name=" ", last_name="-")
    assert refused.value.field == "last_name"


async def test_days_that_have_not_come_are_refused(people: People):
    tomorrow = date.today() + timedelta(days=2)
    for field in ("met_on", "birth_date"):
        with pytest.raises(DateInTheFuture):
            await people.meet(referent(), **{field: tomorrow})


async def test_a_birth_date_to_come_is_refused_for_somebody_on_file_too(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    with pytest.raises(DateInTheFuture):
        await people.meet(viewer, person=person, birth_date=date.today() + timedelta(days=2))


async def test_only_a_referent_meets_people(people: People):
    for viewer in (referent(None, Role.DESK_AGENT), referent(None, Role.COORDINATOR), referent(None, Role.DPO)):
        with pytest.raises(RoleNotAllowed):
            await people.meet(viewer)


async def test_another_organisation_finds_nobody_and_gets_not_found(people: People):
    viewer, stranger = referent(), referent()
    ref = await people.meet(viewer)
    assert await search(people, stranger, "Valtorix") == []
    async with people.work(stranger) as work:
        with pytest.raises(NotFound):
            await store.person_of(stranger, work, ref)
        with pytest.raises(NotFound):
            await update_situation(UpdateSituation(person=ref, situation=SituationNow()), work)
        assert (await work.execute("SELECT count(*) FROM person")).scalar() == 0
        assert (await work.execute("SELECT count(*) FROM encounter")).scalar() == 0
    client = await people.client(stranger)
    for path in ("", "/rencontre", "/situation", "/accord", "/bilan"):
        unknown = await client.get(f"/personnes/{uuid4()}{path}")
        answer = await client.get(f"/personnes/{ref}{path}")
        assert answer.status_code == unknown.status_code == 404
        assert answer.text == unknown.text


async def test_a_colleague_sees_the_person_after_her_own(people: People):
    viewer = referent()
    colleague = referent(viewer.organisation)
    theirs = await people.meet(viewer, last_name="Aubry")
    hers = await people.meet(colleague, last_name="Zola")
    await people.meet(viewer, person=theirs, first_name="", last_name="")
    async with people.work(colleague) as work:
        assert [one.ref for one in await store.list_people(colleague, work, "toutes")] == [hers, theirs]
        assert [one.ref for one in await store.list_people(colleague, work, "mes-personnes")] == [hers]
        counts = await store.count_people(colleague, work)
    assert (counts["toutes"], counts["mes-personnes"], counts["en-attente"]) == (2, 1, 0)
    client = await people.client(colleague)
    page = text_of((await client.get("/personnes")).text)
    assert page.index("Zola") < page.index("Aubry") and page.count("suivie par une collègue") == 1
    await client.post(f"/personnes/{theirs}/motif", data={"caseload_reason": "covers_colleague"})
    assert "suivie par une collègue" in text_of((await client.get(f"/personnes/{theirs}")).text)
    assert "que vous suivez" in text_of((await client.get(f"/personnes/{hers}")).text)


@pytest.mark.parametrize(
    "typed",
    [
        "élise valtorix",
        "ELISE VALTORIX",
        "valtoriks",
        "Valtorix Elise",
        "Elyse Valtorics",
        "06 12 34 56 78",
        "+33 6 12 34 56 78",
        "04/05/1992",
        "4.5.1992",
        "valto",
    ],
)
async def test_a_person_is_found_by_what_one_remembers(people: People, typed: str):
    viewer = referent()
    ref = await people.meet(viewer, phone="0612345678", birth_date=date(1992, 5, 4))
    await people.meet(viewer, first_name="Bruno", last_name="Chastel", phone="0187654321", birth_date=date(1960, 1, 2))
    assert await search(people, viewer, typed) == [ref]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Jean-Baptiste Œuvrard", "jean baptiste oeuvrard"),
        ("Zoë Łukasz", "zoe lukasz"),
        ("Søren D’Aboville", "soren d aboville"),
        ("Анна Петрова", "анна"),
        ("Nguyễn Thị Hoa", "nguyen thi hoa"),
    ],
)
async def test_names_are_found_without_their_accents(people: People, name: str, typed: str):
    viewer = referent()
    first, last = name.split(" ", 1)
    ref = await people.meet(viewer, first_name=first, last_name=last)
    assert await search(people, viewer, typed) == [ref]


async def test_a_person_is_found_by_her_file_number(people: People):
    viewer = referent()
    ref = await people.meet(viewer)
    [person] = await people.rows(Person, Person.ref == ref)
    for typed in (person.file_number, person.file_number.lower(), person.file_number.replace("-", "")):
        assert await search(people, viewer, typed) == [ref]


async def test_somebody_who_may_be_on_file_is_warned_of(people: People):
    viewer = referent()
    ref = await people.meet(viewer, birth_date=date(1992, 5, 4), phone="0612345678")
    await people.meet(viewer, first_name="Bruno", last_name="Chastel")

    async def twins(**values) -> list[UUID]:
        async with people.work(viewer) as work:
            command = MeetPerson(channel=Channel.TELEPHONE, **values)
            return [one.ref for one in await find_twins(command, work, people.keys)]

    assert await twins(first_name="Elise", last_name="Valtoriks", birth_date=date(1992, 5, 4)) == [ref]
    assert await twins(first_name="Élise", last_name="Valtorix") == [ref]
    assert await twins(first_name="Paul", last_name="Berger", phone="06 12 34 56 78") == []
    assert await twins(first_name="Bruna", last_name="Dupont") == []


async def test_the_page_warns_keeps_what_was_typed_and_adds_to_her_file(people: People):
    viewer = referent()
    ref = await people.meet(viewer, birth_date=date(1992, 5, 4))
    client = await people.client(viewer)
    form = await client.get("/personnes/nouvelle")
    command = re.search(r'name="command_id" value="([^"]+)"', form.text)[1]  # type: ignore[index]
    typed = {
        "command_id": command,
        "channel": "evenement",
        "met_on": date.today().isoformat(),
        "first_name": "Elise",
        "last_name": "Valtorix",
        "phone": "06 99 88 77 66",
        "place": "marché",
        "household": "alone",
        "language": "fr",
        "scheme": "general",
    }
    warned = await client.post("/personnes/nouvelle", data=typed)
    assert warned.status_code == 200 and "déjà suivie" in warned.text and str(ref) in warned.text
    assert "C’est une autre personne" in warned.text
    kept = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', warned.text))
    assert {name: kept[name] for name in typed} == typed
    answer = await client.post("/personnes/nouvelle", data={**kept, "decision": str(ref)})
    assert answer.status_code == 303 and answer.headers["location"] == f"/personnes/{ref}"
    assert len(await people.rows(Encounter, Encounter.person == ref)) == 2
    assert [one.household for one in await people.rows(Situation, Situation.person == ref)] == ["alone"]
    page = text_of((await client.get(f"/personnes/{ref}")).text)
    assert "06 99 88 77 66" in page and "marché" in page and "Seule" in page


async def test_another_person_of_the_same_name_gets_her_own_file(people: People):
    viewer = referent()
    ref = await people.meet(viewer)
    client = await people.client(viewer)
    typed = {
        "command_id": str(uuid4()),
        "channel": "permanence",
        "first_name": "Élise",
        "last_name": "Valtorix",
        "decision": "autre",
    }
    answer = await client.post("/personnes/nouvelle", data=typed)
    assert answer.status_code == 303 and str(ref) not in answer.headers["location"]
    again = await client.post("/personnes/nouvelle", data=typed)
    assert again.headers["location"] == answer.headers["location"]


async def test_a_form_that_cannot_be_taken_comes_back_with_what_was_typed(people: People):
    client = await people.client(referent())
    typed = {
        "command_id": str(uuid4()),
        "channel": "domicile",
        "last_name": "Kervella",
        "phone": "12",
        "present": "NIR 269054958815780",
    }
    answer = await client.post("/personnes/nouvelle", data=typed)
    assert answer.status_code == 422 and "Kervella" in answer.text
    assert 'href="#present"' in answer.text and "sécurité sociale" in answer.text
    missing = await client.post("/personnes/nouvelle", data={"command_id": str(uuid4()), "last_name": "Kervella"})
    assert missing.status_code == 422 and 'href="#channel"' in missing.text and "Kervella" in missing.text


async def test_the_pages_of_people_open_for_referents_only(people: People):
    ref = await people.meet(referent())
    for role in (Role.DESK_AGENT, Role.COORDINATOR, Role.ADMINISTRATOR, Role.DPO):
        client = await people.client(referent(None, role))
        for path in ("/personnes", "/personnes/nouvelle", f"/personnes/{ref}"):
            assert (await client.get(path)).status_code == 403


async def test_the_list_and_its_search_show_who_and_what_comes_next(people: People):
    viewer = referent()
    client = await people.client(viewer)
    assert "apparaîtront ici" in (await client.get("/personnes")).text
    ref = await people.meet(viewer, birth_date=date(1980, 1, 1))
    page = await client.get("/personnes")
    assert page.status_code == 200 and f"/personnes/{ref}" in page.text
    assert "Faire le bilan des droits" in page.text and "Vous suivez 1 personne" in page.text
    assert re.search(r">Élise Valtorix, \d+ ans</a>", page.text)
    found = await client.post("/personnes", data={"q": "Valtorics"})
    assert f"/personnes/{ref}" in found.text and 'value="Valtorics"' in found.text
    nobody = await client.post("/personnes", data={"q": "Quelqu’un d’autre"})
    assert "Personne ne correspond" in nobody.text
    for which in ("mes-personnes", "en-attente", "accord-bientot-fini", "inconnu"):
        assert (await client.get(f"/personnes?filtre={which}")).status_code == 200


async def test_the_situation_is_changed_from_its_page(people: People):
    viewer = referent()
    ref = await people.meet(viewer)
    client = await people.client(viewer)
    assert (await client.get(f"/personnes/{ref}/situation")).status_code == 200
    bad = await client.post(f"/personnes/{ref}/situation", data={"command_id": str(uuid4()), "children": "beaucoup"})
    assert bad.status_code == 422 and "beaucoup" in bad.text
    good = {"command_id": str(uuid4()), "household": "couple", "children": "3", "resources_band": "under_600"}
    assert (await client.post(f"/personnes/{ref}/situation", data=good)).status_code == 303
    [row] = await people.rows(Situation, Situation.person == ref)
    assert (row.household, row.children, row.resources_band) == ("couple", 3, "under_600")
    met = await client.post(
        f"/personnes/{ref}/rencontre",
        data={"command_id": str(uuid4()), "channel": "telephone", "evaluation_told": "true"},
    )
    assert met.status_code == 303
    [person] = await people.rows(Person, Person.ref == ref)
    assert person.evaluation_told_at is not None
