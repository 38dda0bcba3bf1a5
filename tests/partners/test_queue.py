"""The list as a queue: its views, what its address narrows, what somebody keeps, and giving several away at once."""

import html
import re
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.lifecycle import State
from contracts.refusals import AssigneeNotOfDesk, ReferralAlreadyAnswered
from contracts.rights import catalogue
from contracts.vocabulary import Turn
from services.partners import store
from services.partners.demonstration import ref_of
from services.partners.desk_counts import Counts
from services.partners.desk_list import lead
from services.partners.domain import PARIS, Tab, today_in_paris
from services.partners.saved_views import MOST
from services.partners.wanted import Wanted, read_wanted, wanted_of
from services.partners.web_bulk import said_of_lot
from services.runtime.web.guard import COOKIE, session_hash

LEFIL = ref_of("organisation", "lefil")


@pytest.fixture
def arrived(world):
    async def put(**given):
        fact = world.sent(**given)
        await world.service.inbox.take("partners-referral", [world.wrap(fact)])
        world.known(fact)
        return fact

    return put


@pytest.fixture(autouse=True)
async def without_views(world):
    async with world.service.database.worker() as work:
        await work.execute("DELETE FROM savedview")


async def shown(browser, address, status=200):
    answer = await browser.get(address)
    assert answer.status_code == status, answer.status_code
    return html.unescape(answer.text)


def listed(text, facts):
    rows = text.split('id="rangs"')[-1] if 'id="rangs"' in text else ""
    return [one for one in facts if f'data-key="/bureau/{one.ref}"' in rows]


def counters(text):
    found = re.findall(r'<a href="/bureau\?vue=([\w-]+)[^"]*"[^>]*>[^<]*<b>([^<]*)</b>', text)
    return dict(found)


async def test_six_views_say_what_presses_and_whose_turn_it_is(world, arrived):
    now = world.now
    later = {"acknowledge_due": now + timedelta(days=3), "next_due": now + timedelta(days=3)}
    new = await arrived(**later)
    late = await arrived(acknowledge_due=now - timedelta(days=1))
    ours = await arrived(state=State.IN_PROGRESS, **later)
    ours_late = await arrived(state=State.ACKNOWLEDGED, **{**later, "next_due": now - timedelta(hours=1)})
    theirs = await arrived(state=State.ON_HOLD, turn=Turn.REFERENT, next_due=now - timedelta(days=1))
    back = await arrived(state=State.ON_HOLD, turn=Turn.DESK, next_due=now - timedelta(days=1))
    ended = await arrived(state=State.DECLINED)
    facts = [new, late, ours, ours_late, theirs, back, ended]
    browser = await world.at_desk()
    expected = {
        "a-traiter": [new, late], "aujourdhui": [], "en-retard": [late, ours_late, back],
        "en-cours": [ours, ours_late, back], "attente": [theirs], "closes": [ended],
    }  # fmt: skip
    for view, found in expected.items():
        text = await shown(browser, f"/bureau?vue={view}")
        assert listed(text, facts) == found, view
        assert counters(text) == {name: str(len(ones)) for name, ones in expected.items()}
    assert "Rien pour aujourd’hui" in await shown(browser, "/bureau?vue=aujourdhui")


async def test_what_is_due_in_the_rest_of_the_day_in_paris_is_for_today(world, arrived):
    midnight = datetime.combine(today_in_paris(world.now) + timedelta(days=1), time(), PARIS)
    world.shift = midnight - timedelta(hours=6) - world.now
    soon = await arrived(acknowledge_due=midnight - timedelta(seconds=1))
    await arrived(acknowledge_due=midnight)
    text = await shown(await world.at_desk(), "/bureau?vue=aujourdhui")
    assert listed(text, [soon]) == [soon]
    assert counters(text)["aujourdhui"] == "1"


async def test_the_address_narrows_by_right_sender_and_urgency_and_the_counts_follow(world, arrived):
    rsa = await arrived(right="rsa")
    ppa = await arrived(right="ppa", urgent=True)
    other = await arrived(right="ppa", sender_organisation=LEFIL)
    facts = [rsa, ppa, other]
    browser = await world.at_desk()
    for query, found in (
        ("droit=rsa", [rsa]), ("droit=ppa", [ppa, other]), ("urgentes=oui", [ppa]), (f"organisme={LEFIL}", [other]),
        (f"droit=ppa&organisme={LEFIL}", [other]), (f"droit=rsa&organisme={LEFIL}", []),
        ("droit=nimporte", facts), ("organisme=nimporte", facts),
    ):  # fmt: skip
        text = await shown(browser, f"/bureau?{query}")
        assert listed(text, facts) == found, query
        assert counters(text)["a-traiter"] == str(len(found)), query
    assert "Rien de tel dans cette vue" in await shown(browser, f"/bureau?droit=rsa&organisme={LEFIL}")
    text = await shown(browser, f"/bureau?droit=ppa&organisme={LEFIL}")
    assert "de l’Association Le Fil" in text
    assert f'href="/bureau?vue=a-traiter&organisme={LEFIL}"' in text  # without the right


