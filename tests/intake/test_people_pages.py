"""The pages of people: the list, the search, the forms."""

import re
from datetime import date
from uuid import uuid4

from services.intake.tables import Encounter, Person, Situation
from tests.intake.people_world import People, referent, text_of


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
