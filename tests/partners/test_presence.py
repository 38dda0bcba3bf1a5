"""Who looks at a referral just now, attempts in one tap, and what becomes of two who act at once."""

import asyncio
import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.lifecycle import State
from contracts.refusals import ReferralAlreadyAnswered, UnreachableTooEarly
from contracts.replies import Step
from contracts.vocabulary import AttemptChannel
from services.partners.attempts import ATTEMPTS, CHANNELS, DAYS, Tried, missing, tried_of
from services.partners.demonstration import ref_of
from services.partners.presence import PRESENT, sentence, short
from services.referral.closing import UNREACHABLE

AGENT = ref_of("account", "5")


@pytest.fixture
def arrived(world):
    async def put(fact, **changed):
        await world.service.inbox.take("partners-referral", [world.wrap(fact)])
        world.known(fact, **changed)
        return fact

    return put


@pytest.fixture(autouse=True)
async def nobody_looks(world):
    async with world.service.database.worker() as work:
        await work.execute("DELETE FROM presence")


async def shown(browser, address, status=200):
    answer = await browser.get(address)
    assert answer.status_code == status, answer.status_code
    return html.unescape(answer.text)


async def rows_of_presence(world):
    async with world.service.database.worker() as work:
        return (await work.execute("SELECT * FROM presence")).all()


# --- presence --------------------------------------------------------------------------------------------------------


async def test_colleagues_of_the_desk_see_who_looks_and_nobody_else_does(world, arrived, desks):
    fact = await arrived(world.sent())
    agent, manager = await world.at_desk(), await world.at_desk(role="desk_manager")
    assert "regarde aussi" not in await shown(agent, f"/bureau/{fact.ref}")
    text = await shown(manager, f"/bureau/{fact.ref}")
    assert re.search(r"<span>\w+ \w\. regarde aussi cette orientation\.</span>", text)
    assert "regarde aussi" in await shown(agent, f"/bureau/{fact.ref}/presence?version=1")
    assert "regarde aussi" in await shown(agent, f"/bureau/{fact.ref}/acknowledge")
    other = await world.at_desk("Logement")
    for address in (f"/bureau/{fact.ref}/presence", f"/bureau/{fact.ref}/presence/flux"):
        assert (await other.get(address)).status_code == 404


async def test_it_is_forgotten_after_a_minute_and_leaves_no_history(world, arrived):
    one, two = await arrived(world.sent()), await arrived(world.sent())
    agent, manager = await world.at_desk(), await world.at_desk(role="desk_manager")
    for fact in (one, two, one, two):
        await shown(manager, f"/bureau/{fact.ref}")
    assert [(row.referral,) for row in await rows_of_presence(world)] == [(two.ref,)]
    assert "regarde aussi" not in await shown(agent, f"/bureau/{one.ref}")
    world.shift = PRESENT + timedelta(seconds=1)
    assert "regarde aussi" not in await shown(agent, f"/bureau/{two.ref}")
    assert [row.referral for row in await rows_of_presence(world)] == [two.ref]
    assert len(await rows_of_presence(world)) == 1  # the manager's is gone, the agent's is there


async def test_the_open_page_says_that_it_has_changed_and_reads_nobodys_data_for_it(world, arrived):
    fact = await arrived(world.sent())
    browser = await world.at_desk()
    world.around.intake_away = True  # asking intake would say so
    assert "vient de changer" not in await shown(browser, f"/bureau/{fact.ref}/presence?version=1")
    async with world.service.database.worker() as work:
        await work.execute("UPDATE deskitem SET version = 2 WHERE ref = :ref", ref=fact.ref)
    text = await shown(browser, f"/bureau/{fact.ref}/presence?version=1")
    assert "Cette orientation vient de changer" in text
    assert "Mme K." not in text


async def test_the_database_lets_nobody_write_anothers_presence(world, arrived):
    fact = await arrived(world.sent())
    browser = await world.at_desk()
    viewer = await world.service.app.state.sessions.resolve(_hash(browser))
    with pytest.raises(Exception, match="row-level security"):
        async with world.service.database.web(viewer) as work:
            await work.execute(
                "INSERT INTO presence (account, referral, desk, seen_at) VALUES (:other, :ref, :desk, :now)",
                other=ref_of("account", "7"), ref=fact.ref, desk=fact.desk, now=work.now,
            )  # fmt: skip


