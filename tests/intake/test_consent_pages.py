"""The pages of consent: recording, refusing and taking back, and what they say while the directory is away."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from contracts.viewer import Viewer
from contracts.vocabulary import Ground
from services.intake.commands import NotedRight, ReviewRights
from services.intake.consent_handlers import record_consent
from services.intake.handlers import review_rights
from services.intake.handover_lists import grants_ending
from services.intake.notice import CURRENT, notice
from services.intake.tables import ConsentGrant
from tests.intake.consent_world import consent
from tests.intake.people_world import People, a_desk, referent, text_of


async def presume(people: People, viewer: Viewer, person: UUID, *rights: str) -> None:
    async with people.work(viewer) as work:
        noted = tuple(NotedRight(right=one, ground=Ground.RESOURCES) for one in rights)
        await review_rights(ReviewRights(person=person, rights=noted), work)


async def test_today_asks_for_a_new_agreement_until_it_is_given(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    given = await people.agree(viewer, person, desk, datetime.now(UTC) - timedelta(days=80))
    await people.hand_over(viewer, person, given, desk, "sent")

    async def asked_at(days: int) -> list[UUID]:
        async with people.work(viewer, datetime.now(UTC) + timedelta(days=days)) as work:
            found = await grants_ending(viewer, work, work.now + timedelta(days=15))
            return [grant.ref for grant in found]

    assert await asked_at(0) == [given] and await asked_at(20) == [given], "also once it has ended"
    async with people.work(viewer) as work:
        await record_consent(consent(person, desk, expires_at=work.now + timedelta(days=182)), work)
    assert await asked_at(0) == [] and await asked_at(20) == []


def test_the_notice_is_short_and_says_what_matters():
    words = " ".join((notice().title, *notice().paragraphs))
    assert len(words.split()) <= 200
    for needed in ("changer d’avis", "jamais", "contrôler", "six mois", "sécurité sociale"):
        assert needed in words


async def test_an_agreement_is_recorded_from_its_page(people: People):
    viewer, desk = referent(), a_desk()
    people.desks[:] = [desk]
    person = await people.meet(viewer)
    await presume(people, viewer, person, "rsa", "apl")
    client = await people.client(viewer)
    form = await client.get(f"/personnes/{person}/accord?droit=rsa")
    assert form.status_code == 200 and notice().title in text_of(form.text) and "Elle refuse" in form.text
    assert re.search(r'value="rsa"[^>]* checked', form.text) and not re.search(r'value="apl"[^>]* checked', form.text)
    assert f'<option value="{desk.desk}" selected>' in form.text
    command = re.search(r'name="command_id" value="([^"]+)"', form.text)[1]  # type: ignore[index]
    typed = {
        "command_id": command,
        "desk": str(desk.desk),
        "purpose": "open_right",
        "rights": ["rsa"],
        "categories": ["identity_min", "contact_phone"],
        "until": (date.today() + timedelta(days=182)).isoformat(),
        "method": "oral_in_person",
        "language": "fr",
        "back_to": "rsa",
        "notice_version": CURRENT,
        "answer": "oui",
    }
    path = f"/personnes/{person}/accord"
    unread = await client.post(path, data=typed)
    assert unread.status_code == 422 and 'href="#notice_read"' in unread.text
    assert re.search(r'value="contact_phone"[^>]* checked', unread.text)
    late = {**typed, "notice_read": "true", "until": (date.today() + timedelta(days=184)).isoformat()}
    assert (await client.post(path, data=late)).status_code == 422
    for _ in range(2):
        done = await client.post(path, data={**typed, "notice_read": "true"})
        assert done.status_code == 303 and done.headers["location"] == f"/personnes/{person}/confier?droit=rsa"
    [grant] = await people.rows(ConsentGrant, ConsentGrant.person == person)
    assert grant.expires_at - grant.given_at <= timedelta(days=182)
    page = text_of((await client.get(f"/personnes/{person}")).text)
    assert "Caf de Valbrume, Accueil social" in page and "1 accord en cours" in page and "Confier : RSA" in page


async def test_a_refusal_is_recorded_from_the_same_page(people: People):
    viewer, desk = referent(), a_desk()
    people.desks[:] = [desk]
    person = await people.meet(viewer)
    client = await people.client(viewer)
    typed = {"command_id": str(uuid4()), "desk": str(desk.desk), "purpose": "open_right", "answer": "non"}
    assert (await client.post(f"/personnes/{person}/accord", data=typed)).status_code == 303
    page = text_of((await client.get(f"/personnes/{person}")).text)
    assert "A refusé aujourd’hui" in page and "Aucun accord en cours" in page


async def test_a_desk_that_is_not_offered_cannot_be_chosen(people: People):
    viewer = referent()
    people.desks[:] = [a_desk()]
    person = await people.meet(viewer)
    client = await people.client(viewer)
    typed = {"command_id": str(uuid4()), "desk": str(uuid4()), "purpose": "open_right", "answer": "non"}
    answer = await client.post(f"/personnes/{person}/accord", data=typed)
    assert answer.status_code == 422 and 'href="#desk"' in answer.text


async def test_an_agreement_is_taken_back_from_its_page(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    grant = await people.agree(viewer, person, desk)
    ref = await people.hand_over(viewer, person, grant, desk, "sent")
    client = await people.client(viewer)
    path = f"/personnes/{person}/accords/{grant}/retrait"
    shown = await client.get(path)
    assert shown.status_code == 200 and f"/orientations/{ref}" in shown.text and "1 orientation repose" in shown.text
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert row.withdrawn_at is None
    answer = await client.post(path, data={"command_id": str(uuid4())})
    assert answer.status_code == 303
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert row.withdrawn_at is not None
    page = text_of((await client.get(f"/personnes/{person}")).text)
    assert "retiré aujourd’hui" in page and "rien n’est partagé" in page


async def test_the_consent_page_says_so_when_the_directory_is_away(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    client = await people.client(viewer)
    assert (await client.get(f"/personnes/{person}")).status_code == 200
    people.service.bus.ask_timeout = 0.2
    await people.partners.stop()
    try:
        answer = await client.get(f"/personnes/{person}/accord")
        assert answer.status_code == 200 and "L’annuaire ne répond pas" in answer.text
        typed = {"command_id": str(uuid4()), "desk": str(uuid4()), "purpose": "open_right", "answer": "oui"}
        late = await client.post(f"/personnes/{person}/accord", data=typed)
        assert late.status_code == 503 and typed["command_id"] in late.text
        assert f'<option value="{typed["desk"]}" selected>' in late.text
    finally:
        people.service.bus.ask_timeout = 5.0
        await people.restart_partners()
