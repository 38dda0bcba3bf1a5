"""The network for everybody: found by a word, a kind or a right; one page for each organisation."""

import html
import re
from uuid import uuid4

import pytest

from services.partners.demonstration import people, ref_of
from services.partners.web_conventions import MOST_OFFERED
from services.partners.web_network import MOST_SHOWN

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


@pytest.fixture
async def crowd(world):
    """Seventy associations more than a page shows, and none of them afterwards."""
    async with world.service.database.worker() as work:
        await work.execute(
            "INSERT INTO organisation (ref, name, kind, closed)"
            " SELECT gen_random_uuid(), 'Foule Éphémère ' || one, 'association', false FROM generate_series(1, 70) one"
        )
    yield
    async with world.service.database.worker() as work:
        await work.execute("DELETE FROM organisation WHERE name LIKE 'Foule Éphémère %'")


async def test_a_large_network_shows_the_first_and_finds_the_others(world, crowd):
    client = await world.as_account(role="referent")
    page = await text_of(client, "/reseau?nature=Association")
    assert page.count('<section class="card">') == MOST_SHOWN and f"Voici les {MOST_SHOWN} premiers" in page
    for nothing in ("nature=licorne", "droit=licorne", "droit=%00", "nature=%00"):
        assert "Rien de ce nom" in await text_of(client, f"/reseau?{nothing}")
    for words, name in (("ephemere foule 70", "Foule Éphémère 70"), (people()[5].name, "Caf de Valbrume"),
                        ("VALBRUME rsa caf", "Caf de Valbrume")):  # fmt: skip
        page = html.unescape((await client.post("/reseau", data={"mots": words})).text)
        assert name in page and "CPAM de la Brume" not in page, words


async def test_a_convention_is_offered_for_some_organisations_and_any_is_found(world, crowd):
    client = await world.as_account(role="administrator")
    page = await text_of(client, "/reseau/conventions")
    assert page.count("<option") <= MOST_OFFERED + 2 and f"La liste plus bas en montre {MOST_OFFERED} sur" in page
    assert "et " in page.split("Aucun partage n’est possible avec", 1)[1].split("</p>", 1)[0].rsplit(",", 1)[-1]
    found = await text_of(client, "/reseau/conventions?mots=ephemere+70")
    (ref,) = re.findall(r'<option value="([0-9a-f-]{36})">Foule Éphémère 70</option>', found)
    assert "Foule Éphémère 69<" not in found
    alone = await text_of(client, f"/reseau/conventions?organisme={ref}")
    assert f'<option value="{ref}" selected>' in alone and alone.count("<option") == 2
    assert "La liste plus bas" not in alone
    answer = await client.post("/reseau/conventions", data={"organisation": ref, "reason": "Essai"})
    assert answer.status_code == 422 and f'<option value="{ref}" selected>' in answer.text
    assert f"/reseau/conventions?organisme={ref}" in await text_of(client, f"/annuaire/{ref}")


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