async def test_whoever_comes_is_told_to_the_open_pages(world, arrived, until):
    fact = await arrived(world.sent())
    told = []
    world.service.bus.listeners.append(told.append)
    try:
        browser = await world.at_desk()
        for _ in range(2):
            await shown(browser, f"/bureau/{fact.ref}")

        async def there():
            return told

        await until(there)
        await asyncio.sleep(0)
        assert [one for one in told if one.startswith("presence.")] == [f"presence.{fact.ref}"]
    finally:
        world.service.bus.listeners.remove(told.append)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["Odirine F."], "Odirine F. regarde aussi cette orientation."),
        (["A B.", "C D.", "E F."], "A B., C D. et E F. regardent aussi cette orientation."),
    ],
)
def test_who_looks_is_said_in_one_sentence(names, said):
    assert sentence(names) == said


def test_a_name_is_shortened_to_what_colleagues_say():
    assert [short(one) for one in ("Odirine Fenaquin", "Zoé", "Anne de la Tour")] == ["Odirine F.", "Zoé", "Anne d."]


# --- attempts --------------------------------------------------------------------------------------------------------


def attempt(fact, minutes=0, days=0, channel="phone", result="no_answer", episode=1):
    at = fact.at + timedelta(minutes=minutes, days=days)
    details = {"channel": channel, "result": result}
    return Step(fact="ReferralContactAttempted", at=at, actor=AGENT, episode=episode, details=details)


async def test_an_attempt_is_noted_in_one_tap_by_the_means_used_last(world, arrived):
    fact = world.sent(state=State.IN_PROGRESS)
    await arrived(fact, state=State.IN_PROGRESS, steps=(attempt(fact), attempt(fact, 5, channel="sms")))
    browser = await world.at_desk()
    text = await shown(browser, f"/bureau/{fact.ref}")
    assert "2 essais notés, par 2 moyens, sur 1 jour." in text
    assert "il manque encore\u202f: 1 tentative et un autre jour." in text
    assert 'name="channel" value="sms"' in text
    taps = re.findall(r'<button[^>]*name="result" value="(\w+)"', text)
    # Noting a contact has one place: the card, before whatever else one may do, holds the page's own button, too.
    assert text.count(f'href="/bureau/{fact.ref}/log_attempt"') == 1
    card = text.split('id="essais"', 1)[1].split("</section>", 1)[0]
    assert f'<a class="ds-button" href="/bureau/{fact.ref}/log_attempt">Noter un contact</a>' in card
    assert text.index('id="essais"') < text.index("data-referral")
    assert taps == ["reached", "no_answer", "message_left", "wrong_contact", "call_back"]
    command = re.search(r'name="command_id" value="([^"]*)"', text)[1]
    form = {"channel": "sms", "result": "message_left", "command_id": command}
    answer = await browser.post(f"/bureau/{fact.ref}/log_attempt", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/bureau/{fact.ref}")
    sent = world.around.acted[-1]
    assert (sent.action.channel, sent.action.result, sent.expected_version) == ("sms", "message_left", None)
    assert str(sent.command_id) == command


async def test_where_no_attempt_can_be_noted_none_is_offered(world, arrived):
    fact = await arrived(world.sent())
    assert 'id="essais"' not in await shown(await world.at_desk(), f"/bureau/{fact.ref}")


async def test_refused_company_is_counted_on_the_page(world, arrived):
    fact = world.sent(state=State.IN_PROGRESS, accompanied=True)
    refusals = [
        Step(fact="ReferralAccompanimentRefused", at=fact.at, details={"reason": "space"}, episode=one)
        for one in (1, 1, 2)
    ]
    await arrived(fact, state=State.IN_PROGRESS, steps=tuple(refusals))
    text = await shown(await world.at_desk(), f"/bureau/{fact.ref}")
    assert "Refusé 2 fois\u202f:" in text


async def test_what_is_missing_is_said_before_the_form_is_sent_and_after(world, arrived):
    fact = world.sent(state=State.IN_PROGRESS)
    await arrived(fact, state=State.IN_PROGRESS, steps=(attempt(fact),))
    browser, address = await world.at_desk(), f"/bureau/{fact.ref}/close"
    said = "il manque encore\u202f: 2 tentatives, un autre moyen et un autre jour."
    assert said in await shown(browser, address)
    world.around.refusal = UnreachableTooEarly(field="outcome", attempts="1", channels="1", days="1")
    answer = await browser.post(address, data={"outcome": "unreachable", "command_id": str(uuid4())})
    assert answer.status_code == 422
    assert html.unescape(answer.text).count(said) == 3  # in the summary, at the field, and beside the choice
    assert re.search(r'value="unreachable"[^>]* checked', answer.text)


def test_the_numbers_are_those_of_the_record():
    assert (UNREACHABLE.count, UNREACHABLE.channels, UNREACHABLE.days) == (ATTEMPTS, CHANNELS, DAYS)


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6))
def test_nothing_is_missing_exactly_where_the_record_takes_it(count, channels, days):
    enough = count >= ATTEMPTS and channels >= CHANNELS and days >= DAYS
    assert (missing(Tried(count, channels, days)) is None) == enough


