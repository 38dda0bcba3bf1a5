"""A referral that waits is told once, to the right person, and says nothing; what no longer waits is not told."""

import asyncio
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.facts import ReferralAssigned, ReferralRecalled, ReferralReopened
from contracts.lifecycle import State
from contracts.vocabulary import RecallReason, ReopenReason
from services.notify import ledger_counts, ledger_words, mail
from services.notify.domain import LONGEST_DELAY, next_delay
from services.notify.sender import Sender
from services.notify.smtp import Mailer


async def test_the_mail_of_a_referral_says_that_it_waits_and_nothing_else(world, new_fact, until):
    account, email = world.account()
    fact = new_fact(assignee=account, right="zz_canari_droit")
    await world.publish(fact)
    await until(lambda: told(world, fact.ref))
    (received,) = world.relay.to(email)
    message = received.message
    assert received.to == [email]
    assert message["Subject"] == mail.AWAITS_SUBJECT
    assert f"https://relais.valbrume.example/bureau/{fact.ref}" in received.words
    for secret in ("canari", "appel", str(fact.sender), str(fact.organisation), str(fact.desk), str(account)):
        assert secret not in received.words.lower()
    assert message["From"].addresses[0].addr_spec == "relais@valbrume.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] and message["Message-ID"].endswith("@valbrume.example>")
    assert {part.get_content_type() for part in message.walk()} == {
        "multipart/alternative",
        "text/plain",
        "text/html",
    }


def test_a_mail_has_no_field_for_anything_of_a_person():
    assert set(mail.AwaitsContext.__dataclass_fields__) == {"sentences", "link", "settings", "deputised"}
    assert set(mail.CodeContext.__dataclass_fields__) == {"code", "minutes"}


async def test_the_deputy_of_an_absent_contact_is_told_as_well(world, new_fact, until):
    deputy, deputy_email = world.account()
    account, email = world.account(absent=True, deputy=deputy, deputy_email=deputy_email)
    fact = new_fact(assignee=account)
    await world.publish(fact)
    await until(lambda: told(world, fact.ref))
    (hers,), (deputys,) = world.relay.to(email), world.relay.to(deputy_email)
    assert hers.to == [email] and deputys.to == [deputy_email]
    assert "vous la remplacez" in deputys.words
    assert hers.message["Message-ID"] != deputys.message["Message-ID"]
    assert hers.message["List-Unsubscribe"] != deputys.message["List-Unsubscribe"]


async def test_nobody_writes_to_an_account_that_left_or_is_unknown(world, new_fact, until):
    gone, email = world.account(active=False)
    left, unknown = new_fact(assignee=gone), new_fact()
    await world.publish(left)
    await world.publish(unknown)
    await until(lambda: settled(world, left.ref))
    await until(lambda: settled(world, unknown.ref))
    assert await world.states(left.ref) == [("suppressed", "left")]
    assert await world.states(unknown.ref) == [("suppressed", "unknown")]
    assert world.relay.to(email) == []


async def test_a_fact_of_yesterday_is_not_told_as_news(world, new_fact, until):
    account, email = world.account()
    fact = new_fact(assignee=account)
    old = fact.model_copy(update={"at": fact.at - timedelta(hours=24, minutes=1)})
    await world.publish(old)
    await until(lambda: settled(world, old.ref))
    assert await world.states(old.ref) == [("suppressed", "stale")]
    assert world.relay.to(email) == []


async def test_a_telling_that_could_not_leave_for_a_day_is_not_sent_late(world, new_fact, until):
    account, email = world.account()
    fact = new_fact(assignee=account)
    async with world.relay.away():
        await world.publish(fact)
        await until(lambda: tried(world, fact.ref))
    world.shift = timedelta(hours=25)
    await until(lambda: settled(world, fact.ref))
    assert await world.states(fact.ref) == [("suppressed", "stale")]
    assert world.relay.to(email) == []


async def test_a_fact_that_comes_twice_is_told_once(world, new_fact, in_envelope, until):
    account, email = world.account()
    envelope = in_envelope(new_fact(assignee=account))
    await world.service.inbox.take("notify-referral", [envelope])
    await world.service.inbox.take("notify-referral", [envelope])
    await world.service.inbox.take("another-consumer", [envelope])  # as after the loss of the inbox rows
    await until(lambda: told(world, envelope_ref(envelope)))
    assert len(await world.rows(envelope_ref(envelope))) == 1
    assert len(world.relay.to(email)) == 1


