"""Every route of a person asks why before it shows or changes somebody of a colleague's caseload, and loses nothing of
what was typed.
"""

import re
from html import unescape
from uuid import uuid4

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from services.intake.caseload_gate import UngatedRoute, require_gates
from services.runtime.web.guard import SIGNED_IN, Pages
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import login
from tests.test_entitlement import World, body_for, make_world, rows, shape, standing

OF_A_PERSON = [
    row for row in rows() if re.match(r"/(personnes|orientations)/\{", row.filled) and "motif" not in row.filled
]
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


def test_the_walk_has_every_route_of_a_person(relais: Running) -> None:
    declared = {
        (method, shape(route.path))
        for route in relais.service("intake").app.routes  # type: ignore[union-attr]
        if isinstance(route, APIRoute) and re.match(r"/(personnes|orientations)/\{", route.path)
        for method in route.methods
    }
    assert declared - {("GET", "/personnes/{}/motif"), ("POST", "/personnes/{}/motif")} == {
        one.route for one in OF_A_PERSON
    }


def test_intake_is_not_built_with_a_route_that_does_not_ask() -> None:
    pages = Pages()

    @pages.post("/personnes/{ref}/oubli", SIGNED_IN)
    async def forgotten() -> None: ...

    with pytest.raises(UngatedRoute, match=re.escape("POST /personnes/{ref}/oubli")):
        require_gates([APIRouter(), pages.router])
