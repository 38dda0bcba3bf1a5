"""The page of a referral for who confided it: who opens it, its steps, its actions, what came too late."""

import re
from uuid import uuid4

from contracts.asks import WriteNote
from contracts.lifecycle import State
from contracts.refusals import ReferralAlreadyAnswered
from contracts.viewer import Role
from contracts.vocabulary import OrganisationKind, Turn
from tests.intake.handover_world import World, person_at_work
from tests.intake.pages_world import fields, only, text, view_of


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
        assert "L’orientation est rappelée." in (await browser.get(f"/orientations/{ref}")).text
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
    assert "Oui, depuis 2024." in shown and "à la personne référente d’agir" in shown
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