async def test_a_relay_that_was_away_gets_the_mail_once(world, new_fact, until):
    account, email = world.account()
    fact = new_fact(assignee=account)
    async with world.relay.away():
        await world.publish(fact)
        await until(lambda: tried(world, fact.ref))
        assert (await world.states(fact.ref))[0] == ("pending", "relay_away")
    world.shift = timedelta(minutes=1)
    await until(lambda: told(world, fact.ref))
    assert len(world.relay.to(email)) == 1


async def test_a_recalled_referral_is_not_told(world, new_fact, until):
    account, email = world.account()
    fact = new_fact(assignee=account)
    async with world.relay.away():
        await world.publish(fact)
        await until(lambda: tried(world, fact.ref))
        same = {"ref": fact.ref, "assignee": account, "version": 2}
        await world.publish(new_fact(ReferralRecalled, reason=RecallReason.MISTAKE, **same))
        await until(lambda: settled(world, fact.ref))
    assert await world.states(fact.ref) == [("suppressed", "already_done")]
    assert world.relay.to(email) == []


async def test_when_a_referral_changes_hands_the_new_ones_are_told_and_the_old_no_more(world, new_fact, until):
    (first, first_email), (second, second_email) = world.account(), world.account()
    fact = new_fact(assignee=first)
    async with world.relay.away():
        await world.publish(fact)
        await until(lambda: tried(world, fact.ref))
        given_on = new_fact(ReferralAssigned, ref=fact.ref, version=2, assignee=second, previous_assignee=first)
        await world.publish(given_on)
        await until(lambda: count_is(world, fact.ref, 2))
    world.shift = timedelta(minutes=1)
    await until(lambda: told(world, fact.ref))
    assert world.relay.to(first_email) == []
    assert len(world.relay.to(second_email)) == 1


async def test_whoever_acts_herself_is_not_told_of_it(world, new_fact, until):
    account, email = world.account()
    fact = new_fact(ReferralReopened, assignee=account, actor=account, reason=ReopenReason.NEW_ELEMENT)
    await world.publish(fact)
    await until(lambda: settled(world, fact.ref))
    assert await world.states(fact.ref) == [("suppressed", "own_action")]
    assert world.relay.to(email) == []


async def test_what_a_dead_sender_had_in_hand_is_sent_under_the_same_message_id(world, new_fact, until):
    account, email = world.account()
    fact = new_fact(assignee=account)
    async with world.relay.away():
        await world.publish(fact)
        await until(lambda: tried(world, fact.ref))
        await in_the_hand_of_a_dead_process(world, fact.ref)
    world.shift = timedelta(minutes=3)
    await until(lambda: told(world, fact.ref))
    (received,) = world.relay.to(email)
    async with world.service.database.worker() as work:
        ref = (await work.execute("SELECT ref FROM telling WHERE referral = :ref", ref=fact.ref)).scalar_one()
    assert received.message["Message-ID"] == f"<telling-{ref}@valbrume.example>"


async def test_what_a_dead_process_had_in_hand_leaves_under_its_number_without_what_is_new(world, new_fact, until):
    """Even when the telling that gave the number is to be told no more, and another one waits for the same person."""
    account, email = world.account()
    gone, stays, new = (new_fact(assignee=account) for _ in range(3))
    async with world.relay.away():
        for fact in (gone, stays):
            await world.publish(fact)
            await until(lambda ref=fact.ref: tried(world, ref))
        letter = (await refs(world, gone.ref))[0]
        for fact in (gone, stays):
            await in_the_hand_of_a_dead_process(world, fact.ref, letter)
        await world.publish(new_fact(
            ReferralRecalled, ref=gone.ref, version=2, assignee=account, state=State.RECALLED,
            reason=RecallReason.MISTAKE,
        ))  # fmt: skip
        await until(lambda: settled(world, gone.ref))
        await world.publish(new)
        await until(lambda: tried(world, new.ref))
    world.shift = timedelta(minutes=3)
    await until(lambda: told(world, stays.ref))
    await until(lambda: told(world, new.ref))
    numbers = [mail.message["Message-ID"] for mail in world.relay.to(email)]
    (other,) = await refs(world, new.ref)
    assert sorted(numbers) == sorted(f"<telling-{one}@valbrume.example>" for one in (letter, other))
    async with world.service.database.worker() as work:
        counted = await work.execute(
            "SELECT referral, repeats FROM telling WHERE referral = ANY(cast(:refs AS uuid[]))",
            refs=[one.ref for one in (gone, stays, new)],
        )
        assert {row.referral: row.repeats for row in counted} == {gone.ref: 0, stays.ref: 1, new.ref: 0}
        await ledger_counts.measure(work)
        lines = (await work.execute("SELECT sum(repeats) FROM ledgerline")).scalar_one()
        assert lines == (await work.execute("SELECT sum(repeats) FROM telling")).scalar_one() > 0
    assert ledger_words.repeated(0) is None
    assert ledger_words.repeated(1).startswith("1 message repris") and "2 messages" in ledger_words.repeated(2)


