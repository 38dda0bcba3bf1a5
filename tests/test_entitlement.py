"""Who may do what, written by hand and not derived from the code: every route as everybody, with real objects.

A cell says what happens: `o` allowed, `x` not for this role (403), `-` not hers (404, the same body as for an unknown
reference), `>` sent to the sign-in page, `!` asked to sign in (401).
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy.dialects.postgresql import insert

from contracts.asks import ReadReferral
from contracts.viewer import Role, Viewer
from services.partners.demonstration import people, ref_of
from services.partners.tables import Account, Membership
from services.runtime.web.guard import COOKIE, session_hash
from services.runtime.web.pages import FLASH
from tests.conftest import Running
from tests.entitlement_table import ACTORS, ORDER, TABLE
from tests.journey import story
from tests.journey.story import Someone, in_days, login

NAME = "Zéphirelle"
READS_NAME, READS_PERSON = set("RCAM"), set("RC")


def shape(path: str) -> str:
    """An address without the names of its placeholders."""
    return re.sub(r"\{\w+}", "{}", path)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    method: str
    template: str
    filled: str
    cells: dict[str, str]

    @property
    def route(self) -> tuple[str, str]:
        """Method and shape of the address."""
        return self.method, shape(self.template)


def rows() -> list[Row]:
    """The table, read."""
    found = []
    for line in TABLE.splitlines():
        if line.strip() and not line.startswith("#"):
            method, path, *cells = line.split()
            template, filled = re.sub(r":[\w-]+}", "}", path), re.sub(r"\{\w+:([\w-]+)}", r"\1", path)
            found.append(Row(method, template, filled, dict(zip(ORDER, "".join(cells), strict=True))))
    return found


@dataclass
class World:
    """A person met by the CCAS, her referral at the social desk of the Caf, and another that is only prepared."""

    person: UUID
    ref: UUID
    draft: str
    grant: str
    presumed: str
    asked: str = ""

    def address(self, filled: str, *, unknown: bool = False) -> str:
        """The row's address with real references, or with others that nobody has."""
        values = {name: getattr(self, name) for name in ("person", "ref", "draft", "grant", "presumed", "asked")}
        return filled.format(number=1, **({name: uuid4() for name in values} if unknown else values))


async def make_world(owner: httpx.AsyncClient) -> World:
    """Fresh objects, known at the desk."""
    sent = await story.send_one(owner, Someone(first_name=NAME, last_name=f"Habil{uuid4().hex[:6]}"))
    to = f"{story.SOCIAL}.{people()[story.AGENT].ref}"
    kept = {"right": "rsa", "chosen": to, "mode": "rdv_pris", "message": "Plutôt le matin.", "action": "keep"}
    await story.post(owner, f"/personnes/{sent.person}/confier", kept)
    page = (await owner.get(f"/personnes/{sent.person}")).text
    prepared = set(re.findall(r"/orientations/([0-9a-f-]{36})", page)) - {str(sent.ref)}
    review = (await owner.get(f"/personnes/{sent.person}/bilan")).text
    asked = str(uuid4())
    request = {"command_id": asked, "kind": "access", "origin": "referent"}
    await story.post(owner, f"/personnes/{sent.person}/demandes", request)
    return World(
        sent.person,
        sent.ref,
        draft=prepared.pop(),
        grant=re.search(r"/accords/([0-9a-f-]{36})/retrait", page)[1],  # type: ignore[index]
        presumed=re.search(r"/bilan/([0-9a-f-]{36})/retrait", review)[1],  # type: ignore[index]
        asked=asked,
    )


