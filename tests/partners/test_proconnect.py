"""ProConnect, against a real OpenID provider that the tests start: who comes in, and every way in which nobody does."""

import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from services.partners.demonstration import demo_accounts, ref_of
from services.partners.proconnect import ProConnect, ProviderUnfit, _check
from services.runtime.web.guard import COOKIE
from tests.partners.openid_provider import CLIENT, SECRET, Provider, Wrong, serve

REFERENT, AGENT = demo_accounts()[0], demo_accounts()[5]
CCAS, CAF = "26350001100018", "77559001100011"


@pytest.fixture(scope="module")
async def running_provider() -> AsyncIterator[Provider]:
    provider = Provider()
    server, serving = await serve(provider)
    yield provider
    server.should_exit = True
    await serving


@pytest.fixture
async def provider(running_provider, world, monkeypatch) -> AsyncIterator[Provider]:
    """The provider behaving well, known to Relais, with two organisations of the directory under their SIRET."""
    found = running_provider
    found.wrong, found.acr, found.algorithm = Wrong(), "eidas2", "RS256"
    found.person = {"sub": "sujet-1", "email": REFERENT["login"].upper(), "siret": CCAS, "given_name": "X"}
    settings = world.service.settings.model_copy(
        update={
            "proconnect_issuer": found.issuer, "proconnect_client_id": CLIENT, "proconnect_client_secret": SECRET,
        }
    )  # fmt: skip
    monkeypatch.setattr(world.service.app.state.sign_in, "proconnect", ProConnect(settings))
    async with world.service.database.worker() as work:
        for code, siret in (("ccas", "263 500 011 00018"), ("caf", CAF)):
            ref = ref_of("organisation", code)
            await work.execute("UPDATE organisation SET siret = :siret WHERE ref = :ref", siret=siret, ref=ref)
    yield found
    async with world.service.database.worker() as work:
        await work.execute("UPDATE organisation SET siret = NULL")
        await work.execute("DELETE FROM federatedidentity")


async def travel(browser, suite: str = "") -> str:
    """To the provider and back, as a browser does; the address with which the provider sends it back."""
    left = await browser.get("/connexion/proconnect", params={"suite": suite} if suite else {})
    assert left.status_code == 303, left.text
    async with httpx.AsyncClient() as outside:
        came = await outside.get(left.headers["location"])
    assert came.status_code == 303, came.text
    parts = urlsplit(came.headers["location"])
    return f"{parts.path}?{parts.query}"


async def sign_in(world, suite: str = ""):
    browser = world.browser()
    return browser, await browser.get(await travel(browser, suite), headers={"sec-fetch-site": "cross-site"})


async def bindings(world) -> dict[str, str]:
    async with world.service.database.worker() as work:
        rows = await work.execute("SELECT subject, account FROM federatedidentity")
        return {row.subject: str(row.account) for row in rows}


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_somebody_of_an_organisation_of_the_directory_comes_in(world, provider, algorithm):
    await world.was_here(REFERENT["ref"])
    provider.algorithm = algorithm
    browser, answer = await sign_in(world, "/personnes")
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/personnes"
    assert COOKIE in answer.headers["set-cookie"]
    assert await bindings(world) == {"sujet-1": REFERENT["ref"]}
    assert "ProConnect" in (await browser.get("/compte")).text
    asked = provider.asked[-1]
    assert asked["code_challenge_method"] == "S256"
    assert {"openid", "email", "siret"} <= set(asked["scope"].split())
    assert "eidas2" in asked["acr_values"].split()
    assert len(asked["nonce"]) > 30 and len(asked["state"]) > 30


async def test_once_bound_it_is_the_subject_that_counts_and_not_the_address(world, provider):
    await sign_in(world)
    provider.person["email"] = "nouveau.nom@ccas.valbrume.example"
    _, answer = await sign_in(world)
    assert answer.status_code == 303
    provider.person |= {"sub": "sujet-2", "email": REFERENT["login"]}
    _, answer = await sign_in(world)
    assert answer.status_code == 403
    assert await bindings(world) == {"sujet-1": REFERENT["ref"]}


@pytest.mark.parametrize(
    "changed",
    [{"siret": "99999999999999"}, {"siret": ""}, {"siret": CAF}, {"email": "personne@ccas.valbrume.example"},
     {"email": AGENT["login"]}, {"siret": CCAS[:-1]}],
)  # fmt: skip
async def test_an_organisation_or_account_that_the_directory_does_not_have_stays_out(world, provider, changed):
    provider.person |= changed
    browser, answer = await sign_in(world)
    assert answer.status_code == 403
    assert "annuaire de Relais" in answer.text
    assert COOKIE not in browser.cookies
    assert await bindings(world) == {}


async def test_who_changed_employer_does_not_bring_her_account_along(world, provider):
    await sign_in(world)
    provider.person["siret"] = CAF
    _, answer = await sign_in(world)
    assert answer.status_code == 403


async def test_who_comes_back_to_a_new_account_is_bound_anew_and_the_closed_one_stays_closed(world, provider):
    await sign_in(world)
    async with world.service.database.worker() as work:
        await work.execute("UPDATE account SET active = false WHERE ref = :ref", ref=REFERENT["ref"])
    try:
        _, answer = await sign_in(world)
        assert answer.status_code == 403
        provider.person |= {"email": AGENT["login"], "siret": CAF}
        _, answer = await sign_in(world)
        assert answer.status_code == 303
        assert await bindings(world) == {"sujet-1": AGENT["ref"]}
    finally:
        async with world.service.database.worker() as work:
            await work.execute("UPDATE account SET active = true WHERE ref = :ref", ref=REFERENT["ref"])


