"""The pages of duplicates: from a likely pair to one file and back; two persons stay two."""

import re

from services.intake import duplicate_store
from services.intake.duplicate_merging import (
    SetFilesApart,
    set_files_apart,
)
from services.intake.duplicate_store import likely_pairs
from services.intake.duplicates import MERGED
from services.intake.tables import Person
from tests.intake.duplicates_world import two_files
from tests.intake.people_world import People, referent, text_of


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


async def test_a_caseload_is_looked_at_by_pages(people: People, monkeypatch):
    monkeypatch.setattr(duplicate_store, "LOOKED_AT", 2)
    viewer = referent()
    for name in ("Anna", "Berthe", "Clara"):
        await people.meet(viewer, first_name=name, last_name=name[::-1] * 2)
    await two_files(people, viewer)
    client = await people.client(viewer)
    pages = [await client.get(f"/personnes/doublons?page={number}") for number in (1, 2, 3)]
    assert [text_of(page.text).partition("regarde les dossiers ")[2][:11] for page in pages] == [
        "1 à 2 des 5", "3 à 4 des 5", "5 à 5 des 5"
    ]  # fmt: skip
    assert ["/doublon/" in page.text for page in pages] == [True, False, True], "each of the two has her own page"
    assert 'rel="next"' in pages[1].text and 'rel="prev"' in pages[1].text and 'rel="next"' not in pages[2].text


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
