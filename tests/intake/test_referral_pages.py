"""The pages of sending and following, as a browser without JavaScript uses them, and the JSON interface."""

import html
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.asks import WriteNote
from contracts.facts import ReferralSent
from contracts.lifecycle import State
from contracts.refusals import ContactUnavailable, ReferralAlreadyAnswered
from contracts.replies import Task, TasksFound
from contracts.viewer import Role
from contracts.vocabulary import OrganisationKind, TaskKind, Turn
from services.intake import handover
from services.intake.web_referrals import TABS
from tests.intake.handover_world import World, fact_of, person_at_work
from tests.intake.pages_world import assert_typed, fields, hidden_of, only, text, view_of


async def test_a_person_is_confided_in_three_pages(world: World):
    ready = await world.ready()
    only(world, ready)
    async with world.browser(ready.referent) as browser:
        here = f"/personnes/{ready.person}/confier"
        first = await browser.get(here)
        assert "Étape 1 sur 3" in text(first) and 'value="rsa"' in first.text
        second = await browser.get(here, params={"droit": "rsa"})
        assert "RSA, au régime général : la demande se fait auprès de la Caf" in text(second)
        assert "Julie Perrin" in text(second) and "Paul Absent" in text(second) and "sans suppléance" in text(second)
        assert second.text.count('type="radio"') == 1, "who is absent cannot be chosen"
        third = await browser.get(here, params={"droit": "rsa", "chez": fields(ready)["chosen"]})
        assert "Étape 3 sur 3" in text(third) and "Mme K." in text(third) and "06 12 34 56 78" in text(third)
        assert "Nom et prénom non partagé" in text(third)
        sent = await browser.post(here, data=fields(ready))
        assert sent.status_code == 303 and sent.cookies.get("relais_flash") == "sent"
        ref = UUID(sent.headers["location"].rsplit("/", 1)[1])
    assert (await world.row(ref)).step == "sent"
    for page in (first, second, third):
        assert page.text.count("<h1>") == 1 and "style=" not in page.text and "onclick" not in page.text


async def test_the_preview_is_what_the_desk_then_reads(world: World):
    ready = await world.ready()
    only(world, ready)
    async with world.browser(ready.referent) as browser:
        answer = await browser.post(f"/personnes/{ready.person}/confier", data=fields(ready, action="preview"))
        sent = await browser.post(f"/personnes/{ready.person}/confier", data=fields(ready))
    ref = UUID(sent.headers["location"].rsplit("/", 1)[1])
    [read] = await world.disclose(ready.agent, ref)
    previewed = answer.text.split('id="apercu"')[1]
    assert answer.status_code == 200 and read.disclosure.shared
    for one in read.disclosure.shared:
        assert f"<dt>{one.label}</dt>" in previewed and html.escape(one.text) in previewed
    assert previewed.count('class="unshared"') == len(read.disclosure.not_shared)
    assert answer.text.count("Elle préfère le matin") == 2, "once in the field, once in the preview"


async def test_a_message_with_a_social_security_number_is_refused_and_the_text_stays(world: World):
    ready = await world.ready()
    only(world, ready)
    written = "Son numéro est le 2 90 05 35 238 123 89"
    async with world.browser(ready.referent) as browser:
        for action in ("send", "keep", "preview"):
            answer = await browser.post(
                f"/personnes/{ready.person}/confier", data=fields(ready, message=written, action=action)
            )
            assert answer.status_code == 422 and written in answer.text
            assert "numéro de sécurité sociale" in text(answer) and 'href="#message"' in answer.text


async def test_a_refusal_keeps_everything_typed(world: World):
    ready = await world.ready()
    only(world, ready)
    typed = fields(ready, message="Appeler le matin", accompanied_by="Sa sœur", urgent="true")
    world.directory.refusal = ContactUnavailable()
    try:
        async with world.browser(ready.referent) as browser:
            answer = await browser.post(f"/personnes/{ready.person}/confier", data=typed)
    finally:
        world.directory.refusal = None
    assert answer.status_code == 409 and "Choisissez un autre contact" in text(answer)
    for kept in ("Appeler le matin", "Sa sœur", typed["command_id"]):
        assert kept in answer.text
    assert re.search(r'value="appel_a_trois"[^>]*checked', answer.text) and re.search(
        r'value="true"[^>]*checked', answer.text
    )


