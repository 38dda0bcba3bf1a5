"""A Chromium for the run, and a seat at it for whoever a test is about."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.conftest import Running
from tests.journey.pages import PATIENCE, Seat
from tests.journey.story import AGENT, login

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One browser; each seat has a context of its own in it, as a separate machine would."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield found
        await found.close()


@pytest.fixture(scope="module", autouse=True)
async def cleared_desk(relais: Running) -> None:
    """The desk begins without anything to answer, so that what a test sends is on the first page of its list."""
    agent = await relais.sign_in(login(AGENT))
    while items := (await agent.get("/api/desk/items")).json()["items"]:
        for item in items:
            answer = await agent.post(
                f"/api/desk/items/{item['ref']}/actions", json={"action": {"kind": "decline", "reason": "no_capacity"}}
            )
            assert answer.status_code in (200, 409), answer.text


@pytest.fixture
async def sit(browser: Browser, relais: Running) -> AsyncIterator[Callable[..., Awaitable[Seat]]]:
    """`await sit(index)`: somebody of the demonstration at a browser of her own; `sit()` is nobody yet."""
    contexts: list[BrowserContext] = []

    async def make(index: int | None = None, **options: Any) -> Seat:
        context = await browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        seat = Seat(await context.new_page(), relais.base_url)
        if index is not None:
            await seat.enter(index)
        return seat

    yield make
    for context in contexts:
        await context.close()
