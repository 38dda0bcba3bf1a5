"""The desk's list: kept from facts, shown to its own desk only, page by page."""

import html
from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.envelope import Envelope
from contracts.facts import (
    DeskItemDelivered,
    ReferralAcknowledged,
    ReferralClosed,
    ReferralContactAttempted,
    ReferralHeld,
    ReferralOutcomeContradicted,
    ReferralRedirectProposed,
    ReferralWithdrawn,
)
from contracts.lifecycle import State
from contracts.vocabulary import AttemptChannel, AttemptResult, HoldReason, Outcome, Turn
from services.partners.desk_counts import Counts
from services.partners.desk_list import lead
from services.partners.domain import Tab
from services.runtime.gaps import fill_gaps
from services.runtime.web.guard import COOKIE, session_hash


def next_fact(kind, before, version, **given):
    common = before.model_dump(include=set(kind.model_fields) - {"at", "version", "state", "turn", "next_due"})
    values = {"at": before.at + timedelta(minutes=version), "version": version, "state": before.state}
    return kind.model_validate(common | values | given)


@pytest.fixture
def arrived(world, until):
    async def put(*facts, known=True):
        for fact in facts:
            await world.publish(fact)
        last = facts[-1]
        if known:
            world.known(facts[0])

        async def there():
            return [row for row in await world.items(ref=last.ref) if row.version == last.version]

        return (await until(there))[0]

    return put


async def text_of(browser, address):
    answer = await browser.get(address)
    assert answer.status_code == 200, answer.status_code
    return html.unescape(answer.text)


async def test_a_referral_that_is_sent_is_in_the_list_and_said_to_be_delivered(world, arrived, until):
    fact = world.sent()
    row = await arrived(fact)
    assert (row.desk, row.state, row.assignee, row.right) == (fact.desk, "sent", fact.assignee, "ppa")
    async with world.service.database.worker() as work:
        found = await work.execute("SELECT type FROM fact WHERE ref = :ref", ref=fact.ref)
        assert list(found.scalars()) == [DeskItemDelivered.type_name()]
    await world.publish(fact)
    other = world.sent()
    await arrived(other)
    assert len(await world.items(ref=fact.ref)) == 1


async def test_the_list_says_who_what_from_whom_and_the_next_action(world, arrived):
    fact = world.sent()
    await arrived(fact)
    text = await text_of(await world.at_desk(), "/bureau")
    for words in ("Caf de Valbrume, Accueil social", "Mme K., 34 ans", "Prime d’activité", "du CCAS de Valbrume",
                  "appel à trois", "Nouvelle", f"/bureau/{fact.ref}/acknowledge"):  # fmt: skip
        assert words in text, words


async def test_each_view_holds_what_is_its_own(world, arrived):
    sent, taken, asked, ended = (world.sent() for _ in range(4))
    await arrived(sent)
    day = world.now.date() + timedelta(days=3)
    acknowledged = {"state": State.ACKNOWLEDGED, "promised_for": day, "contact_due": world.now + timedelta(days=5)}
    await arrived(taken, next_fact(ReferralAcknowledged, taken, 2, **acknowledged))
    hold = {"reason": HoldReason.DOCUMENTS_AWAITED, "resume_on": day, "turn": Turn.PERSON, "state": State.ON_HOLD}
    await arrived(
        asked, next_fact(ReferralAcknowledged, asked, 2, **acknowledged), next_fact(ReferralHeld, asked, 3, **hold)
    )
    closed = {"state": State.CLOSED, "outcome": Outcome.ALREADY_OPEN}
    await arrived(
        ended, next_fact(ReferralAcknowledged, ended, 2, **acknowledged), next_fact(ReferralClosed, ended, 3, **closed)
    )
    browser = await world.at_desk()
    for view, fact in (("a-traiter", sent), ("en-cours", taken), ("attente", asked), ("closes", ended)):
        text = await text_of(browser, f"/bureau?vue={view}")
        assert [one for one in (sent, taken, asked, ended) if f"/bureau/{one.ref}" in text] == [fact], view
    assert "Droit déjà ouvert" in text