async def test_a_view_is_kept_under_a_name_for_oneself_alone(world, arrived):
    urgent = await arrived(urgent=True)
    await arrived()
    browser, colleague = await world.at_desk(), await world.at_desk(role="desk_manager")
    query = "vue=a-traiter&urgentes=oui"
    assert "Garder cette vue" in await shown(browser, f"/bureau?{query}")
    answer = await browser.post("/bureau/vues", data={"name": "Mes urgentes", "query": query})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/bureau?{query}")
    text = await shown(browser, f"/bureau?{query}")
    assert re.search(r'aria-current="page">Mes urgentes <b>1</b>', text)
    assert listed(text, [urgent]) == [urgent]
    assert "Mes urgentes" not in await shown(colleague, "/bureau")
    assert "Garder cette vue" not in text
    drop = re.search(r'action="(/bureau/vues/[0-9a-f-]{36}/retrait)"', text)[1]
    assert (await colleague.post(drop)).status_code == 404
    assert (await browser.post(drop)).status_code == 303
    assert "Mes urgentes" not in await shown(browser, "/bureau")


async def test_the_database_itself_hides_anothers_views(world):
    browser, colleague = await world.at_desk(), await world.at_desk(role="desk_manager")
    await browser.post("/bureau/vues", data={"name": "La mienne", "query": "droit=rsa"})
    seen = []
    for one in (browser, colleague):
        viewer = await world.service.app.state.sessions.resolve(session_hash(one.cookies[COOKIE]))
        async with world.service.database.web(viewer) as work:
            seen.append((await work.execute("SELECT count(*) FROM savedview")).scalar_one())
    assert seen == [1, 0]


async def test_the_same_name_again_is_the_newer_view_and_there_is_a_most(world):
    browser = await world.at_desk()
    for right in ("rsa", "ppa"):
        await browser.post("/bureau/vues", data={"name": "Une", "query": f"droit={right}"})
    text = await shown(browser, "/bureau")
    assert text.count(">Une <b>") == 1
    assert "/bureau?vue=a-traiter&droit=ppa" in text
    for number in range(MOST - 1):
        await browser.post("/bureau/vues", data={"name": f"Vue {number}", "query": "a=moi"})
    answer = await browser.post("/bureau/vues", data={"name": "De trop", "query": "a=moi"})
    assert answer.status_code == 422
    assert "Vous gardez déjà 8 vues" in html.unescape(answer.text)
    assert 'value="De trop"' in answer.text
    empty = await browser.post("/bureau/vues", data={"name": " ", "query": "a=moi"})
    assert empty.status_code == 422


views = st.builds(
    Wanted, tab=st.sampled_from(Tab), mine=st.booleans(), right=st.sampled_from([None, *catalogue()]),
    sender=st.one_of(st.none(), st.uuids()), urgent=st.booleans(),
)  # fmt: skip


@given(views)
def test_a_view_and_its_address_are_the_same_thing(wanted):
    assert wanted_of(wanted.query) == wanted
    assert wanted_of(wanted.address(3).partition("?")[2]) == wanted


@given(st.dictionaries(st.sampled_from(["vue", "a", "droit", "organisme", "urgentes"]), st.text()))
def test_any_address_is_some_view(given):
    read_wanted(given)


@pytest.mark.parametrize(
    ("tabs", "sentence"),
    [
        ({Tab.LATE: 2}, "Aucune orientation n’attend de réponse. De celles que vous suivez, 2 sont en retard."),
        (
            {Tab.TO_ANSWER: 1, Tab.TODAY: 3, Tab.LATE: 1},
            "1 orientation attend une réponse, aucune n’est pour aujourd’hui. De celles que vous suivez, 3 sont à faire"
            " aujourd’hui et 1 est en retard.",
        ),
    ],
)
def test_the_sentence_says_what_presses_among_what_was_answered_too(tabs, sentence):
    assert lead(Counts(dict.fromkeys(Tab, 0) | tabs, 0, 0)) == sentence


# --- several at once -------------------------------------------------------------------------------------------------