def body_for(row: Row, world: World) -> dict[str, Any]:
    """A body that the allowed could send with success: what is refused is refused for who asks, not for what she
    sends.
    """
    agent, colleague = people()[story.AGENT].ref, people()[6].ref
    social = str(story.SOCIAL)
    forms: dict[str, dict[str, Any]] = {
        "/connexion": {"email": "personne@valbrume.example"},
        "/connexion/code": {"code": "000000"},
        "/connexion/demonstration": {"account": str(people()[29].ref)},
        "/compte/moyens/{ref}": {"methods": ["code", "passkey"]},
        "/reseau": {"mots": "caf"},
        "/reseau/conventions": {
            "organisation": str(uuid4()), "starts": in_days(0), "ends": in_days(9), "reason": "Essai",
        },
        "/reseau/conventions/{ref}": {"ends": in_days(9), "reason": "Essai"},
        "/circuits": {"sender_kind": "ccas", "recipient_kind": "caf"},
        "/circuits/ccas/caf": {"purposes": ["open_right"], "why": "Essai", "action": "preview"},
        "/effacements/{ref}": {"answer": "erased"},
        "/personnes": {"q": "Habil"},
        "/rencontre": {"first_name": "Essai", "last_name": "En Une Fois", "who": "autre", "birth_unknown": "true"},
        "/rencontre/recherche": {"last_name": "Habil"},
        "/personnes/nouvelle": Someone(first_name="Autre", last_name=f"Quelqu’un{uuid4().hex[:6]}").form(),
        "/personnes/{person}/rencontre": {"channel": "telephone", "met_on": in_days(0)},
        "/personnes/{person}/situation": {"household": "alone", "children": "1"},
        "/personnes/{person}/corriger": {"first_name": NAME, "language": "fr", "scheme": "general"},
        "/personnes/{person}/doublons": {"q": "Habil"},
        "/personnes/{person}/demandes": {"kind": "rectification", "origin": "letter"},
        "/demandes/nouvelle": {"file_number": "26-XXXXX", "kind": "access", "origin": "letter"},
        "/demandes/{asked}": {"step": "take"},
        "/demandes/{asked}/effacer": {"file_number": "26-XXXXX"},
        "/personnes/{person}/evaluation": {"choice": "not_opposed"},
        "/moi": {"reference": "K7M2P4QX", "code": "12345678"},
        "/urgence": {"motive": "vital", "told_to": "rescue"},
        "/personnes/{person}/accord": {
            "answer": "oui", "desk": social, "purpose": "open_right", "categories": ["identity_min"], "rights": ["rsa"],
            "until": in_days(30), "method": "oral_in_person", "language": "fr", "notice_read": "true",
        },
        "/personnes/{person}/accords/{grant}/reduire": {
            "categories": ["identity_min"], "rights": ["rsa"], "until": in_days(20), "method": "oral_in_person",
        },
        "/personnes/{person}/accords/{grant}/recu": {"way": "printed"},
        "/notices/brouillons/{ref}": {"language": "fr", "body": "# Un titre\n\nUne phrase.", "action": "keep"},
        "/personnes/{person}/rendez-vous": {
            "page": "resume", "action": "keep", "ended_once": "true", "goal": "Manger à sa faim.", "shown": ["css"],
            "rights": ["css"], "ground_css": "resources", "state_identity": "todo", "helper_identity": "herself",
        },
        "/personnes/{person}/demarches": {"preparation": "identity", "state": "done"},
        "/personnes/{person}/bilan": {"rights": ["ppa"], "ground_ppa": "activity"},
        "/personnes/{person}/confier": {
            "right": "rsa", "chosen": f"{social}.{agent}", "mode": "rdv_pris", "message": "", "action": "send",
        },
        "/personnes/{person}/confier/plusieurs": {
            "right": ["ppa"], "chosen_ppa": f"{social}.{agent}", "mode_ppa": "rdv_pris", "message_ppa": "",
        },
        **{f"/{side}/{{ref}}/rendez-vous": {
            "starts_on": in_days(3), "at": "10:00", "place": "phone", "attendees": ["person"],
        } for side in ("orientations", "bureau")},
        "/orientations/{ref}/recall": {"reason": "mistake"},
        "/orientations/{ref}/mark_in_error": {"reason": "test"},
        "/bureau/{ref}/acknowledge": {"promised_for": in_days(3)},
        "/bureau/{ref}/decline": {"reason": "no_capacity"},
        "/bureau/{ref}/propose_redirect": {"to_desk": str(ref_of("desk", "msa", "agricole"))},
        "/bureau/{ref}/assign": {"assignee": str(colleague)},
        "/bureau/confier": {"o": str(world.ref), "assignee": str(colleague)},
        "/bureau/vues": {"name": "Mes urgentes", "query": "vue=a-traiter&urgentes=oui"},
        "/tableau/orientations/{ref}/mark_in_error": {"error_reason": "test"},
        "/tableau/bloquees/{ref}/demander": {"what": "assign"},
    }  # fmt: skip
    json: dict[str, dict[str, Any]] = {
        "/api/referrals": {"person": str(world.person), "right": "rsa", "desk": social, "contact": str(agent)},
        "/api/desk/items/{ref}/actions": {"action": {"kind": "acknowledge", "promised_for": in_days(3)}},
        "/api/desk/items/{ref}/questions": {"text": "Quels jours ?"},
    }
    # A colleague says why she opens the file with whatever she sends; what happens without is in test_caseload_gate.py.
    why = {"caseload_reason": "person_in_front"}
    if row.filled == "/api/referrals/{ref}":
        return {"headers": {"Caseload-Reason": why["caseload_reason"]}}
    if row.filled in json:
        said = why if row.filled == "/api/referrals" else {}
        return {"json": {"command_id": str(uuid4()), **said, **json[row.filled]}}
    said = why if row.filled.startswith(("/personnes/{", "/orientations/{")) else {}
    return {"data": {"command_id": str(uuid4()), **said, **forms.get(row.filled, {})}}