@pytest.mark.parametrize("acr", ["eidas1", "", "https://proconnect.gouv.fr/assurance/self-asserted"])
async def test_a_level_that_was_not_asked_for_stays_out(world, provider, acr):
    provider.acr = acr
    browser, answer = await sign_in(world)
    assert answer.status_code == 403
    assert "garantie" in answer.text
    assert COOKIE not in browser.cookies


@pytest.mark.parametrize("how", list(Wrong.__dataclass_fields__))
async def test_an_answer_that_is_forged_in_one_way_lets_nobody_in(world, provider, how):
    provider.wrong = Wrong(**{how: True})
    browser, answer = await sign_in(world)
    if how == "userinfo_plain":  # allowed: it comes over the provider's own connection
        assert answer.status_code == 303
        return
    assert answer.status_code == 422, how
    assert "pas pu être vérifiée" in answer.text
    assert COOKIE not in browser.cookies
    assert await bindings(world) == {}


async def test_a_return_serves_once(world, provider):
    browser = world.browser()
    back = await travel(browser)
    assert (await browser.get(back)).status_code == 303
    assert (await browser.get(back)).status_code == 422


async def test_a_code_that_was_used_elsewhere_is_refused_by_the_provider(world, provider):
    first, second = world.browser(), world.browser()
    used = await travel(first)
    assert (await first.get(used)).status_code == 303
    fresh = dict(parse_qsl(urlsplit(await travel(second)).query))
    stolen = dict(parse_qsl(urlsplit(used).query))
    answer = await second.get("/connexion/proconnect/retour", params={"code": stolen["code"], "state": fresh["state"]})
    assert answer.status_code == 422


async def test_a_code_of_another_browser_is_refused_even_when_it_was_never_used(world, provider):
    """A victim cannot be signed in as the attacker, nor the attacker with the victim's code (PKCE)."""
    attacker, victim = world.browser(), world.browser()
    back = await travel(attacker)
    assert (await victim.get(back)).status_code == 422
    mine = dict(parse_qsl(urlsplit(await travel(victim)).query))
    theirs = dict(parse_qsl(urlsplit(back).query))
    answer = await victim.get("/connexion/proconnect/retour", params={"code": theirs["code"], "state": mine["state"]})
    assert answer.status_code == 422


@pytest.mark.parametrize("query", ["", "?code=x", "?state=y", "?code=x&state=y", "?error=access_denied&state=y"])
async def test_a_return_without_a_departure_is_refused(world, provider, query):
    answer = await world.browser().get("/connexion/proconnect/retour" + query)
    assert answer.status_code == 422


async def test_signing_out_also_ends_the_session_at_the_provider(world, provider):
    browser, _ = await sign_in(world)
    left = await browser.post("/deconnexion")
    assert left.headers["location"] == "/connexion/depart"
    page = await browser.get("/connexion/depart")
    assert page.headers["refresh"].endswith("/connexion/proconnect/fin")
    away = await browser.get("/connexion/proconnect/fin")
    async with httpx.AsyncClient() as outside:
        back = await outside.get(away.headers["location"])
    assert back.headers["location"] == "https://relais.test/connexion"
    assert provider.farewells[-1]["id_token_hint"].count(".") == 2
    assert (await browser.get("/connexion/proconnect/fin")).headers["location"] == "/connexion"
    async with world.service.database.worker() as work:
        kept = await work.execute("SELECT count(*) FROM session WHERE ended_at IS NOT NULL AND federation IS NOT NULL")
    assert kept.scalar() == 0


async def test_what_comes_from_the_provider_is_in_no_table_in_clear(world, provider):
    await sign_in(world)
    async with world.service.database.worker() as work:
        rows = await work.execute("SELECT s::text FROM session s UNION ALL SELECT c::text FROM signinchallenge c")
        text = "\n".join(row[0] for row in rows)
    assert not re.search(r"eyJ[\w-]+\.eyJ", text)
    assert provider.asked[-1]["state"] not in text


async def test_a_provider_that_is_away_is_said_and_the_other_ways_stay(world, provider, monkeypatch):
    gone = world.service.settings.model_copy(
        update={
            "proconnect_issuer": "http://127.0.0.1:1", "proconnect_client_id": CLIENT, "proconnect_client_secret": "x",
        }
    )  # fmt: skip
    monkeypatch.setattr(world.service.app.state.sign_in, "proconnect", ProConnect(gone))
    answer = await world.browser().get("/connexion/proconnect")
    assert answer.status_code == 503
    assert "Recevoir un code" in answer.text


async def test_the_button_is_there_only_with_the_settings(world, provider, monkeypatch):
    assert "ProConnect" in (await world.browser().get("/connexion")).text
    monkeypatch.setattr(world.service.app.state.sign_in, "proconnect", ProConnect(world.service.settings))
    assert "ProConnect" not in (await world.browser().get("/connexion")).text
    for path in ("", "/retour"):
        assert (await world.browser().get("/connexion/proconnect" + path)).status_code == 404


ADDRESSES = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


@pytest.mark.parametrize("name", [*ADDRESSES, "issuer"])
def test_a_provider_whose_addresses_are_not_encrypted_is_not_used(name):
    good = {"issuer": "https://id.example", **dict.fromkeys(ADDRESSES, "https://id.example/x")}
    _check(good, "https://id.example")
    with pytest.raises(ProviderUnfit):
        _check({**good, name: "http://id.example/x"}, "https://id.example")
