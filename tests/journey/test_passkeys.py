"""Passkeys in a real Chromium with a virtual authenticator: made, used without an address, refused when copied."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, CDPSession, Page, Request, Route, expect

from services.partners.demonstration import people
from services.partners.sessions import end_sessions
from services.runtime.web.guard import COOKIE
from tests.conftest import Running
from tests.journey.pages import PATIENCE

WHO = 4  # a referent whose account no other test of the journey changes


@dataclass
class Device:
    """A browser with an authenticator of its own."""

    context: BrowserContext
    page: Page
    cdp: CDPSession
    authenticator: str
    base: str

    async def open(self, path: str) -> None:
        await self.page.goto(self.base + path)

    async def keys(self) -> list[dict[str, Any]]:
        answer = await self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        return list(answer["credentials"])

    async def put(self, key: dict[str, Any]) -> None:
        given = {"authenticatorId": self.authenticator, "credential": key}
        await self.cdp.send("WebAuthn.addCredential", given)

    async def sign_in_as(self, index: int) -> None:
        form = {"account": str(people()[index].ref)}
        headers = {"sec-fetch-site": "same-origin"}
        await self.context.request.post(self.base + "/connexion/demonstration", form=form, headers=headers)

    async def make(self, name: str) -> None:
        await self.open("/compte")
        await self.page.get_by_label("Nom de cette clé").fill(name)
        await self.page.get_by_role("button", name="Ajouter une clé d’accès").click()

    async def enter(self) -> None:
        await self.open("/connexion?suite=/personnes")
        await self.page.get_by_role("button", name="Utiliser une clé d’accès").click()

    async def signed_in(self) -> bool:
        return any(one["name"] == COOKIE for one in await self.context.cookies())


@pytest.fixture
async def device(browser: Browser, relais: Running) -> AsyncIterator[Callable[..., Awaitable[Device]]]:
    """`await device()`: a new one. Passkeys need a name, so the address is `localhost`."""
    made: list[BrowserContext] = []
    base = f"http://localhost:{urlsplit(relais.base_url).port}"

    async def one(*, verifies: bool = True) -> Device:
        context = await browser.new_context(locale="fr-FR")
        context.set_default_timeout(PATIENCE)
        made.append(context)
        page = await context.new_page()
        cdp = await context.new_cdp_session(page)
        await cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": verifies, "automaticPresenceSimulation": True,
        }  # fmt: skip
        added = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return Device(context, page, cdp, added["authenticatorId"], base)

    yield one
    for context in made:
        await context.close()
    async with relais.service("partners").database.worker() as work:
        await work.execute("DELETE FROM passkey WHERE account = :ref", ref=people()[WHO].ref)
        await end_sessions(work, people()[WHO].ref)


async def test_a_passkey_is_made_and_then_opens_without_an_address(device):
    mine = await device()
    await mine.sign_in_as(WHO)
    await mine.make("Mon ordinateur")
    await expect(mine.page.locator(".flash")).to_contain_text("Vos moyens de connexion ont changé")
    await expect(mine.page.locator("main")).to_contain_text("Mon ordinateur")
    (key,) = await mine.keys()
    assert key["isResidentCredential"]
    await mine.context.clear_cookies()
    await mine.enter()
    await expect(mine.page.locator(".me")).to_contain_text(people()[WHO].name)
    assert mine.page.url.endswith("/personnes")
    await mine.open("/compte")
    await expect(mine.page.locator("#appareils").locator("..")).to_contain_text("Clé d’accès")


async def test_a_copy_of_a_passkey_is_noticed_by_its_counter_and_the_key_is_suspended(device):
    mine, thief = await device(), await device()
    await mine.sign_in_as(WHO)
    await mine.make("Mon téléphone")
    await expect(mine.page.locator(".flash")).to_be_visible()
    (copied,) = await mine.keys()
    for _ in range(2):
        await mine.context.clear_cookies()
        await mine.enter()
        await expect(mine.page.locator(".me")).to_be_visible()
    await thief.put(copied)
    await thief.enter()
    await expect(thief.page.locator("main")).to_contain_text("Cette clé d’accès est suspendue")
    assert not await thief.signed_in()
    await mine.context.clear_cookies()
    await mine.enter()
    await expect(mine.page.locator("main")).to_contain_text("suspendue")
    await mine.sign_in_as(WHO)
    await mine.open("/compte")
    await expect(mine.page.locator("main")).to_contain_text("Une copie de cette clé a peut-être servi")
    await mine.page.get_by_role("button", name="Retirer Mon téléphone").click()
    await expect(mine.page.locator("main")).not_to_contain_text("Mon téléphone")


async def test_without_the_gesture_of_the_person_nothing_is_made(device):
    mine = await device(verifies=False)
    await mine.sign_in_as(WHO)
    await mine.make("Sans geste")
    await expect(mine.page.locator("[data-passkey-said]")).to_contain_text("Rien n’a été fait")
    assert await mine.keys() == []


async def test_the_server_too_wants_the_gesture_of_the_person(device):
    """A page that was tampered with asks for no verification, and the authenticator makes none: refused here."""
    mine = await device()
    await mine.sign_in_as(WHO)
    await mine.make("Avec geste")
    await expect(mine.page.locator(".flash")).to_be_visible()

    async def without(route: Route) -> None:
        answer = await route.fetch()
        options = await answer.json()
        options["userVerification"] = "discouraged"
        await route.fulfill(response=answer, json=options)

    await mine.page.route("**/options", without)
    await mine.cdp.send("WebAuthn.setUserVerified", {"authenticatorId": mine.authenticator, "isUserVerified": False})
    await mine.context.clear_cookies()
    await mine.enter()
    await expect(mine.page.locator("main")).to_contain_text("n’a pas été reconnue")
    assert not await mine.signed_in()


async def test_an_answer_that_was_recorded_serves_no_second_time(device, relais):
    """The same signed answer again, and in another browser: the challenge is used, and was of another browser."""
    mine, other = await device(), await device()
    await mine.sign_in_as(WHO)
    await mine.make("Enregistrée")
    await expect(mine.page.locator(".flash")).to_be_visible()
    await mine.context.clear_cookies()
    sent: list[str] = []

    def keep(one: Request) -> None:
        if one.url.endswith("/connexion/cle"):
            sent.append(one.post_data or "")

    mine.page.on("request", keep)
    await mine.enter()
    await expect(mine.page.locator(".me")).to_be_visible()
    assert len(sent) == 1
    headers = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
    for one in (mine, other):
        await one.context.request.post(one.base + "/connexion/cle/options", headers=headers)
        answer = await one.context.request.post(one.base + "/connexion/cle", data=sent[0], headers=headers)
        assert answer.status == 422


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", json.dumps({"id": "x" * 5000}), "\x00", '{"id": "AA"}'])
async def test_what_is_no_answer_of_a_passkey_is_refused_quietly(relais, credential):
    client = relais.nobody()
    assert (await client.post("/connexion/cle/options")).status_code == 200
    answer = await client.post("/connexion/cle", data={"credential": credential})
    assert answer.status_code == 422
    assert "Recevoir un code" in answer.text


async def test_at_an_address_of_numbers_the_page_says_where_passkeys_are_made(relais):
    client = await relais.sign_in(people()[WHO].email)
    page = (await client.get("/compte")).text
    assert "localhost" in page
    assert "Ajouter une clé d’accès" not in page
    assert "Utiliser une clé d’accès" not in (await relais.nobody().get("/connexion")).text
