"""A person's own page in the whole of Relais: an outcome is hers to contradict, and a withdrawal on her page stops the
desk's reading at once.
"""

import os
import re
from pathlib import Path
from uuid import UUID, uuid4

import httpx

from tests.conftest import Running, eventually
from tests.journey import story
from tests.journey.pages import Seat
from tests.journey.story import AGENT, REFERENT, Someone, act, in_days, send_one
from tests.journey.territory import HERS
from tests.journey.test_every_page import AXE, look


async def opened(relais: Running, referent: httpx.AsyncClient, person: UUID) -> httpx.AsyncClient:
    """The person's browser, on her page."""
    page = (await referent.post(f"/personnes/{person}/sa-page")).text
    reference, code = re.findall(r'<dd class="big">([^<]+)</dd>', page)
    browser = relais.nobody()
    assert (await browser.post("/moi", data={"reference": reference, "code": code})).status_code == 303
    return browser


async def shows(client: httpx.AsyncClient, path: str, text: str) -> bool:
    answer = await client.get(path)
    return answer.status_code == 200 and text in answer.text


async def test_she_contradicts_an_outcome_and_withdraws_without_an_account(relais: Running):
    referent, agent = await relais.sign_in(story.login(REFERENT)), await relais.sign_in(story.login(AGENT))
    sent = await send_one(referent, Someone(first_name="Ysolde", last_name=f"Marvantel{uuid4().hex[:5]}"))
    desk = f"/bureau/{sent.ref}"
    await eventually(lambda: shows(agent, desk, "Marvantel"))
    await act(agent, sent.ref, "acknowledge", promised_for=in_days(2))
    await act(agent, sent.ref, "log_attempt", channel="phone", result="reached")
    await act(agent, sent.ref, "close", outcome="right_opened", date_of_effect=in_days(-1))
    hers = await opened(relais, referent, sent.person)
    await eventually(lambda: shows(hers, "/moi/page", "Le guichet dit que votre droit est ouvert."))
    page = (await hers.get(f"/moi/orientations/{sent.ref}")).text
    answer = dict(re.findall(r'name="(command_id|version)" value="([^"]*)"', page))
    for _ in range(2):
        done = await hers.post(f"/moi/orientations/{sent.ref}", data={**answer, "answer": "non"})
        assert done.status_code == 303, done.text[:3000]
    async with relais.service("referral").database.worker() as work:
        query = "SELECT envelope FROM fact WHERE ref = :ref AND type = 'referral.outcome_contradicted.v1'"
        [told] = [row[0] for row in await work.execute(query, ref=sent.ref)]
    assert told["actor_kind"] == "person" and told["data"]["actor"] == str(sent.person)
    assert told["data"]["state"] == "sent" and told["data"]["episode"] == 2
    await eventually(lambda: shows(hers, "/moi/page", "Le guichet n’a pas encore répondu"))

    address = re.search(r"/moi/accords/[0-9a-f-]{36}", (await hers.get("/moi/page")).text)[0]  # type: ignore[index]
    await story.post(hers, address, {"change": "withdraw"})
    read = (await agent.get(desk)).text
    assert "Marvantel" not in read and "a retiré son accord" in read


async def test_her_code_opens_nothing_of_anybody_else_s(relais: Running):
    referent = await relais.sign_in(story.login(REFERENT))
    mine = await send_one(referent, Someone(first_name="Aliénor", last_name=f"Brazelin{uuid4().hex[:5]}"))
    other = await send_one(referent, Someone(first_name="Maël", last_name=f"Corvisart{uuid4().hex[:5]}"))
    hers = await opened(relais, referent, mine.person)
    form = {"command_id": str(uuid4()), "answer": "non"}
    assert (await hers.post(f"/moi/orientations/{other.ref}", data=form)).status_code == 404
    assert "Corvisart" not in (await hers.get("/moi/page")).text


async def test_her_pages_are_for_everybody(relais: Running, sit):
    """Typed with the keyboard alone, large, in one column, in light and in dark, on a phone and on a desk."""
    referent = await relais.sign_in(story.login(REFERENT))
    sent = await send_one(referent, Someone(first_name="Oriane", last_name=f"Delvaroy{uuid4().hex[:5]}"))
    sheet = (await referent.post(f"/personnes/{sent.person}/sa-page")).text
    reference, code = re.findall(r'<dd class="big">([^<]+)</dd>', sheet)
    seat: Seat = await sit()
    page, folder = seat.page, os.environ.get("RELAIS_SCREENSHOTS")
    await page.goto(f"{seat.base}/moi/r/{reference.replace(' ', '')}")
    await page.focus("#code")
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/moi/page")
    size = await page.evaluate("parseFloat(getComputedStyle(document.querySelector('.own p')).fontSize)")
    assert size >= 20
    agreement = await page.get_attribute("a[href^='/moi/accords/']", "href")
    wrong: list[str] = []
    assert agreement is not None
    for name, address in HERS.items():
        here = address.format(grant=agreement.rsplit("/", 1)[-1], ref=sent.ref)
        answer = await page.goto(f"{seat.base}{here}")
        assert answer is not None and answer.status == 200, address
        await page.evaluate(AXE.read_text("utf-8"))
        picture = Path(folder, f"person-moi-{name}") if folder else None
        wrong += [f"{name} {one}" for one in await look(page, picture, name)]
    assert wrong == []
