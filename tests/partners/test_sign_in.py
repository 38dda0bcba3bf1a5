"""Signing in: the code, the browser it is bound to, the session that ends, and the way back."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.asks import ResolveViewer
from services.partners.demonstration import demo_accounts
from services.partners.domain import own_path
from services.runtime.web.guard import COOKIE, session_hash

EMAIL = demo_accounts()[0]["login"]


async def ask_code(world, until, browser, email=EMAIL) -> str:
    before = len(world.around.codes)
    answer = await browser.post("/connexion", data={"email": email})
    assert answer.status_code == 303, answer.text

    async def sent() -> bool:
        return len(world.around.codes) > before

    await until(sent)
    return world.around.codes[-1].code


async def test_a_code_typed_in_the_browser_that_asked_for_it_signs_in(world, until):
    await world.was_here(demo_accounts()[0]["ref"])
    browser = world.browser()
    code = await ask_code(world, until, browser, EMAIL.upper())
    answer = await browser.post("/connexion/code", data={"code": f"{code[:3]} {code[3:]}"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/aujourdhui"
    cookie = answer.headers["set-cookie"]
    assert COOKIE in cookie
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"))
    assert world.around.codes[-1].email == EMAIL
    assert (await browser.get("/aide")).status_code == 200


async def test_over_plain_http_the_cookie_is_not_marked_secure(world):
    browser = world.browser("http")
    answer = await browser.post("/connexion/demonstration", data={"account": demo_accounts()[0]["ref"]})
    assert "Secure" not in answer.headers["set-cookie"]


async def test_an_unknown_address_gets_the_same_answer_and_no_mail(world, until):
    known, unknown = world.browser(), world.browser()
    await ask_code(world, until, known)
    first = await known.get("/connexion/code")
    answer = await unknown.post("/connexion", data={"email": "personne@ailleurs.example"})
    second = await unknown.get("/connexion/code")
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion/code")
    assert first.text == second.text
    refusals = [(await one.post("/connexion/code", data={"code": "000000"})) for one in (known, unknown)]
    assert refusals[0].status_code == refusals[1].status_code == 422
    assert refusals[0].text == refusals[1].text
    await world.service.parts.stop()
    assert {one.email for one in world.around.codes} == {EMAIL}


async def test_a_code_is_of_no_use_in_another_browser(world, until):
    mine, other = world.browser(), world.browser()
    code = await ask_code(world, until, mine)
    await other.post("/connexion", data={"email": "personne@ailleurs.example"})
    assert (await other.post("/connexion/code", data={"code": code})).status_code == 422
    assert (await world.browser().post("/connexion/code", data={"code": code})).status_code == 422
    assert (await mine.post("/connexion/code", data={"code": code})).status_code == 303


async def test_a_code_dies_after_five_tries(world, until):
    browser = world.browser()
    code = await ask_code(world, until, browser)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        answer = await browser.post("/connexion/code", data={"code": wrong})
        assert answer.status_code == 422
        assert "Ce code n’est pas le bon" in answer.text
    answer = await browser.post("/connexion/code", data={"code": code})
    assert answer.status_code == 429
    assert COOKIE not in answer.headers.get("set-cookie", "")


async def test_a_code_serves_once_and_for_ten_minutes(world, until):
    browser = world.browser()
    code = await ask_code(world, until, browser)
    assert (await browser.post("/connexion/code", data={"code": code})).status_code == 303
    assert "ne peut plus servir" in (await browser.post("/connexion/code", data={"code": code})).text
    code = await ask_code(world, until, browser)
    world.shift = timedelta(minutes=10)
    assert "ne peut plus servir" in (await browser.post("/connexion/code", data={"code": code})).text


async def test_only_five_codes_leave_for_one_address_in_ten_minutes(world, until):
    for _ in range(5):
        await ask_code(world, until, world.browser())
    answer = await world.browser().post("/connexion", data={"email": EMAIL})
    assert answer.status_code == 429
    for _ in range(5):
        assert (await world.browser().post("/connexion", data={"email": "x@y.example"})).status_code == 303
    assert (await world.browser().post("/connexion", data={"email": "x@y.example"})).status_code == 429
    world.shift = timedelta(minutes=10)
    await ask_code(world, until, world.browser())


async def test_neither_cookie_nor_code_is_kept(world, until):
    browser = world.browser()
    code = await ask_code(world, until, browser)
    await browser.post("/connexion/code", data={"code": code})
    secrets = [browser.cookies[COOKIE], browser.cookies["relais_navigateur"], code]
    async with world.service.database.worker() as work:
        rows = await work.execute("SELECT s::text FROM session s UNION ALL SELECT i::text FROM signin i")
        text = "\n".join(row[0] for row in rows if row[0])
    assert session_hash(secrets[0]) in text
    assert not any(f",{one}," in text or f"({one}," in text for one in secrets)


async def test_a_session_that_is_left_ends_at_once_also_for_the_other_services(world):
    browser = await world.at_desk()
    hashed = session_hash(browser.cookies[COOKIE])
    assert (await world.referral.ask(ResolveViewer(session=hashed))).viewer is not None
    stolen = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    assert (await browser.post("/deconnexion")).status_code == 303
    assert (await world.referral.ask(ResolveViewer(session=hashed))).viewer is None
    assert (await world.browser().get("/aide", headers=stolen)).status_code == 303


async def test_signing_in_again_ends_the_former_session(world):
    browser = await world.at_desk()
    former = session_hash(browser.cookies[COOKIE])
    await browser.post("/connexion/demonstration", data={"account": demo_accounts()[0]["ref"]})
    assert (await world.referral.ask(ResolveViewer(session=former))).viewer is None
    assert (await browser.get("/aide")).status_code == 200


async def test_a_session_ends_after_half_an_hour_without_use(world):
    browser = await world.at_desk()
    hashed = session_hash(browser.cookies[COOKIE])
    sessions = world.service.app.state.sessions
    world.shift = timedelta(minutes=29)
    sessions.kept.forget(hashed)
    assert await sessions.resolve(hashed) is not None
    world.shift = timedelta(minutes=58)
    sessions.kept.forget(hashed)
    assert await sessions.resolve(hashed) is not None
    world.shift = timedelta(minutes=89)
    sessions.kept.forget(hashed)
    assert await sessions.resolve(hashed) is None


async def test_a_session_ends_after_ten_hours_whatever_its_use(world):
    browser = await world.at_desk()
    hashed = session_hash(browser.cookies[COOKIE])
    sessions = world.service.app.state.sessions
    for minutes in range(25, 600, 25):
        world.shift = timedelta(minutes=minutes)
        sessions.kept.forget(hashed)
        assert await sessions.resolve(hashed) is not None, minutes
    world.shift = timedelta(hours=10)
    sessions.kept.forget(hashed)
    assert await sessions.resolve(hashed) is None


@pytest.mark.parametrize("path", ["/bureau?vue=attente", "/reseau"])
async def test_one_comes_back_to_the_page_one_wanted(world, path):
    await world.was_here(demo_accounts()[5]["ref"])
    form = {"account": demo_accounts()[5]["ref"], "suite": path}
    answer = await world.browser().post("/connexion/demonstration", data=form)
    assert answer.headers["location"] == path


@pytest.mark.parametrize(
    "path", ["//ailleurs.example", "https://ailleurs.example", "/\\ailleurs.example", "/\t/ailleurs.example", "bureau"]
)
async def test_one_is_never_sent_elsewhere(world, path):
    await world.was_here(demo_accounts()[5]["ref"])
    form = {"account": demo_accounts()[5]["ref"], "suite": path}
    answer = await world.browser().post("/connexion/demonstration", data=form)
    assert answer.headers["location"] == "/bureau"
    page = await world.browser().get("/connexion", params={"suite": path})
    assert "ailleurs" not in page.text


@given(st.text(alphabet="/\\:.?a%\t\n@", max_size=12))
def test_a_path_that_is_taken_stays_on_this_site(text):
    found = own_path(text)
    assert found is None or re.match(r"^/([^/\\]|$)", found)


async def test_without_a_demonstration_there_is_no_role_to_choose(world, monkeypatch):
    settings = world.service.settings.model_copy(update={"empty": True})
    monkeypatch.setattr(world.service, "settings", settings)
    answer = await world.browser().post("/connexion/demonstration", data={"account": demo_accounts()[0]["ref"]})
    assert answer.status_code == 404
    assert EMAIL not in (await world.browser().get("/connexion")).text
    assert "Démonstration : choisissez" not in (await world.browser().get("/connexion")).text


async def test_another_site_cannot_ask_for_a_code_in_ones_name(world):
    answer = await world.browser().post("/connexion", data={"email": EMAIL}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
