"""Meeting somebody: what is kept and how, what is refused, and who sees her."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.refusals import DateInTheFuture, InvalidInput, NotFound, RoleNotAllowed, SocialSecurityNumberRefused
from contracts.viewer import Role
from contracts.vocabulary import Channel, HousingKind
from services.intake import people_list, store
from services.intake.commands import MeetPerson, SituationNow, UpdateSituation
from services.intake.erasable import APART
from services.intake.handlers import meet_person, update_situation
from services.intake.tables import SCHEMA, Encounter, Person, Situation
from tests.intake.people_world import People, referent, text_of
from tests.intake.search_world import search

CANARIES = {
    "phone": "0699887766",
    "postal_address": "12 impasse du Canari-Adresse",
    "safe_times": "jamais le soir canari-horaire",
    "place": "sous le préau canari-lieu",
    "present": "sa sœur canari-présente",
}


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


async def test_a_page_goes_on_from_her_own_people_to_her_colleagues_and_misses_nobody(people: People):
    viewer = referent()
    colleague = referent(viewer.organisation)
    theirs = [await people.meet(viewer, last_name=name) for name in ("Aubry", "Bodin", "Cazal", "Duval")]
    hers = [await people.meet(colleague, last_name=name) for name in ("Wattel", "Xavier", "Yvars")]
    async with people.work(colleague) as work:
        pages = [await people_list.list_people(colleague, work, "toutes", page, size=2) for page in range(1, 6)]
    assert [[one.ref for one in page] for page in pages] == [
        hers[:0:-1], [hers[0], theirs[3]], theirs[2:0:-1], [theirs[0]], []
    ]  # fmt: skip


async def test_a_colleague_sees_the_person_after_her_own(people: People):
    viewer = referent()
    colleague = referent(viewer.organisation)
    theirs = await people.meet(viewer, last_name="Aubry")
    hers = await people.meet(colleague, last_name="Zola")
    await people.meet(viewer, person=theirs, first_name="", last_name="")
    async with people.work(colleague) as work:
        assert [one.ref for one in await people_list.list_people(colleague, work, "toutes")] == [hers, theirs]
        assert [one.ref for one in await people_list.list_people(colleague, work, "mes-personnes")] == [hers]
        counts = await people_list.count_people(colleague, work)
    assert (counts["toutes"], counts["mes-personnes"], counts["en-attente"]) == (2, 1, 0)
    client = await people.client(colleague)
    page = text_of((await client.get("/personnes")).text)
    assert page.index("Zola") < page.index("Aubry") and page.count("suivie par une collègue") == 1
    await client.post(f"/personnes/{theirs}/motif", data={"caseload_reason": "covers_colleague"})
    assert "suivie par une collègue" in text_of((await client.get(f"/personnes/{theirs}")).text)
    assert "que vous suivez" in text_of((await client.get(f"/personnes/{hers}")).text)
