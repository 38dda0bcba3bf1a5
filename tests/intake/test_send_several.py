"""Several rights at once: each line its own hand-over, sent once, and what is refused kept with its reason."""

import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from contracts.asks import ListBouncing
from contracts.refusals import DeskClosed
from contracts.replies import BouncingFound, DeskDelay
from contracts.rights import catalogue
from services.intake.send_several import ref_of_line, summary
from services.runtime.bus import Bus
from tests.intake.handover_world import Ready, World
from tests.intake.pages_world import only, text, view_of


@pytest.fixture
async def ready(world: World):
    """Agreed for two rights at one desk; a third, without an agreement, at another."""
    made = await world.ready(rights=["rsa", "ppa"])
    other = await world.ready()
    world.directory.recipients = {one.recipient.desk: one.recipient for one in (made, other)}
    world.directory.rights = ("rsa", "ppa", "css")
    yield made, other
    world.directory.rights, world.directory.refused_desks = ("rsa",), {}
    only(world, made)


def form(ready: Ready, other: Ready, **more: object) -> dict[str, object]:
    mine, theirs = (f"{one.recipient.desk}.{one.recipient.contact}" for one in (ready, other))
    rights = {"rsa": mine, "ppa": mine, "css": theirs}
    return {
        "command_id": str(uuid4()), "right": list(rights), "accompanied_by": "Sa sœur", "action": "send",
        **{f"chosen_{right}": key for right, key in rights.items()},
        **{f"mode_{right}": "appel_a_trois" for right in rights},
        **{f"message_{right}": f"Pour {right}, le matin" for right in rights}, **more,
    }  # fmt: skip


def refs(ready: Ready, typed: dict[str, object]) -> list[UUID]:
    command = UUID(str(typed["command_id"]))
    return [ref_of_line(ready.referent, command, right) for right in ("rsa", "ppa", "css")]


async def test_each_right_goes_to_its_desk_and_the_one_without_agreement_is_kept(world: World, ready):
    mine, other = ready
    typed = form(mine, other)
    async with world.browser(mine.referent) as browser:
        sent = await browser.post(f"/personnes/{mine.person}/confier/plusieurs", data=typed)
        assert sent.status_code == 303
        page = await browser.get(sent.headers["location"])
    rows = [await world.row(ref) for ref in refs(mine, typed)]
    assert [(one.right, one.step) for one in rows] == [("rsa", "sent"), ("ppa", "sent"), ("css", "awaiting_consent")]
    assert world.keys.open(mine.person, "need_summary", rows[2].need_summary) == "Pour css, le matin"
    shown = text(page)
    assert "2 confiées, 1 en attente de son accord." in shown and "Recueillir son accord" in shown
    assert f"/personnes/{mine.person}/accord?guichet={other.recipient.desk}&amp;droit=css" in page.text
    assert page.text.count('class="undo"') == 2
    assert "matin" not in sent.headers["location"]


async def test_a_contact_whose_mails_come_back_is_said_so_beside_her_name(world: World, ready):
    mine, other = ready
    address = f"/personnes/{mine.person}/confier?droit=rsa&droit=css"

    async def bouncing(asked: ListBouncing) -> BouncingFound:
        assert {mine.recipient.contact, other.recipient.contact} & set(asked.accounts)
        return BouncingFound(since={mine.recipient.contact: datetime.now(UTC)})

    async with world.browser(mine.referent) as browser:
        assert "Ses courriels reviennent" not in (await browser.get(address)).text
        settings, servers = world.service.settings, world.service.servers
        notify = Bus("notify", settings.territory, servers.nats_url, servers.keys / "notify" / "nats.creds")
        notify.answer(ListBouncing, bouncing)
        await notify.start()
        try:
            page = text(await browser.get(address))
        finally:
            await notify.stop()
    # Once a right: she is at the one desk that receives for both.
    assert "Ses courriels reviennent" in page and "reviennent\u202f: appelez le guichet" in page


async def test_the_same_form_twice_sends_each_once(world: World, ready):
    mine, other = ready
    typed = form(mine, other)
    async with world.browser(mine.referent) as browser:
        for _ in range(2):
            done = await browser.post(f"/personnes/{mine.person}/confier/plusieurs", data=typed)
            assert done.status_code == 303
    assert [world.referrals.times(ref) for ref in refs(mine, typed)][2] == 0
    async with world.service.database.worker() as work:
        count = await work.execute("SELECT count(*) FROM handover WHERE person = :person", person=mine.person)
        assert count.scalar_one() == 3


async def test_a_refused_line_stops_no_other_and_says_why(world: World, ready):
    mine, other = ready
    world.directory.refused_desks = {other.recipient.desk: DeskClosed(field="desk")}
    typed = form(mine, other)
    async with world.browser(mine.referent) as browser:
        sent = await browser.post(f"/personnes/{mine.person}/confier/plusieurs", data=typed)
        page = await browser.get(sent.headers["location"])
        kept = await world.row(refs(mine, typed)[2])
        again = await browser.get(f"/personnes/{mine.person}/confier?brouillon={kept.ref}")
    assert (kept.step, kept.refusal) == ("draft", "desk-closed")
    assert "2 confiées, 1 pas encore partie." in text(page) and str(DeskClosed()) in text(page)
    assert "Pour css, le matin" in again.text and f"brouillon={kept.ref}" in page.text


