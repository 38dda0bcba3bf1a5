"""How an agreement narrows and ends: by the person, by the clock, with the charge of who gave it."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.consent import Category
from contracts.refusals import (
    DateInThePast,
    GrantExpired,
    GrantWithdrawn,
    InvalidInput,
    NotFound,
    RepresentationEnded,
)
from contracts.vocabulary import Purpose, Representation
from services.intake.commands import GiveReceipt, NarrowConsent, NotedRight, ReviewRights, WithdrawConsent
from services.intake.consent_ending import end_agreements
from services.intake.consent_handlers import give_receipt, withdraw_consent
from services.intake.consent_narrowing import narrow_consent
from services.intake.consent_rules import eighteenth_birthday, end_of_charge, is_minor
from services.intake.consent_state import ReceiptWay, Standing, state_of
from services.intake.dossier import grant_of
from services.intake.handlers import review_rights
from services.intake.tables import ConsentGrant, Handover
from services.runtime.jobs import A_DAY
from services.runtime.web.dates import PARIS
from tests.intake.consent_record_world import SOME, agree, events
from tests.intake.people_world import People, a_desk, referent

REFUSALS = {
    Standing.WITHDRAWN: GrantWithdrawn,
    Standing.EXPIRED: GrantExpired,
    Standing.PROXY_ENDED: RepresentationEnded,
    Standing.LIVE: None,
}


async def narrow(people: People, viewer: Any, ref: UUID, at: datetime | None = None, **kept: Any) -> None:
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == ref)
    keeps = {"categories": row.categories, "rights": row.rights, "expires_at": row.expires_at, **kept}
    async with people.work(viewer, at) as work:
        await narrow_consent(NarrowConsent(grant=ref, **keeps), work)


async def kinds(people: People, ref: UUID) -> list[str]:
    return sorted(one.kind for one in await events(people, ref))


async def test_narrowing_keeps_a_part_and_ends_the_hand_overs_of_what_is_out(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    ref = await agree(people, viewer, person, desk)
    out = await people.hand_over(viewer, person, ref, desk, "sent")  # for the RSA
    command = {"rights": frozenset({"apl"}), "categories": frozenset({Category.IDENTITY_MIN})}
    await narrow(people, viewer, ref, **command)
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == ref)
    assert (row.rights, row.categories, row.epoch) == (["apl"], ["identity_min"], 2) and row.withdrawn_at is None
    [handover] = await people.rows(Handover, Handover.ref == out)
    assert handover.readable_until == row.narrowed_at
    [fact] = [one for one in await people.facts(ref) if one["type"] == "consent.narrowed.v1"]
    assert fact["data"]["referrals"] == [str(out)] and fact["data"]["epoch"] == 2
    assert await kinds(people, ref) == ["given", "narrowed", "presented"]


async def test_narrowing_adds_nothing_and_is_never_all_or_nothing(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    ref = await agree(people, viewer, person, desk)
    now = datetime.now(UTC)
    for kept, field in (
        ({"categories": SOME | {Category.BIRTH_DATE}}, "categories"),
        ({"rights": frozenset({"rsa", "apl", "ppa"})}, "rights"),
        ({"categories": frozenset()}, "categories"),
        ({"rights": frozenset()}, "rights"),
        ({}, "categories"),
        ({"expires_at": now + timedelta(days=200)}, "categories"),  # beyond the end is the end: nothing is taken out
    ):
        with pytest.raises(InvalidInput) as refused:
            await narrow(people, viewer, ref, **kept)
        assert refused.value.field == field
    with pytest.raises(DateInThePast):
        await narrow(people, viewer, ref, expires_at=now - timedelta(days=1))
    with pytest.raises(NotFound):
        await narrow(people, referent(), ref, rights=frozenset({"apl"}))
    async with people.work(viewer) as work:
        await withdraw_consent(WithdrawConsent(grant=ref), work)
    with pytest.raises(GrantWithdrawn):
        await narrow(people, viewer, ref, rights=frozenset({"apl"}))


async def test_the_clock_writes_each_end_once_whoever_is_first_and_with_its_own_instant(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer, birth_date=date.today().replace(year=date.today().year - 30))
    long_ago = datetime.now(UTC) - timedelta(days=100)
    over = await agree(people, viewer, person, desk, long_ago)
    taken_back = await agree(people, viewer, person, desk, long_ago)
    async with people.work(viewer, datetime.now(UTC) - timedelta(days=50)) as work:
        await withdraw_consent(WithdrawConsent(grant=taken_back), work)
    spoken_for = await agree(
        people, viewer, person, desk, long_ago, with_proxy=Representation.TUTELLE, representative="X",
        represented_until=(long_ago + timedelta(days=30)).date(),
    )  # fmt: skip
    await end_agreements(people.service, A_DAY)
    assert await kinds(people, over) == ["given", "presented"], "the look of each minute is at the last day"
    await asyncio.gather(*(end_agreements(people.service) for _ in range(4)))
    assert await end_agreements(people.service) == 0
    assert await kinds(people, over) == ["expired", "given", "presented"]
    assert await kinds(people, taken_back) == ["given", "presented", "withdrawn"]
    assert await kinds(people, spoken_for) == ["expired", "given", "presented", "proxy_ended"]
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == over)
    [end] = [one for one in await events(people, over) if one.kind == "expired"]
    assert end.at == row.expires_at and end.actor is None


async def test_an_agreement_ends_with_the_charge_of_whoever_gave_it_and_says_so(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    until = date.today() + timedelta(days=20)
    ref = await agree(
        people,
        viewer,
        person,
        desk,
        with_proxy=Representation.HABILITATION,
        representative="X",
        represented_until=until,
    )
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == ref)
    just_before = row.represented_until - timedelta(microseconds=1)
    for at, refused in ((just_before, None), (row.represented_until, RepresentationEnded)):
        refusal = grant_of(row).refusal(desk=desk.desk, right="rsa", at=at)
        assert type(refusal) is (refused or type(None))
    assert "ne la représente plus" in str(RepresentationEnded())


async def test_what_is_under_way_follows_her_from_an_agreement_whose_charge_is_over(people: People):
    viewer, desk, now = referent(), a_desk(), datetime.now(UTC)
    person = await people.meet(viewer)
    former = await agree(
        people, viewer, person, desk, now - timedelta(days=60), expires_at=now + timedelta(days=100),
        with_proxy=Representation.TUTELLE, representative="X", represented_until=(now - timedelta(days=10)).date(),
    )  # fmt: skip
    under_way = await people.hand_over(viewer, person, former, desk, "sent")
    async with people.work(viewer) as work:
        await review_rights(ReviewRights(person=person, rights=(NotedRight(right="apl", ground="housing"),)), work)
    client = await people.client(viewer)
    confier, summary = f"/personnes/{person}/confier", f"/personnes/{person}/resume"
    assert "Accord à recueillir" in (await client.get(confier)).text
    assert f"/personnes/{person}/accord?droit=apl" in (await client.get(summary)).text
    # Hers ends sooner than the former would have.
    anew = await agree(people, viewer, person, desk, expires_at=now + timedelta(days=60))
    [handover] = await people.rows(Handover, Handover.ref == under_way)
    assert handover.grant == anew
    assert "Accord recueilli" in (await client.get(confier)).text
    assert f"/personnes/{person}/confier?droit=apl" in (await client.get(summary)).text


async def test_an_agreement_given_anew_says_which_one_it_follows(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    former = await agree(people, viewer, person, desk)
    anew = await agree(people, viewer, person, desk, renews=former, expires_at=datetime.now(UTC) + timedelta(days=180))
    [event] = [one for one in await events(people, former) if one.kind == "renewed"]
    assert event.details["renewed_by"] == str(anew)
    assert state_of(await events(people, former), datetime.now(UTC)).renewed_by == anew
    other = await people.meet(viewer)
    with pytest.raises(NotFound):
        await agree(people, viewer, other, desk, renews=former)


def test_a_charge_over_a_minor_ends_when_she_comes_of_age():
    born, now = date(2010, 2, 28), datetime(2027, 1, 5, 10, tzinfo=UTC)
    assert (
        is_minor(born, date(2028, 2, 27)) and not is_minor(born, date(2028, 2, 28)) and not is_minor(None, now.date())
    )
    assert eighteenth_birthday(date(2008, 2, 29)) == date(2026, 3, 1)
    for said in (None, date(2031, 1, 1)):
        ends = end_of_charge(Representation.MINOR, said, born, now, PARIS)
        assert ends == datetime(2028, 2, 28, tzinfo=PARIS) - timedelta(microseconds=1)
    assert end_of_charge(None, date(2027, 2, 1), born, now, PARIS) is None
    assert end_of_charge(Representation.TRUSTED, None, born, now, PARIS) is None
    with pytest.raises(InvalidInput):
        end_of_charge(Representation.CURATELLE, None, None, now, PARIS)
    with pytest.raises(DateInThePast):
        end_of_charge(Representation.CURATELLE, date(2027, 1, 4), None, now, PARIS)
    with pytest.raises(InvalidInput):
        end_of_charge(Representation.TUTELLE, date(2072, 1, 5), None, now, PARIS)


STEPS = st.lists(
    st.tuples(st.sampled_from(("narrow", "withdraw", "renew", "receipt", "clock")), st.integers(1, 40)), max_size=5
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, lasts=st.integers(10, 182), charge=st.none() | st.integers(5, 200), looked=st.integers(0, 240))
async def test_the_record_and_the_row_that_decides_always_agree(people: People, steps, lasts, charge, looked):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    at = begun = datetime.now(UTC) - timedelta(days=300)
    proxy: dict[str, Any] = {}
    if charge is not None:
        proxy = {"with_proxy": Representation.TUTELLE, "represented_until": (at + timedelta(days=charge)).date()}
    ref = await agree(people, viewer, person, desk, at, expires_at=at + timedelta(days=lasts), **proxy)
    for step, days in steps:
        at += timedelta(days=days)
        await do(people, viewer, person, desk, ref, step, at)
    await end_agreements(people.service)
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == ref)
    record = await events(people, ref)
    for moment in (at, begun + timedelta(days=looked), datetime.now(UTC)):
        if moment < at:
            continue
        state = state_of(record, moment)
        refusal = grant_of(row).refusal(desk=row.desk, right=row.rights[0], at=moment)
        assert REFUSALS[state.standing] is (type(refusal) if refusal else None)
        assert (state.categories, state.rights) == (frozenset(row.categories), frozenset(row.rights))
        assert (state.epoch, state.expires_at, state.withdrawn_at) == (row.epoch, row.expires_at, row.withdrawn_at)
        assert state.represented_until == row.represented_until


async def do(people: People, viewer: Any, person: UUID, desk: Any, ref: UUID, step: str, at: datetime) -> None:
    """One thing that can happen to an agreement; what is refused changes nothing."""
    [row] = await people.rows(ConsentGrant, ConsentGrant.ref == ref)
    try:
        if step == "narrow":
            sooner = row.expires_at - timedelta(days=1)
            await narrow(people, viewer, ref, at, categories=row.categories[1:], expires_at=sooner)
        elif step == "renew":
            await agree(people, viewer, person, desk, at, renews=ref, purpose=Purpose.OPEN_RIGHT)
        elif step == "clock":
            await end_agreements(people.service)
        else:
            async with people.work(viewer, at) as work:
                if step == "withdraw":
                    await withdraw_consent(WithdrawConsent(grant=ref), work)
                else:
                    await give_receipt(GiveReceipt(grant=ref, way=ReceiptWay.PRINTED), work)
    except (InvalidInput, DateInThePast, GrantExpired, GrantWithdrawn, RepresentationEnded):
        [after] = await people.rows(ConsentGrant, ConsentGrant.ref == ref)
        assert after.model_dump() == row.model_dump()
