"""Who is asked to erase when an agreement ends or narrows: whoever read or received, once, and nobody else."""

from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.asks import AnswerErasure, ListErasures
from contracts.consent import Category
from contracts.facts import DeskItemDelivered, ErasureRequested
from contracts.refusals import ErasureAlreadyConfirmed, NotFound
from contracts.viewer import Role
from contracts.vocabulary import ErasureCause, ErasureState, KeepingReason, OrganisationKind
from services.intake import web_erasures
from services.intake.commands import WithdrawConsent
from services.intake.consent_handlers import withdraw_consent
from services.intake.erasure_requests import ask_for_what_is_left, request_erasure, time_to_answer
from services.intake.subscribers import REACTIONS
from tests.intake.handover_world import Ready, World, person_at_work


async def withdraw(world: World, ready: Ready) -> None:
    async with world.service.database.web(ready.referent) as work:
        await withdraw_consent(WithdrawConsent(grant=ready.grant), work)


async def asked(world: World, ready: Ready, ref=None) -> tuple:
    ask = ListErasures(viewer=ready.agent, referral=ref)
    return (await world.neighbours["partners"].ask(ask)).rows


async def deliver(world: World, ready: Ready, ref) -> None:
    async with world.service.database.worker() as work:
        fact = DeskItemDelivered(ref=ref, desk=ready.recipient.desk, at=work.now)
        await REACTIONS[DeskItemDelivered](fact, work)


async def test_the_desk_that_read_is_asked_to_erase_what_it_read_with_a_due_date(world: World):
    ready = await world.ready(categories=tuple(Category))
    ref = (await world.hand_over(ready)).ref
    await world.disclose(ready.agent, ref)
    assert await asked(world, ready) == ()
    await withdraw(world, ready)
    [one] = await asked(world, ready)
    assert (one.referral, one.cause, one.state) == (ref, ErasureCause.WITHDRAWAL, ErasureState.ASKED)
    assert "Téléphone" in one.shared and "Accompagnée de" not in one.shared, "only what was really read"
    assert one.read_from == one.read_until is not None
    assert one.due_on - one.asked_at.date() in (time_to_answer(), time_to_answer() - timedelta(days=1),
                                                time_to_answer() + timedelta(days=1))  # fmt: skip
    assert "06 12 34 56 78" not in one.model_dump_json() and "Kaddour" not in one.model_dump_json()


async def test_a_desk_that_received_without_reading_is_asked_and_one_that_received_nothing_is_not(world: World):
    received, untouched = await world.ready(), await world.ready()
    first, second = (await world.hand_over(received)).ref, (await world.hand_over(untouched)).ref
    await deliver(world, received, first)
    for ready in (received, untouched):
        await withdraw(world, ready)
    [one] = await asked(world, received)
    assert one.read_from is None and one.referral == first
    assert await asked(world, untouched, second) == ()


