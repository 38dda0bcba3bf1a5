"""A page of what could not be done says what happened, what is not lost and what to do now, with one way on; and what
somebody typed is still there when the same request may work in a moment.
"""

import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, Request
from sqlalchemy.exc import OperationalError
from starlette.responses import Response

from contracts.refusals import (
    BodyTooLarge,
    GrantWithdrawn,
    NotFound,
    ReferralAlreadyAnswered,
    RoleNotAllowed,
    ServiceAway,
    SignInBusy,
    SocialSecurityNumberRefused,
    TooManyTries,
    every_refusal,
)
from contracts.viewer import Role
from services.runtime import telemetry
from services.runtime.web import body
from services.runtime.web.errors import SAID, SAID_OF, SAID_TO_NOBODY
from services.runtime.web.guard import COOKIE, OPEN, Pages
from services.runtime.web.shell import make_app
from tests.runtime.test_web_shell import REFERENT, Shell

OURS = {"sec-fetch-site": "same-origin"}
TYPED = {"command_id": "7", "note": "Elle préfère <b>le matin</b> & seule", "droit": "rsa"}
RAISED = {
    "refus-403": RoleNotAllowed(), "refus-404": NotFound(), "refus-409": ReferralAlreadyAnswered(state_label="close"),
    "refus-410": GrantWithdrawn(), "refus-413": BodyTooLarge(most="24"), "refus-422": SocialSecurityNumberRefused(),
    "refus-429": TooManyTries(), "refus-503": ServiceAway(), "refus-500": ValueError("née 12/03/1951"),
    "base-absente": OperationalError("SELECT 1", {}, Exception("away")),
}  # fmt: skip


def routes() -> APIRouter:
    found = Pages()

    @found.get("/raise/{kind}", OPEN)
    async def show(kind: str) -> None:
        raise RAISED[kind]

    @found.post("/raise/{kind}", OPEN)
    async def take(kind: str, request: Request) -> None:
        await request.form()
        raise RAISED[kind]

    @found.post("/unread/{kind}", OPEN)
    async def take_unread(kind: str) -> None:
        raise RAISED[kind]

    @found.get("/form-again", OPEN)
    async def show_again() -> Response:
        return Response(status_code=429)

    @found.post("/mine", REFERENT)
    async def mine() -> None:
        raise NotFound

    @found.get("/coordination", frozenset({Role.COORDINATOR}))
    async def coordination() -> None:
        raise AssertionError

    return found.router


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = make_app(Shell(), [routes()], None)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://relais.example", headers=OURS) as found:
        yield found


def main_of(answer: httpx.Response) -> str:
    return html.unescape(answer.text.split("<main", 1)[1].split("</main>", 1)[0])


@pytest.mark.parametrize(
    ("status", "method", "address"),
    [(int(kind[-3:]), "GET", f"/raise/{kind}") for kind in RAISED if kind.startswith("refus")]
    + [(404, "GET", "/nulle/part"), (405, "GET", "/mine"), (503, "GET", "/raise/base-absente")],
)
async def test_each_error_says_what_is_not_lost_what_to_do_and_has_one_way_on(client, status, method, address) -> None:
    answer = await client.request(method, address)
    assert answer.status_code == status
    page, said = main_of(answer), (SAID | SAID_TO_NOBODY)[status]
    assert page.count("<h1>") == 1 and f"<h1>{said.title}</h1>" in page
    assert said.kept and said.advice and all(line in page for line in said.advice)
    # What happened, what is not lost, then what to do.
    assert page.index('class="lead"') < page.index(f"<p>{said.kept}") < page.index(said.advice[0])
    assert page.count('class="ds-button"') == 1
    assert re.search(r'<p class="lead">[A-ZÀ-Ý].{10,}</p>', page)


async def test_an_unknown_address_speaks_of_lists_only_to_who_has_some(client) -> None:
    theirs, ours = main_of(await client.get("/nulle/part")), SAID[404]
    assert "recopiez-la en entier" in theirs and "vos listes" not in theirs and "Aller à la connexion" in theirs
    client.cookies.set(COOKIE, "cookie")
    mine = main_of(await client.get("/nulle/part"))
    assert ours.kept in mine and ours.advice[0] in mine and "Revenir à l’accueil" in mine


async def test_a_page_of_another_role_leads_to_whom_to_ask(client) -> None:
    client.cookies.set(COOKIE, "cookie")
    answer = await client.get("/coordination")
    assert answer.status_code == 403
    assert '<a href="/aide#qui">À qui demander</a>' in main_of(answer) and answer.text.count("<h1>") == 1


async def test_what_may_work_in_a_moment_is_tried_again_at_the_same_address(client) -> None:
    for kind in ("refus-503", "refus-500", "base-absente"):
        assert f'href="/raise/{kind}?vue=closes">Réessayer' in main_of(await client.get(f"/raise/{kind}?vue=closes"))
    assert "Réessayer" not in main_of(await client.get("/raise/refus-410"))


