"""What a desk reads: its own hand-overs, what the person agreed to, now; and every reading is journalled."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import event

from contracts.asks import WriteNote
from contracts.consent import Category
from contracts.envelope import Envelope
from contracts.facts import (
    DeskItemDelivered,
    ReferralClosed,
    ReferralDeclined,
    ReferralEnteredInError,
    ReferralExpired,
    ReferralRecalled,
    ReferralRedirected,
    ReferralReopened,
    ReferralSent,
    ReferralWithdrawn,
)
from contracts.lifecycle import State
from contracts.refusals import HandoverClosed, InvalidInput, NotFound, SocialSecurityNumberRefused
from contracts.viewer import Role
from contracts.vocabulary import OrganisationKind, Outcome
from services.intake.subscribers import REACTIONS
from services.runtime.bus import Bus
from services.runtime.gaps import fill_gaps
from tests.intake.handover_world import Ready, World, fact_of, person_at_work

ENDINGS = [
    (ReferralDeclined, State.DECLINED, {"reason": "no_capacity"}),
    (ReferralRedirected, State.REDIRECTED, {"child": uuid4()}),
    (ReferralRecalled, State.RECALLED, {"reason": "mistake"}),
    (ReferralWithdrawn, State.WITHDRAWN, {}),
    (ReferralExpired, State.EXPIRED, {}),
    (ReferralEnteredInError, State.ENTERED_IN_ERROR, {"reason": "test"}),
]


async def sent(world: World, **ready_with: object) -> tuple[Ready, object]:
    ready = await world.ready(**ready_with)
    return ready, (await world.hand_over(ready, accompanied_by="Sa sœur")).ref


async def wrapped(world: World, *facts: object) -> list[Envelope]:
    """The envelopes of the referral service."""
    async with world.service.database.worker() as work:
        envelopes = [work.emit(fact) for fact in facts]
        work.facts.clear()
    return envelopes


async def take(world: World, *facts: object) -> None:
    """As the bus delivers them: into the inbox."""
    await world.service.inbox.take("intake-referral", await wrapped(world, *facts))


async def test_a_desk_reads_only_what_the_person_agreed_to_share(world: World):
    ready, ref = await sent(world)
    [answer] = await world.disclose(ready.agent, ref)
    shared = {one.field: one.text for one in answer.disclosure.shared}
    assert shared == {
        "short_name": "Mme K.",
        "age": answer.disclosure.text("age"),
        "phone": "06 12 34 56 78",
        "need_summary": "Elle préfère être appelée le matin.",
    }
    assert "Nom et prénom" in answer.disclosure.not_shared and answer.disclosure.epoch == 1
    assert "Kaddour" not in answer.model_dump_json()


async def test_everything_granted_is_read_from_its_place(world: World):
    ready, ref = await sent(world, categories=tuple(Category))
    [answer] = await world.disclose(ready.agent, ref)
    assert answer.disclosure.text("full_name") == "Amina Kaddour"
    assert answer.disclosure.text("birth_date") == "04/05/1990"
    assert answer.disclosure.text("household") == "Seule"
    assert answer.disclosure.text("right_status") == "Droit potentiel (ses ressources)"
    assert answer.disclosure.text("accompaniment") == "Sa sœur"


async def test_a_desk_may_read_before_intake_knows_that_the_referral_exists(world: World):
    ready = await world.ready()
    async with world.away():
        done = await world.hand_over(ready)
    assert (await world.row(done.ref)).step == "sending"
    [answer] = await world.disclose(ready.agent, done.ref)
    assert answer.disclosure is not None and answer.disclosure.text("short_name") is not None


async def test_another_desk_of_the_same_organisation_reads_nothing(world: World):
    ready, ref = await sent(world)
    other = person_at_work(ready.recipient.organisation, OrganisationKind.CAF, Role.DESK_MANAGER, desks=(uuid4(),))
    [answer] = await world.disclose(other, ref)
    assert answer.disclosure is None and answer.refusal["slug"] == "not-found"
    [entry] = await world.journal(ref)
    assert (entry.viewer, entry.refusal, entry.categories) == (other.account, "not-found", [])


async def test_a_colleague_without_a_desk_role_reads_nothing(world: World):
    ready, ref = await sent(world)
    for roles in ([Role.COORDINATOR], [Role.ADMINISTRATOR, Role.DPO]):
        viewer = person_at_work(
            ready.recipient.organisation, OrganisationKind.CAF, *roles, desks=(ready.recipient.desk,)
        )
        [answer] = await world.disclose(viewer, ref)
        assert answer.refusal["slug"] == "not-found"


@pytest.mark.parametrize(("kind", "state", "words"), ENDINGS)
async def test_a_desk_reads_nothing_after_the_hand_over_ended(world: World, kind, state, words):
    ready, ref = await sent(world)
    await take(world, fact_of(ready, ref, ReferralSent), fact_of(ready, ref, kind, 2, state, **words))
    [answer] = await world.disclose(ready.agent, ref)
    assert answer.disclosure is None and answer.refusal["slug"] == "handover-closed"
    assert [entry.refusal for entry in await world.journal(ref)] == ["handover-closed"]


async def test_a_desk_reads_for_thirty_days_after_closing_and_no_longer(world: World):
    ready, ref = await sent(world)
    closed = fact_of(ready, ref, ReferralClosed, 2, State.CLOSED, outcome=Outcome.RIGHT_OPENED)
    await take(world, fact_of(ready, ref, ReferralSent), closed)
    row = await world.row(ref)
    assert row.readable_until == closed.at + timedelta(days=30) and row.outcome == "right_opened"
    [answer] = await world.disclose(ready.agent, ref)
    assert answer.disclosure is not None
    await world.change(ref, readable_until=datetime.now(UTC) - timedelta(seconds=1))
    [answer] = await world.disclose(ready.agent, ref)
    assert answer.refusal["slug"] == "handover-closed"


async def test_reopening_lets_the_desk_read_again_only_under_a_live_grant(world: World):
    for withdrawn in (False, True):
        ready, ref = await sent(world)
        declined = fact_of(ready, ref, ReferralDeclined, 2, State.DECLINED, reason="no_capacity")
        await take(world, fact_of(ready, ref, ReferralSent), declined)
        if withdrawn:
            await world.withdraw(ready)
        await take(world, fact_of(ready, ref, ReferralReopened, 3, State.SENT, reason="new_element", episode=2))
        [answer] = await world.disclose(ready.agent, ref)
        assert (answer.disclosure is None) is withdrawn
        assert ((await world.row(ref)).readable_until is None) is not withdrawn


async def test_a_withdrawn_grant_stops_the_reading_there_and_then(world: World):
    ready, ref = await sent(world)
    await world.withdraw(ready)
    [answer] = await world.disclose(ready.agent, ref)
    assert answer.disclosure is None and answer.refusal["slug"] == "grant-withdrawn"


async def test_a_route_that_the_territory_ended_stops_the_reading(world: World):
    ready, ref = await sent(world, sender=OrganisationKind.EPCI)
    async with world.service.database.worker() as work:
        await work.execute(
            "UPDATE sharingroute SET valid_until = now() - interval '1 second' WHERE sender_kind = 'epci'"
        )
    [answer] = await world.disclose(ready.agent, ref)
    assert answer.refusal["slug"] == "no-route"


async def test_what_was_entered_in_error_is_erased_and_its_skeleton_stays(world: World):
    ready, ref = await sent(world)
    await ask_question(world, ready, ref, "Quel est son employeur ?")
    wrong = fact_of(ready, ref, ReferralEnteredInError, 2, State.ENTERED_IN_ERROR, reason="wrong_person")
    await take(world, fact_of(ready, ref, ReferralSent), wrong)
    row = await world.row(ref)
    assert (row.need_summary, row.accompaniment, row.state) == (None, None, "entered_in_error")
    async with world.service.database.worker() as work:
        bodies = await work.execute("SELECT body FROM note WHERE handover = :ref", ref=ref)
        assert [row[0] for row in bodies] == [b""]


async def test_a_page_of_many_rows_is_read_in_as_many_statements_as_one(world: World):
    ready, first = await sent(world)
    refs = [first] + [(await world.hand_over(ready)).ref for _ in range(5)]
    counted: list[int] = []
    for asked in (refs[:1], refs):
        statements: list[str] = []

        def count(query: asyncpg.connection.LoggedQuery) -> None:
            statements.append(query.query)  # noqa: B023

        def count_prepared(*args: object) -> None:
            statements.append(str(args[2]))  # noqa: B023

        def watch(connection: Any, *_: object) -> None:
            connection.driver_connection.add_query_logger(count)

        def leave(connection: Any, *_: object) -> None:
            connection.driver_connection.remove_query_logger(count)

        engine = world.service.database.web_engine.sync_engine
        event.listen(engine, "checkout", watch)
        event.listen(engine, "checkin", leave)
        event.listen(engine, "before_cursor_execute", count_prepared)
        rows = await world.disclose(ready.agent, *asked, with_notes=True)
        event.remove(engine, "checkout", watch)
        event.remove(engine, "checkin", leave)
        event.remove(engine, "before_cursor_execute", count_prepared)
        assert all(row.disclosure is not None for row in rows) and len(rows) == len(asked)
        counted.append(len([one for one in statements if one.lstrip().startswith(("SELECT", "WITH"))]))
    assert counted[0] == counted[1] == 7, "hand-overs, rights, routes, conventions, notes, limits, and the journal"


async def test_every_reading_is_journalled_also_those_refused(world: World):
    ready, ref = await sent(world)
    unknown = uuid4()
    rows = await world.disclose(ready.agent, ref, unknown)
    assert [row.referral for row in rows] == [ref, unknown] and rows[1].refusal["slug"] == "not-found"
    [read], [refused] = await world.journal(ref), await world.journal(unknown)
    assert read.reading == refused.reading and read.refusal is None and refused.refusal == "not-found"
    assert set(read.categories) == {"identity_min", "contact_phone", "need_summary"} and read.epoch == 1
    assert read.person == ready.person and read.viewer_organisation == ready.agent.organisation


async def test_a_list_reads_the_initial_and_the_age_and_the_journal_says_no_more(world: World):
    ready, ref = await sent(world)
    [answer] = await world.disclose(ready.agent, ref, only=frozenset({Category.IDENTITY_MIN}))
    assert {one.field for one in answer.disclosure.shared} == {"short_name", "age"}
    assert "06 12" not in answer.model_dump_json()
    [read] = await world.journal(ref)
    assert read.categories == ["identity_min"]


async def ask_question(world: World, ready: Ready, ref: object, text: str, viewer: object = None) -> object:
    bus: Bus = world.neighbours["partners"]
    return await bus.ask(WriteNote(viewer=viewer or ready.agent, referral=ref, kind="question", text=text))


async def test_a_question_of_the_desk_is_kept_as_ciphertext_and_read_only_with_a_disclosure(world: World):
    ready, ref = await sent(world)
    written = await ask_question(world, ready, ref, "Quel est son employeur ?")
    [answer] = await world.disclose(ready.agent, ref, with_notes=True)
    assert [(note.ref, note.text, note.kind) for note in answer.notes] == [
        (written.note, "Quel est son employeur ?", "question")
    ]
    async with world.service.database.worker() as work:
        body = (await work.execute("SELECT body FROM note WHERE ref = :ref", ref=written.note)).scalar_one()
    assert b"employeur" not in body
    await world.withdraw(ready)
    [answer] = await world.disclose(ready.agent, ref, with_notes=True)
    assert answer.notes == ()


async def test_a_question_corrected_before_it_is_asked_again_is_read_as_corrected(world: World):
    ready, ref = await sent(world)
    bus: Bus = world.neighbours["partners"]
    ask = WriteNote(viewer=ready.agent, referral=ref, kind="question", text="Quel est son employeur ?")
    written = await bus.ask(ask)
    assert await bus.ask(ask.model_copy(update={"text": "A-t-elle un employeur ?"})) == written
    [answer] = await world.disclose(ready.agent, ref, with_notes=True)
    assert [note.text for note in answer.notes] == ["A-t-elle un employeur ?"]


async def test_a_fact_that_the_bus_left_out_is_fetched_from_the_record(world: World):
    ready, ref = await sent(world)
    declined = fact_of(ready, ref, ReferralDeclined, 2, State.DECLINED, reason="no_capacity")
    reopened = fact_of(ready, ref, ReferralReopened, 3, State.SENT, reason="new_element", episode=2)
    world.referrals.record = await wrapped(world, declined)
    await take(world, fact_of(ready, ref, ReferralSent), reopened)
    assert (await world.row(ref)).version == 1
    await fill_gaps(world.service, 0)
    row = await world.row(ref)
    assert (row.version, row.state, row.readable_until) == (3, "sent", None)


async def test_a_question_needs_a_hand_over_that_the_desk_may_read(world: World):
    ready, ref = await sent(world)
    stranger = person_at_work(uuid4(), OrganisationKind.CAF, Role.DESK_AGENT, desks=(uuid4(),))
    with pytest.raises(NotFound):
        await ask_question(world, ready, ref, "Bonjour", stranger)
    with pytest.raises(SocialSecurityNumberRefused):
        await ask_question(world, ready, ref, "Est-ce 1 84 12 75 115 005 42 ?")
    with pytest.raises(InvalidInput):
        await ask_question(world, ready, ref, "   ")
    declined = fact_of(ready, ref, ReferralDeclined, 2, State.DECLINED, reason="no_capacity")
    await take(world, fact_of(ready, ref, ReferralSent), declined)
    with pytest.raises(HandoverClosed):
        await ask_question(world, ready, ref, "Bonjour")


async def test_delivery_is_noted_once_and_only_for_that_desk(world: World):
    ready, ref = await sent(world)
    at = datetime.now(UTC)
    elsewhere = DeskItemDelivered(ref=ref, desk=uuid4(), at=at)
    here = DeskItemDelivered(ref=ref, desk=ready.recipient.desk, at=at)
    await take(world, elsewhere)
    assert (await world.row(ref)).delivered_at is None
    await take(world, here, here.model_copy(update={"at": at + timedelta(hours=1)}))
    assert (await world.row(ref)).delivered_at == at


def test_every_fact_of_a_referral_has_its_reaction():
    from contracts.facts import FACTS, ReferralFact

    assert {kind for kind in FACTS.values() if issubclass(kind, ReferralFact)} <= set(REACTIONS)
