"""Every route of a person asks why before it shows or changes somebody of a colleague's caseload, and loses nothing of
what was typed.
"""

import re
from collections.abc import AsyncIterator
from html import unescape
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from contracts.viewer import Role
from services.intake.caseload_gate import UngatedRoute, require_gates
from services.runtime.web.guard import SIGNED_IN, Pages
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import login
from tests.test_entitlement import World, body_for, call, make_world, rows, shape, standing

OF_A_PERSON = [
    row
    for row in rows()
    if re.match(r"(/api)?/(personnes|orientations|referrals)/\{", row.filled) and "motif" not in row.filled
]
# What a referent calls without a reference of anybody, and what such a route says of people whom colleagues follow.
WITHOUT_REFERENCE = {
    "GET /aujourdhui": "what needs her, and the tasks of an absent colleague whose deputy she is, by name",
    "GET /aujourdhui/flux": "that something moved",
    "GET /rencontre": "an empty form",
    "GET /rencontre/hors-ligne": "an empty form",
    "POST /rencontre": "who may be the same person, by name and file number; an encounter says why by itself",
    "POST /rencontre/recherche": "who may be the same person, by name and file number",
    "GET /personnes": "name, age, file number, and how far the last referral is",
    "POST /personnes": "name, age, file number, and how far the last referral is",
    "GET /personnes/nouvelle": "an empty form",
    "POST /personnes/nouvelle": "who may be the same person, by name and file number",
    "GET /personnes/doublons": "pairs by name, age and file number",
    "GET /orientations": "name, right, desk, and how far it is",
    "GET /orientations/flux": "that something moved",
    "GET /api/people": "references and file numbers",
    "POST /api/referrals": "nothing; a hand-over of a colleague's person says why in its body",
    "GET /urgence": "an empty form",
    "POST /urgence": "nothing of the person",
    "GET /notices": "texts of the territory",
}
TEXTS = {"first_name": "Zoé", "message": "Deux\nlignes « & » <b>", "note": "un mot"}


@pytest.fixture
async def theirs(relais: Running) -> tuple[World, httpx.AsyncClient]:
    """The objects of one referent, and the browser of her colleague, who never said why."""
    return await make_world(await relais.sign_in(login(0))), await relais.sign_in(login(1))


async def entries_of_colleague(relais: Running, world: World) -> list[tuple[str, str | None]]:
    async with relais.service("intake").database.worker() as work:
        found = await work.execute(
            "SELECT kind, reason FROM intake.journalentry WHERE person = :person AND viewer <> ("
            "SELECT referent FROM intake.person WHERE ref = :person) AND kind <> 'listed'",
            person=world.person,
        )
        return [(row.kind, row.reason) for row in found.all()]


