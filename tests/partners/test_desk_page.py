"""One referral at its desk: what was shared, what can be done next, and what a refusal leaves in place."""

import html
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.facts import DeskItemViewed
from contracts.lifecycle import State
from contracts.refusals import DateInThePast, GrantWithdrawn, NotYourAction, ReferralAlreadyAnswered
from contracts.replies import Disclosed, HandoverNote, Step
from contracts.viewer import Role
from contracts.vocabulary import Turn
from services.partners.action_forms import FORMS
from services.partners.demonstration import demo_accounts, ref_of
from services.partners.tables import Membership
from services.runtime.web.guard import COOKIE, session_hash


@pytest.fixture
def arrived(world, until):
    async def put(fact, **changed):
        await world.service.inbox.take("partners-referral", [world.wrap(fact)])
        world.known(fact, **changed)
        return fact

    return put


def hidden(text: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', text)[1]


async def text_of(browser, address, status=200):
    answer = await browser.get(address)
    assert answer.status_code == status
    return html.unescape(answer.text)


async def test_the_page_says_who_what_the_thread_and_one_next_action(world, arrived):
    fact = await arrived(world.sent())
    text = await text_of(await world.at_desk(), f"/bureau/{fact.ref}")
    assert "<h1>Mme K. — prime d’activité</h1>" in text
    assert "Ce que Mme K. a accepté de partager avec la Caf de Valbrume" in text
    assert "relu avec la personne" in text
    assert "Jamais utilisé pour un contrôle." in text
    for words in ("06 39 98 00 12", "non partagé", "non renseigné", "Appel à trois"):
        assert words in text, words
    filled = [tag for tag in re.findall(r'<a class="ds-button"[^>]*>[^<]*', text) if "data-variant" not in tag]
    assert [one.rsplit(">", 1)[1] for one in filled] == ["Accuser réception"]
    assert "Ce n’est pas pour nous" in text
    assert re.search(r'<li class="now ahead"[^>]*>\s*<b>Accusé de réception', text)


async def test_the_first_reading_is_told_once(world, arrived):
    fact = await arrived(world.sent())
    browser = await world.at_desk()
    for _ in range(2):
        await text_of(browser, f"/bureau/{fact.ref}")
    await (await world.at_desk(role="desk_manager")).get(f"/api/desk/items/{fact.ref}")
    async with world.service.database.worker() as work:
        found = await work.execute(
            "SELECT count(*) FROM fact WHERE ref = :ref AND type = :type",
            ref=fact.ref,
            type=DeskItemViewed.type_name(),
        )
        assert found.scalar_one() == 1
    assert (await world.items(ref=fact.ref))[0].viewed_at is not None


async def test_a_withdrawn_consent_leaves_its_sentence_in_place_of_the_data(world, arrived):
    fact = await arrived(world.sent())
    world.around.people[fact.ref] = Disclosed(referral=fact.ref, refusal=GrantWithdrawn().wire())
    text = await text_of(await world.at_desk(), f"/bureau/{fact.ref}")
    assert "La personne a retiré son accord." in text
    assert "06 39 98 00 12" not in text


async def test_without_the_record_the_page_shows_the_list_row_and_no_button(world, arrived):
    fact = await arrived(world.sent())
    world.around.views.clear()
    world.around.intake_away = True
    text = await text_of(await world.at_desk(), f"/bureau/{fact.ref}")
    assert "ne répond pas en ce moment" in text
    assert "Informations de la personne momentanément indisponibles" in text
    assert f'href="/bureau/{fact.ref}/' not in text
    assert f'action="/bureau/{fact.ref}/' not in text


async def test_everything_that_happened_is_told_in_french_with_who(world, arrived):
    fact = world.sent()
    agent = ref_of("account", "5")
    steps = [
        Step(fact="ReferralSent", at=fact.at, actor=fact.sender),
        Step(fact="ReferralAcknowledged", at=fact.at, actor=agent, details={"promised_for": "2026-12-01"}),
        Step(
            fact="ReferralContactAttempted",
            at=fact.at,
            actor=agent,
            details={"channel": "sms", "result": "message_left"},
        ),
        Step(fact="ReferralHeld", at=fact.at, details={"reason": "documents_awaited", "resume_on": "2026-12-09"}),
        Step(fact="ReferralAssigned", at=fact.at, actor=agent, details={"assignee": str(agent)}),
        Step(fact="SomethingOfANewerService", at=fact.at),
    ]
    await arrived(fact, state=State.ON_HOLD, turn=Turn.DESK, steps=tuple(steps))
    world.around.people[fact.ref] = world.around.people[fact.ref].model_copy(
        update={"notes": (HandoverNote(ref=uuid4(), kind="question", at=fact.at, author=agent, text="Quel bail ?"),)}
    )
    text = await text_of(await world.at_desk(), f"/bureau/{fact.ref}")
    for words in ("Contact noté\u202f: message laissé", "Par SMS.", "Premier contact promis",
                  "Mise en pause\u202f: pièces attendues", "Quel bail ?", "Question du guichet"):  # fmt: skip
        assert words in text, words
    assert '">Reprendre</a>' in text


@pytest.fixture
async def manages_housing(world, desks):
    """The agent of the social desk, who is also the manager of the housing desk for as long as the test."""
    agent = next(UUID(one["ref"]) for one in demo_accounts() if one["desk"] == "Accueil social")
    member = Membership(ref=uuid4(), account=agent, role=Role.DESK_MANAGER.value, desk=desks["housing"])
    async with world.service.database.worker() as work:
        work.session.add(member)
    yield await world.at_desk()
    async with world.service.database.worker() as work:
        await work.execute("DELETE FROM partners.membership WHERE ref = :ref", ref=member.ref)


async def test_the_manager_of_another_desk_is_an_agent_at_this_one(world, arrived, manages_housing, desks):
    browser = manages_housing
    viewer = await world.service.app.state.sessions.resolve(session_hash(browser.cookies[COOKIE]))
    assert viewer.manages == (desks["housing"],) and set(viewer.desks) == set(desks.values())
    here, there = await arrived(world.sent()), await arrived(world.sent(desk=desks["housing"]))
    assert str(NotYourAction()) in await text_of(browser, f"/bureau/{here.ref}/assign", NotYourAction.status)
    assert f"/bureau/{here.ref}/assign" not in await text_of(browser, f"/bureau/{here.ref}")
    assert f"/bureau/{here.ref}/acknowledge" in await text_of(browser, f"/bureau/{here.ref}")
    assert f"/bureau/{there.ref}/assign" in await text_of(browser, f"/bureau/{there.ref}")
    await text_of(browser, f"/bureau/{there.ref}/assign")


@pytest.mark.parametrize("action", list(FORMS))
async def test_every_action_has_a_form_and_becomes_a_command(world, arrived, action):
    state = State.SENT if action in ("acknowledge", "decline", "propose_redirect") else State.IN_PROGRESS
    state = State.ON_HOLD if action == "resume" else state
    fact = await arrived(world.sent(state=state, accompanied=True), state=state)
    browser = await world.at_desk(role="desk_manager")
    address = f"/bureau/{fact.ref}/{action}"
    text = await text_of(browser, address)
    assert text.count('data-variant="tertiary" href') == 1
    assert "Orientation confiée par le CCAS de Valbrume." in text
    day = (world.now.date() + timedelta(days=3)).isoformat()
    filled = {
        "acknowledge": {"promised_for": day},
        "log_attempt": {"channel": "phone", "result": "reached"},
        "request_information": {"question": "Quel est son loyer ?", "resume_on": day},
        "hold": {"reason": "documents_awaited", "turn": "person", "resume_on": day},
        "refuse_accompaniment": {"reason": "space"},
        "decline": {"reason": "no_capacity"},
        "propose_redirect": {"to_desk": str(ref_of("desk", "msa", "agricole"))},
        "close": {"outcome": "refused", "ground": "residence", "cause": "non_demande"},
        "assign": {"assignee": str(ref_of("account", "6"))},
    }.get(action, {})
    command = hidden(text, "command_id")
    stamp = {"command_id": command, "expected_version": hidden(text, "expected_version")}
    answer = await browser.post(address, data=filled | stamp)
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/bureau/{fact.ref}"), answer.text
    sent = world.around.acted[-1]
    assert (sent.ref, str(sent.command_id), sent.expected_version, sent.action.kind) == (fact.ref, command, 1, action)
    told = await text_of(browser, f"/bureau/{fact.ref}")
    assert ("C’est noté. La personne référente sait" in told) is (action == "acknowledge") and "C’est noté." in told
    if action == "request_information":
        assert world.around.notes[-1].text == "Quel est son loyer ?"
        assert sent.action.note == world.around.notes[-1].command_id
    if action == "close":
        assert (sent.action.ground, sent.action.cause) == ("residence", None)
    if action != "resume":
        empty = await browser.post(address, data=stamp)
        assert empty.status_code == 422
        assert "ds-error-summary" in empty.text


async def test_a_refusal_is_told_in_the_form_and_nothing_typed_is_lost(world, arrived):
    fact = await arrived(world.sent())
    browser = await world.at_desk()
    address = f"/bureau/{fact.ref}/acknowledge"
    world.around.refusal = DateInThePast(field="promised_for")
    answer = await browser.post(address, data={"promised_for": "2026-01-02", "command_id": str(uuid4())})
    assert answer.status_code == 422
    assert 'value="2026-01-02"' in answer.text
    assert 'id="promised_for-error"' in answer.text
    world.around.refusal = ReferralAlreadyAnswered(state="recalled", state_label="Rappelée")
    answer = await browser.post(address, data={"promised_for": "2026-01-02"})
    assert answer.status_code == 409
    assert "elle est maintenant «\u202fRappelée\u202f»" in html.unescape(answer.text)
    assert f'href="/bureau/{fact.ref}"' in answer.text


async def test_an_action_that_no_longer_starts_from_here_has_no_form(world, arrived):
    fact = await arrived(world.sent(state=State.CLOSED), state=State.CLOSED)
    browser = await world.at_desk()
    text = await text_of(browser, f"/bureau/{fact.ref}/acknowledge", 409)
    assert "Terminée" in text
    assert "command_id" not in text
    await text_of(browser, f"/bureau/{fact.ref}/assign", 403)
    await text_of(browser, f"/bureau/{fact.ref}/send", 404)


async def test_the_interface_for_software_acts_like_the_page(world, arrived):
    fact = await arrived(world.sent())
    browser = await world.at_desk()
    found = (await browser.get("/api/desk/items")).json()
    assert [one["ref"] for one in found["items"]] == [str(fact.ref)]
    assert found["items"][0]["disclosure"]["shared"][0]["text"] == "Mme K."
    assert found["counts"]["a-traiter"] == 1
    body = {"action": {"kind": "acknowledge", "promised_for": "2026-12-01"}, "command_id": str(uuid4())}
    answer = await browser.post(f"/api/desk/items/{fact.ref}/actions", json=body)
    assert (answer.status_code, answer.json()["state"]) == (200, "acknowledged")
    world.around.refusal = ReferralAlreadyAnswered(state="recalled", state_label="Rappelée")
    answer = await browser.post(f"/api/desk/items/{fact.ref}/actions", json=body)
    assert (answer.status_code, answer.json()["slug"]) == (409, "referral-already-answered")


async def test_the_network_page_shows_contacts_absences_closings_and_conventions(world):
    async with world.service.database.worker() as work:
        count = (await work.execute("SELECT count(*) FROM organisation WHERE NOT closed")).scalar_one()
    for role in ("referent", "desk_agent", "coordinator", "dpo", "administrator"):
        browser = await world.as_account(role=role)
        text = await text_of(browser, "/reseau")
        assert f"{count} organismes" in text
        for words in ("suppléance\u202f:", "sans suppléance", "Fermé jusqu’", "Pas de convention en vigueur"):
            assert words in text, words
        assert (await browser.get("/aide")).status_code == 200
    answer = await browser.post("/reseau", data={"mots": "minimum vieillesse"})
    assert "2 organismes" in answer.text
    assert "Rien de ce nom" in (await browser.post("/reseau", data={"mots": "zzz"})).text