async def test_a_text_that_cannot_be_kept_sends_nothing_and_loses_nothing(world: World, ready):
    mine, other = ready
    typed = form(mine, other, message_ppa="Son numéro est le 2 90 05 35 238 123 89")
    async with world.browser(mine.referent) as browser:
        refused = await browser.post(f"/personnes/{mine.person}/confier/plusieurs", data=typed)
    assert refused.status_code == 422 and 'href="#message_ppa"' in refused.text
    assert all(str(typed[f"message_{one}"]) in refused.text for one in ("rsa", "ppa", "css"))
    async with world.service.database.worker() as work:
        count = await work.execute("SELECT count(*) FROM handover WHERE person = :person", person=mine.person)
        assert count.scalar_one() == 0


async def test_the_steps_ask_a_contact_for_each_right_and_show_what_each_desk_would_read(world: World, ready):
    mine, _ = ready
    here, key = f"/personnes/{mine.person}/confier", f"{mine.recipient.desk}.{mine.recipient.contact}"
    desk = mine.recipient.desk
    world.referrals.delays = [DeskDelay(desk=desk, median_days=1.4, sent=12, waiting=2, days=90)]
    async with world.browser(mine.referent) as browser:
        nothing = await browser.get(here, params={"etape": "1"})
        second = await browser.get(here, params={"droit": ["rsa", "ppa"]})
        missing = await browser.get(here, params={"droit": ["rsa", "ppa"], "chosen_rsa": key})
        chosen = {"droit": ["rsa", "ppa"], "chosen_rsa": key, "chosen_ppa": "plus-tard"}
        third = await browser.get(here, params=chosen)
    assert nothing.status_code == 422 and "Choisissez au moins un droit" in text(nothing)
    assert "Étape 2 sur 3" in text(second) and second.text.count(f'value="{key}"') == 2
    assert "En 1,5 jour ouvré, une fois sur deux (12 envois en 90 jours, 2 attendent encore)" in text(second)
    assert missing.status_code == 422 and "Choisissez un contact" in text(missing)
    assert "Étape 3 sur 3" in text(third) and "06 12 34 56 78" in text(third) and "Confier 1 droit" in text(third)
    for page in (second, third):
        assert page.text.count("<h1>") == 1 and "style=" not in page.text


async def test_of_the_rights_that_were_chosen_none_is_left_out(world: World, ready):
    mine, _ = ready
    every = "&".join(f"droit={code}" for code in (*catalogue(), "inconnu", "rsa"))
    async with world.browser(mine.referent) as browser:
        page = await browser.get(f"/personnes/{mine.person}/confier?{every}")
    assert f"— {len(catalogue())} droits" in text(page)
    assert re.findall(r'type="hidden" name="droit" value="(\w+)"', page.text) == list(catalogue())


async def test_what_was_just_sent_is_taken_back_with_one_press_for_ten_seconds(world: World):
    ready = await world.ready()
    only(world, ready)
    ref = (await world.hand_over(ready)).ref
    world.referrals.views[ref] = view_of(ready, ref)
    async with world.browser(ready.referent) as browser:
        page = (await browser.get(f"/orientations/{ref}")).text
        bar = page.split('<form class="undo"')[1].split("</form>")[0]
        browser.cookies.set("relais_flash", "sent")
        told = (await browser.get(f"/orientations/{ref}")).text
        assert told.count("Orientation confiée.") == 1 and "ds-alert flash" not in told, "one sentence, not two"
        assert told.index("</h1>") < told.index("Orientation confiée.") < told.index("pour annuler l’envoi")
        assert 'role="status"' in bar and page.index('class="undo"') < page.index("data-live")
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', bar))
        done = await browser.post(f"/orientations/{ref}/recall", data=hidden)
        assert done.status_code == 303 and world.referrals.acted[-1].action.reason == "mistake"
        await world.change(ref, sent_at=(await world.row(ref)).sent_at.replace(year=2025))
        late = (await browser.get(f"/orientations/{ref}")).text
        assert 'class="undo"' not in late
        assert "L’orientation est rappelée." in late.split("ds-alert flash")[1].split("</p>")[0]


async def test_a_recall_says_whether_the_desk_had_read_it(world: World):
    ready = await world.ready()
    only(world, ready)
    unread, read = (await world.hand_over(ready)).ref, (await world.hand_over(ready)).ref
    await world.disclose(ready.agent, read)
    async with world.browser(ready.referent) as browser:
        for ref, words in ((unread, "Le guichet n’avait rien lu"), (read, "Le guichet avait lu ce qui était partagé")):
            await world.change(ref, state="recalled")
            assert words in text(await browser.get(f"/orientations/{ref}"))


def test_a_summary_counts_what_became_of_each() -> None:
    class Row:
        def __init__(self, step: str) -> None:
            self.step = step

    assert summary([Row("sent"), Row("sending"), Row("awaiting_consent")]) == "2 confiées, 1 en attente de son accord."
    assert summary([Row("draft")]) == "1 pas encore partie."
