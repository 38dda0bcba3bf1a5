"""What a browser keeps after somebody has read a file in it: nothing of the person that a script, a colleague at the
same device or a thief of it could read.
"""

import json
from typing import Any

from tests import canary_world as hers
from tests.canary_world import found_in
from tests.conftest import Running
from tests.journey import story
from tests.journey.pages import Seat
from tests.journey.story import AGENT, REFERENT

# Everything that a page of this site can keep: both storages, cookies that scripts read, databases and caches;
# bytes are read as text.
KEPT = """async () => {
  const plain = (one) => {
    if (one instanceof ArrayBuffer || ArrayBuffer.isView(one)) return new TextDecoder().decode(one);
    if (one instanceof CryptoKey) return "key, extractable: " + one.extractable;
    if (Array.isArray(one)) return one.map(plain);
    if (!one || typeof one !== "object") return one;
    return Object.fromEntries(Object.entries(one).map(([key, value]) => [key, plain(value)]));
  };
  const answer = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const said = (one) => JSON.stringify(plain(one));
  const found = {local: said({...localStorage}), session: said({...sessionStorage}), cookies: document.cookie};
  for (const {name} of await indexedDB.databases()) {
    const base = await answer(indexedDB.open(name));
    for (const store of base.objectStoreNames)
      found[name + "/" + store] = said(await answer(base.transaction(store).objectStore(store).getAll()));
    base.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const asked of await cache.keys()) found[name + " " + asked.url] = await (await cache.match(asked)).text();
  }
  return found;
}"""
# A draft of an encounter, kept as the page of encounters keeps it while there is no network.
KEEP_A_DRAFT = """async ([vault, fields]) => {
  const {makeCode, keep, drafts, fieldsOf} = await import(vault);
  const key = await makeCode("an-account", "482915");
  await keep(key, "an-account", crypto.randomUUID(), fields);
  const {kept} = await drafts("an-account");
  return await fieldsOf(key, kept[0]);
}"""


async def kept_by(seat: Seat) -> dict[str, Any]:
    """What the browser keeps for this site, by place."""
    found: dict[str, Any] = await seat.page.evaluate(KEPT)
    return found


async def test_a_browser_keeps_nothing_that_a_script_can_read_of_a_person(relais: Running, sit, until) -> None:
    referent = await relais.sign_in(story.login(REFERENT))
    agent_client = await relais.sign_in(story.login(AGENT))
    sent = await hers.handed_over(referent, story.EVERYTHING_USEFUL)

    async def readable() -> bool:
        page = await agent_client.get(f"/bureau/{sent.ref}")
        return page.status_code == 200 and hers.LAST in page.text

    await until(readable, within=30)
    nadia, desk = await sit(REFERENT), await sit(AGENT)
    here = f"/personnes/{sent.person}"
    for seat, addresses in (
        (nadia, ["/personnes", here, f"{here}/rencontre", f"{here}/confier", f"/orientations/{sent.ref}"]),
        (desk, ["/bureau", f"/bureau/{sent.ref}", f"/bureau/{sent.ref}/acknowledge"]),
    ):
        said = ""
        for address in addresses:
            await seat.open(address)
            said += await seat.page.content()
        assert "last_name" in found_in(said)  # the control: her name was on a page
        kept = await kept_by(seat)
        assert {place: kinds for place, one in kept.items() if (kinds := found_in(str(one)))} == {}
        assert "relais_session" not in kept["cookies"]
        names = {cookie["name"] for cookie in await seat.page.context.cookies()}
        assert "relais_session" in names


async def test_what_waits_on_a_phone_without_network_is_sealed(relais: Running, sit) -> None:
    seat: Seat = await sit(REFERENT)
    await seat.open("/personnes")
    fields = [list(pair) for pair in hers.PERSON.form().items()]
    opened = await seat.page.evaluate(KEEP_A_DRAFT, ["/static/offline-vault.js", fields])
    assert opened == fields  # the control: it was kept, and her code opens it
    kept = await kept_by(seat)
    drafts = [one for place, one in kept.items() if place.endswith("/draft")]
    assert drafts and len(drafts[0]) > 300
    assert {place: kinds for place, one in kept.items() if (kinds := found_in(str(one)))} == {}
    assert "482915" not in json.dumps(kept) and "extractable: true" not in json.dumps(kept)


async def test_the_check_finds_what_is_kept_readable(sit) -> None:
    """The control: a word in each place is found."""
    seat: Seat = await sit(REFERENT)
    await seat.open("/personnes")
    await seat.page.evaluate(
        """async (word) => {
          localStorage.one = word; sessionStorage.one = word; document.cookie = "one=" + word;
          await (await caches.open("c")).put("/x", new Response(word));
          await new Promise((done) => { const asked = indexedDB.open("d", 1);
            asked.onupgradeneeded = () => asked.result.createObjectStore("s", {keyPath: "id"});
            asked.onsuccess = () => { const work = asked.result.transaction("s", "readwrite");
              work.objectStore("s").put({id: 1, inside: {data: new TextEncoder().encode(word).buffer}});
              work.oncomplete = () => (asked.result.close(), done()); }; });
        }""",
        hers.LAST,
    )
    kept = await kept_by(seat)
    found = {place for place, one in kept.items() if "last_name" in found_in(str(one))}
    assert {"local", "session", "cookies", "d/s"} <= found and any(place.startswith("c ") for place in found)
