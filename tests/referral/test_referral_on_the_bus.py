"""The referral service on a real bus: its asks from other services, and what a stream that lost a message costs."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import nats
import pytest

from contracts.actions import Acknowledge, Assign, Decline, Recall, Reopen
from contracts.asks import ActOnReferral, CheckDeskMember, ListTasks, ReadFacts, ReadReferral
from contracts.envelope import STREAM, Envelope
from contracts.facts import ConsentWithdrawn, DeskItemDelivered
from contracts.lifecycle import State
from contracts.refusals import AssigneeNotOfDesk, NotFound, ReferralAlreadyAnswered
from contracts.replies import DeskMember
from contracts.vocabulary import DeclineReason, RecallReason, ReopenReason
from services.processes import make
from services.referral import clocks
from services.referral.business_time import paris_day
from services.runtime.bus import Bus
from services.runtime.clock import system_clock
from services.runtime.process import Service
from tests.referral.referral_world import World


@pytest.fixture(scope="module")
async def running(referral_settings, referral_ground) -> AsyncIterator[Service]:
    """The service as it runs: asks, consumers, relay and clocks."""
    made = make("referral", referral_settings, referral_ground.servers)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(scope="module")
async def other(referral_settings, referral_ground) -> AsyncIterator:
    """Makes the bus of another service; `answers` are what it answers."""
    buses = []

    async def connect(name, answers=()):
        keys = referral_ground.servers.keys / name / "nats.creds"
        bus = Bus(name, referral_settings.territory, referral_ground.servers.nats_url, keys)
        for kind, answer in answers:
            bus.answer(kind, answer)
        await bus.start()
        buses.append(bus)
        return bus

    yield connect
    for bus in buses:
        await bus.stop()


@pytest.fixture(scope="module")
async def admin(referral_ground) -> AsyncIterator:
    """Whoever may look into the stream and delete from it."""
    keys = referral_ground.servers.keys / "admin" / "nats.creds"
    client = await nats.connect(
        referral_ground.servers.nats_url, user_credentials=str(keys), inbox_prefix=b"_INBOX_admin"
    )
    yield client.jetstream()
    await client.close()


async def facts_in_stream(admin, ref):
    """(sequence, envelope) of every fact of that referral in the stream."""
    state = (await admin.stream_info(STREAM)).state
    found = []
    for sequence in range(state.first_seq, state.last_seq + 1):
        try:
            message = await admin.get_msg(STREAM, sequence)
        except nats.js.errors.NotFoundError:
            continue
        envelope = Envelope.model_validate(json.loads(message.data))
        if envelope.subject == str(ref) and envelope.type.startswith("referral."):
            found.append((sequence, envelope))
    return found


async def test_the_asks_of_other_services_are_answered_or_refused_by_name(running, other, until):
    world, intake = World(), await other("intake")
    ask = world.send()
    state = await intake.ask(ask)
    assert state.state is State.SENT and await intake.ask(ask) == state
    assert (await intake.ask(ReadReferral(viewer=world.referent, ref=ask.ref))).version == 1
    with pytest.raises(NotFound):
        await intake.ask(ReadReferral(viewer=world.stranger, ref=ask.ref))
    promise = Acknowledge(promised_for=paris_day(system_clock()))
    action = ActOnReferral(viewer=world.agent, ref=ask.ref, action=promise)
    assert (await intake.ask(action)).version == 2
    assert (await intake.ask(action)).version == 2
    with pytest.raises(ReferralAlreadyAnswered, match="Réception confirmée"):
        await intake.ask(action.model_copy(update={"command_id": uuid4()}))
    assert (await intake.ask(ListTasks(viewer=world.referent))).tasks == ()
    envelopes = (await intake.ask(ReadFacts(ref=ask.ref, after=1))).envelopes
    assert [one.type for one in envelopes] == ["referral.acknowledged.v1"]


async def test_an_assignee_is_checked_with_the_directory(running, other):
    world = World()

    async def check(ask: CheckDeskMember) -> DeskMember:
        return DeskMember(account=ask.account, active=ask.account == world.agent.account)

    partners = await other("partners", [(CheckDeskMember, check)])
    ask = world.send()
    await (await other("intake")).ask(ask)
    wrong = ActOnReferral(viewer=world.manager, ref=ask.ref, action=Assign(assignee=uuid4()))
    with pytest.raises(AssigneeNotOfDesk):
        await partners.ask(wrong)
    right = wrong.model_copy(update={"action": Assign(assignee=world.agent.account), "command_id": uuid4()})
    assert (await partners.ask(right)).version == 2


async def test_facts_of_others_arrive_and_end_what_lost_its_agreement(running, other, until):
    world, intake = World(), await other("intake")
    ask = world.send()
    await intake.ask(ask)
    fact = ConsentWithdrawn(ref=uuid4(), referrals=(ask.ref,), epoch=2, at=system_clock())
    await intake.publish(Envelope.of(
        fact, source="intake", time=fact.at, territory=running.settings.territory, actor_kind="referent"
    ))

    async def withdrawn():
        return (await intake.ask(ReadReferral(viewer=world.referent, ref=ask.ref))).state is State.WITHDRAWN

    await until(withdrawn)


@pytest.fixture
def later(running, admin):
    """So many minutes later: how often each kind of fact of that referral is in the stream after the second sending."""

    async def pass_time(ref, minutes):
        async with running.database.worker() as work:
            await work.execute(
                "UPDATE referral SET recorded_at = recorded_at - make_interval(mins => :minutes),"
                " redelivered_at = redelivered_at - make_interval(mins => :minutes) WHERE ref = :ref",
                ref=ref, minutes=minutes,
            )
        await clocks.send_again(running.database, running.bus.publish)
        return await facts_in_stream(admin, ref)

    return pass_time


async def test_what_the_stream_lost_is_sent_again_until_a_desk_has_it(running, other, admin, later, until):
    world, intake, partners = World(), await other("intake"), await other("partners")
    ask = world.send()
    await intake.ask(ask)

    async def carried():
        return await facts_in_stream(admin, ask.ref)

    [(sequence, first)] = await until(carried)
    await admin.delete_msg(STREAM, sequence)
    await running.bus.publish(first)
    assert await carried() == []  # the stream remembers the id: the same message never comes back
    assert await later(ask.ref, 1) == []  # too early
    [(_, again)] = await later(ask.ref, 1)
    assert again.id != first.id and again.causation == first.id
    assert (again.data, again.time, again.correlation) == (first.data, first.time, first.correlation)
    counts = [len(await later(ask.ref, minutes)) for minutes in (1, 2, 3, 3, 60, 61)]
    assert counts == [1, 2, 2, 3, 4, 5]  # each after twice the time, then every hour

    delivered = DeskItemDelivered(ref=ask.ref, desk=world.desk, at=system_clock())
    await partners.publish(Envelope.of(
        delivered, source="partners", time=delivered.at, territory=running.settings.territory, actor_kind="clock"
    ))

    async def known():
        return (await intake.ask(ReadReferral(viewer=world.referent, ref=ask.ref))).delivered_at

    await until(known)
    assert len(await later(ask.ref, 120)) == 5


async def test_the_last_fact_of_a_referral_is_sent_a_second_time_and_no_more(running, other, admin, later, until):
    world, intake = World(), await other("intake")
    ask = world.send()
    await intake.ask(ask)
    await later(ask.ref, 3)  # the fact before it has had its own second sending
    await intake.ask(ActOnReferral(viewer=world.referent, ref=ask.ref, action=Recall(reason=RecallReason.MISTAKE)))

    async def recalled():
        return [one for one in await facts_in_stream(admin, ask.ref) if one[1].data["version"] == 2]

    [(sequence, first)] = await until(recalled)
    await admin.delete_msg(STREAM, sequence)
    assert await later(ask.ref, 1) and await recalled() == []
    await later(ask.ref, 1)
    [(_, again)] = await recalled()
    assert again.id != first.id and again.data == first.data
    await later(ask.ref, 600)
    assert len(await recalled()) == 1


async def test_a_bus_that_is_away_costs_no_second_sending(running, other):
    world, intake = World(), await other("intake")
    ask = world.send()
    await intake.ask(ask)
    published = []

    async def away(envelope):
        raise ConnectionError

    async def keep(envelope):
        published.append(envelope.subject)

    async with running.database.worker() as work:
        await work.execute(
            "UPDATE referral SET recorded_at = recorded_at - interval '3 minutes' WHERE ref = :ref", ref=ask.ref
        )
    with pytest.raises(ConnectionError):
        await clocks.send_again(running.database, away)
    await clocks.send_again(running.database, keep)
    assert published.count(str(ask.ref)) == 1


async def test_what_begins_again_is_sent_again_until_the_desk_has_that(running, other, admin, later, until):
    world, intake, partners = World(), await other("intake"), await other("partners")
    ask = world.send()
    await intake.ask(ask)
    decline = Decline(reason=DeclineReason.OUT_OF_AREA)
    await partners.ask(ActOnReferral(viewer=world.agent, ref=ask.ref, action=decline))
    assert (await intake.ask(ReadReferral(viewer=world.referent, ref=ask.ref))).delivered_at
    again = Reopen(reason=ReopenReason.NEW_ELEMENT)
    await intake.ask(ActOnReferral(viewer=world.referent, ref=ask.ref, action=again))
    assert (await intake.ask(ReadReferral(viewer=world.referent, ref=ask.ref))).delivered_at is None

    async def reopened():
        return [one for one in await facts_in_stream(admin, ask.ref) if one[1].data["version"] == 3]

    await until(reopened)
    for expected, minutes in ((2, 2), (3, 4)):
        await later(ask.ref, minutes)
        assert len(await reopened()) == expected