async def test_a_closed_lock_is_named_with_what_opens_it(world: World):
    ready = await world.ready(granted=False)
    only(world, ready)
    async with world.browser(ready.referent) as browser:
        second = await browser.get(f"/personnes/{ready.person}/confier", params={"droit": "rsa"})
        assert "Accord de la personne manquant" in text(second)
        assert f"/personnes/{ready.person}/accord?guichet={ready.recipient.desk}&amp;droit=rsa" in second.text
        third = await browser.get(
            f"/personnes/{ready.person}/confier", params={"droit": "rsa", "chez": fields(ready)["chosen"]}
        )
        assert "Rien pour l’instant" in text(third) and 'value="send"' not in third.text
        kept = await browser.post(f"/personnes/{ready.person}/confier", data=fields(ready, action="keep"))
        assert kept.status_code == 303
        drafts = await browser.get("/orientations?liste=brouillons")
        assert "Amina Kaddour" in text(drafts) and "En attente d’accord" in text(drafts)


async def test_without_a_route_or_a_convention_the_page_says_which(world: World):
    ready = await world.ready(routed=False, sender=OrganisationKind.MDPH)
    only(world, ready)
    async with world.browser(ready.referent) as browser:
        second = await browser.get(f"/personnes/{ready.person}/confier", params={"droit": "rsa"})
        assert "Aucun cadre de partage n’est validé" in text(second) and 'type="radio"' not in second.text
    ready = await world.ready()
    ended = {"convention_ends": datetime.now(UTC) - timedelta(days=1)}
    world.directory.recipients = {ready.recipient.desk: ready.recipient.model_copy(update=ended)}
    async with world.browser(ready.referent) as browser:
        second = await browser.get(f"/personnes/{ready.person}/confier", params={"droit": "rsa"})
        assert "La convention avec cet organisme n’est pas en vigueur" in text(second)


async def test_a_draft_is_continued_with_what_was_typed_and_sent_once(world: World):
    ready = await world.ready()
    only(world, ready)
    async with world.browser(ready.referent) as browser:
        await browser.post(f"/personnes/{ready.person}/confier", data=fields(ready, action="keep", message="À suivre"))
        drafts = await browser.get("/orientations?liste=brouillons")
        again = re.search(r'href="(/personnes/[^"]+brouillon=([^"&]+))"', drafts.text)
        page = await browser.get(again[1])
        assert "À suivre" in page.text and f'name="draft" value="{again[2]}"' in page.text
        sent = await browser.post(f"/personnes/{ready.person}/confier", data=fields(ready, draft=again[2]))
        assert sent.headers["location"] == f"/orientations/{again[2]}"
        assert "Aucune orientation" in text(await browser.get("/orientations?liste=brouillons"))
    assert world.referrals.times(UUID(again[2])) == 1


async def test_while_the_referral_service_is_away_sending_says_so_and_shows_what_is_known(world: World):
    ready = await world.ready()
    only(world, ready)
    async with world.away(), world.browser(ready.referent) as browser:
        sent = await browser.post(f"/personnes/{ready.person}/confier", data=fields(ready))
        assert sent.status_code == 303 and sent.cookies.get("relais_flash") == "sending"
        page = await browser.get(sent.headers["location"])
        assert "Le suivi ne répond pas en ce moment" in text(page) and "Envoi en cours" in text(page)
        assert "Le suivi des orientations ne répond pas" in text(await browser.get("/aujourdhui"))


async def test_a_refused_hand_over_says_why_and_can_be_taken_up_again(world: World):
    ready = await world.ready()
    only(world, ready)
    from contracts.refusals import RedirectLoop

    world.referrals.refusal = RedirectLoop()
    try:
        async with world.browser(ready.referent) as browser:
            answer = await browser.post(f"/personnes/{ready.person}/confier", data=fields(ready))
            assert answer.status_code == 409 and "Choisissez-en un autre" in text(answer)
            listed = await browser.get("/orientations?liste=a-moi")
            assert "Pas envoyée" in text(listed) and "brouillon=" in listed.text
            assert "N’est pas partie" in text(await browser.get("/aujourdhui"))
    finally:
        world.referrals.refusal = None