async def test_what_is_delivered_or_read_while_the_withdrawal_is_written_is_asked_for_afterwards(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    await withdraw(world, ready)
    assert await asked(world, ready) == ()
    await deliver(world, ready, ref)
    assert await ask_for_what_is_left(world.service) >= 1
    assert [one.referral for one in await asked(world, ready)] == [ref]
    await ask_for_what_is_left(world.service)
    assert len(await asked(world, ready, ref)) == 1, "once"


async def test_narrowing_asks_for_what_was_taken_out_and_only_if_it_was_read(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    await world.disclose(ready.agent, ref)
    async with world.service.database.web(ready.referent) as work:
        for categories in (["contact_phone"], ["birth_date"]):
            await request_erasure(
                work, ready.referent, ready.grant, reason=ErasureCause.NARROWING, handovers=[ref], categories=categories
            )
    [one] = await asked(world, ready)
    assert (one.cause, one.shared) == (ErasureCause.NARROWING, ("Téléphone",))


async def test_the_request_and_the_withdrawal_are_one_transaction(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    await world.disclose(ready.agent, ref)
    with pytest.raises(RuntimeError):
        async with world.service.database.web(ready.referent) as work:
            await withdraw_consent(WithdrawConsent(grant=ready.grant), work)
            raise RuntimeError
    assert await asked(world, ready, ref) == ()
    await withdraw(world, ready)
    async with world.service.database.worker() as work:
        rows = await work.execute(
            "SELECT envelope FROM fact WHERE type = :type", type=ErasureRequested.type_name()
        )
        facts = [one for one in rows.scalars() if one["data"]["referral"] == str(ref)]
    assert len(facts) == 1 and "Kaddour" not in str(facts)


async def test_the_desk_confirms_or_says_why_not_and_a_confirmation_is_final(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    await world.disclose(ready.agent, ref)
    await withdraw(world, ready)
    [one] = await asked(world, ready)
    partners = world.neighbours["partners"]
    kept = await partners.ask(
        AnswerErasure(viewer=ready.agent, request=one.ref, reason=KeepingReason.APPLICATION_FILED)
    )
    assert (kept.state, kept.reason) == (ErasureState.KEPT, KeepingReason.APPLICATION_FILED)
    assert await asked(world, ready) == ()
    done = await partners.ask(AnswerErasure(viewer=ready.agent, request=one.ref))
    assert done.state is ErasureState.ERASED and done.reason is None and done.answered_at is not None
    with pytest.raises(ErasureAlreadyConfirmed):
        await partners.ask(AnswerErasure(viewer=ready.agent, request=one.ref, reason=KeepingReason.APPEAL))
    async with world.service.database.web(ready.referent) as work:
        [shown] = await web_erasures.erasures_of(ready.referent, work, ready.person)
    assert shown["chip"] == "Effacé" and shown["who"].startswith("Caf de Valbrume")


async def test_of_many_requests_a_desk_gets_the_soonest_due_and_how_many_more_wait(world: World):
    ready = await world.ready()
    await world.disclose(ready.agent, (await world.hand_over(ready)).ref)
    await withdraw(world, ready)
    async with world.service.database.worker() as work:
        await work.execute(
            "INSERT INTO erasurerequest SELECT (jsonb_populate_record(e, jsonb_build_object("
            "'ref', gen_random_uuid(), 'handover', gen_random_uuid(), 'due_on', e.due_on + n))).*"
            " FROM erasurerequest e, generate_series(1, 22) AS n WHERE desk = :desk",
            desk=ready.recipient.desk,
        )
    found = await world.neighbours["partners"].ask(ListErasures(viewer=ready.agent))
    assert (len(found.rows), found.beyond) == (20, 3)
    assert [one.due_on for one in found.rows] == sorted(one.due_on for one in found.rows)


async def test_nobody_else_sees_or_answers_a_request(world: World):
    ready, other = await world.ready(), await world.ready()
    ref = (await world.hand_over(ready)).ref
    await world.disclose(ready.agent, ref)
    await withdraw(world, ready)
    [one] = await asked(world, ready)
    colleague = person_at_work(ready.recipient.organisation, OrganisationKind.CAF, Role.DESK_AGENT, desks=(uuid4(),))
    for viewer in (other.agent, colleague, ready.referent):
        found = await world.neighbours["partners"].ask(ListErasures(viewer=viewer, referral=ref))
        assert found.rows == ()
        with pytest.raises(NotFound):
            await world.neighbours["partners"].ask(AnswerErasure(viewer=viewer, request=one.ref))
    async with world.service.database.web(other.referent) as work:
        assert (await work.execute("SELECT 1 FROM erasurerequest WHERE ref = :ref", ref=one.ref)).first() is None


async def test_it_never_touches_the_follow_up(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    await world.disclose(ready.agent, ref)
    before = await world.row(ref)
    await withdraw(world, ready)
    after = await world.row(ref)
    changed = {name for name, value in before.model_dump().items() if getattr(after, name) != value}
    assert changed == {"readable_until"}