def test_attempts_of_an_earlier_episode_do_not_count(world):
    fact = world.sent(state=State.IN_PROGRESS, episode=2)
    from tests.partners.conftest import view_of

    steps = (attempt(fact, episode=1), attempt(fact, 1, episode=2), attempt(fact, days=1, channel="visit", episode=2))
    assert tried_of(view_of(fact).model_copy(update={"steps": steps})) == Tried(2, 2, 2)


def test_every_means_has_its_words():
    from services.partners.attempts import _means

    assert all(_means(one) for one in AttemptChannel)


# --- two at once -----------------------------------------------------------------------------------------------------


async def test_whoever_comes_second_is_told_what_happened_by_whom_and_keeps_what_she_wrote(world, arrived):
    fact = world.sent(state=State.IN_PROGRESS)
    steps = (Step(fact="ReferralClosed", at=fact.at, actor=AGENT, details={"outcome": "right_opened"}),)
    await arrived(fact, state=State.CLOSED, steps=steps, version=4)
    browser = await world.at_desk(role="desk_manager")
    world.around.refusal = ReferralAlreadyAnswered(state="closed", state_label="Terminée")
    form = {"reason": "documents_awaited", "turn": "person", "resume_on": "2027-01-05", "command_id": str(uuid4())}
    answer = await browser.post(f"/bureau/{fact.ref}/hold", data=form)
    text = html.unescape(answer.text)
    assert answer.status_code == 409
    assert re.search(r"<b>[\w’ -]+ a agi avant vous, [^<]*: close\u202f: droit ouvert\.", text)
    assert "Ce que vous aviez noté" in text
    for words in ("Pièces attendues", "À la personne accompagnée", "2027-01-05"):
        assert words in text, words
    assert 'name="command_id"' not in text


async def test_what_can_still_be_done_is_offered_again_on_the_version_that_is_now(world, arrived):
    fact = world.sent(state=State.IN_PROGRESS)
    await arrived(fact, state=State.IN_PROGRESS, steps=(attempt(fact),), version=7)
    browser = await world.at_desk(role="desk_manager")
    world.around.refusal = ReferralAlreadyAnswered(state="in_progress", state_label="En cours")
    form = {"reason": "documents_awaited", "turn": "person", "resume_on": "2027-01-05", "expected_version": "3"}
    text = html.unescape((await browser.post(f"/bureau/{fact.ref}/hold", data=form)).text)
    assert "a agi avant vous" in text
    assert 'name="expected_version" value="7"' in text
    assert 'value="2027-01-05"' in text
    world.around.refusal = None
    again = await browser.post(f"/bureau/{fact.ref}/hold", data=form | {"expected_version": "7"})
    assert again.status_code == 303


def _hash(browser):
    from services.runtime.web.guard import COOKIE, session_hash

    return session_hash(browser.cookies[COOKIE])