async def test_when_the_contact_has_left_everything_typed_goes_along_to_another_one(world: World):
    ready = await world.ready()
    only(world, ready)
    here, gone = f"/personnes/{ready.person}/confier", f"{ready.recipient.desk}.{uuid4()}"
    wish = "Elle n’ouvre plus\nson courrier"
    typed = fields(ready, chosen=gone, message=wish, accompanied_by="Sa sœur", urgent="true")
    async with world.browser(ready.referent) as browser:
        for action in ("send", "keep", "preview"):
            third = await browser.post(here, data=typed | {"action": action})
            assert third.status_code == 409 and "Étape 3 sur 3" in text(third), action
            assert "Ce contact n’est plus à ce guichet" in text(third) and 'href="#contact"' in third.text
            assert_typed(third, typed)
            assert 'value="send"' not in third.text, "it would be refused again"
        second = await browser.post(here, data=typed | {"action": "contact"})
        assert second.status_code == 200 and "Étape 2 sur 3" in text(second) and 'method="get"' not in second.text
        carried = hidden_of(second)
        assert {name: carried[name] for name in ("command_id", "right", "mode", "urgent")} == {
            name: typed[name] for name in ("command_id", "right", "mode", "urgent")
        }
        back = await browser.post(here, data=carried | {"chosen": fields(ready)["chosen"]})
        assert back.status_code == 200 and "Étape 3 sur 3" in text(back)
        assert_typed(back, typed)
        sent = await browser.post(here, data=carried | {"chosen": fields(ready)["chosen"], "action": "send"})
        ref = UUID(sent.headers["location"].rsplit("/", 1)[1])
    row = await world.row(ref)
    assert world.keys.open(row.person, "need_summary", row.need_summary) == wish
    assert row.urgent and row.contact == ready.recipient.contact


async def test_choosing_another_contact_asks_for_nothing_that_is_not_filled_in_yet(world: World):
    ready = await world.ready()
    only(world, ready)
    here, typed = f"/personnes/{ready.person}/confier", fields(ready, mode="")
    async with world.browser(ready.referent) as browser:
        second = await browser.post(here, data=typed | {"action": "contact"})
        third = await browser.post(here, data=hidden_of(second) | {"chosen": typed["chosen"]})
    assert third.status_code == 200 and "à corriger" not in text(third) and typed["message"] in third.text


