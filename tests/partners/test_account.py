"""One's own account: the devices that are signed in, cut at once in every service, and what became of each try."""

import re
from datetime import timedelta

from contracts.asks import ResolveViewer
from services.partners.demonstration import demo_accounts
from services.partners.sessions import end_sessions
from services.runtime.web.guard import COOKIE, session_hash

REFERENT = demo_accounts()[0]
ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"


async def resolved(world, browser):
    return (await world.referral.ask(ResolveViewer(session=session_hash(browser.cookies[COOKIE])))).viewer


async def refs(browser) -> list[str]:
    return re.findall(r"/compte/appareils/([0-9a-f-]{36})/fin", (await browser.get("/compte")).text)


async def lone(world):
    """A browser of the referent, when nothing else is signed in as her."""
    async with world.service.database.worker() as work:
        await end_sessions(work, REFERENT["ref"])
        await work.execute("DELETE FROM signinevent WHERE account = :ref", ref=REFERENT["ref"])
    return await world.as_account(ref=REFERENT["ref"])


async def test_the_session_of_a_lost_phone_is_revoked_and_cut_at_once_in_every_service(world):
    mine = await lone(world)
    phone = world.browser()
    phone.headers["user-agent"] = ANDROID
    await phone.post("/connexion/demonstration", data={"account": REFERENT["ref"]})
    assert await resolved(world, phone) is not None
    page = (await mine.get("/compte")).text
    assert "2 appareils sont connectés" in page
    assert "Chrome sur Android" in page
    assert page.count("Celui-ci") == 1
    (ref,) = await refs(mine)
    assert (await mine.post(f"/compte/appareils/{ref}/fin")).status_code == 303
    assert await resolved(world, phone) is None
    assert (await phone.get("/compte")).status_code == 303
    assert await refs(mine) == []
    assert "Appareil déconnecté" in (await mine.get("/compte")).text


async def test_all_other_devices_are_disconnected_and_this_one_stays(world):
    mine = await lone(world)
    others = [await world.as_account(ref=REFERENT["ref"]) for _ in range(3)]
    assert len(await refs(mine)) == 3
    assert (await mine.post("/compte/appareils/autres/fin")).status_code == 422
    assert len(await refs(mine)) == 3
    assert (await mine.post("/compte/appareils/autres/fin", data={"answer": "others"})).status_code == 303
    assert [await resolved(world, one) for one in others] == [None, None, None]
    assert await resolved(world, mine) is not None


async def test_nobody_ends_the_session_of_somebody_else(world):
    victim, other = await lone(world), await world.at_desk()
    second = await world.as_account(ref=REFERENT["ref"])
    (ref,) = await refs(victim)
    assert (await other.post(f"/compte/appareils/{ref}/fin")).status_code == 404
    assert await resolved(world, second) is not None
    assert ref not in (await other.get("/compte")).text


async def test_when_an_account_is_closed_its_sessions_are_cut_at_once(world):
    mine = await lone(world)
    assert await resolved(world, mine) is not None
    async with world.service.database.worker() as work:
        assert await end_sessions(work, REFERENT["ref"]) == 1
    assert (await mine.get("/compte")).status_code == 303
    assert await resolved(world, mine) is None


async def test_a_session_that_ended_by_itself_is_no_longer_listed(world):
    await lone(world)
    await world.as_account(ref=REFERENT["ref"])
    world.shift = timedelta(minutes=31)
    again = await world.as_account(ref=REFERENT["ref"])
    assert await refs(again) == []


async def test_tries_are_journalled_without_the_address_and_shown_to_their_own_account_alone(world, until):
    await lone(world)
    browser = world.browser()
    await browser.post("/connexion", data={"email": REFERENT["login"]})
    await browser.post("/connexion/code", data={"code": "000000"})
    nobody = world.browser()
    await nobody.post("/connexion", data={"email": "canari@ailleurs.example"})
    await nobody.post("/connexion/code", data={"code": "000000"})
    mine = await world.as_account(ref=REFERENT["ref"])
    page = (await mine.get("/compte")).text
    assert page.count("Essai refusé") == 1
    assert "Essai refusé" not in (await (await world.at_desk()).get("/compte")).text
    async with world.service.database.worker() as work:
        rows = [row[0] for row in await work.execute("SELECT e::text FROM signinevent e")]
        wrong = await work.execute("SELECT account FROM signinevent WHERE outcome = 'wrong' ORDER BY at DESC LIMIT 1")
    assert wrong.scalar() is None
    assert not any("canari" in row or REFERENT["login"] in row for row in rows)


async def test_row_level_security_keeps_the_tries_of_others_out(world):
    mine = await lone(world)
    viewer = await world.service.viewer_of(session_hash(mine.cookies[COOKIE]))
    await world.at_desk()
    async with world.service.database.web(viewer) as work:
        accounts = {str(row.account) for row in await work.execute("SELECT account FROM signinevent")}
    assert accounts == {REFERENT["ref"]}


async def test_means_change_only_soon_after_a_sign_in(world):
    mine = await lone(world)
    assert "Choisir un mot de passe" in (await mine.get("/compte")).text
    world.shift = timedelta(minutes=16)
    page = (await mine.get("/compte")).text
    assert "Reconnectez-vous" in page
    assert "Choisir un mot de passe" not in page
    for path in ("/compte/cles/options", "/compte/cles", "/compte/mot-de-passe", "/compte/message"):
        assert (await mine.post(path)).status_code == 403, path


