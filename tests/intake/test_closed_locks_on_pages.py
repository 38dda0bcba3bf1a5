"""What the sending steps offer when something is closed: who opens it, what to do instead, and nothing typed lost."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from contracts.asks import DropNote, WriteNote
from contracts.facts import ReferralInfoAnswered, ReferralInfoRequested, ReferralSent
from contracts.lifecycle import State
from contracts.refusals import ReferralAlreadyAnswered
from contracts.vocabulary import Turn
from services.intake import notes
from services.intake.notes import drop_orphans
from tests.intake.handover_world import Ready, World, fact_of
from tests.intake.pages_world import assert_typed, fields, hidden_of, only, text, view_of
from tests.intake.test_disclosure import take, wrapped


async def test_a_lock_closed_by_the_route_offers_what_helps_and_not_the_persons_agreement(world: World):
    ready = await world.ready()
    ended = {"convention_ends": datetime.now(UTC) - timedelta(days=1)}
    world.directory.recipients = {ready.recipient.desk: ready.recipient.model_copy(update=ended)}
    async with world.browser(ready.referent) as browser:
        third = await browser.get(
            f"/personnes/{ready.person}/confier", params={"droit": "rsa", "chez": fields(ready)["chosen"]}
        )
    shown = text(third)
    assert "Rien, même avec son accord" in shown and "Ce qui l’ouvrirait" in shown and "le DPO" in shown
    assert "en attendant son accord" not in shown and "Recueillir son accord" not in shown
    assert 'value="contact"' in third.text and 'value="send"' not in third.text


async def test_another_contact_is_chosen_without_losing_what_was_typed_nor_putting_it_in_the_address(world: World):
    ready = await world.ready()
    only(world, ready)
    here, typed = f"/personnes/{ready.person}/confier", fields(ready, accompanied_by="Sa sœur", urgent="true")
    async with world.browser(ready.referent) as browser:
        third = await browser.post(here, data=typed | {"action": "preview"})
        assert "Changer de contact" in text(third)
        assert "/confier?" not in third.text, "no link leaves this page with what is typed behind it"
        second = await browser.post(here, data=typed | {"action": "contact"})
        assert second.status_code == 200 and "Étape 2 sur 3" in text(second) and second.url.query == b""
        back = await browser.post(here, data=hidden_of(second) | {"chosen": typed["chosen"]})
        assert_typed(back, typed)


async def test_a_proposed_desk_that_is_not_in_charge_is_said_with_what_to_do_next(world: World):
    ready, parent = await world.ready(scheme="agricultural"), uuid4()
    only(world, ready)
    address = f"/personnes/{ready.person}/confier"
    params = {"droit": "rsa", "guichet": str(ready.recipient.desk), "suite": str(parent)}
    world.directory.not_in_charge = {ready.recipient.desk}
    try:
        async with world.browser(ready.referent) as browser:
            page = await browser.get(address, params=params)
            gone = await browser.get(address, params=params | {"guichet": str(uuid4())})
    finally:
        world.directory.not_in_charge = set()
    shown = text(page)
    assert "(Caf de Valbrume, Accès aux droits) ne s’occupe pas de ce droit pour le régime agricole" in shown
    assert f'href="{address}?droit=rsa&amp;suite={parent}"' in page.text and "Choisir un autre guichet" in shown
    assert f'href="/orientations/{parent}/refuse_redirect"' in page.text
    assert "ne reçoit pas d’orientation en ce moment" in text(gone)


async def kept(world: World, ref: UUID) -> list[UUID]:
    async with world.service.database.worker() as work:
        return list((await work.execute("SELECT ref FROM note WHERE handover = :ref", ref=ref)).scalars())


async def asked(world: World, ready: Ready, ref: UUID) -> UUID:
    ask = WriteNote(viewer=ready.agent, referral=ref, kind="question", text="Quels jours ?")
    return (await world.neighbours["partners"].ask(ask)).note


def requested(ready: Ready, ref: UUID, note: UUID) -> ReferralInfoRequested:
    values = {"note": note, "resume_on": datetime.now(UTC).date()}
    return fact_of(ready, ref, ReferralInfoRequested, 2, State.ON_HOLD, **values)


async def test_a_note_that_was_not_asked_is_taken_back_and_one_that_was_stays(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    partners = world.neighbours["partners"]
    note = await asked(world, ready, ref)
    other = ready.agent.model_copy(update={"account": uuid4()})
    await partners.ask(DropNote(viewer=other, note=note))
    assert await kept(world, ref) == [note], "only its author takes it back"
    await partners.ask(DropNote(viewer=ready.agent, note=note))
    assert await kept(world, ref) == []
    note = await asked(world, ready, ref)
    await take(world, fact_of(ready, ref, ReferralSent), requested(ready, ref, note))
    await partners.ask(DropNote(viewer=ready.agent, note=note))
    assert await kept(world, ref) == [note]


async def test_a_note_orphaned_by_a_crash_is_dropped_by_what_the_record_says(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    orphan, carried = await asked(world, ready, ref), await asked(world, ready, ref)
    world.referrals.record = await wrapped(world, requested(ready, ref, carried))
    assert await drop_orphans(world.service) == 0 and len(await kept(world, ref)) == 2, "not before its day is over"
    async with world.service.database.worker() as work:
        await work.execute("UPDATE note SET at = at - interval '2 days' WHERE handover = :ref", ref=ref)
        await work.execute("DELETE FROM note WHERE handover <> :ref AND at < now() - interval '1 day'", ref=ref)
    assert await drop_orphans(world.service) == 1
    assert await kept(world, ref) == [carried] and orphan != carried


async def test_an_answer_of_the_referent_that_is_refused_leaves_no_note(world: World):
    ready = await world.ready()
    only(world, ready)
    ref = (await world.hand_over(ready)).ref
    world.referrals.views[ref] = view_of(
        ready, ref, State.ON_HOLD, turn=Turn.REFERENT, actions=("answer_information",)
    )
    form = {"command_id": str(uuid4()), "text": "Le matin", "expected_version": "1"}
    async with world.browser(ready.referent) as browser:
        world.referrals.refusal = ReferralAlreadyAnswered(state_label="Rappelée")
        try:
            refused = await browser.post(f"/orientations/{ref}/answer_information", data=form)
        finally:
            world.referrals.refusal = None
        assert refused.status_code == 409 and "Le matin" in refused.text and await kept(world, ref) == []
        done = await browser.post(f"/orientations/{ref}/answer_information", data=form)
    assert done.status_code == 303 and len(await kept(world, ref)) == 1
    answered = fact_of(ready, ref, ReferralInfoAnswered, 2, State.ACKNOWLEDGED, note=(await kept(world, ref))[0])
    await take(world, fact_of(ready, ref, ReferralSent), answered)
    async with world.service.database.worker() as work:
        found = await work.execute("SELECT carried_at FROM note WHERE handover = :ref", ref=ref)
        assert found.scalar_one() is not None and notes.ANSWER == "answer"