async def test_attempts_are_counted_and_a_contradiction_brings_it_back_to_answer(world, arrived):
    fact = world.sent()
    day, now = world.now.date(), world.now
    attempt = {"channel": AttemptChannel.PHONE, "result": AttemptResult.REACHED, "state": State.IN_PROGRESS}
    await arrived(
        fact,
        next_fact(ReferralAcknowledged, fact, 2, state=State.ACKNOWLEDGED, promised_for=day, contact_due=now),
        next_fact(ReferralContactAttempted, fact, 3, **attempt),
    )
    row = await arrived(next_fact(ReferralContactAttempted, fact, 4, **attempt), known=False)
    assert (row.attempts, row.promised_for) == (2, day)
    row = await arrived(
        next_fact(ReferralClosed, fact, 5, state=State.CLOSED, outcome=Outcome.RIGHT_OPENED), known=False
    )
    assert (row.outcome, row.ended_at is not None) == ("right_opened", True)
    back = next_fact(ReferralOutcomeContradicted, fact, 6, episode=2, next_due=now + timedelta(days=2))
    row = await arrived(back, known=False)
    assert (row.state, row.episode, row.attempts, row.outcome, row.ended_at) == ("sent", 2, 0, None, None)
    assert row.acknowledge_due == back.next_due


async def test_a_proposal_of_another_desk_is_noted(world, arrived):
    fact = world.sent()
    row = await arrived(fact, next_fact(ReferralRedirectProposed, fact, 2, to_organisation=uuid4(), to_desk=uuid4()))
    assert row.redirect_proposed


async def test_a_hole_in_the_facts_is_filled_from_the_record(world, arrived, until):
    fact = world.sent()
    await arrived(fact)
    taken = next_fact(
        ReferralAcknowledged, fact, 2, state=State.ACKNOWLEDGED, promised_for=world.now.date(), contact_due=world.now
    )
    ended = next_fact(ReferralWithdrawn, fact, 3, state=State.WITHDRAWN)
    await world.publish(ended)

    async def parked():
        return await world.service.inbox.gaps(0)

    await until(parked)
    world.around.record = [
        Envelope.of(taken, source="referral", time=taken.at, territory="essai", actor_kind="desk_agent")
    ]
    await fill_gaps(world.service, 0)
    row = (await world.items(ref=fact.ref))[0]
    assert (row.version, row.state) == (3, "withdrawn")
    assert await world.service.inbox.gaps(0) == []


async def test_what_comes_back_is_said_to_be_delivered_and_its_second_sending_changes_nothing(world, arrived):
    fact = world.sent()
    await arrived(fact)
    closed = next_fact(ReferralClosed, fact, 2, state=State.CLOSED, outcome=Outcome.REFUSED, ground="age_condition")
    back = next_fact(ReferralOutcomeContradicted, fact, 3, state=State.SENT, episode=2)
    for one in (closed, back):
        await world.publish(one)
    row = await arrived(back, known=False)  # published a second time, in an envelope of its own
    other = world.sent()
    await arrived(other)
    assert await world.items(ref=fact.ref) == [row]
    async with world.service.database.worker() as work:
        found = await work.execute("SELECT type FROM fact WHERE ref = :ref", ref=fact.ref)
        assert list(found.scalars()) == [DeskItemDelivered.type_name()] * 2


async def test_another_desk_of_the_same_organisation_sees_nothing(world, arrived, desks):
    fact = world.sent()
    await arrived(fact)
    other = await world.at_desk("Logement")
    assert str(fact.ref) not in await text_of(other, "/bureau")
    unknown = uuid4()
    for address in ("/bureau/{}", "/bureau/{}/acknowledge", "/api/desk/items/{}"):
        theirs, none = await other.get(address.format(fact.ref)), await other.get(address.format(unknown))
        assert theirs.status_code == none.status_code == 404
        assert theirs.text == none.text.replace(str(unknown), str(fact.ref))
    refused = await other.post(f"/bureau/{fact.ref}/resume", data={})
    assert refused.status_code == 404
    body = {"action": {"kind": "resume"}}
    assert (await other.post(f"/api/desk/items/{fact.ref}/actions", json=body)).status_code == 404
    assert world.around.acted == []
    assert (await other.get("/api/desk/items")).json()["items"] == []


