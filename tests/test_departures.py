"""A departure through the whole of Relais: 0 readable referrals where an organisation left, and nobody's task or person
left to nobody where a member did.
"""

import html
import re
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx

from contracts.asks import Disclose
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.partners.demonstration import people
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import Someone, in_days, login, post

ADMINISTRATOR = login(29)


@dataclass
class Caf:
    """An organisation of its own with one desk, made by the administration for one test."""

    organisation: UUID
    desk: UUID
    agents: list[UUID]

    def viewer(self, account: UUID) -> Viewer:
        """What partners would say of an agent whose session it had not heard the end of."""
        return Viewer(
            account=account, display_name="", organisation=self.organisation, organisation_name="",
            organisation_kind=OrganisationKind.CAF, desks=(self.desk,), roles=frozenset({Role.DESK_AGENT}),
            territory="valbrume",
        )  # fmt: skip


async def make_caf(relais: Running, administrator: httpx.AsyncClient, agents: int = 1) -> Caf:
    name = f"Caf d’essai {uuid4().hex[:6]}"
    answer = await post(administrator, "/annuaire/nouveau", {"name": name, "kind": "caf"})
    organisation = story.last_word(answer)
    here = f"/annuaire/{organisation}"
    await post(administrator, f"{here}/guichet", {
        "name": "Accueil", "rights": ["rsa"], "modes": ["rdv_accompagne"], "receives": "true",
    })  # fmt: skip
    desk = UUID(re.search(rf"{here}/guichets/([0-9a-f-]{{36}})", (await administrator.get(here)).text)[1])  # type: ignore[index]
    made = [
        story.last_word(await post(administrator, f"{here}/membre", {
            "name": f"Agente {index}", "email": f"{uuid4().hex[:12]}@essai.example", "agent_at": [str(desk)],
        }))
        for index in range(agents)
    ]  # fmt: skip
    await post(administrator, "/reseau/conventions", {
        "organisation": str(organisation), "starts": in_days(0), "ends": in_days(200), "reason": "Essai",
    })  # fmt: skip
    return Caf(organisation, desk, made)


async def confide(referent: httpx.AsyncClient, caf: Caf, name: str, until) -> story.Sent:
    person = await story.meet(referent, Someone("Zéphirelle", name))
    await story.review(referent, person, "rsa")
    await story.agree(referent, person, caf.desk, "rsa")
    form = {"right": "rsa", "chosen": f"{caf.desk}.{caf.agents[0]}", "mode": "rdv_accompagne", "action": "send",
            "message": ""}  # fmt: skip

    async def taken():  # intake learns of the new convention by its fact
        answer = await referent.post(f"/personnes/{person}/confier", data={"command_id": str(uuid4()), **form})
        return answer if answer.status_code == 303 else None

    return story.Sent(person, story.last_word(await until(taken, within=40)))


async def enter(relais: Running, account: UUID) -> httpx.AsyncClient:
    client = relais.nobody()
    assert (await client.post("/connexion/demonstration", data={"account": str(account)})).status_code == 303
    return client


async def there(client: httpx.AsyncClient, ref: UUID) -> bool:
    return (await client.get(f"/api/desk/items/{ref}")).status_code == 200


QUIET = 1  # a referent with few tasks: of a long list the page shows the first


async def readable(relais: Running, caf: Caf, *refs: UUID) -> int:
    ask = Disclose(viewer=caf.viewer(caf.agents[0]), referrals=refs)
    found = await relais.service("partners").bus.ask(ask)
    return sum(row.disclosure is not None for row in found.rows)


async def test_where_an_organisation_left_no_referral_is_readable_and_every_referent_has_a_task(relais, until):
    administrator, referent = await relais.sign_in(ADMINISTRATOR), await relais.sign_in(login(QUIET))
    caf = await make_caf(relais, administrator)
    sent = [await confide(referent, caf, f"Départ{uuid4().hex[:6]}", until) for _ in range(2)]
    agent = await enter(relais, caf.agents[0])
    for one in sent:
        await until(lambda one=one: there(agent, one.ref), within=30)
    await story.act(agent, sent[1].ref, "acknowledge", promised_for=in_days(2))
    refs = [one.ref for one in sent]
    assert await readable(relais, caf, *refs) == 2
    await post(administrator, f"/annuaire/{caf.organisation}/depart", {"confirmed": "true"})
    for path in ("/bureau", f"/bureau/{refs[0]}", "/api/desk/items", f"/api/desk/items/{refs[0]}"):
        answer = await agent.get(path, follow_redirects=False)
        assert answer.status_code in (303, 401), path
        assert "Zéphirelle" not in answer.text

    async def recalled():
        pages = [html.unescape((await referent.get(f"/orientations/{ref}")).text) for ref in refs]
        return all("un organisme a quitté le réseau" in page for page in pages)

    await until(recalled, within=30)
    assert await readable(relais, caf, *refs) == 0
    today = html.unescape((await referent.get("/aujourdhui")).text)
    assert today.count("Organisme parti") >= 2 and today.count("Choisir un autre guichet") >= 2
    assert f"/personnes/{sent[0].person}/confier?droit=rsa" in today
    page = html.unescape((await referent.get(f"/personnes/{sent[0].person}/confier?droit=rsa")).text)
    assert str(caf.desk) not in page


