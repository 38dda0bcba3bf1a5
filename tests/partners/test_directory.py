"""The directory as the administration and the managers keep it: who may change what, what is refused and why, what is
kept of it, and what a departure ends at once.
"""

import html
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.facts import ConventionRecorded, DeskHoursChanged, MemberLeft, OrganisationLeft
from contracts.replies import CasesCounted
from services.partners.demonstration import people, ref_of
from services.partners.directory_commands import stretches_of
from services.runtime.web.guard import COOKIE, session_hash

CAF, CCAS = ref_of("organisation", "caf"), ref_of("organisation", "ccas")
SOCIAL, HOUSING = ref_of("desk", "caf", "social"), ref_of("desk", "caf", "logement")
AGENT, COLLEAGUE, MANAGER = people()[5], people()[6], people()[7]


@pytest.fixture
async def administrator(world):
    return await world.as_account(role="administrator")


@pytest.fixture
async def manager(world):
    return await world.at_desk(role="desk_manager")


async def post(client, path, status=303, **data):
    answer = await client.post(path, data={"command_id": str(uuid4()), **data})
    assert answer.status_code == status, (path, answer.status_code, html.unescape(answer.text)[-3000:])
    return answer


async def text_of(client, path, status=200):
    answer = await client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return html.unescape(answer.text)


def last(answer) -> UUID:
    return UUID(answer.headers["location"].rsplit("/", 1)[-1])


async def one(world, statement, **values):
    async with world.service.database.worker() as work:
        return (await work.execute(statement, **values)).scalar()


async def facts(world, kind, ref):
    async with world.service.database.worker() as work:
        rows = await work.execute(
            "SELECT envelope FROM fact WHERE type = :type AND ref = :ref ORDER BY seq", type=kind.type_name(), ref=ref
        )
        return [kind.model_validate(row["data"]) for row in rows.scalars()]


async def make_organisation(administrator, name="Association d’essai", kind="association"):
    return last(await post(administrator, "/annuaire/nouveau", name=name, kind=kind))


async def make_desk(administrator, organisation, name="Accueil"):
    await post(
        administrator, f"/annuaire/{organisation}/guichet",
        name=name, rights=["domiciliation"], modes=["rdv_pris"], receives="true",
    )  # fmt: skip


async def invite(client, organisation, name="Nolwenne Aubrecourt", path=None, **roles):
    email = f"{uuid4().hex[:10]}@essai.example"
    path = path or f"/annuaire/{organisation}/membre"
    return last(await post(client, path, name=name, email=email, function="Agente", **roles)), email


async def signed_in(world, account):
    client = world.browser()
    await post(client, "/connexion/demonstration", account=str(account))
    return client


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


