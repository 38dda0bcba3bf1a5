"""One press in the mail program ends mails, without a session; no other address takes a form from elsewhere."""

import re
from uuid import uuid4

import httpx

from services.documents import routes_of_all
from services.notify.domain import Rhythm
from services.notify.sender import UNSUBSCRIBING
from services.notify.tokens import Tokens

PRESS = {"List-Unsubscribe": "One-Click"}


def client(world) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=world.service.app)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def rhythm_of(world, account) -> str | None:
    async with world.service.database.worker() as work:
        row = (await work.execute("SELECT rhythm FROM preference WHERE account = :ref", ref=account)).one_or_none()
        return row.rhythm if row else None


async def the_address_in_a_mail(world, new_fact, until) -> tuple:
    account, email = world.account()
    fact = new_fact(assignee=account)
    await world.publish(fact)

    async def arrived():
        return world.relay.to(email)

    (received,) = await until(arrived)
    assert received.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert b"\r\nList-Unsubscribe: <https://" in received.raw, "not folded, not encoded"
    address = re.fullmatch(r"<https://relais\.valbrume\.example(/avis/desabonnement/[a-z2-7]{42})>",
                           received.message["List-Unsubscribe"])  # fmt: skip
    return account, address[1]


async def test_one_press_of_the_mail_program_ends_mails_and_the_bell_goes_on(world, new_fact, until):
    account, address = await the_address_in_a_mail(world, new_fact, until)
    async with client(world) as mail_program:
        answer = await mail_program.post(address, data=PRESS)
        assert answer.status_code == 200
    assert await rhythm_of(world, account) == Rhythm.NEVER
    fact = new_fact(assignee=account)
    await world.publish(fact)
    await until(lambda: world.states(fact.ref))
    assert await world.states(fact.ref) == [("suppressed", "prefers_not")]


async def test_what_was_still_to_leave_does_not(world, new_fact, until):
    account, email = world.account()
    token = Tokens(world.service.servers.keys / "notify").seal(UNSUBSCRIBING, account)
    fact = new_fact(assignee=account)
    async with world.relay.away():
        await world.publish(fact)

        async def waits():
            return ("pending", "relay_away") in await world.states(fact.ref)

        await until(waits)
        async with client(world) as mail_program:
            assert (await mail_program.post(f"/avis/desabonnement/{token}", data=PRESS)).status_code == 200
    assert await world.states(fact.ref) == [("suppressed", "prefers_not")]
    assert world.relay.to(email) == []


async def test_opening_the_link_changes_nothing_and_the_page_offers_less(world):
    account = uuid4()
    token = Tokens(world.service.servers.keys / "notify").seal(UNSUBSCRIBING, account)
    async with client(world) as browser:
        page = await browser.get(f"/avis/desabonnement/{token}")
        assert page.status_code == 200 and "Recevoir moins de courriels" in page.text
        assert await rhythm_of(world, account) is None
        browser.headers["sec-fetch-site"] = "same-origin"
        refused = await browser.post(f"/avis/desabonnement/{token}", data={"rhythm": "at_once"})
        assert refused.status_code == 422 and "Choisissez l’un des deux." in refused.text
        kept = await browser.post(f"/avis/desabonnement/{token}", data={"rhythm": "weekly"})
        assert kept.status_code == 200 and "C’est noté" in kept.text
    assert await rhythm_of(world, account) == Rhythm.WEEKLY


async def test_the_other_wishes_of_the_account_stay(world):
    account = uuid4()
    async with world.service.database.worker() as work:
        await work.execute(
            "INSERT INTO preference (account, rhythm, quiet_weekends, sms) VALUES (:ref, 'at_once', true, true)",
            ref=account,
        )
    token = Tokens(world.service.servers.keys / "notify").seal(UNSUBSCRIBING, account)
    async with client(world) as mail_program:
        await mail_program.post(f"/avis/desabonnement/{token}", data=PRESS)
    async with world.service.database.worker() as work:
        row = (await work.execute("SELECT * FROM preference WHERE account = :ref", ref=account)).one()
    assert (row.rhythm, row.quiet_weekends, row.sms) == ("never", True, True)


async def test_a_token_of_another_purpose_or_a_changed_one_opens_nothing(world):
    tokens, account = Tokens(world.service.servers.keys / "notify"), uuid4()
    good = tokens.seal(UNSUBSCRIBING, account)
    changed = ("b" if good[0] == "a" else "a") + good[1:]
    async with client(world) as mail_program:
        for bad in (tokens.seal("bounce", account), changed, good[:-1], "x", "é"):
            assert (await mail_program.post(f"/avis/desabonnement/{bad}", data=PRESS)).status_code == 404
    assert await rhythm_of(world, account) is None


async def test_another_site_cannot_make_a_browser_press_and_no_other_address_takes_such_a_form(world):
    token = Tokens(world.service.servers.keys / "notify").seal(UNSUBSCRIBING, uuid4())
    async with client(world) as other:
        for header in ({"sec-fetch-site": "cross-site"}, {"origin": "https://ailleurs.example"}):
            refused = await other.post(f"/avis/desabonnement/{token}", data=PRESS, headers=header)
            assert refused.status_code == 403
        assert (await other.post("/avis/reglages", data=PRESS)).status_code == 403
        assert (await other.post(f"/avis/desabonnement/{token}/", data=PRESS)).status_code == 403


def test_exactly_one_route_takes_forms_from_elsewhere():
    found = {
        route.path for route in routes_of_all()
        if getattr(getattr(route, "endpoint", None), "relais_from_elsewhere", False)
    }  # fmt: skip
    assert found == {"/avis/desabonnement/{token}"}