async def call(client: httpx.AsyncClient, row: Row, address: str, body: dict[str, Any]) -> httpx.Response:
    """One request; of an event stream only the beginning is read. No message is left over from an earlier form."""
    if FLASH in client.cookies:
        client.cookies.delete(FLASH)
    if not row.filled.endswith("/flux"):
        sent = body if row.method == "POST" else {"headers": body.get("headers")}
        return await client.request(row.method, address, **sent)
    async with client.stream(row.method, address) as answer:
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            await answer.aread()
        return answer


def happened(answer: httpx.Response) -> str:
    """The letter of the table for an answer."""
    if answer.status_code == 303 and answer.headers["location"].split("?")[0] == "/connexion":
        return ">"
    assert answer.status_code < 500, (answer.request.method, answer.request.url.path, answer.status_code)
    return {401: "!", 403: "x", 404: "-"}.get(answer.status_code, "o")


@pytest.fixture(scope="session")
async def enter(relais: Running) -> Callable[[str], Awaitable[httpx.AsyncClient]]:
    """Signs anybody of the table in, with accounts for the roles that the demonstration has only once."""
    for letter in "kpi":
        email = ACTORS[letter][0]
        account = {
            "ref": ref_of("account", email), "email": email, "name": email.split("@")[0], "function": "",
            "organisation": ref_of("organisation", "caf"), "active": True,
        }  # fmt: skip
        role = {"ref": ref_of("membership", email), "account": account["ref"], "role": email.split("@")[0]}
        async with relais.service("partners").database.worker() as work:
            await work.session.execute(insert(Account).values(account).on_conflict_do_nothing())
            await work.session.execute(insert(Membership).values(role).on_conflict_do_nothing())

    async def sign_in(letter: str) -> httpx.AsyncClient:
        client, email = relais.nobody(), ACTORS[letter][0]
        if email:
            found = next((one.ref for one in people() if one.email == email), ref_of("account", email))
            assert (await client.post("/connexion/demonstration", data={"account": str(found)})).status_code == 303
        return client

    return sign_in


@pytest.fixture(scope="session")
async def actors(enter: Callable[[str], Awaitable[httpx.AsyncClient]]) -> dict[str, httpx.AsyncClient]:
    """Everybody signed in, by letter."""
    return {letter: await enter(letter) for letter in ORDER}


