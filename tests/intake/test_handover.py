"""Handing a person over: both locks, one transaction, and a referral that arrives once whatever fails in between."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from prometheus_client import generate_latest
from sqlmodel import select

from contracts.facts import ReferralSent
from contracts.refusals import (
    ContactUnavailable,
    GrantExpired,
    GrantWithdrawn,
    NoConvention,
    NoLiveGrant,
    NoRoute,
    NotFound,
    PurposeNotAllowed,
    Refusal,
    SocialSecurityNumberRefused,
)
from contracts.topology import durables
from contracts.vocabulary import OrganisationKind, Purpose, Scheme
from services.intake import handover, sending
from services.intake import handover_lists as lists
from services.intake.handover import hand_over
from services.intake.tables import ConsentGrant
from tests.conftest import eventually
from tests.intake.handover_world import World, fact_of


async def test_a_person_is_handed_over_with_both_locks_open(world: World):
    ready = await world.ready()
    done = await world.hand_over(ready)
    row = await world.row(done.ref)
    assert (done.step, row.step, row.state, row.epoch, row.grant) == ("sent", "sent", "sent", 1, ready.grant)
    assert row.sender_kind == "ccas" and row.contact_name == "Julie Perrin" and row.assignee == ready.recipient.assignee
    assert b"matin" not in row.need_summary
    asked = world.referrals.sent[-1]
    assert (asked.ref, asked.person, asked.desk, asked.viewer.account) == (
        row.ref,
        ready.person,
        row.desk,
        ready.referent.account,
    )


async def test_the_same_command_twice_at_once_is_one_hand_over(world: World):
    ready = await world.ready()
    command = ready.command()
    both = await asyncio.gather(
        *(handover.hand_over(command, ready.referent, world.service, world.keys) for _ in range(4))
    )
    assert len({one.ref for one in both}) == 1
    async with world.service.database.web(ready.referent) as work:
        assert (await lists.count_tabs(ready.referent, work))["guichet"] == 1


@pytest.mark.parametrize(
    ("refusal", "ready_with", "sent_with"),
    [
        (NoLiveGrant, {"granted": False}, {}),
        (GrantExpired, {"expires_at": datetime.now(UTC) - timedelta(hours=1)}, {}),
        (GrantWithdrawn, {"withdrawn_at": datetime.now(UTC) - timedelta(hours=1)}, {}),
        (NoLiveGrant, {"rights": ["apl"]}, {}),
        (NoLiveGrant, {"contact": uuid4()}, {}),
        (PurposeNotAllowed, {"purpose": "follow_up"}, {}),
        (PurposeNotAllowed, {}, {"purpose": Purpose.FOLLOW_UP}),
        (NoRoute, {"routed": False, "sender": OrganisationKind.BAILLEUR}, {}),
    ],
)
async def test_each_closed_lock_refuses_by_its_name_and_keeps_nothing(world: World, refusal, ready_with, sent_with):
    ready = await world.ready(**ready_with)
    with pytest.raises(Refusal) as refused:
        await world.hand_over(ready, **sent_with)
    assert type(refused.value) is refusal
    async with world.service.database.web(ready.referent) as work:
        assert sum((await lists.count_tabs(ready.referent, work)).values()) == 0


async def test_without_a_convention_in_force_nothing_leaves(world: World):
    ready = await world.ready()
    ended = {"convention_ends": datetime.now(UTC) - timedelta(seconds=1)}
    for change in (ended, {"convention": None, "convention_starts": None, "convention_ends": None}):
        world.directory.recipients[ready.recipient.desk] = ready.recipient.model_copy(update=change)
        with pytest.raises(NoConvention):
            await world.hand_over(ready)


async def test_an_absent_contact_receives_nothing(world: World):
    ready = await world.ready()
    world.directory.refusal = ContactUnavailable()
    try:
        with pytest.raises(ContactUnavailable):
            await world.hand_over(ready)
    finally:
        world.directory.refusal = None


async def test_a_person_of_another_organisation_is_unknown(world: World):
    ready, other = await world.ready(), await world.ready()
    with pytest.raises(NotFound):
        await handover.hand_over(ready.command(), other.referent, world.service, world.keys)


async def test_a_message_with_a_social_security_number_is_refused_before_anything_is_asked(world: World):
    ready = await world.ready()
    before = world.directory.asked
    with pytest.raises(SocialSecurityNumberRefused) as refused:
        await world.hand_over(ready, message="Son numéro : 2 90 05 35 238 123 89, merci")
    assert refused.value.field == "message" and world.directory.asked == before


async def test_a_hand_over_left_by_a_crash_is_sent_once_by_the_sweeper(world: World):
    ready = await world.ready()
    async with world.away():
        done = await world.hand_over(ready)
        assert done.step == "sending" and (await world.row(done.ref)).step == "sending"
    await sending.send_what_is_left(world.service)
    assert world.referrals.times(done.ref) == 0, "younger than five seconds: the page itself may still be asking"
    await world.change(done.ref, moved_at=datetime.now(UTC) - timedelta(seconds=6))
    answered = await asyncio.gather(*(sending.send_what_is_left(world.service) for _ in range(3)))
    assert sum(answered) == 1 and world.referrals.times(done.ref) == 1
    row = await world.row(done.ref)
    assert (row.step, row.state) == ("sent", "sent")


async def test_the_sweeper_asks_with_the_instant_of_the_hand_over(world: World):
    ready = await world.ready()
    async with world.away():
        done = await world.hand_over(ready)
    row = await world.row(done.ref)
    await world.change(done.ref, moved_at=datetime.now(UTC) - timedelta(seconds=6))
    await sending.send_what_is_left(world.service)
    assert world.referrals.sent[-1].sent_at == row.sent_at


async def test_a_withdrawal_before_the_referral_exists_marks_the_hand_over_refused(world: World):
    ready = await world.ready()
    world.referrals.refusal = GrantWithdrawn()
    try:
        with pytest.raises(GrantWithdrawn):
            await world.hand_over(ready)
    finally:
        world.referrals.refusal = None
    async with world.service.database.web(ready.referent) as work:
        [row] = await lists.list_tab(ready.referent, work, "a-moi")
    assert (row.step, (await world.row(row.ref)).refusal) == ("refused", "grant-withdrawn")
    [answer] = await world.disclose(ready.agent, row.ref)
    assert answer.disclosure is None


async def test_a_withdrawal_that_holds_the_lock_first_wins_over_the_hand_over(world: World):
    ready = await world.ready()
    async with world.service.database.web(ready.referent) as work:
        await work.execute("SELECT 1 FROM consentgrant WHERE ref = :ref FOR UPDATE", ref=ready.grant)
        sends = asyncio.create_task(world.hand_over(ready))
        await blocked(world)
        await work.execute("UPDATE consentgrant SET withdrawn_at = clock_timestamp() WHERE ref = :ref", ref=ready.grant)
        # The hand-over's own instant may lie before the withdrawal's: the lock decides, not the clocks.
    with pytest.raises(GrantWithdrawn):
        await sends


async def test_a_hand_over_that_holds_the_lock_first_is_seen_by_the_withdrawal(world: World):
    ready = await world.ready()
    command = ready.command()
    async with world.service.database.web(ready.referent) as work:
        await handover.record_handover(
            command, ("", ""), ready.recipient, Scheme.GENERAL, work, ready.referent, world.keys
        )
        withdraws = asyncio.create_task(world.withdraw(ready))
        await blocked(world)
    await withdraws
    async with world.service.database.web(ready.referent) as work:
        found = await work.execute('SELECT ref FROM handover WHERE "grant" = :ref', ref=ready.grant)
        assert [row[0] for row in found] == [command.ref(ready.referent)]


async def blocked(world: World) -> None:
    """Until one transaction waits for a lock of another."""

    async def waits() -> bool:
        async with world.service.database.worker() as work:
            return bool((await work.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())

    await eventually(waits)


async def test_an_agricultural_scheme_is_resolved_as_such(world: World):
    ready = await world.ready(scheme="agricultural")
    done = await world.hand_over(ready)
    assert done.step == "sent"


async def test_a_draft_becomes_the_hand_over_of_the_same_reference(world: World):
    ready = await world.ready()
    command = ready.command()
    async with world.service.database.web(ready.referent) as work:
        ref = await handover.keep_draft(command, ready.recipient, False, work, ready.referent, world.keys)
    assert (await world.row(ref)).step == "draft"
    [answer] = await world.disclose(ready.agent, ref)
    assert answer.refusal and answer.refusal["slug"] == "not-found", "a draft is not the desk's"
    done = await world.hand_over(ready, draft=ref)
    assert done.ref == ref and (await world.row(ref)).step == "sent"


async def test_a_sent_fact_marks_a_hand_over_that_was_still_being_sent(world: World, until):
    ready = await world.ready()
    async with world.away():
        done = await world.hand_over(ready)
    async with world.service.database.worker() as work:
        envelope = work.emit(fact_of(ready, done.ref, ReferralSent))
    await world.service.inbox.take("intake-referral", [envelope])
    row = await world.row(done.ref)
    assert (row.step, row.state, row.version) == ("sent", "sent", 1)


async def test_a_live_grant_for_another_purpose_is_sent_on_as_the_form_showed_it(world: World):
    ready = await world.ready(purpose="appointment")
    world.directory.recipients = {ready.recipient.desk: ready.recipient}
    async with world.service.database.web(ready.referent) as work:
        grant = (await work.session.exec(select(ConsentGrant).where(ConsentGrant.ref == ready.grant))).one()
        over = {"ref": uuid4(), "purpose": "open_right", "given_at": work.now - timedelta(days=90)}
        ended = grant.model_dump() | over | {"expires_at": work.now - timedelta(days=1)}
        work.session.add(ConsentGrant(**ended))
    chosen = f"{ready.recipient.desk}.{ready.recipient.contact}"
    typed = {"command_id": str(uuid4()), "right": "rsa", "chosen": chosen, "mode": "appel_a_trois", "action": "send"}
    async with world.browser(ready.referent) as browser:
        sent = await browser.post(f"/personnes/{ready.person}/confier", data=typed)
    assert sent.status_code == 303
    row = await world.row(UUID(sent.headers["location"].rsplit("/", 1)[1]))
    assert (row.purpose, row.grant) == ("appointment", ready.grant)


async def test_what_a_withdrawal_stopped_on_its_way_is_taken_up_as_a_new_hand_over(world: World):
    ready = await world.ready()
    world.directory.recipients = {ready.recipient.desk: ready.recipient}
    world.referrals.refusal = GrantWithdrawn()
    try:
        command = ready.command()
        with pytest.raises(GrantWithdrawn):
            await hand_over(command, ready.referent, world.service, world.keys)
    finally:
        world.referrals.refusal = None
    stopped, here = command.ref(ready.referent), f"/personnes/{ready.person}/confier"
    async with world.browser(ready.referent) as browser:
        page = (await browser.get(here, params={"brouillon": str(stopped)})).text
        typed = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        assert "Elle préfère être appelée le matin" in page and "draft" not in typed
        sent = await browser.post(here, data=typed | {"mode": "appel_a_trois", "action": "send"})
    assert sent.status_code == 303
    ref = UUID(sent.headers["location"].rsplit("/", 1)[1])
    assert ref != stopped and (await world.row(ref)).step == "sent"
    assert (await world.row(stopped)).state == "withdrawn"
    async with world.service.database.web(ready.referent) as work:
        hers = await lists.hers_today(ready.referent, work)
    assert hers.refused == hers.begun == []


async def test_the_lag_of_each_consumer_can_be_read_with_the_permissions_of_the_service(world: World):
    await world.service._measure()
    shown = generate_latest().decode()
    for durable in durables("intake").values():
        assert f'relais_consumer_pending{{consumer="{durable}"}}' in shown
