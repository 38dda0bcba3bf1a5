"""A desk that is asked to erase is told, once, with nothing of the person; only its answer ends it."""

from datetime import timedelta
from uuid import uuid4

from contracts.envelope import Envelope
from contracts.facts import ErasureAnswered, ErasureRequested, ReferralWithdrawn
from contracts.lifecycle import State


async def take(world, consumer, fact):
    envelope = Envelope.of(
        fact, source="intake", time=fact.at, territory=world.service.settings.territory, actor_kind="referent"
    )
    await world.service.inbox.take(consumer, [envelope])


def erasing(fact, kind, **more):
    values = {"referral": fact.ref, "organisation": fact.organisation, "desk": fact.desk, "at": fact.at}
    return kind(ref=uuid4(), **values, **more)


async def test_a_request_to_erase_is_told_though_the_referral_has_ended_and_says_nothing_else(world, new_fact, until):
    account, email = world.account()
    sent = new_fact(assignee=account)
    asked = erasing(sent, ErasureRequested, assignee=account, due_on=(sent.at + timedelta(days=30)).date())
    await take(world, "notify-erasure", asked)
    values = sent.model_dump(include=set(ReferralWithdrawn.model_fields)) | {"version": 1, "state": State.WITHDRAWN}
    await take(world, "notify-referral", ReferralWithdrawn(**values))

    async def told():
        return world.relay.to(email)

    [received] = await until(told)
    assert "Une demande d’effacement vous attend." in received.words
    assert f"/bureau/{sent.ref}" in received.words
    for secret in (str(sent.sender), str(sent.organisation), str(sent.desk), str(account)):
        assert secret not in received.words


async def test_a_request_that_is_answered_is_new_in_the_bell_no_more(world, new_fact, until):
    account, _ = world.account()
    sent = new_fact(assignee=account)
    asked = erasing(sent, ErasureRequested, assignee=account, due_on=(sent.at + timedelta(days=30)).date())
    await take(world, "notify-erasure", asked)
    await take(world, "notify-erasure", erasing(sent, ErasureAnswered, erased=True))
    async with world.service.database.worker() as work:
        rows = await work.execute("SELECT kind, read_at FROM telling WHERE referral = :ref", ref=sent.ref)
        [row] = list(rows)
    assert row.kind == "erasure_asked" and row.read_at is not None