async def test_another_organisation_finds_no_page(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    other = person_at_work(uuid4(), OrganisationKind.CCAS, Role.REFERENT)
    async with world.browser(other) as browser:
        for address in (
            f"/orientations/{ref}",
            f"/orientations/{ref}/recall",
            f"/personnes/{ready.person}/confier",
            f"/api/referrals/{ref}",
        ):
            assert (await browser.get(address)).status_code == 404, address
        assert (await browser.post(f"/orientations/{ref}/recall", data={})).status_code == 404
        assert (await browser.post(f"/personnes/{ready.person}/confier", data=fields(ready))).status_code == 404


async def test_a_desk_agent_has_none_of_these_pages(world: World):
    ready = await world.ready()
    async with world.browser(ready.agent) as browser:
        for address in ("/aujourdhui", "/orientations", "/api/people", f"/personnes/{ready.person}/confier"):
            assert (await browser.get(address)).status_code == 403, address


async def test_the_referral_page_shows_the_steps_the_consent_and_the_actions_of_the_table(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    world.referrals.views[ref] = view_of(ready, ref)
    async with world.browser(ready.referent) as browser:
        page = await browser.get(f"/orientations/{ref}")
    shown = text(page)
    assert "Amina Kaddour — RSA" in shown and "Confiée à Julie Perrin, Caf de Valbrume" in shown
    assert "Rappeler" in shown and "Signaler une erreur de saisie" in shown and "Rouvrir" not in shown
    assert "Partagé Initiale et âge, Téléphone, Ce qui l’aiderait Non partagé Nom et prénom" in shown
    assert "Elle préfère être appelée le matin." in shown


async def test_recalling_asks_for_a_reason_and_keeps_the_version_that_was_shown(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    world.referrals.views[ref] = view_of(ready, ref, version=7)
    async with world.browser(ready.referent) as browser:
        page = await browser.get(f"/orientations/{ref}/recall")
        command = re.search(r'name="command_id" value="([^"]+)"', page.text)[1]
        assert 'name="expected_version" value="7"' in page.text and "Envoyée par erreur" in text(page)
        typed = {"command_id": command, "expected_version": "7", "reason": ""}
        refused = await browser.post(f"/orientations/{ref}/recall", data=typed)
        assert refused.status_code == 422 and "Choisissez une réponse de la liste" in text(refused)
        done = await browser.post(f"/orientations/{ref}/recall", data=typed | {"reason": "mistake"})
        assert done.status_code == 303 and done.headers["location"] == f"/orientations/{ref}"
    acted = world.referrals.acted[-1]
    assert (acted.action.kind, acted.action.reason, acted.expected_version) == ("recall", "mistake", 7)
    assert str(acted.command_id) == command


async def test_an_action_that_came_too_late_says_so_and_keeps_what_was_typed(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    world.referrals.refusal = ReferralAlreadyAnswered(state_label="Déclinée")
    try:
        async with world.browser(ready.referent) as browser:
            answer = await browser.post(
                f"/orientations/{ref}/recall",
                data={"command_id": str(uuid4()), "reason": "mistake", "expected_version": "1"},
            )
    finally:
        world.referrals.refusal = None
    assert answer.status_code == 409 and "elle est maintenant « Déclinée »" in text(answer)
    assert re.search(r'value="mistake"[^>]*checked', answer.text)


async def test_a_question_is_answered_by_a_note_and_only_its_reference_travels(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    world.referrals.views[ref] = view_of(ready, ref, State.ON_HOLD, actions=("answer_information",), turn=Turn.REFERENT)
    question = WriteNote(viewer=ready.agent, referral=ref, kind="question", text="A-t-elle un bail ?")
    await world.neighbours["partners"].ask(question)
    async with world.browser(ready.referent) as browser:
        page = await browser.get(f"/orientations/{ref}/answer_information")
        assert "A-t-elle un bail ?" in text(page)
        typed = {"command_id": str(uuid4()), "expected_version": "1", "text": "NIR 290053523812389"}
        refused = await browser.post(f"/orientations/{ref}/answer_information", data=typed)
        assert refused.status_code == 422 and "NIR 290053523812389" in refused.text
        typed["text"] = "Oui, depuis 2024."
        for _ in range(2):
            assert (await browser.post(f"/orientations/{ref}/answer_information", data=typed)).status_code == 303
        shown = text(await browser.get(f"/orientations/{ref}"))
    assert "Oui, depuis 2024." in shown and "À la personne référente" in shown
    [answer] = await world.disclose(ready.agent, ref, with_notes=True)
    assert [note.text for note in answer.notes] == ["A-t-elle un bail ?", "Oui, depuis 2024."]
    assert world.referrals.acted[-1].action.note == answer.notes[1].ref
    assert "2024" not in world.referrals.acted[-1].model_dump_json()


async def test_confirming_a_redirect_is_a_new_hand_over_to_the_proposed_desk(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    other = await world.ready()
    world.referrals.views[ref] = view_of(ready, ref, proposed_desk=other.recipient.desk, actions=("confirm_redirect",))
    async with world.browser(ready.referent) as browser:
        there = await browser.get(f"/orientations/{ref}/confirm_redirect")
        assert there.status_code == 303 and f"suite={ref}" in there.headers["location"]
        page = await browser.get(there.headers["location"])
        assert "Accord de la personne manquant" in text(page), "the grant was for the first desk alone"
        assert page.text.count("<fieldset") == 1, "only the proposed desk"
        only(world, ready)
        sent = await browser.post(f"/personnes/{ready.person}/confier", data=fields(ready, redirect_of=str(ref)))
        assert sent.status_code == 303
    assert world.referrals.sent[-1].redirect_of == ref


async def test_today_starts_with_a_sentence_and_gives_each_task_its_one_next_action(world: World):
    ready = await world.ready(expires_at=datetime.now(UTC) + timedelta(days=9))
    async with world.browser(ready.referent) as browser:
        empty = await browser.get("/aujourdhui")
        assert "1 chose vous attend aujourd’hui" in text(empty) and "Accord bientôt terminé" in text(empty)
        ref = (await world.hand_over(ready)).ref
        late = (await world.hand_over(ready)).ref
        async with world.service.database.worker() as work:
            past = datetime.now(UTC) - timedelta(days=1)
            envelope = work.emit(fact_of(ready, late, ReferralSent, next_due=past))
        await world.service.inbox.take("intake-referral", [envelope])
        world.referrals.tasks = TasksFound(
            tasks=(Task(ref=uuid4(), kind=TaskKind.QUESTION, referral=ref, since=datetime.now(UTC)),)
        )
        try:
            page = await browser.get("/aujourdhui")
        finally:
            world.referrals.tasks = TasksFound(tasks=())
    assert "3 choses vous attendent aujourd’hui, dont 1 en retard." in text(page)
    assert f'href="/orientations/{ref}/answer_information"' in page.text and "Le guichet devait répondre hier" in text(
        page
    )
    assert 'data-live="/aujourdhui/flux"' in page.text


async def test_a_free_day_says_what_will_appear(world: World):
    nobody = person_at_work(uuid4(), OrganisationKind.CCAS, Role.REFERENT)
    async with world.browser(nobody) as browser:
        shown = text(await browser.get("/aujourdhui"))
        assert "Rien ne vous attend aujourd’hui." in shown and "Voir les personnes" in shown
        for tab in TABS:
            assert "Aucune orientation ici" in text(await browser.get(f"/orientations?liste={tab}"))
        assert (await browser.get("/orientations?liste=autre")).status_code == 404


async def test_the_json_interface_sends_follows_and_repeats_without_harm(world: World):
    ready = await world.ready()
    body = ready.command().model_dump(mode="json", exclude={"command_id", "draft", "confirmed"})
    key = {"Idempotency-Key": str(uuid4())}
    async with world.browser(ready.referent) as client:
        first, again = [await client.post("/api/referrals", json=body, headers=key) for _ in range(2)]
        assert first.status_code == again.status_code == 201 and first.json() == again.json() | {"state": "sent"}
        read = (await client.get(f"/api/referrals/{first.json()['ref']}")).json()
        assert (read["step"], read["state"], read["desk"]) == ("sent", "sent", str(ready.recipient.desk))
        assert "message" not in read and "matin" not in str(read)
        assert (await client.get("/api/people")).json() == {
            "people": [{"ref": str(ready.person), "file_number": "26-AAAAA"}],
            "next": None,
        }
        async with world.away():
            away = await client.post("/api/referrals", json=body)
            assert away.status_code == 202 and away.json()["state"] == "sending"
        for change, status, slug in (
            ({"message": "NIR 290053523812389"}, 422, "social-security-number-refused"),
            ({"right": "apl"}, 409, "no-live-grant"),
            ({"person": str(uuid4())}, 404, "not-found"),
            ({"right": "xxx"}, 422, "invalid-input"),
            ({"purpose": "follow_up"}, 409, "purpose-not-allowed"),
            ({"unknown": 1}, 422, "invalid-input"),
        ):
            refused = await client.post("/api/referrals", json=body | change)
            assert (refused.status_code, refused.json()["slug"]) == (status, slug)
        bad_key = await client.post("/api/referrals", json=body, headers={"Idempotency-Key": "x"})
        assert bad_key.status_code == 422


@pytest.mark.parametrize("address", ["/aujourdhui/flux", "/orientations/flux"])
async def test_a_page_is_told_when_something_of_its_organisation_moved(world: World, address):
    ready = await world.ready()
    route = next(one for one in world.service.app.routes if getattr(one, "path", "") == address)
    assert route.endpoint.relais_roles == frozenset({Role.REFERENT})
    stream = world.service.live.stream([f"organisation.{ready.referent.organisation}"])
    events = stream.body_iterator.__aiter__()
    assert "retry" in await anext(events)
    await handover.hand_over(ready.command(), ready.referent, world.service, world.keys)
    assert "event: moved" in await anext(events)
    await events.aclose()