@pytest.fixture(scope="session")
async def seen_world(actors: dict[str, httpx.AsyncClient]) -> World:
    """Objects that are only looked at."""
    return await make_world(actors["R"])


def test_the_table_has_every_route_and_no_other(relais: Running) -> None:
    declared = {
        (method, shape(route.path))
        for service in relais.whole.services.values()
        for route in service.app.routes  # type: ignore[union-attr]
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    written = {row.route for row in rows()}
    assert sorted(declared - written) == []
    assert sorted(written - declared) == []


def test_the_table_has_every_role_of_the_territory() -> None:
    roles = {person.email: person.role for person in people()}
    assert {roles[email] for email, _ in ACTORS.values() if email in roles} == set(Role)


SESSION_CHANGES = {"/deconnexion", "/connexion/demonstration"}


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.method} {row.filled}")
async def test_a_route_answers_each_role_as_the_table_says(
    row: Row, relais: Running, seen_world, actors, enter, until
) -> None:
    changes = row.method == "POST" and "{" in row.template
    world = await make_world(actors["R"]) if changes else seen_world
    before = await standing(relais, world, until)
    if row.filled == "/courrier/{number}":
        await until(lambda: has_mail(actors["N"]), within=30)
    # The refused come first, with a body that would do: then nothing has changed, and the allowed still can.
    for letter in sorted(ORDER, key=lambda one: row.cells[one] == "o"):
        if row.cells[letter] == "o" and before is not None:
            assert await standing(relais, world, until) == before
            before = None
        client = await enter(letter) if row.filled in SESSION_CHANGES else actors[letter]
        answer = await call(client, row, world.address(row.filled), body_for(row, world))
        assert happened(answer) == row.cells[letter], f"{ACTORS[letter][1]}: {answer.status_code}"
        shown = answer.text if answer.is_stream_consumed else ""
        opened = letter == "P" and "/dossier" in row.template  # an open request of hers, journalled
        assert opened or letter in READS_NAME or NAME not in shown, ACTORS[letter][1]
        assert opened or letter in READS_PERSON or str(world.person) not in shown.replace(str(answer.request.url), "")
        if row.cells[letter] == "-":
            await assert_same_as_unknown(client, row, world, answer)


async def assert_same_as_unknown(client: httpx.AsyncClient, row: Row, world: World, answer: httpx.Response) -> None:
    body = body_for(row, World(uuid4(), uuid4(), "", "", ""))
    unknown = await call(client, row, world.address(row.filled, unknown=True), body)
    assert (unknown.status_code, unknown.text) == (answer.status_code, answer.text)
    assert set(unknown.headers) == set(answer.headers)


async def viewer_of(relais: Running, email: str) -> Viewer:
    """Who somebody is once signed in."""
    client = await relais.sign_in(email)
    found = await relais.service("partners").viewer_of(session_hash(client.cookies[COOKIE]))
    assert found is not None
    return found


async def has_mail(client: httpx.AsyncClient) -> bool:
    return (await client.get("/courrier/1")).status_code == 200


async def standing(relais: Running, world: World, until) -> Any:
    """Everything that the refused could have changed: the referral, and the person's file as its tables have it."""
    viewer = await viewer_of(relais, login(0))

    async def delivered():
        found = await relais.service("intake").bus.ask(ReadReferral(viewer=viewer, ref=world.ref))
        return found if found.delivered_at else None

    referral = await until(delivered, within=30)
    async with relais.service("intake").database.worker() as work:
        counts = [
            (await work.execute(f"SELECT count(*) FROM {table} WHERE person = :person", person=world.person)).scalar()
            for table in ("encounter", "consentgrant", "consentevent", "presumedright", "handover", "note")
        ]
        steps = (
            await work.execute("SELECT step FROM handover WHERE person = :person ORDER BY ref", person=world.person)
        ).all()
        situation = (
            await work.execute("SELECT updated_at FROM situation WHERE person = :person", person=world.person)
        ).scalar()
    return referral.model_dump(exclude={"first_viewed_at", "version", "steps", "actions"}), counts, steps, situation
