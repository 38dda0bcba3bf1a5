"""The network for everybody: found by a word, a kind or a right; one page for each organisation."""

import html
from uuid import uuid4

from services.partners.demonstration import people, ref_of

CAF = ref_of("organisation", "caf")


async def text_of(client, path, status=200):
    answer = await client.get(path)
    assert answer.status_code == status
    return html.unescape(answer.text)


async def test_the_network_is_filtered_by_kind_and_by_right(world):
    client = await world.as_account(role="referent")
    everything = await text_of(client, "/reseau")
    assert "Caf de Valbrume" in everything and "CPAM de la Brume" in everything
    assert "Caf de Valbrume" not in await text_of(client, "/reseau?nature=CPAM")
    by_right = await text_of(client, "/reseau?droit=rsa")
    assert "1 organisme" not in by_right
    assert "Caf de Valbrume" in by_right and "MSA" in by_right and "MDPH de la Brume" not in by_right
    answer = await client.post("/reseau", data={"mots": "social", "nature": "Caf", "droit": "rsa"})
    assert "1 organisme sur" in html.unescape(answer.text)


async def test_the_page_of_an_organisation_says_how_its_desks_work(world):
    client = await world.as_account(role="referent")
    page = await text_of(client, f"/reseau/organismes/{CAF}")
    for words in ("Convention en vigueur", "Accueil social", people()[5].name, "Reçoit par", "Pièces demandées"):
        assert words in page, words
    assert "Gérer cet organisme" not in page
    assert "Gérer cet organisme" in await text_of(
        await world.as_account(role="administrator"), f"/reseau/organismes/{CAF}"
    )
    await text_of(client, f"/reseau/organismes/{uuid4()}", 404)