async def test_the_database_itself_hides_the_rows_of_another_desk(world, arrived):
    fact = world.sent()
    await arrived(fact)
    social, housing = await world.at_desk(), await world.at_desk("Logement")
    seen = []
    for browser in (social, housing):
        viewer = await world.service.app.state.sessions.resolve(_hash(browser))
        async with world.service.database.web(viewer) as work:
            seen.append((await work.execute("SELECT count(*) FROM deskitem")).scalar_one())
    assert seen == [1, 0]


@pytest.mark.parametrize("role", ["referent", "coordinator", "dpo", "administrator"])
async def test_nobody_else_enters_a_desk(world, role):
    browser = await world.as_account(role=role)
    for address in ("/bureau", "/bureau/flux", f"/bureau/{uuid4()}", "/api/desk/items"):
        assert (await browser.get(address)).status_code == 403, address


async def test_every_page_but_the_open_ones_asks_to_sign_in(world):
    closed = {"/bureau", "/bureau/flux", f"/bureau/{uuid4()}", f"/bureau/{uuid4()}/close", "/reseau", "/aide"}
    for address in closed:
        answer = await world.browser().get(address)
        assert (answer.status_code, answer.headers["location"][:10]) == (303, "/connexion"), address
    assert (await world.browser().get("/api/desk/items")).status_code == 401
    for address in ("/connexion", "/connexion/code", "/accessibilite"):
        assert (await world.browser().get(address)).status_code == 200


async def test_without_intake_the_list_shows_what_is_not_personal(world, arrived):
    await arrived(world.sent())
    world.around.intake_away = True
    text = await text_of(await world.at_desk(), "/bureau")
    assert text.count("Informations de la personne momentanément indisponibles") == 1
    assert "Prime d’activité" in text
    assert "Mme K." not in text


async def test_thirty_rows_a_page_the_most_pressing_first(world, arrived):
    facts = [world.sent(acknowledge_due=world.now + timedelta(days=1 + n)) for n in range(32)]
    for fact in facts[:-1]:
        await world.publish(fact)
    await arrived(facts[-1])
    browser = await world.at_desk()

    async def keys(address):
        text = await text_of(browser, address)
        return [one for one in facts if f'data-key="/bureau/{one.ref}"' in text], text

    rows, text = await keys("/bureau")
    for _ in range(200):
        if len(rows) == 30 and "32</b>" in text:
            break
        rows, text = await keys("/bureau")
    assert rows == facts[:30]
    assert "Page suivante" in text
    rows, text = await keys("/bureau?vue=a-traiter&page=2")
    assert rows == facts[30:]
    assert "Page précédente" in text


async def test_one_can_keep_what_is_in_ones_own_hands(world, arrived):
    mine, hers = world.sent(), world.sent(assignee=uuid4())
    await arrived(mine)
    await arrived(hers)
    text = await text_of(await world.at_desk(), "/bureau?a=moi")
    assert str(mine.ref) in text
    assert str(hers.ref) not in text


@pytest.mark.parametrize(
    ("to_answer", "late", "due", "sentence"),
    [
        (0, 0, 0, "Aucune orientation n’attend de réponse."),
        (6, 1, 2, "2 orientations attendent une réponse aujourd’hui, 1 est en retard."),
        (1, 0, 1, "1 orientation attend une réponse aujourd’hui."),
        (3, 2, 0, "3 orientations attendent une réponse, 2 sont en retard."),
        (3, 0, 0, "3 orientations attendent une réponse, aucune n’est pour aujourd’hui."),
    ],
)
def test_the_list_starts_with_a_sentence(to_answer, late, due, sentence):
    tabs = dict.fromkeys(Tab, 0) | {Tab.TO_ANSWER: to_answer}
    assert lead(Counts(tabs, late, due)) == sentence


def _hash(browser):
    return session_hash(browser.cookies[COOKIE])