async def test_too_many_tries_says_when_to_come_back_to_people_and_to_programs(client, monkeypatch) -> None:
    for headers in ({}, {"accept": "application/json"}):
        assert (await client.get("/raise/refus-429", headers=headers)).headers["retry-after"] == "600"
    monkeypatch.setitem(RAISED, "refus", SignInBusy())
    assert (await client.get("/raise/refus")).headers["retry-after"] == "5"
    assert (await client.get("/form-again")).headers["retry-after"] == "600"
    assert "retry-after" not in (await client.get("/raise/refus-409")).headers


async def test_the_reference_of_a_surprise_stands_in_the_log(client, capsys) -> None:
    telemetry.configure("error")
    page = main_of(await client.get("/raise/refus-500"))
    reference = re.search(r"<b>([0-9a-f]{8})</b>", page)
    written = capsys.readouterr()
    assert reference is not None and reference[1] in written.out + written.err


@pytest.mark.parametrize("path", ["raise", "unread"])
@pytest.mark.parametrize("kind", ["refus-503", "refus-500", "base-absente"])
async def test_what_was_typed_is_kept_and_sent_again_as_it_was(client, path: str, kind: str) -> None:
    answer = await client.post(f"/{path}/{kind}?etape=2", data=TYPED)
    assert "<b>le matin</b>" not in answer.text
    page = answer.text.split("<main", 1)[1]
    form = re.search(r'<form[^>]*method="post" action="([^"]+)"', page)
    assert form is not None and html.unescape(form[1]) == f"/{path}/{kind}?etape=2"
    held = {
        name: html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    }
    assert held == TYPED
    assert page.count('class="ds-button"') == 1 and "Renvoyer ce que j’avais écrit" in page


@pytest.mark.parametrize("path", ["raise", "unread"])
async def test_a_form_with_a_file_keeps_its_words_and_not_the_file(client, path: str) -> None:
    files = {"paper": ("signé.png", b"canari-image", "image/png")}
    page = (await client.post(f"/{path}/refus-503", data=TYPED, files=files)).text
    assert html.escape(TYPED["note"]) in page and "canari-image" not in page and 'name="paper"' not in page
    assert "Le fichier joint n’est pas gardé" in page
    assert "Le fichier joint" not in (await client.post(f"/{path}/refus-503", data=TYPED)).text
    broken = {"content-type": "multipart/form-data; boundary=x"}
    answer = await client.post(f"/{path}/refus-503", content=b"--x\r\nnothing", headers=broken)
    assert answer.status_code in (400, 503)


async def test_a_session_that_ended_while_somebody_wrote_loses_nothing(client) -> None:
    client.cookies.set(COOKIE, "one that has ended")
    answer = await client.post("/mine", data=TYPED)
    assert answer.status_code == 401
    page = main_of(answer)
    assert TYPED["note"] in page and 'href="/connexion" target="_blank"' in page and SAID[401].title in page


async def test_who_was_never_signed_in_is_sent_to_the_sign_in_page(client) -> None:
    answer = await client.post("/mine", data=TYPED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion")


@pytest.mark.parametrize("secret", sorted(body.SECRETS))
async def test_a_secret_is_typed_again(client, secret: str) -> None:
    answer = await client.post("/raise/refus-503", data={**TYPED, secret: "canari-secret"})
    assert answer.status_code == 503 and "canari-secret" not in answer.text and TYPED["droit"] not in main_of(answer)


async def test_what_another_site_sent_is_never_offered_to_be_sent(client) -> None:
    for kind in ("refus-503", "refus-403"):
        answer = await client.post(f"/raise/{kind}", data=TYPED, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403 and "le matin" not in answer.text
        assert "ne vient pas de Relais" in main_of(answer) and "Demande arrêtée" in main_of(answer)
        assert SAID[403].title not in main_of(answer)


@pytest.mark.parametrize("slug", SAID_OF)
async def test_a_refusal_that_says_more_than_its_status_has_words_of_its_own(client, slug: str, monkeypatch) -> None:
    monkeypatch.setitem(RAISED, "refus", every_refusal()[slug]())
    page, said = main_of(await client.get("/raise/refus")), SAID_OF[slug]
    assert f"<h1>{said.title}</h1>" in page and said.kept in page and said.advice[0] in page


async def test_a_long_text_is_not_written_back(client) -> None:
    answer = await client.post("/raise/refus-503", data={"note": "a" * (body.MOST_KEPT + 1)})
    assert answer.status_code == 503 and len(answer.text) < 20_000


async def test_more_than_any_form_holds_is_refused_before_it_is_read(client, monkeypatch) -> None:
    monkeypatch.setattr(body, "MOST", 1000)
    for path in ("raise", "unread"):
        answer = await client.post(f"/{path}/refus-404", data={"note": "a" * 1001})
        assert answer.status_code == 413 and "trop lourd" in main_of(answer)

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"note=" + b"a" * 100

    form = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("/raise/refus-404", content=parts(), headers=form)).status_code == 413
