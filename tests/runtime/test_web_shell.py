"""What every page of every service gets: closed by default, our own requests only, strict headers, refusals that
help.
"""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.exc import OperationalError

from contracts.refusals import InvalidInput, NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind, Purpose
from services.runtime import telemetry
from services.runtime.settings import Settings
from services.runtime.web.forms import read
from services.runtime.web.guard import COOKIE, OPEN, Asking, Pages, session_hash
from services.runtime.web.live import Live
from services.runtime.web.shell import RouteWithoutRole, make_app

REFERENT = frozenset({Role.REFERENT})


@dataclass
class Shell:
    """As much of a service as the shell needs: hand-written, with one person signed in."""

    settings: Settings = field(default_factory=lambda: Settings(var=Path("/nonexistent")))
    name: str = "probe"
    live: Live = field(default_factory=Live)

    async def viewer_of(self, session: str) -> Viewer | None:
        if session != session_hash("cookie"):
            return None
        return Viewer(
            account=uuid4(),
            display_name="Ombe Valtor",
            organisation=uuid4(),
            organisation_name="CCAS",
            organisation_kind=OrganisationKind.CCAS,
            roles=REFERENT,
            territory="essai",
        )


def pages() -> APIRouter:
    found = Pages()

    @found.get("/ouverte", OPEN)
    async def open_page() -> dict[str, str]:
        return {"ok": "oui"}

    @found.get("/api/mine", REFERENT)
    async def mine(viewer: Asking) -> dict[str, str]:
        return {"name": viewer.display_name}

    @found.get("/coordination", frozenset({Role.COORDINATOR}))
    async def closed() -> dict[str, str]:
        return {"ok": "oui"}

    @found.post("/ecrire", OPEN)
    async def write() -> dict[str, str]:
        return {"ok": "oui"}

    @found.get("/refus/{kind}", OPEN)
    async def refuse(kind: str) -> None:
        if kind == "base-absente":
            raise OperationalError("SELECT 'née 12/03/1951'", {}, Exception("née 12/03/1951"))
        if kind == "surprise":
            raise ValueError("née 12/03/1951")
        raise NotFound if kind == "inconnu" else InvalidInput(field="x", reason="Ce n’est pas bon.")

    return found.router


