"""A Chromium for the run, and a seat at it for whoever a test is about."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.conftest import Running
from tests.journey.pages import PATIENCE, Seat

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One browser; each seat has a context of its own in it, as a separate machine would."""
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield found
        await found.close()


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
