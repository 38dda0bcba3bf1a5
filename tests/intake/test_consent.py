"""Recording an agreement: its bounds, its end, its withdrawal, who may, and what is told."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from sqlmodel import col

from contracts.refusals import DateInThePast, InvalidInput, NotFound, RoleNotAllowed
from contracts.viewer import Role
from contracts.vocabulary import Purpose
from services.intake.commands import RefuseConsent, WithdrawConsent
from services.intake.consent_handlers import record_consent, refuse_consent, withdraw_consent
from services.intake.domain import end_of_grant
from services.intake.notice import CURRENT, FOLDER
from services.intake.reconciling import tell_withdrawals_again
from services.intake.tables import ConsentEvent, ConsentGrant, Handover
from services.runtime.web.dates import PARIS
from tests.intake.consent_world import consent
from tests.intake.people_world import People, a_desk, asked, referent


async def test_an_agreement_keeps_who_what_until_when_and_the_words_that_were_read(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    async with people.work(viewer) as work:
        now = work.now
        ref = await record_consent(consent(person, desk, expires_at=now + timedelta(days=182)), work)
    [grant] = await people.rows(ConsentGrant, ConsentGrant.ref == ref)
    assert (grant.desk, grant.given_at, grant.epoch, grant.asked_by) == (desk.desk, now, 1, viewer.account)
    assert grant.categories == ["identity_min"] and grant.rights == ["rsa"] and grant.read_back
    assert grant.notice_version == CURRENT
    assert grant.notice_hash == sha256((FOLDER / f"{CURRENT}.md").read_bytes()).hexdigest()
    events = await people.rows(ConsentEvent, ConsentEvent.grant == ref)
    assert sorted(one.kind for one in events) == ["given", "presented"]
    [fact] = await people.facts(ref)
    assert fact["type"] == "consent.given.v1" and fact["data"]["desk"] == str(desk.desk)
    assert str(person) not in str(fact) and "identity" not in str(fact)


@pytest.mark.parametrize(
    ("values", "days", "field"),
    [
        ({}, 182.001, "until"),
        ({}, 400, "until"),
        ({"categories": frozenset()}, 90, "categories"),
        ({"rights": frozenset()}, 90, "rights"),
        ({"rights": frozenset({"rsa", "inconnu"})}, 90, "rights"),
        ({"notice_version": "fr-1999-01"}, 90, "notice_read"),
    ],
)
async def test_an_agreement_without_bounds_is_refused(people: People, values, days, field):
    viewer = referent()
    person = await people.meet(viewer)
    with pytest.raises(InvalidInput) as refused:
        async with people.work(viewer) as work:
            expires_at = work.now + timedelta(days=days)
            await record_consent(consent(person, a_desk(), expires_at=expires_at, **values), work)
    assert refused.value.field == field
    assert await people.rows(ConsentGrant, ConsentGrant.person == person) == []


async def test_an_agreement_cannot_end_before_it_begins(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    with pytest.raises(DateInThePast):
        async with people.work(viewer) as work:
            await record_consent(consent(person, a_desk(), expires_at=work.now), work)


async def test_a_refusal_is_recorded_and_shares_nothing(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    async with people.work(viewer) as work:
        command = RefuseConsent(person=person, to=asked(desk), purpose=Purpose.OPEN_RIGHT)
        ref = await refuse_consent(command, work)
    assert await people.rows(ConsentGrant, ConsentGrant.person == person) == []
    events = await people.rows(ConsentEvent, ConsentEvent.person == person)
    assert sorted(one.kind for one in events) == ["presented", "refused"] and {one.grant for one in events} == {None}
    [fact] = await people.facts(ref)
    assert fact["type"] == "consent.refused.v1" and str(person) not in str(fact)


async def test_a_withdrawal_ends_reading_now_and_lists_what_is_still_on_its_way(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    grant, other = await people.agree(viewer, person, desk), await people.agree(viewer, person, desk)
    refs = [await people.hand_over(viewer, person, grant, desk, step) for step in ("sent", "sending")]
    kept = await people.hand_over(viewer, person, other, desk, "sent")
    draft = await people.hand_over(viewer, person, grant, desk, "draft")
    command = WithdrawConsent(grant=grant)
    for _ in range(2):
        async with people.work(viewer) as work:
            at = work.now
            assert await withdraw_consent(command, work) == person
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert row.epoch == 2 and row.withdrawn_at is not None and row.withdrawn_at < at
    until = {one.ref: one.readable_until for one in await people.rows(Handover, Handover.person == person)}
    assert [until[ref] for ref in refs] == [row.withdrawn_at] * 2 and until[kept] is None and until[draft] is None
    facts = [one for one in await people.facts(grant) if one["type"] == "consent.withdrawn.v1"]
    assert len(facts) == 1 and facts[0]["data"]["epoch"] == 2
    assert set(facts[0]["data"]["referrals"]) == {str(ref) for ref in refs}
    events = await people.rows(ConsentEvent, ConsentEvent.grant == grant, col(ConsentEvent.kind) == "withdrawn")
    assert len(events) == 1


async def test_a_withdrawal_that_nobody_heard_is_told_again(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    grant = await people.agree(viewer, person, desk)
    ref = await people.hand_over(viewer, person, grant, desk, "sent")
    async with people.work(viewer, datetime.now(UTC) + timedelta(seconds=1)) as work:
        await withdraw_consent(WithdrawConsent(grant=grant), work)
    clock = people.service.database.clock
    assert await tell_withdrawals_again(people.service) == 0, "it may still be on its way"
    people.service.database.clock = lambda: clock() + timedelta(minutes=10)
    try:
        told = await tell_withdrawals_again(people.service)
        async with people.service.database.worker() as work:
            await work.execute("UPDATE handover SET state = 'withdrawn' WHERE ref = :ref", ref=ref)
        assert await tell_withdrawals_again(people.service) == told - 1
    finally:
        people.service.database.clock = clock


async def test_a_reading_that_had_ended_keeps_its_end(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    grant = await people.agree(viewer, person, desk)
    ref = await people.hand_over(viewer, person, grant, desk, "sent")
    async with people.work(viewer) as work:
        ended = work.now - timedelta(days=3)
        await work.execute("UPDATE handover SET readable_until = :at WHERE ref = :ref", at=ended, ref=ref)
    async with people.work(viewer) as work:
        await withdraw_consent(WithdrawConsent(grant=grant), work)
    [row] = await people.rows(Handover, Handover.ref == ref)
    assert row.readable_until == ended


async def test_an_agreement_given_anew_carries_what_is_under_way(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    withdrawn = await people.agree(viewer, person, desk, datetime.now(UTC) - timedelta(days=70))
    taken_back = await people.hand_over(viewer, person, withdrawn, desk, "sent")
    async with people.work(viewer) as work:
        await withdraw_consent(WithdrawConsent(grant=withdrawn), work)
    over = await people.agree(viewer, person, desk, datetime.now(UTC) - timedelta(days=95))
    ending = await people.agree(viewer, person, desk, datetime.now(UTC) - timedelta(days=80))
    under_way = [await people.hand_over(viewer, person, one, desk, "sent") for one in (ending, over)]
    async with people.work(viewer) as work:
        other = consent(person, desk, purpose=Purpose.FOLLOW_UP, expires_at=work.now + timedelta(days=182))
        await record_consent(other, work)
    async with people.work(viewer) as work:
        anew = await record_consent(consent(person, desk, expires_at=work.now + timedelta(days=182)), work)
    rests = {one.ref: one.grant for one in await people.rows(Handover, Handover.person == person)}
    assert [rests[ref] for ref in under_way] == [anew, anew] and rests[taken_back] == withdrawn


@pytest.mark.parametrize("until", [date(2026, 5, 2), date.max])
def test_an_agreement_lasts_to_the_end_of_the_day_that_was_chosen_and_is_shown_with_that_day(until: date):
    end = end_of_grant(until, datetime(2026, 4, 1, 10, tzinfo=UTC), PARIS)
    assert end.date() == until and end.utcoffset() is not None


async def test_consent_is_the_business_of_referents_of_the_organisation(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    grant = await people.agree(viewer, person, desk)
    stranger, agent = referent(), referent(viewer.organisation, Role.DESK_AGENT)
    for other, refusal in ((stranger, NotFound), (agent, RoleNotAllowed)):
        with pytest.raises(refusal):
            async with people.work(other) as work:
                await withdraw_consent(WithdrawConsent(grant=grant), work)
        with pytest.raises(refusal):
            async with people.work(other) as work:
                await record_consent(consent(person, desk, expires_at=work.now + timedelta(days=9)), work)
    client = await people.client(stranger)
    path = f"/personnes/{person}/accords/{grant}/retrait"
    assert (await client.get(path)).status_code == 404
    assert (await client.post(path, data={"command_id": str(uuid4())})).status_code == 404
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert row.withdrawn_at is None
