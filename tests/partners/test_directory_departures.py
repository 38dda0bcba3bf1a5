"""Departures: every session cut at once, the last of a kind stays, an organisation leaves in one action."""

import html
from datetime import timedelta

import pytest

from contracts.facts import ConventionRecorded, MemberLeft, OrganisationLeft
from contracts.replies import CasesCounted
from services.partners.demonstration import people, ref_of
from services.runtime.web.guard import COOKIE, session_hash
from tests.partners.directory_world import facts, invite, make_desk, make_organisation, one, post, signed_in, text_of


@pytest.fixture
async def administrator(world):
    return await world.as_account(role="administrator")


async def test_the_last_manager_of_a_desk_neither_leaves_nor_loses_her_role(world, administrator):
    organisation = await make_organisation(administrator)
    await make_desk(administrator, organisation)
    desk = str(await one(world, "SELECT ref FROM desk WHERE organisation = :ref", ref=organisation))
    account, email = await invite(administrator, organisation, manager_at=desk, agent_at=desk)
    form = {"name": "Nolwenne Aubrecourt", "email": email}
    answer = await post(administrator, f"/annuaire/membres/{account}/depart", 409)
    assert "seule personne responsable" in html.unescape(answer.text)
    await post(administrator, f"/annuaire/membres/{account}/modifier", 409, **form, agent_at=desk)
    await invite(administrator, organisation, "Deuxième Responsable", manager_at=desk)
    await post(administrator, f"/annuaire/membres/{account}/modifier", **form, agent_at=desk)
    assert [fact.gone for fact in await facts(world, MemberLeft, account)] == [False]
    await post(administrator, f"/annuaire/membres/{account}/depart")


async def test_the_last_administrator_does_not_leave(administrator):
    answer = await post(administrator, f"/annuaire/membres/{people()[29].ref}/depart", 409)
    assert "seul compte d’administration" in html.unescape(answer.text)


async def test_a_departure_cuts_every_session_at_once_and_says_what_it_does_before(world, administrator):
    organisation = await make_organisation(administrator)
    await invite(administrator, organisation, "Qui Reste", roles="referent")
    heir = await one(world, "SELECT ref FROM account WHERE organisation = :ref", ref=organisation)
    account, _ = await invite(administrator, organisation, roles="referent")
    clients = [await signed_in(world, account) for _ in range(2)]
    world.around.cases = CasesCounted(people=12, open_referrals=3, drafts=1)
    page = await text_of(administrator, f"/annuaire/membres/{account}/depart")
    assert "2 sessions coupées" in page
    assert "12 personnes suivies, 3 orientations en cours et 1 orientation préparée" in page
    answer = await post(administrator, f"/annuaire/membres/{account}/depart", 422)
    assert "qui suivra les personnes" in html.unescape(answer.text)
    assert (await clients[0].get("/reseau")).status_code == 200
    await post(administrator, f"/annuaire/membres/{account}/depart", heir=str(heir))
    for client in clients:
        assert (await client.get("/reseau", follow_redirects=False)).headers["location"].startswith("/connexion")
        assert await world.service.viewer_of(session_hash(client.cookies[COOKIE])) is None
    (fact,) = await facts(world, MemberLeft, account)
    assert (fact.heir, fact.gone, fact.desks) == (heir, True, ())
    assert "Cette personne est partie" in await text_of(administrator, f"/annuaire/membres/{account}")
    await post(administrator, f"/annuaire/membres/{account}/depart", 409, heir=str(heir))


async def test_an_organisation_leaves_in_one_action(world, administrator):
    organisation = await make_organisation(administrator, "CCAS d’essai", "ccas")
    await make_desk(administrator, organisation)
    desk = await one(world, "SELECT ref FROM desk WHERE organisation = :ref", ref=organisation)
    account, _ = await invite(administrator, organisation, agent_at=str(desk))
    client = await signed_in(world, account)
    await post(administrator, "/reseau/conventions", organisation=str(organisation), reason="Essai",
               starts=(world.now - timedelta(days=9)).date().isoformat(), ends="2027-01-31")  # fmt: skip
    convention = await one(world, "SELECT ref FROM convention WHERE organisation = :ref", ref=organisation)
    world.around.cases = CasesCounted(people=4, open_referrals=2, drafts=0)
    page = await text_of(administrator, f"/annuaire/{organisation}/depart")
    for words in ("1 compte sera fermé", "1 session coupée", "4 personnes suivies", "la DPO seule"):
        assert words in page, words
    await post(administrator, f"/annuaire/{organisation}/depart", 422)
    assert (await client.get("/bureau")).status_code == 200
    await post(administrator, f"/annuaire/{organisation}/depart", confirmed="true")
    for path in ("/bureau", "/api/desk/items"):
        assert (await client.get(path, follow_redirects=False)).status_code in (303, 401)
    (fact,) = await facts(world, OrganisationLeft, organisation)
    assert fact.desks == (desk,)
    assert (await facts(world, ConventionRecorded, convention))[-1].ends <= world.now
    assert "CCAS d’essai" not in await text_of(administrator, "/reseau")
    assert "a quitté le réseau" in await text_of(administrator, f"/annuaire/{organisation}")
    await post(administrator, f"/annuaire/{organisation}/depart", 409, confirmed="true")
    form = {"name": "X Y", "email": "x@y.example", "roles": "referent"}
    await post(administrator, f"/annuaire/{organisation}/membre", 409, **form)


async def test_nobody_ends_her_own_organisation(administrator):
    agglo = ref_of("organisation", "agglo")
    assert (await administrator.post(f"/annuaire/{agglo}/depart", data={"confirmed": "true"})).status_code == 403
