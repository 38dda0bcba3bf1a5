"""How many interactions it takes to send, counted in a browser from the home page; and taking it back."""

from dataclasses import dataclass
from uuid import uuid4

import pytest
from playwright.async_api import Locator, expect

from services.partners.demonstration import people
from tests.journey import story
from tests.journey.pages import PATIENCE, Seat
from tests.journey.story import AGENT, REFERENT, SOCIAL, Someone

MOST, DONE = 8, 7  # what docs/pages.md says
NAME = people()[AGENT].name


@dataclass
class Counted:
    """A seat at which every click and every choice counts."""

    seat: Seat
    done: int = 0

    async def click(self, what: Locator) -> None:
        self.done += 1
        await what.first.click()

    async def check(self, what: Locator) -> None:
        self.done += 1
        await what.first.check()

    async def press(self, label: str) -> None:
        self.done += 1
        await self.seat.press(label)


async def from_home(sit, relais, *rights: str) -> tuple[Counted, str]:
    """Somebody whose rights are noted and agreed to, and a referent on her home page who has found her file."""
    client = await relais.sign_in(story.login(REFERENT))
    last = f"Comptée{uuid4().hex[:6]}"
    person = await story.meet(client, Someone("Lisandre", last))
    await story.review(client, person, *rights)
    await story.agree(client, person, SOCIAL, *rights)
    seat = await sit(REFERENT)
    await seat.open("/")
    await seat.arrives_at("/aujourdhui")
    counted = Counted(seat)
    await counted.click(seat.page.get_by_role("link", name="Personnes"))
    await counted.click(seat.page.locator(f'[data-key="/personnes/{person}"] a'))
    return counted, f"/personnes/{person}"


async def test_a_right_is_sent_in_at_most_eight_interactions_and_taken_back_in_one(sit, relais) -> None:
    counted, _ = await from_home(sit, relais, "rsa")
    page = counted.seat.page
    await counted.press("Confier")
    await expect(page.locator("h1")).to_contain_text("RSA", timeout=PATIENCE)
    await counted.check(page.get_by_role("radio", name=NAME))
    await counted.press("Continuer")
    await counted.check(page.get_by_role("radio", name="Rendez-vous accompagné"))
    await counted.press("Confier")
    await counted.seat.arrives_at(r"/orientations/[0-9a-f-]{36}$")
    print(f"interactions: {counted.done}")
    assert counted.done <= MOST and counted.done == DONE
    await counted.seat.press("Annuler l’envoi")
    await counted.seat.reads("Rappelée", "Le guichet n’avait rien lu")
    assert await page.locator("form.undo").count() == 0


async def test_the_bar_that_takes_back_goes_by_itself(sit, relais) -> None:
    client = await relais.sign_in(story.login(REFERENT))
    sent = await story.send_one(client, Someone("Maëlis", f"Pressée{uuid4().hex[:6]}"))
    seat = await sit(REFERENT)
    await seat.open(f"/orientations/{sent.ref}")
    await expect(seat.page.locator("form.undo")).to_be_visible()
    await expect(seat.page.locator("#annonces")).to_contain_text("pour annuler l’envoi")
    await expect(seat.page.locator("form.undo")).to_have_count(0, timeout=PATIENCE)
    await expect(seat.page.locator("main .flash")).to_have_text("Orientation confiée.")


async def test_two_rights_leave_in_one_form_in_at_most_eight_interactions(sit, relais) -> None:
    counted, here = await from_home(sit, relais, "rsa", "ppa")
    page = counted.seat.page
    await counted.press("Confier plusieurs droits à la fois")
    await counted.check(page.locator('input[name="droit"]:not(:checked)'))
    await counted.press("Choisir les contacts")
    await counted.press("Continuer")
    await counted.press("Confier 2 droits")
    await counted.seat.arrives_at(rf"{here}/confier/resultat/")
    await counted.seat.reads("2 confiées.")
    print(f"interactions: {counted.done}")
    assert counted.done <= MOST and counted.done == DONE


@pytest.mark.parametrize("width", [390])
async def test_nothing_of_the_several_steps_stands_beside_a_phone(sit, relais, width: int) -> None:
    counted, here = await from_home(sit, relais, "rsa", "ppa")
    page = counted.seat.page
    await page.set_viewport_size({"width": width, "height": 844})
    for query in ("", "?droit=rsa&droit=ppa"):
        await counted.seat.open(f"{here}/confier{query}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