def hidden_of(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return [(name, unescape(value)) for name, value in found]


async def test_every_route_of_a_person_asks_why_and_keeps_what_was_typed(relais: Running, theirs, until) -> None:
    world, browser = theirs
    before = await standing(relais, world, until)
    for row in OF_A_PERSON:
        address = world.address(row.filled)
        if row.filled.startswith("/api/"):
            asked = await browser.request(row.method, address)
            assert (asked.status_code, asked.json()["slug"]) == (403, "reason-needed"), row
            assert asked.json()["details"] == {"person": str(world.person)}
            continue
        if row.method == "GET":
            asked = await browser.get(f"{address}?droit=rsa")
            there = httpx.URL(asked.headers["location"])
            assert asked.status_code == 303 and there.path == f"/personnes/{world.person}/motif", row
            assert there.params["suite"] == f"{address}?droit=rsa"
            continue
        sent = {**body_for(row, world)["data"], **TEXTS, "several": ["un", "deux"]}
        del sent["caseload_reason"]
        asked = await browser.post(address, data=sent)
        assert asked.status_code == 422 and f'action="{address}"' in asked.text, (row, asked.status_code)
        typed = [(name, one) for name, value in sent.items() for one in (value if isinstance(value, list) else [value])]
        assert sorted(hidden_of(asked.text)) == sorted(typed), row
        wrong = await browser.post(address, data={**sent, "caseload_reason": "deputy"})
        assert wrong.status_code == 422 and 'id="caseload_reason-error"' in wrong.text, row
    assert await standing(relais, world, until) == before, "and nothing has changed"
    assert await entries_of_colleague(relais, world) == [], "nor was anything opened"


async def test_what_was_typed_is_kept_once_she_has_said_why(relais: Running, theirs) -> None:
    world, browser = theirs
    address = f"/personnes/{world.person}/rencontre"
    form = {"command_id": str(uuid4()), "channel": "telephone", "met_on": story.in_days(0), "place": "Par téléphone"}
    asked = await browser.post(address, data=form)
    answered = [*hidden_of(asked.text), ("caseload_reason", "person_in_front")]
    done = await browser.post(address, data=dict(answered))
    assert done.status_code == 303 and done.headers["location"] == f"/personnes/{world.person}"
    assert "Par téléphone" in (await browser.get(f"/personnes/{world.person}")).text
    kinds = await entries_of_colleague(relais, world)
    assert {("reason_given", "person_in_front"), ("met", None)} <= set(kinds)


async def test_a_file_that_was_joined_is_asked_for_again(theirs) -> None:
    world, browser = theirs
    form = {"command_id": str(uuid4()), "answer": "oui"}
    paper = {"evidence": ("accord.jpg", b"a photograph", "image/jpeg")}
    asked = await browser.post(f"/personnes/{world.person}/accord", data=form, files=paper)
    assert asked.status_code == 422 and 'enctype="multipart/form-data"' in asked.text
    assert re.search(r'type="file" name="evidence"', asked.text) and "accord.jpg" not in asked.text


async def test_a_program_says_why_in_its_call(relais: Running, theirs) -> None:
    world, browser = theirs
    call = body_for(next(row for row in rows() if row.filled == "/api/referrals"), world)["json"]
    refused = await browser.post("/api/referrals", json={**call, "caseload_reason": None})
    assert (refused.status_code, refused.json()["slug"]) == (403, "reason-needed")
    deputy = await browser.post("/api/referrals", json={**call, "caseload_reason": "deputy"})
    assert (deputy.status_code, deputy.json()["slug"]) == (422, "invalid-input")
    assert await entries_of_colleague(relais, world) == []
    done = await browser.post("/api/referrals", json=call)
    assert done.status_code in (201, 202)
    assert ("reason_given", "person_in_front") in await entries_of_colleague(relais, world)


async def test_a_program_says_why_it_reads_a_referral(relais: Running, theirs) -> None:
    world, browser = theirs
    address = f"/api/referrals/{world.ref}"
    for given, slug in ((None, "reason-needed"), ("curiosity", "invalid-input"), ("deputy", "invalid-input")):
        refused = await browser.get(address, headers={"Caseload-Reason": given} if given else {})
        assert (refused.status_code, refused.json()["slug"]) == (422 if given else 403, slug)
    assert await entries_of_colleague(relais, world) == []
    read = await browser.get(address, headers={"Caseload-Reason": "supervision"})
    assert (read.status_code, read.json()["ref"]) == (200, str(world.ref))
    said = [("reason_given", "supervision"), ("read_referral", "supervision")]
    assert sorted(await entries_of_colleague(relais, world)) == sorted(said)
    assert (await browser.get(address)).status_code == 200, "for some hours"


@pytest.fixture
async def stood_in_for(relais: Running) -> AsyncIterator[None]:
    """The first referent is away today, and her colleague is her deputy."""
    away = await relais.sign_in(login(0))
    day = story.in_days(0)
    await story.post(away, "/absences", {"starts": day, "ends": day, "deputy": str(story.people()[1].ref)})
    yield
    for ref in set(re.findall(r"/absences/([0-9a-f-]{36})/annulation", (await away.get("/absences")).text)):
        await story.post(away, f"/absences/{ref}/annulation", {})


@pytest.mark.parametrize("first", ["page", "program", "form"])
async def test_the_deputy_whom_the_directory_names_is_not_asked(
    relais: Running, theirs, stood_in_for, first: str
) -> None:
    world, browser = theirs
    if first == "program":
        assert (await browser.get(f"/api/referrals/{world.ref}")).status_code == 200
    elif first == "page":
        there = await browser.get(f"/orientations/{world.ref}", follow_redirects=True)
        assert there.url.path == f"/orientations/{world.ref}" and there.status_code == 200
    else:
        form = {"command_id": str(uuid4()), "channel": "telephone", "met_on": story.in_days(0)}
        assert (await browser.post(f"/personnes/{world.person}/rencontre", data=form)).status_code == 303
    assert ("reason_given", "deputy") in await entries_of_colleague(relais, world)


async def test_what_is_refused_to_a_program_of_another_organisation_is_an_entry(relais: Running, theirs) -> None:
    world, _ = theirs
    stranger = await relais.sign_in(login(2))
    asked = await stranger.get(f"/api/referrals/{world.ref}", headers={"Caseload-Reason": "supervision"})
    assert asked.status_code == 404
    async with relais.service("intake").database.worker() as work:
        found = await work.execute(
            "SELECT kind, refusal FROM intake.journalentry WHERE object_ref = :ref", ref=world.ref
        )
        assert ("read_referral", "not-found") in {(row.kind, row.refusal) for row in found.all()}


def routes_of_referents(relais: Running) -> dict[str, APIRoute]:
    """What a referent may call at intake, by method and shape of the address."""
    return {
        f"{method} {shape(route.path)}": route
        for route in relais.service("intake").app.routes  # type: ignore[union-attr]
        if isinstance(route, APIRoute) and Role.REFERENT in route.endpoint.relais_roles
        for method in route.methods
    }


def test_the_walks_have_every_route_that_a_referent_may_call(relais: Running) -> None:
    asking = {"GET /personnes/{}/motif", "POST /personnes/{}/motif"}
    declared = {one for one in routes_of_referents(relais) if one not in asking}
    walked = {" ".join(row.route) for row in OF_A_PERSON}
    assert {one for one in declared if "{" in one} == walked
    assert {one for one in declared if "{" not in one} == set(WITHOUT_REFERENCE)


async def test_a_route_without_a_reference_shows_no_more_of_a_colleagues_person_than_lists_do(
    relais: Running, theirs
) -> None:
    world, browser = theirs
    routes, known = routes_of_referents(relais), {" ".join(row.route): row for row in rows()}
    hers = story.Someone()
    details = [hers.phone, hers.safe_times, hers.postal_address, "Elle préfère un rendez-vous.", "Plutôt le matin."]
    for named in WITHOUT_REFERENCE:
        row, body = known[named], body_for(known[named], world)
        about = [one.name for one in routes[named].dependant.query_params if one.field_info.annotation is not int]
        body.get("data", {}).update({"who": str(world.person), "person": str(world.person), "ref": str(world.ref)})
        body.get("json", {}).pop("caseload_reason", None)
        for ref in (world.person, world.ref, UUID(world.draft)):
            address = str(httpx.URL(row.filled, params=dict.fromkeys(about, str(ref))))
            answer = await call(browser, row, address, body)
            assert answer.status_code != 500, named
            shown = unescape(answer.text) if answer.is_stream_consumed else ""
            assert [one for one in details if one in shown] == [], (named, answer.status_code)
    page = unescape((await (await relais.sign_in(login(0))).get(f"/personnes/{world.person}")).text)
    assert hers.safe_times in page, "the control: the file itself shows it"


def test_intake_is_not_built_with_a_route_that_does_not_ask() -> None:
    pages = Pages()

    @pages.post("/personnes/{ref}/oubli", SIGNED_IN)
    async def forgotten() -> None: ...

    @pages.get("/dossiers/{number}", SIGNED_IN)
    async def elsewhere() -> None: ...

    with pytest.raises(UngatedRoute, match=re.escape("POST /personnes/{ref}/oubli, GET /dossiers/{number}")):
        require_gates([APIRouter(), pages.router])
