"""The pages as people use them: one seat at a browser, and the few gestures that every page is made of."""

import re
from dataclasses import dataclass
from uuid import UUID

from playwright.async_api import Locator, Page, expect

from services.partners.demonstration import people

PATIENCE = 20_000.0  # ms; what is awaited comes in a fraction of a second on a machine that does nothing else


def exactly(text: str) -> re.Pattern[str]:
    """That text, followed at most by what the shared macros add: «(facultatif)», or who the row is about."""
    return re.compile(rf"^\s*{re.escape(text)}\s*(\(facultatif\))?(,.*)?$", re.S)


@dataclass
class Seat:
    """One person at one browser."""

    page: Page
    base: str

    async def open(self, path: str) -> None:
        """Go to an address of Relais."""
        await self.page.goto(self.base + path)

    async def enter(self, index: int) -> None:
        """Sign in by the demonstration switch, as that row of its people."""
        await self.open("/connexion")
        button = self.page.get_by_role("button", name=f"Entrer comme {people()[index].name}", include_hidden=True)
        if not await button.is_visible():
            await self.page.locator("details").filter(has=button).locator("summary").first.click()
        await button.click()
        await expect(self.page.locator(".me")).to_contain_text(people()[index].name, timeout=PATIENCE)

    async def press(self, label: str) -> None:
        """Press a button or follow a link by what it says."""
        main = self.page.locator("main")
        button = main.get_by_role("button", name=exactly(label))
        await button.or_(main.get_by_role("link", name=exactly(label))).first.click()

    async def press_in_menu(self, label: str, menu: str = "Autres actions") -> None:
        """Open the menu of the rarer actions and follow one, wherever the page has it."""
        link = self.page.locator("main").get_by_role("link", name=exactly(label)).first
        if not await link.is_visible():
            await self.page.locator("details.menu summary").first.click()
        await link.click()

    async def write(self, label: str, text: str) -> None:
        """Fill a field in."""
        await self.page.get_by_label(exactly(label)).first.fill(text)

    async def pick(self, label: str, option: str) -> None:
        """Choose in a drop-down list."""
        await self.page.get_by_label(exactly(label)).first.select_option(label=option)

    async def tick(self, *labels: str) -> None:
        """Tick boxes or radio buttons by what stands beside them."""
        for label in labels:
            radio = self.page.get_by_role("radio", name=exactly(label))
            await radio.or_(self.page.get_by_role("checkbox", name=exactly(label))).first.check()

    async def untick(self, label: str) -> None:
        """Untick a box."""
        await self.page.get_by_role("checkbox", name=exactly(label)).uncheck()

    async def unfold(self, summary: str) -> None:
        """Open a part of the page that is folded away."""
        await self.page.locator("main summary").filter(has_text=summary).first.click()

    async def reads(self, *texts: str) -> None:
        """Each of these texts is on the page, now or in a moment."""
        for text in texts:
            await expect(self.page.locator("body")).to_contain_text(text, timeout=PATIENCE)

    async def does_not_read(self, *texts: str) -> None:
        """None of these texts is on the page."""
        shown = await self.page.locator("body").inner_text()
        assert [text for text in texts if text in shown] == []

    async def heading(self) -> str:
        """The title of the page."""
        return await self.page.locator("h1").inner_text()

    def card(self, title: str) -> Locator:
        """A box by the beginning of its heading."""
        return self.page.locator("section.card").filter(has=self.page.get_by_role("heading", name=title))

    async def fact(self, label: str) -> str:
        """What a list of facts says under that label."""
        term = self.page.locator("dl.facts dt", has_text=exactly(label)).first
        return (await term.locator("xpath=following-sibling::dd[1]").inner_text()).strip()

    def row(self, address: str) -> Locator:
        """A row of a list by the address it leads to."""
        return self.page.locator(f'[data-key="{address}"]')

    async def sees(self, address: str) -> Locator:
        """That row is in the list, now or in a moment."""
        found = self.row(address)
        await expect(found).to_be_visible(timeout=PATIENCE)
        return found

    async def sees_arrive(self, address: str) -> Locator:
        """A row comes by itself: the page is the one that was opened, not another."""
        found = await self.sees(address)
        await self.is_still_the_page_it_was()
        return found

    async def will_not_reload(self) -> None:
        """From here on, a reload would be noticed."""
        await self.page.evaluate("window.sameDocument = true")

    async def is_still_the_page_it_was(self) -> None:
        """Nothing was reloaded since `will_not_reload`."""
        assert await self.page.evaluate("window.sameDocument === true")

    async def here(self) -> UUID:
        """The last reference in the address."""
        return UUID(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", self.page.url)[-1])

    async def arrives_at(self, pattern: str) -> None:
        """The address becomes one of that form."""
        await self.page.wait_for_url(re.compile(pattern), timeout=PATIENCE)