async def test_a_manager_picks_rows_and_an_agent_has_no_boxes(world, arrived):
    await arrived()
    assert 'name="o"' in await shown(await world.at_desk(role="desk_manager"), "/bureau")
    agent = await world.at_desk()
    assert 'name="o"' not in await shown(agent, "/bureau")
    assert (await agent.get("/bureau/confier")).status_code == 403


async def test_each_of_several_is_given_once_and_what_could_not_be_is_said(world, arrived):
    facts = [await arrived() for _ in range(4)]
    colleague, closed = ref_of("account", "6"), facts[2].ref

    async def act(ask):
        if ask.ref == closed:
            raise ReferralAlreadyAnswered(state="closed", state_label="Terminée")
        return await type(world.around).act(world.around, ask)

    world.around.act = act
    manager = await world.at_desk(role="desk_manager")
    picked = "&".join(f"o={one.ref}" for one in facts)
    text = await shown(manager, f"/bureau/confier?{picked}")
    assert text.count(' checked') == 4
    assert "en main" in text
    command = re.search(r'name="command_id" value="([^"]*)"', text)[1]
    form = {"o": [str(one.ref) for one in facts], "assignee": str(colleague), "command_id": command}
    answer = await manager.post("/bureau/confier", data=form)
    text = html.unescape(answer.text)
    assert answer.status_code == 200
    assert re.search(r"3 orientations sont confiées à [^,]+, 1 était déjà terminée\.", text)
    assert text.count(">Confiée</span>") == 3
    assert text.count(">Déjà terminée</span>") == 1
    first = [one.command_id for one in world.around.acted]
    assert {one.action.assignee for one in world.around.acted} == {colleague}
    await manager.post("/bureau/confier", data=form)
    assert [one.command_id for one in world.around.acted][3:] == first  # the same commands: nothing is done twice


async def test_nothing_picked_and_nobody_chosen_are_said_and_what_was_picked_stays(world, arrived):
    fact = await arrived()
    manager = await world.at_desk(role="desk_manager")
    assert "Aucune orientation n’est cochée" in await shown(manager, "/bureau/confier")
    assert "Aucune orientation n’est cochée" in await shown(manager, f"/bureau/confier?o={uuid4()}&o=rien")
    answer = await manager.post("/bureau/confier", data={"o": str(fact.ref)})
    assert answer.status_code == 422
    assert f'value="{fact.ref}"' in answer.text
    stranger = {"o": str(fact.ref), "assignee": str(ref_of("account", "10"))}
    assert (await manager.post("/bureau/confier", data=stranger)).status_code == 422
    assert world.around.acted == []


async def test_another_desks_referral_cannot_be_given_away(world, arrived, desks):
    fact = await arrived(desk=desks["housing"])
    manager = await world.at_desk(role="desk_manager")
    form = {"o": str(fact.ref), "assignee": str(ref_of("account", "6"))}
    answer = await manager.post("/bureau/confier", data=form)
    assert answer.status_code == 422
    assert "Mme K." not in answer.text
    assert world.around.acted == []


def test_what_became_of_the_lot_is_said_in_one_sentence():
    ended = ReferralAlreadyAnswered(state="closed", state_label="Terminée")
    assert said_of_lot(1, [], "Odirine") == "1 orientation est confiée à Odirine."
    assert said_of_lot(3, [ended], "Odirine") == "3 orientations sont confiées à Odirine, 1 était déjà terminée."
    assert said_of_lot(0, [ended, AssigneeNotOfDesk()], "Odirine") == (
        "Aucune orientation n’est confiée à Odirine, 1 était déjà terminée, 1 n’a pas pu l’être."
    )


async def test_the_page_of_the_keys_is_for_everybody_signed_in(world):
    for role in ("referent", "desk_agent", "coordinator"):
        text = await shown(await world.as_account(role=role), "/aide/clavier")
        assert "<kbd>j</kbd>" in text
        assert "Touches actives sur cet appareil" in text


async def test_of_many_that_nobody_follows_each_is_counted_and_a_page_is_shown(world, arrived, monkeypatch):
    monkeypatch.setattr(store, "PAGE", 2)
    facts = [await arrived() for _ in range(3)]
    async with world.service.database.worker() as work:
        mark = "UPDATE deskitem SET unattended_since = :since WHERE ref = ANY(:refs)"
        refs = [one.ref for one in facts]
        await work.execute(mark, since=work.now, refs=refs)
    try:
        text = await shown(await world.at_desk(role="desk_manager"), "/bureau")
    finally:
        async with world.service.database.worker() as work:
            await work.execute(mark, since=None, refs=refs)
    part = text.partition("À attribuer")[2]
    assert "3 orientations ne sont plus suivies par personne" in part
    assert "1 de plus viendront ici" in part and part.count("/assign\"") == 2
