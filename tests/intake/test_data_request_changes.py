"""Rectification, limitation and opposition: what changes in the file, and what stops."""

from datetime import date
from uuid import uuid4

import pytest

from contracts.asks import Disclose
from contracts.refusals import FileLimited, NotFound
from contracts.viewer import Role
from contracts.vocabulary import Scheme
from services.intake import data_request_decisions as decisions
from services.intake.commands import ReviewRights, UpdateSituation
from services.intake.data_request_rules import (
    Kind,
)
from services.intake.data_request_tables import Correction
from services.intake.disclosure import answer_disclose
from services.intake.handlers import review_rights, update_situation
from services.intake.rectification import CorrectPerson, correct_person
from services.intake.tables import ConsentGrant, Person
from tests.intake.data_requests_world import asked, fulfil, the_dpo
from tests.intake.people_world import People, a_desk, referent, text_of


async def test_a_correction_changes_the_file_and_keeps_which_fields_never_the_values(people: People):
    nadia = referent()
    person = await people.meet(nadia, birth_date=date(1990, 5, 4), phone="06 12 34 56 78")
    ref = await asked(people, nadia, person, Kind.RECTIFICATION)
    command = CorrectPerson(person=person, first_name="Élise", last_name="Valtorie", scheme=Scheme.AGRICULTURAL)
    async with people.work(nadia) as work:
        await correct_person(command, work, people.keys)
    (row,) = await people.rows(Person, Person.ref == person)
    assert (row.last_name, row.search, row.scheme) == ("Valtorie", "elise valtorie", "agricultural")
    assert (row.birth_date, row.phone, row.phone_hash) == (None, None, None)
    rows = await people.rows(Correction, Correction.person == person)
    assert {one.field for one in rows} == {"last_name", "birth_date", "scheme", "phone"}
    assert {one.request for one in rows} == {ref} and all("Valt" not in str(one.model_dump()) for one in rows)
    async with people.work(referent()) as work:
        with pytest.raises(NotFound):
            await correct_person(command.model_copy(update={"command_id": uuid4()}), work, people.keys)


async def test_the_page_of_a_correction_shows_what_is_on_record_and_keeps_what_was_typed(people: People):
    nadia = referent()
    person = await people.meet(nadia, phone="06 12 34 56 78")
    browser = await people.client(nadia)
    page = await browser.get(f"/personnes/{person}/corriger")
    assert 'value="+33612345678"' in page.text or "06 12 34 56 78" in page.text
    typed = {"command_id": str(uuid4()), "first_name": "Élise", "last_name": "Valtorie", "language": "fr",
             "scheme": "general", "birth_date": "2099-01-01"}  # fmt: skip
    refused = await browser.post(f"/personnes/{person}/corriger", data=typed)
    assert refused.status_code == 422 and "Valtorie" in refused.text and "pas encore arrivée" in text_of(refused.text)
    done = await browser.post(f"/personnes/{person}/corriger", data={**typed, "birth_date": "04/05/1990"})
    assert done.status_code == 303
    corrected = (await browser.get(f"/personnes/{person}/corriger")).text
    assert 'value="Valtorie"' in corrected and "Corrections passées" in text_of(corrected)


async def test_a_limited_file_is_read_and_nothing_changes_or_leaves(people: People):
    nadia, desk = referent(), a_desk()
    person = await people.meet(nadia)
    grant = await people.agree(nadia, person, desk)
    handover = await people.hand_over(nadia, person, grant, desk, "sent")
    ref = await asked(people, nadia, person, Kind.LIMITATION)
    await fulfil(people, ref)
    for command, act in (
        (UpdateSituation(person=person, situation={"children": 2}), update_situation),
        (ReviewRights(person=person, rights=({"right": "rsa", "ground": "resources"},)), review_rights),
    ):
        async with people.work(nadia) as work:
            with pytest.raises(FileLimited):
                await act(command, work)
    agent = referent(desk.organisation, Role.DESK_AGENT).model_copy(update={"desks": (desk.desk,)})
    async with people.work(agent) as work:
        told = await answer_disclose(Disclose(viewer=agent, referrals=(handover,)), work, people.keys)
    assert told.rows[0].disclosure is None and told.rows[0].refusal["slug"] == "file-limited"
    assert (await (await people.client(nadia)).get(f"/personnes/{person}")).status_code == 200
    (kept,) = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert kept.withdrawn_at is None
    await decisions.lift(the_dpo(), people.service, ref)
    async with people.work(nadia) as work:
        await update_situation(UpdateSituation(person=person, situation={"children": 2}), work)


async def test_an_opposition_ends_agreements_and_what_rests_on_them(people: People):
    nadia, desk = referent(), a_desk()
    person = await people.meet(nadia)
    grant = await people.agree(nadia, person, desk)
    handover = await people.hand_over(nadia, person, grant, desk, "sent")
    await fulfil(people, await asked(people, nadia, person, Kind.OPPOSITION))
    (row,) = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert row.withdrawn_at is not None
    withdrawn = [one for one in await people.facts(grant) if one["type"] == "consent.withdrawn.v1"]
    assert withdrawn[0]["data"]["referrals"] == [str(handover)]
    async with people.work(nadia) as work:
        with pytest.raises(FileLimited):
            await update_situation(UpdateSituation(person=person, situation={"children": 2}), work)