async def test_refusing_codes_by_message_needs_another_means(world):
    mine = await lone(world)
    answer = await mine.post("/compte/message", data={"answer": "refuse"})
    assert answer.status_code == 422
    assert "Ajoutez d’abord une clé d’accès" in answer.text


async def test_an_organisation_that_refuses_codes_sends_none_and_says_nothing(world, until):
    admin = await world.as_account(role="administrator")
    page = (await admin.get("/compte/moyens")).text
    form = r"/compte/moyens/([0-9a-f-]{36})\" novalidate>\s*<fieldset[^>]*>\s*<legend>Moyens permis à CCAS"
    ref = re.search(form, page)[1]
    assert (await admin.post(f"/compte/moyens/{ref}", data={})).status_code == 422
    answer = await admin.post(f"/compte/moyens/{ref}", data={"methods": ["passkey", "proconnect"]})
    assert answer.status_code == 303
    try:
        browser = world.browser()
        answer = await browser.post("/connexion", data={"email": REFERENT["login"]})
        assert (answer.status_code, answer.headers["location"]) == (303, "/connexion/code")
        await world.service.parts.stop()
        assert world.around.codes == []
        mine = await world.as_account(ref=REFERENT["ref"])
        assert "Votre organisme n’autorise pas les codes par message." in (await mine.get("/compte")).text
    finally:
        everything = {"methods": ["passkey", "proconnect", "password", "code"]}
        await admin.post(f"/compte/moyens/{ref}", data=everything)
    async with world.service.database.worker() as work:
        assert (await work.execute("SELECT count(*) FROM signinpolicy")).scalar() == 0


async def test_only_an_administrator_rules_over_means(world):
    other = await world.at_desk()
    assert (await other.get("/compte/moyens")).status_code == 403
    assert (await other.post("/compte/moyens/remise", data={"email": REFERENT["login"]})).status_code == 403


async def test_an_administrator_gives_a_fresh_start_and_the_devices_are_cut(world):
    mine = await lone(world)
    admin = await world.as_account(role="administrator")
    assert (await admin.post("/compte/moyens/remise", data={"email": REFERENT["login"]})).status_code == 303
    assert await resolved(world, mine) is None
    assert (await admin.post("/compte/moyens/remise", data={"email": "x@y.example"})).status_code == 303


async def test_a_thousand_wrong_codes_are_locked_out_and_the_right_one_with_them(world, until):
    """Codes of many browsers against one address: after 30 wrong tries in a day the address is locked."""
    tried, locked, code = 0, 0, ""
    for minute in range(0, 200, 10):
        world.shift = timedelta(minutes=minute)
        for _ in range(5):
            browser = world.browser()
            await browser.post("/connexion", data={"email": REFERENT["login"]})
            await world.service.parts.stop()
            code = world.around.codes[-1].code
            wrong = f"{(int(code) + 1) % 1_000_000:06d}"
            for _ in range(10):
                answer = await browser.post("/connexion/code", data={"code": wrong})
                tried, locked = tried + 1, locked + (answer.status_code == 429)
    assert tried == 1000
    assert tried - locked <= 30
    assert (await browser.post("/connexion/code", data={"code": code})).status_code == 429
    assert "attendez demain" in (await browser.post("/connexion/code", data={"code": code})).text


async def test_a_network_that_tries_everybody_is_locked_and_the_others_are_not(world):
    import httpx

    transport = httpx.ASGITransport(app=world.service.app, client=("203.0.113.77", 1))
    options = {"base_url": "https://relais.test", "headers": {"sec-fetch-site": "same-origin"}}
    async with httpx.AsyncClient(transport=transport, **options) as attacker:
        codes = []
        for number in range(110):
            attacker.cookies.clear()
            await attacker.post("/connexion", data={"email": f"inconnue{number}@ailleurs.example"})
            codes.append((await attacker.post("/connexion/code", data={"code": "000000"})).status_code)
        assert codes[:100] == [422] * 100
        assert set(codes[100:]) == {429}
    neighbour = httpx.ASGITransport(app=world.service.app, client=("203.0.114.1", 1))
    async with httpx.AsyncClient(transport=neighbour, **options) as other:
        await other.post("/connexion", data={"email": "inconnue@ailleurs.example"})
        assert (await other.post("/connexion/code", data={"code": "000000"})).status_code == 422
    async with world.service.database.worker() as work:
        keys = [row.key for row in await work.execute("SELECT key FROM signinthrottle")]
    assert not any("203.0" in key or "ailleurs" in key for key in keys)


async def test_a_link_opened_five_times_beforehand_changes_nothing(world, until):
    """A mail scanner that opens the page of the code five times does not use it up: only the POST does, once."""
    browser = world.browser()
    await browser.post("/connexion", data={"email": REFERENT["login"]})
    await world.service.parts.stop()
    code = world.around.codes[-1].code
    for _ in range(5):
        assert (await world.browser().get("/connexion/code")).status_code == 200
        assert (await browser.get("/connexion/code")).status_code == 200
    assert (await browser.post("/connexion/code", data={"code": code})).status_code == 303
    assert (await browser.post("/connexion/code", data={"code": code})).status_code == 422
