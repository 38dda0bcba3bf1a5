"""Encounters noted on a phone without network, in a real browser with the network cut: they survive a reload, arrive
once, are read by nobody else, and do not outlive 72 hours.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from services.intake.tables import Person
from tests.conftest import Running
from tests.journey.pages import PATIENCE, Seat
from tests.journey.story import REFERENT

COLLEAGUE = REFERENT + 1
CODE, OTHER = "482915", "730264"
HOUR = 3600_000
# Each is unlike any other text of the suite.
CANARIES = ("Quendrissime", "Barvolande", "Zylphanore", "Tourmachel", "0639987711", "06 39 98 77 11", "Halle Gribouste")
# Everything this browser kept: every record of every database, and every answer of every cache, as text.
_DUMP = """async () => {
  const decode = (bytes) => new TextDecoder("latin1").decode(bytes);
  const flat = (value) => value instanceof ArrayBuffer ? decode(new Uint8Array(value))
    : ArrayBuffer.isView(value) ? decode(value)
    : value && typeof value === "object" ? Object.entries(value).map(([k, v]) => k + "=" + flat(v)).join(" ")
    : String(value);
  const found = { records: [], caches: {}, local: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]) };
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((done) => (indexedDB.open(name).onsuccess = (event) => done(event.target.result)));
    for (const store of db.objectStoreNames) {
      const rows = await new Promise((done) =>
        (db.transaction(store).objectStore(store).getAll().onsuccess = (event) => done(event.target.result)));
      found.records.push(...rows.map((row) => store + ": " + flat(row)));
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      found.caches[new URL(request.url).pathname] = await (await cache.match(request)).text();
    }
  }
  return found;
}"""


async def ready(seat: Seat) -> None:
    """The page was opened once with the network: the phone keeps its empty form."""
    await seat.open("/rencontre")
    await seat.page.evaluate("navigator.serviceWorker.ready")
    await seat.page.wait_for_function("caches.match('/rencontre/hors-ligne')")
    await seat.page.wait_for_function("caches.match('/static/encounter.js')")


async def code(page: Page, text: str, *, new: bool = False) -> None:
    """Answer the question of the code for this phone."""
    dialog = page.locator("#code-du-telephone")
    await expect(dialog).to_be_visible()
    await dialog.locator("#pin").fill(text)
    if new:
        await dialog.locator("#pin_again").fill(text)
    await dialog.get_by_role("button", name="Continuer").click()


async def note(seat: Seat, first_name: str, last_name: str, phone: str = "") -> None:
    """Write one encounter and save it; nothing but the page is shared with the others, so that none is a twin."""
    number = sum(map(ord, first_name + last_name))
    await seat.write("Prénom", first_name)
    await seat.write("Nom", last_name)
    await seat.write("Date de naissance", f"{number % 28 + 1:02d}{number % 12 + 1:02d}{1940 + number % 60}")
    await seat.write("Téléphone", phone or f"06 39 98 {number % 100:02d} {number // 100:02d}")
    await seat.page.get_by_role("checkbox", name="RSA", exact=True).check()
    await seat.press("Enregistrer la rencontre")


async def kept(relais: Running, *names: str) -> list[Any]:
    """The people of these last names on record."""
    from sqlmodel import col, select

    async with relais.service("intake").database.worker() as work:
        return list((await work.session.exec(select(Person).where(col(Person.last_name).in_(names)))).all())


@pytest.fixture
async def phone(sit) -> AsyncIterator[Seat]:
    """A referent's phone, ready for being without network."""
    seat: Seat = await sit(REFERENT, viewport={"width": 390, "height": 844})
    await ready(seat)
    yield seat


async def cut(context: BrowserContext, *, off: bool) -> None:
    await context.set_offline(off)


async def test_two_encounters_written_without_network_survive_a_reload_and_arrive_once(phone: Seat, relais: Running):
    page, context = phone.page, phone.page.context
    await cut(context, off=True)
    await page.goto(phone.base + "/rencontre")
    await phone.reads("Pas de réseau")
    await note(phone, "Quendrissime", "Barvolande", "06 39 98 77 11")
    await code(page, CODE, new=True)
    await phone.reads("Gardée sur ce téléphone", "1 rencontre attend le réseau.")
    await note(phone, "Zylphanore", "Tourmachel")
    await phone.reads("2 rencontres attendent le réseau.")

    await page.reload()
    await phone.reads("2 rencontres attendent le réseau.", "effacées")
    found = await page.evaluate(_DUMP)
    assert len([one for one in found["records"] if one.startswith("draft")]) == 2
    everything = str(found)
    assert [word for word in (*CANARIES, CODE) if word in everything] == []
    assert await kept(relais, "Barvolande", "Tourmachel") == []

    await phone.press("Écrire mon code pour les envoyer")
    await code(page, CODE)
    await phone.reads("2 rencontres attendent le réseau.")
    await cut(context, off=False)
    await phone.reads("2 rencontres sont arrivées.")
    assert sorted(one.last_name for one in await kept(relais, "Barvolande", "Tourmachel")) == [
        "Barvolande",
        "Tourmachel",
    ]
    found = await page.evaluate(_DUMP)
    assert [one for one in found["records"] if one.startswith("draft")] == []
    for path in found["caches"]:
        assert path == "/rencontre/hors-ligne" or path.startswith("/static/"), path
    for word in (*CANARIES, "Mortorix", "Se déconnecter"):
        assert word not in str(found["caches"]), word


