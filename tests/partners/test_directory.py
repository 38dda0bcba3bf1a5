"""Organisations, desks and members: made, refused, kept in a history that is never rewritten."""

import html
from uuid import uuid4

import pytest

from services.partners.demonstration import people
from tests.partners.directory_world import (
    CAF,
    HOUSING,
    SOCIAL,
    invite,
    last,
    make_desk,
    make_organisation,
    one,
    post,
    signed_in,
    text_of,
)


@pytest.fixture
async def administrator(world):
    return await world.as_account(role="administrator")


@pytest.fixture
async def manager(world):
    return await world.at_desk(role="desk_manager")


async def test_an_organisation_its_desk_and_its_members_are_made_and_kept_in_the_history(world, administrator):
    organisation = await make_organisation(administrator)
    await make_desk(administrator, organisation)
    desk = await one(world, "SELECT ref FROM desk WHERE organisation = :ref", ref=organisation)
    account, _ = await invite(administrator, organisation, agent_at=[str(desk)])
    page = await text_of(administrator, f"/annuaire/{organisation}")
    for words in ("Association d’essai", "Accueil", "Nolwenne Aubrecourt", "Organisme ajouté", "Guichet ajouté",
                  "Membre invité"):  # fmt: skip
        assert words in page, words
    client = await signed_in(world, account)
    assert "Association d’essai, Accueil" in await text_of(client, "/bureau")
    kinds = await one(
        world, "SELECT array_agg(kind ORDER BY at) FROM directoryevent WHERE organisation = :ref", ref=organisation
    )
    assert kinds == ["organisation_made", "desk_made", "member_invited"]


async def test_the_history_is_never_rewritten(world):
    for statement in ("UPDATE directoryevent SET kind = 'x'", "DELETE FROM directoryevent"):
        for role in (world.service.database.worker, lambda: world.service.database.web(None)):
            with pytest.raises(Exception, match="permission denied"):
                async with role() as work:
                    await work.execute(statement)


async def test_an_address_in_use_is_refused_with_what_was_typed_and_free_again_after_a_departure(world, administrator):
    organisation = await make_organisation(administrator)
    account, email = await invite(administrator, organisation, roles=["referent"])
    answer = await post(
        administrator, f"/annuaire/{organisation}/membre", 422, name="Une Autre", email=email.upper(), roles="referent"
    )
    page = html.unescape(answer.text)
    assert "Un compte actif a déjà cette adresse" in page
    assert "Une Autre" in page
    await post(administrator, f"/annuaire/membres/{account}/depart")
    again = await post(
        administrator, f"/annuaire/{organisation}/membre", name="Une Autre", email=email, roles="referent"
    )
    assert last(again) != account
    assert await one(world, "SELECT count(*) FROM account WHERE email = :email", email=email) == 2


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"email": "pas une adresse"}, "prenom.nom@organisme.fr"),
        ({"roles": []}, "Choisissez au moins un rôle ou un guichet."),
        ({"name": ""}, "Ce champ est nécessaire."),
        ({"agent_at": str(SOCIAL)}, "n’existe pas"),
    ],
)
async def test_what_cannot_be_taken_is_said(world, administrator, given, sentence):
    organisation = await make_organisation(administrator)
    form = {"name": "Une Telle", "email": "une@essai.example", "roles": "referent", **given}
    answer = await administrator.post(f"/annuaire/{organisation}/membre", data=form)
    assert answer.status_code in (404, 422)
    assert sentence in html.unescape(answer.text)


async def test_a_manager_invites_to_her_own_desks_and_reaches_nobody_else(world, manager, administrator):
    account, _ = await invite(manager, CAF, path="/bureau/reglages/membre", agent_at=str(SOCIAL))
    assert "Nolwenne Aubrecourt" in await text_of(manager, f"/annuaire/membres/{account}")
    form = {"name": "X Y", "email": f"{uuid4().hex}@essai.example"}
    for roles in ({"agent_at": str(HOUSING)}, {"roles": "administrator"}):
        assert (await manager.post("/bureau/reglages/membre", data=form | roles)).status_code == 403, roles
    for other in (people()[8].ref, people()[0].ref, uuid4()):
        for path in ("", "/modifier", "/depart"):
            assert (await manager.get(f"/annuaire/membres/{other}{path}")).status_code == 404
    for path in ("/annuaire", f"/annuaire/{CAF}", f"/annuaire/{CAF}/depart"):
        assert (await manager.get(path)).status_code == 403
    assert (await manager.get(f"/bureau/reglages/{HOUSING}")).status_code == 404
    await post(manager, f"/annuaire/membres/{account}/depart")