async def test_the_hours_of_a_desk_leave_as_a_fact_once_they_change(world, manager):
    settings = f"/bureau/reglages/{SOCIAL}"
    form = {"modes": ["rdv_pris"], "day_1": "9 h - 12 h, 14h-17h30", "day_2": "8h30 - 16 h", "capacity": "full",
            "full_until": (world.now + timedelta(days=9)).date().isoformat(), "documents": ["identity", "bank"],
            "documents_note": "Les originaux, sans copie."}  # fmt: skip
    await post(manager, settings, **form)
    await post(manager, settings, **form)
    (fact,) = await facts(world, DeskHoursChanged, SOCIAL)
    assert [(one.weekday, f"{one.opens:%H:%M}", f"{one.closes:%H:%M}") for one in fact.hours] == [
        (1, "09:00", "12:00"), (1, "14:00", "17:30"), (2, "08:30", "16:00"),
    ]  # fmt: skip
    assert (fact.organisation, fact.closures) == (CAF, ())
    page = await text_of(manager, "/bureau/reglages")
    assert 'href="/tableau/reperes"' in page
    for words in ("Complet", "lundi 9 h - 12 h, 14 h - 17 h 30", "Pièce d’identité", "Les originaux, sans copie."):
        assert words in page, words
    typed = await text_of(manager, settings)
    assert 'value="9 h - 12 h, 14 h - 17 h 30"' in typed
    closed = {"closed_from": (world.now + timedelta(days=30)).date().isoformat()}
    await post(manager, settings, **form, **closed)
    assert (await facts(world, DeskHoursChanged, SOCIAL))[-1].closures[0].last is None
    modes = ["appel_a_trois", "rdv_accompagne", "rdv_pris", "dossier_transmis"]
    await post(manager, settings, modes=modes, capacity="open")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"day_3": "de neuf à midi"}, "Écrivez les heures ainsi"),
        ({"day_3": "14 h - 12 h"}, "Écrivez les heures ainsi"),
        ({"documents_note": "Appeler avec le 2 85 05 78 006 084 36"}, "numéro de sécurité sociale"),
        ({"effective_from": "2020-01-01"}, "Cette date est passée"),
        ({"modes": []}, "Choisissez au moins une réponse."),
    ],
)
async def test_settings_that_cannot_be_are_said_at_their_field(world, manager, given, field):
    form = {"modes": ["rdv_pris"], "capacity": "open", **given}
    answer = await manager.post(f"/bureau/reglages/{SOCIAL}", data=form)
    assert answer.status_code == 422
    assert field in html.unescape(answer.text)


def test_hours_are_read_as_people_write_them():
    assert [f"{a:%H%M}-{b:%H%M}" for a, b in stretches_of("9h à 12 h et 14:00 – 17:30")] == ["0900-1200", "1400-1730"]
    assert stretches_of("") == []


async def test_an_absence_is_declared_by_oneself_and_by_the_manager_of_the_desk(world, manager):
    agent = await world.as_account(login=AGENT.email)
    start, end = ((world.now + timedelta(days=days)).date() for days in (20, 24))
    days = {"starts": start.isoformat(), "ends": end.isoformat()}
    await post(agent, "/absences", **days, deputy=str(COLLEAGUE.ref))
    page = await text_of(agent, "/absences")
    assert COLLEAGUE.name in page
    answer = await post(agent, "/absences", 422, **days)
    assert "déjà notée sur ces jours" in html.unescape(answer.text)
    await post(agent, "/absences", 422, starts=end.isoformat(), ends=start.isoformat())
    mine = "SELECT ref FROM absence WHERE account = :ref AND starts = :day"
    absence = await one(world, mine, ref=AGENT.ref, day=start)
    stranger = await world.as_account(login=people()[8].email)
    for client, status in ((stranger, 404), (manager, 303)):
        assert (await client.post(f"/absences/{absence}/annulation")).status_code == status
    assert (await stranger.post("/absences", data={**days, "account": str(AGENT.ref)})).status_code == 404
    await post(manager, "/absences", **days, account=str(AGENT.ref))
    assert AGENT.name in await text_of(manager, f"/absences?pour={AGENT.ref}")
    async with world.service.database.worker() as work:
        await work.execute("DELETE FROM absence WHERE account = :ref", ref=AGENT.ref)


async def test_a_contact_is_confirmed_once_a_year(world, manager):
    async def said(days):
        async with world.service.database.worker() as work:
            await work.execute(
                "UPDATE membership SET confirmed_at = :at WHERE account = :ref",
                at=world.now - timedelta(days=days), ref=AGENT.ref,
            )  # fmt: skip
        return "Confirmer ce contact" in await text_of(manager, f"/annuaire/membres/{AGENT.ref}")

    assert not await said(300)
    assert await said(400)
    assert "à confirmer" in await text_of(manager, "/bureau/reglages")
    await post(manager, f"/annuaire/membres/{AGENT.ref}/confirmation")
    assert "Contact confirmé aujourd’hui" in await text_of(manager, f"/annuaire/membres/{AGENT.ref}")