async def test_an_organisation_that_left_is_asked_to_erase_and_the_dpo_follows_it_to_its_answer(relais, until):
    administrator, referent = await relais.sign_in(ADMINISTRATOR), await relais.sign_in(login(story.REFERENT))
    dpo = await relais.sign_in(login(28))
    caf = await make_caf(relais, administrator)
    read, received = [await confide(referent, caf, f"Effacer{uuid4().hex[:6]}", until) for _ in range(2)]
    agent = await enter(relais, caf.agents[0])
    for one in (read, received):
        await until(lambda one=one: there(agent, one.ref), within=30)
    assert "Zéphirelle" in (await agent.get(f"/bureau/{read.ref}")).text
    name = html.unescape(re.search(r"<h1>([^<]+)", (await administrator.get(f"/annuaire/{caf.organisation}")).text)[1])
    await post(administrator, f"/annuaire/{caf.organisation}/depart", {"confirmed": "true"})

    async def asked():
        async with relais.service("intake").database.worker() as work:
            rows = await work.execute(
                "SELECT ref, handover, cause, due_on, read_from, categories FROM intake.erasurerequest"
                " WHERE recipient_organisation = :gone",
                gone=caf.organisation,
            )
            found = {row.handover: row for row in rows}
        return found if set(found) == {read.ref, received.ref} else None

    found = await until(asked, within=30)
    assert {one.cause for one in found.values()} == {"departure"}
    assert found[read.ref].read_from is not None and found[read.ref].due_on.isoformat() == in_days(30)
    page = html.unescape((await dpo.get("/effacements")).text)
    assert page.count("L’organisme a quitté le réseau") >= 2 and name.strip() in page and "Zéphirelle" not in page
    here = f"/effacements/{found[read.ref].ref}"
    shown = html.unescape((await dpo.get(here)).text)
    assert "Noter une réponse reçue autrement" in shown and "Zéphirelle" not in shown
    assert (await dpo.post(here, data={"answer": "autre"})).status_code == 422
    assert (await dpo.post(here, data={"answer": "erased"})).status_code == 303
    again = await dpo.post(here, data={"answer": "appeal"})
    assert again.status_code == 409 and "confirmé" in html.unescape(again.text)
    card = html.unescape((await referent.get(f"/personnes/{read.person}")).text)
    assert "Effacé" in card and name.strip() in card


async def test_what_a_member_who_left_had_in_hand_is_a_colleagues_in_a_moment(relais, until):
    administrator, referent = await relais.sign_in(ADMINISTRATOR), await relais.sign_in(login(story.REFERENT))
    caf = await make_caf(relais, administrator, agents=2)
    sent = await confide(referent, caf, f"Reprise{uuid4().hex[:6]}", until)
    agent, colleague = await enter(relais, caf.agents[0]), await enter(relais, caf.agents[1])
    await until(lambda: there(agent, sent.ref), within=30)
    page = html.unescape((await administrator.get(f"/annuaire/membres/{caf.agents[0]}/depart")).text)
    assert "1 orientation en main passe à un collègue" in page
    await post(administrator, f"/annuaire/membres/{caf.agents[0]}/depart", {})
    assert (await agent.get("/bureau", follow_redirects=False)).status_code == 303

    async def hers():
        item = (await colleague.get(f"/api/desk/items/{sent.ref}")).json()
        return item.get("assignee") == str(caf.agents[1])

    await until(hers, within=30)


async def test_an_administrator_reads_nothing_of_anybody_accompanied(relais, until):
    """Every page that she may open, after a referral was sent: no name, no reference of a person or of a referral."""
    referent, administrator = await relais.sign_in(login(story.REFERENT)), await relais.sign_in(ADMINISTRATOR)
    sent = await story.send_one(referent, Someone("Zéphirelle", f"Matrice{uuid4().hex[:6]}"))
    agent = await relais.sign_in(login(story.AGENT))
    await until(lambda: there(agent, sent.ref), within=30)
    caf, ccas = (people()[story.AGENT], people()[story.REFERENT])
    organisation = story.ref_of("organisation", "caf")
    for path in ("/annuaire", f"/annuaire/{organisation}", f"/annuaire/{organisation}/depart", "/reseau", "/absences",
                 f"/annuaire/membres/{caf.ref}", f"/annuaire/membres/{caf.ref}/depart",
                 f"/annuaire/membres/{ccas.ref}/depart"):  # fmt: skip
        answer = await administrator.get(path)
        assert answer.status_code == 200, path
        for secret in ("Zéphirelle", "Matrice", str(sent.person), str(sent.ref)):
            assert secret not in answer.text, (path, secret)
    for path in (f"/personnes/{sent.person}", f"/orientations/{sent.ref}", f"/bureau/{sent.ref}",
                 f"/api/desk/items/{sent.ref}", f"/tableau/orientations/{sent.ref}", "/journal"):  # fmt: skip
        assert (await administrator.get(path, follow_redirects=False)).status_code in (403, 404), path
