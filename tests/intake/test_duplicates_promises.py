"""Merged files and what is promised to a person: agreements, limits, erasure, retention, her page, her answers."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.consent import Category
from contracts.refusals import FileLimited, FileMerged, NotFound
from contracts.vocabulary import Purpose
from services.intake import own_page, retention
from services.intake.commands import RecordConsent
from services.intake.consent_handlers import record_consent
from services.intake.contact_rules import ContactRules, rules_of
from services.intake.data_request_rules import Kind
from services.intake.evaluation import answer_of
from services.intake.limiting import limited_among
from services.intake.noting_contact_rules import SetContactRules, set_contact_rules
from services.intake.tables import ConsentGrant, Person
from tests.intake.data_requests_world import asked, fulfil
from tests.intake.duplicates_world import merge, two_files, undo
from tests.intake.people_world import People, a_desk, referent
from tests.intake.people_world import asked as in_words
from tests.intake.test_erasing import left_of


async def test_a_limited_file_is_not_merged_and_a_limit_holds_for_every_file(people: People):
    viewer = referent()
    kept, merged = await two_files(people, viewer)
    await fulfil(people, await asked(people, viewer, merged, Kind.LIMITATION))
    with pytest.raises(FileLimited):
        await merge(people, viewer, kept, merged)
    one, other = await two_files(people, viewer)
    ref = await merge(people, viewer, one, other)
    await fulfil(people, await asked(people, viewer, one, Kind.LIMITATION))
    async with people.service.database.worker() as work:
        assert await limited_among(work, [one, other]) == {one, other}
    with pytest.raises(FileLimited):
        await undo(people, viewer, one, ref)


async def test_an_erasure_takes_every_file_and_nothing_can_be_undone(people: People):
    viewer = referent()
    kept, merged = await two_files(people, viewer)
    ref = await merge(people, viewer, kept, merged)
    await fulfil(people, await asked(people, viewer, kept, Kind.ERASURE))
    for file in (kept, merged):
        assert await left_of(people, file) == {} and not people.keys.holds(file)
    with pytest.raises(NotFound):
        await undo(people, viewer, kept, ref)


async def test_retention_keeps_all_files_of_a_person_or_none(people: People):
    viewer, long_ago = referent(), datetime.now(UTC) - timedelta(days=900)
    kept, merged = await two_files(people, viewer)
    await merge(people, viewer, kept, merged)

    async def over(*old: UUID) -> set[UUID]:
        async with people.service.database.worker() as work:
            for file in old:
                await work.execute("UPDATE person SET last_contact_at = :at WHERE ref = :ref", at=long_ago, ref=file)
            return {ref for ref, _ in await retention.over_age(work, 24)} & {kept, merged}

    assert await over(kept) == set()
    assert await over(kept, merged) == {kept}


async def test_how_to_reach_her_holds_in_every_file(people: People):
    viewer, quiet = referent(), ContactRules(no_message=True)
    kept, merged = await two_files(people, viewer)
    async with people.work(viewer) as work:
        await set_contact_rules(SetContactRules(person=kept, rules=quiet), work, people.keys)

    async def said(file: UUID) -> ContactRules:
        return rules_of((await people.rows(Person, Person.ref == file))[0], people.keys)

    ref = await merge(people, viewer, kept, merged)
    assert await said(merged) == quiet
    await undo(people, viewer, kept, ref)
    assert await said(merged) == ContactRules()
    await merge(people, viewer, kept, merged)
    async with people.work(viewer) as work:
        rules = ContactRules(no_sms=True)
        await set_contact_rules(SetContactRules(person=kept, rules=rules), work, people.keys)
    assert (await said(kept), await said(merged)) == (rules, rules)


async def test_a_sheet_made_before_a_merge_shows_no_more_than_before(people: People):
    viewer = referent()
    kept, merged = await two_files(people, viewer)
    async with people.work(viewer) as work:
        older = await own_page.make_link(viewer, kept, work, people.keys, 30)
    ref = await merge(people, viewer, kept, merged)
    assert await files_behind(people, older) == (kept,)
    async with people.work(viewer) as work:
        newer = await own_page.make_link(viewer, kept, work, people.keys, 30)
    assert await files_behind(people, newer) == (kept, merged)
    async with people.work(None) as work:
        cookie = await own_page.open_visit(newer.link.address, newer.code, work, people.keys)
    async with people.work(None) as work:
        await own_page.turn_to(cookie, merged, work)
        assert (await own_page.visitor_of(cookie, work)).account == merged
        with pytest.raises(NotFound):
            await own_page.turn_to(cookie, uuid4(), work)
    await undo(people, viewer, kept, ref)
    async with people.work(None) as work:
        assert await own_page.visitor_of(cookie, work) is None


async def files_behind(people: People, made: own_page.Made) -> tuple[UUID, ...]:
    async with people.work(None) as work:
        return await own_page.files_of_link(made.link, work)


async def test_an_agreement_of_the_merged_file_is_read_renewed_and_taken_back_from_the_kept_one(people: People):
    viewer, desk = referent(), a_desk()
    people.desks = [desk]
    kept, merged = await two_files(people, viewer)
    grant = await people.agree(viewer, merged, desk)
    sent = await people.hand_over(viewer, merged, grant, desk, "sent")
    await merge(people, viewer, kept, merged)
    client = await people.client(viewer)
    for page in ("", "/lettre"):
        assert (await client.get(f"/orientations/{sent}{page}")).status_code == 200, page
    here = f"/personnes/{kept}/accords/{grant}"
    for path in ("", "/recu", "/reduire", "/retrait"):
        page = await client.get(f"{here}{path}")
        assert page.status_code == 200 and f"/personnes/{merged}" not in page.text, path
    assert (await client.get(f"/personnes/{kept}/accord?renouvelle={grant}")).status_code == 200
    async with people.work(viewer) as work:
        agreed = {
            "person": merged, "to": in_words(desk), "purpose": Purpose.OPEN_RIGHT, "rights": frozenset({"rsa"}),
            "categories": frozenset({Category.IDENTITY_MIN}), "expires_at": work.now + timedelta(days=120),
        }  # fmt: skip
        with pytest.raises(FileMerged):
            await record_consent(RecordConsent(**agreed), work)
    async with people.work(viewer) as work:
        again = await record_consent(RecordConsent(**agreed, renews=grant), work)
    (row,) = await people.rows(ConsentGrant, ConsentGrant.ref == again)
    assert row.person == merged
    done = await client.post(f"{here}/retrait", data={"command_id": str(uuid4())})
    assert done.status_code == 303
    (row,) = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert row.withdrawn_at is not None


async def test_what_she_says_about_the_evaluation_is_kept_in_every_file(people: People):
    viewer = referent()
    kept, merged = await two_files(people, viewer)
    ref = await merge(people, viewer, kept, merged)
    client = await people.client(viewer)
    form = {"command_id": str(uuid4()), "choice": "opposed"}
    assert (await client.post(f"/personnes/{kept}/evaluation", data=form)).status_code == 303
    await undo(people, viewer, kept, ref)
    async with people.service.app.state.evaluation.web(viewer) as work:
        for file in (kept, merged):
            found = await answer_of(viewer, (file,), work)
            assert found is not None and found.opposed