@pytest.fixture
async def client():
    app = make_app(Shell(), [pages()], None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://relais.example") as found:
        yield found


def test_a_route_without_a_declared_role_stops_the_start() -> None:
    router = APIRouter()

    @router.get("/oubliee")
    async def forgotten() -> None:
        return None

    with pytest.raises(RouteWithoutRole, match="/oubliee"):
        make_app(Shell(), [router], None)


async def test_nobody_is_sent_to_the_sign_in_page_and_back_afterwards(client) -> None:
    answer = await client.get("/coordination")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/connexion?suite=/coordination"
    assert (await client.get("/api/mine")).status_code == 401


async def test_a_role_opens_its_routes_and_no_other(client) -> None:
    client.cookies.set(COOKIE, "cookie")
    assert (await client.get("/api/mine")).json() == {"name": "Ombe Valtor"}
    assert (await client.get("/coordination")).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://relais.example"}, 403),
        ({"sec-fetch-site": "autre"}, 403),
        ({"origin": "http://relais.example"}, 200),
        ({"origin": "http://mechant.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
        ({"content-type": "application/json"}, 200),
        ({"content-type": "application/x-www-form-urlencoded"}, 403),
        ({"content-type": "text/plain"}, 403),
    ],
)
async def test_a_change_comes_from_our_own_pages(client, headers: dict[str, str], status: int) -> None:
    assert (await client.post("/ecrire", headers=headers)).status_code == status


async def test_every_answer_carries_the_strict_headers(client) -> None:
    for path in ("/ouverte", "/refus/inconnu", "/refus/surprise", "/nulle-part"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"


async def test_a_surprise_is_a_500_with_a_reference_and_nothing_of_what_happened(client, capsys) -> None:
    telemetry.configure("error")
    for accept in ("text/html", "application/json"):
        answer = await client.get("/refus/surprise", headers={"accept": accept})
        assert answer.status_code == 500
        assert "1951" not in answer.text and "ValueError" not in answer.text
    written = capsys.readouterr()
    assert "surprise" in written.err + written.out
    assert "1951" not in written.err + written.out


async def test_what_is_refused_is_logged_by_its_route_and_slug_and_never_by_its_address(client, capsys) -> None:
    telemetry.configure("info")
    signed_in = {"cookie": f"{COOKIE}=cookie"}
    assert (await client.get("/coordination", headers=signed_in)).status_code == 403
    assert (await client.get("/refus/inconnu")).status_code == 404
    assert (await client.post("/ecrire", headers={"sec-fetch-site": "cross-site"})).status_code == 403
    for silent in ("/nulle-part", "/refus/autre", "/ouverte"):
        await client.get(silent)
    lines = [json.loads(one) for one in capsys.readouterr().err.splitlines()]
    told = [(one["slug"], one["status"], one["route"], one["method"]) for one in lines if one["event"] == "refused"]
    assert told == [
        ("role-not-allowed", 403, "/coordination", "GET"),
        ("not-found", 404, "/refus/{kind}", "GET"),
        ("cross-site-request", 403, "none", "POST"),
    ]


async def test_a_database_that_is_away_is_a_503_that_asks_to_try_again(client) -> None:
    for accept in ("text/html", "application/json"):
        answer = await client.get("/refus/base-absente", headers={"accept": accept})
        assert answer.status_code == 503
        assert "1951" not in answer.text
        assert "réessayez" in answer.text


async def test_an_unknown_page_and_one_that_is_not_yours_are_the_same_answer(client) -> None:
    assert (await client.get("/nulle-part")).text == (await client.get("/refus/inconnu")).text.replace(
        "/refus/inconnu", "/nulle-part"
    )


async def test_a_refusal_is_json_for_a_program(client) -> None:
    answer = await client.get("/refus/autre", headers={"accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json() == {
        "slug": "invalid-input",
        "sentence": "Ce n’est pas bon.",
        "details": {"reason": "Ce n’est pas bon."},
        "field": "x",
    }


async def test_only_listed_files_of_installed_packages_are_served(client) -> None:
    assert (await client.get("/static/vendor/htmx.org/dist/htmx.min.js")).status_code == 200
    assert (await client.get("/static/tokens.css")).status_code == 200
    for path in ("htmx.org/package.json", "axe-core/axe.js", "../package.json", "htmx.org/dist/%2e%2e/package.json"):
        assert (await client.get(f"/static/vendor/{path}")).status_code == 404, path


async def test_the_metrics_name_routes_and_not_addresses(client) -> None:
    await client.get("/refus/inconnu")
    text = (await client.get("/metrics")).text
    assert "relais_http_seconds" in text
    assert 'route="/refus/{kind}"' in text
    assert "/refus/inconnu" not in text


class Entry(BaseModel):
    """A form."""

    purpose: Purpose
    text: str = Field(min_length=1, max_length=5)
    rights: list[str] = Field(min_length=1)


class Form(dict):
    """As much of a form as is read."""

    def getlist(self, name: str) -> list[str]:
        return self.get(name, [])


def test_what_a_form_cannot_take_comes_back_field_by_field_in_french() -> None:
    model, errors = read(Entry, Form(purpose=["nothing"], text=["beaucoup trop"], rights=[" "]))
    assert model is None
    assert errors == {
        "purpose": "Choisissez une réponse de la liste.",
        "text": "Ce texte est trop long\u202f: 5 caractères au plus.",
        "rights": "Choisissez au moins une réponse.",
    }
    model, errors = read(Entry, Form(purpose=["open_right"], text=[" abc "], rights=["rsa", "apl"]))
    assert errors == {}
    assert model == Entry(purpose=Purpose.OPEN_RIGHT, text="abc", rights=["rsa", "apl"])


def test_a_form_takes_a_french_date_and_no_character_that_the_database_refuses() -> None:
    class Met(BaseModel):
        on: date | None = None
        place: str = ""

    for typed in ("2026-11-03", "3/11/2026", "03.11.2026"):
        model, errors = read(Met, Form(on=[typed], place=["Ma\0irie"]))
        assert errors == {} and model == Met(on=date(2026, 11, 3), place="Mairie")
    assert read(Met, Form(on=["31/02/2026"]))[1] == {"on": "Écrivez la date ainsi\u202f: 24/11/2026."}