async def test_another_user_of_the_phone_reads_nothing_and_sends_nothing_of_hers(phone: Seat, relais: Running):
    page, context = phone.page, phone.page.context
    await cut(context, off=True)
    await page.goto(phone.base + "/rencontre")
    await note(phone, "Ulricande", "Phonebrume")
    await code(page, CODE, new=True)
    await phone.reads("1 rencontre attend le réseau.")
    await page.reload()  # the key was only in the page's memory
    await cut(context, off=False)

    # Another takes the phone and signs in on it.
    await phone.enter(COLLEAGUE)
    await phone.open("/rencontre")
    await expect(page.locator("#sur-ce-telephone")).to_be_hidden()
    assert "Phonebrume" not in str(await page.evaluate(_DUMP))
    assert await kept(relais, "Phonebrume") == []

    # A wrong code opens nothing; the fifth leaves nothing to open.
    await phone.enter(REFERENT)
    await phone.open("/rencontre")
    await phone.press("Écrire mon code pour les envoyer")
    for left in (4, 3, 2, 1):
        await code(page, OTHER)
        await expect(page.locator("[data-refused]")).to_contain_text(f"Encore {left} essai", timeout=PATIENCE)
    await code(page, OTHER)
    await phone.reads("tout ce qui attendait sur ce téléphone est effacé")
    assert [one for one in (await page.evaluate(_DUMP))["records"] if not one.startswith("here")] == []
    assert await kept(relais, "Phonebrume") == []


async def test_after_72_hours_nothing_is_left_and_it_is_said(phone: Seat, relais: Running):
    page, context = phone.page, phone.page.context
    await page.clock.install()
    await cut(context, off=True)
    await page.goto(phone.base + "/rencontre")
    await note(phone, "Vieillotte", "Sablerouge")
    await code(page, CODE, new=True)
    await phone.reads("1 rencontre attend le réseau.")
    await page.clock.set_system_time(await page.evaluate(f"(Date.now() + {71 * HOUR}) / 1000"))
    await page.reload()
    await phone.reads("1 rencontre attend le réseau.")
    await page.clock.set_system_time(await page.evaluate(f"(Date.now() + {2 * HOUR}) / 1000"))
    await page.reload()
    await phone.reads("1 rencontre gardée depuis 72 heures a été effacée")
    assert [one for one in (await page.evaluate(_DUMP))["records"] if one.startswith("draft")] == []
    await cut(context, off=False)
    assert await kept(relais, "Sablerouge") == []


async def test_signing_out_with_something_unsent_asks_first_then_wipes(phone: Seat, relais: Running):
    page, context = phone.page, phone.page.context
    await cut(context, off=True)
    await page.goto(phone.base + "/rencontre")
    await note(phone, "Emportine", "Restevide")
    await code(page, CODE, new=True)
    await phone.reads("1 rencontre attend le réseau.")
    await page.reload()
    await cut(context, off=False)
    await phone.open("/aujourdhui")
    await phone.reads("1 rencontre attend le réseau.", "Les voir et les envoyer")
    await page.get_by_role("button", name="Se déconnecter").click()
    await phone.reads("1 rencontre n’est pas partie", "effacées de ce téléphone")
    await page.get_by_role("button", name="Rester connectée").click()
    assert [one for one in (await page.evaluate(_DUMP))["records"] if one.startswith("draft")]
    await page.get_by_role("button", name="Se déconnecter").click()
    await page.get_by_role("button", name="Effacer et se déconnecter").click()
    await phone.arrives_at("/connexion")
    found = await page.evaluate(_DUMP)
    assert found["records"] == [] and found["caches"] == {}


async def test_what_the_server_does_not_take_is_corrected_in_the_form(phone: Seat, relais: Running):
    page, context = phone.page, phone.page.context
    await cut(context, off=True)
    await page.goto(phone.base + "/rencontre")
    await phone.write("Nom", "Rectifiande")
    await phone.press("Enregistrer la rencontre")  # her birth date is missing, and nobody is there to say so
    await code(page, CODE, new=True)
    await phone.reads("1 rencontre attend le réseau.")
    await cut(context, off=False)
    await phone.reads("1 rencontre est à corriger.")
    await phone.open("/rencontre")
    await phone.press("Corriger")
    await code(page, CODE)
    await expect(page.locator("#last_name")).to_have_value("Rectifiande", timeout=PATIENCE)
    await page.get_by_role("checkbox", name="Ne sait pas").check()
    await phone.press("Enregistrer la rencontre")
    await phone.arrives_at(r"/personnes/[0-9a-f-]{36}$")
    assert len(await kept(relais, "Rectifiande")) == 1
    assert [one for one in (await page.evaluate(_DUMP))["records"] if one.startswith("draft")] == []


async def test_a_session_that_is_over_keeps_what_waits_and_asks_to_sign_in(phone: Seat, relais: Running):
    page, context = phone.page, phone.page.context
    await cut(context, off=True)
    await page.goto(phone.base + "/rencontre")
    await note(phone, "Patientine", "Sansession")
    await code(page, CODE, new=True)
    await phone.reads("1 rencontre attend le réseau.")
    await context.clear_cookies()
    await cut(context, off=False)
    await phone.reads("Connectez-vous pour envoyer la suite")
    assert await kept(relais, "Sansession") == []
    await phone.enter(REFERENT)
    await phone.open("/rencontre")
    await phone.press("Écrire mon code pour les envoyer")
    await code(page, CODE)
    await phone.reads("1 rencontre est arrivée.")
    assert len(await kept(relais, "Sansession")) == 1