async def test_two_senders_never_send_the_same_telling(world, new_fact, until):
    accounts = [world.account() for _ in range(25)]
    facts = [new_fact(assignee=account) for account, _ in accounts]
    async with world.relay.away():
        for fact in facts:
            await world.publish(fact)
        for fact in facts:
            await until(lambda ref=fact.ref: tried(world, ref))
    mailer = Mailer(world.service.settings, None)
    world.shift = timedelta(minutes=1)
    await asyncio.gather(*(Sender(world.service, mailer).send_due() for _ in range(6)))
    for fact in facts:
        await until(lambda ref=fact.ref: told(world, ref))
    assert [len(world.relay.to(email)) for _, email in accounts] == [1] * 25


async def test_what_waited_for_one_person_comes_in_one_mail(world, new_fact, until):
    account, email = world.account()
    facts = [new_fact(assignee=account) for _ in range(6)]
    async with world.relay.away():
        for fact in facts:
            await world.publish(fact)
        for fact in facts:
            await until(lambda ref=fact.ref: tried(world, ref))
    world.shift = timedelta(minutes=1)
    for fact in facts:
        await until(lambda ref=fact.ref: settled(world, ref))
    (received,) = world.relay.to(email)
    assert received.message["Subject"] == mail.DIGEST_SUBJECT
    assert "(6 fois)" in received.words and "https://relais.valbrume.example/avis" in received.words
    states = [(await world.states(fact.ref))[0] for fact in facts]
    assert sorted(states, key=str) == [("sent", None)] + [("suppressed", "merged")] * 5


async def test_a_refused_address_is_given_up_at_once_and_said(world, new_fact, until):
    account, email = world.account()
    world.relay.refused.add(email)
    fact = new_fact(assignee=account)
    await world.publish(fact)
    await until(lambda: settled(world, fact.ref))
    assert await world.states(fact.ref) == [("failed", "relay_refused")]


async def test_what_was_due_is_sent_suppressed_failed_or_pending(world, new_fact, until):
    (good, _), (gone, _), (refused, email), (waiting, _) = (
        world.account(), world.account(active=False), world.account(), world.account(),
    )  # fmt: skip
    world.relay.refused.add(email)
    before = await today(world)
    facts = [new_fact(assignee=account) for account in (good, gone, refused)]
    for fact in facts:
        await world.publish(fact)
    for fact in facts:
        await until(lambda ref=fact.ref: settled(world, ref))
    async with world.relay.away():
        late = new_fact(assignee=waiting)
        await world.publish(late)
        await until(lambda: tried(world, late.ref))
        after = await today(world)
    assert after.imbalance == before.imbalance == 0
    moved = [
        getattr(after, name) - getattr(before, name) for name in ("due", "sent", "suppressed", "failed", "pending")
    ]
    assert moved == [4, 1, 1, 1, 1]


@given(st.integers(min_value=1, max_value=10_000))
def test_the_delay_grows_and_stays_within_a_quarter_of_an_hour(attempts):
    assert timedelta() < next_delay(attempts) <= next_delay(attempts + 1) <= LONGEST_DELAY


async def today(world) -> ledger_counts.Day:
    async with world.service.database.worker() as work:
        return await ledger_counts.measure(work)


async def told(world, ref) -> bool:
    return ("sent", None) in await world.states(ref)


async def settled(world, ref) -> bool:
    states = await world.states(ref)
    return bool(states) and all(state not in ("pending", "sending") for state, _ in states)


async def tried(world, ref) -> bool:
    """At least one attempt was made and the telling waits for the next."""
    rows = await world.rows(ref)
    return any(state == "pending" and attempts for state, _, _, attempts in rows)


async def count_is(world, ref, number: int) -> bool:
    return len(await world.rows(ref)) == number


async def refs(world, referral) -> list[UUID]:
    """The tellings of a referral."""
    async with world.service.database.worker() as work:
        return list((await work.execute("SELECT ref FROM telling WHERE referral = :ref", ref=referral)).scalars())


async def in_the_hand_of_a_dead_process(world, ref, letter=None) -> None:
    async with world.service.database.worker() as work:
        await work.execute(
            "UPDATE telling SET state = 'sending', attempts = attempts + 1, letter = :letter,"
            " next_attempt_at = now() + interval '2 minutes' WHERE referral = :ref",
            ref=ref,
            letter=letter,
        )


def envelope_ref(envelope) -> UUID:
    return UUID(envelope.subject)
