"""Sending on its pages: three steps, locks that are named, drafts, refusals that lose nothing."""

import html
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from contracts.refusals import ContactUnavailable
from contracts.vocabulary import OrganisationKind
from tests.intake.handover_world import World
from tests.intake.pages_world import assert_typed, fields, hidden_of, only, text


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
