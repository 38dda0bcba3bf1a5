"""A departure seen from the people accompanied: a colleague goes on; where an organisation left, nothing is read."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from contracts.asks import CountCases
from contracts.envelope import Envelope, Fact
from contracts.facts import MemberLeft, OrganisationLeft
from contracts.refusals import Refusal, RoleNotAllowed
from contracts.replies import AbsencesFound, Absent, Task, TasksFound
from contracts.viewer import Role
from contracts.vocabulary import OrganisationKind, TaskKind
from services.intake.colleague_tasks import ColleagueTasks, by_colleague, said_of, sections_of
from services.intake.leaving import count_cases
from services.intake.subscribers import REACTIONS
from services.runtime.inbox import Inbox
from tests.intake.handover_world import fact_of, person_at_work


async def react(world, fact: Fact) -> None:
    inbox = Inbox(world.service.database, world.service.plumbing, REACTIONS)
    now = datetime.now(UTC)
    envelope = Envelope.of(fact, source="test", time=now, territory="valbrume", actor_kind="administrator")
    await inbox.take(f"intake-{fact.words()[0]}", [envelope])


async def readable(world, ready, *refs) -> list[bool]:
    return [row.disclosure is not None for row in await world.disclose(ready.agent, *refs)]


async def count(world, viewer, organisation, account=None):
    async with world.service.database.worker() as work:
        found = await count_cases(CountCases(viewer=viewer, organisation=organisation, account=account), work)
    return found.people, found.open_referrals, found.drafts


async def test_nothing_is_readable_where_an_organisation_left(world):
    ready, other = await world.ready(), await world.ready()
    sent, elsewhere = await world.hand_over(ready), await world.hand_over(other)
    assert await readable(world, ready, sent.ref) == [True]
    await react(world, OrganisationLeft(ref=ready.recipient.organisation, at=datetime.now(UTC)))
    assert await readable(world, ready, sent.ref) == [False]
    assert await readable(world, other, elsewhere.ref) == [True]


async def test_what_an_organisation_that_left_had_sent_is_readable_nowhere(world):
    ready = await world.ready()
    sent = await world.hand_over(ready)
    await react(world, OrganisationLeft(ref=ready.referent.organisation, at=datetime.now(UTC)))
    assert await readable(world, ready, sent.ref) == [False]


async def test_an_agreement_with_an_organisation_that_left_ends_and_its_record_says_the_same(world):
    ready = await world.ready()
    sent = await world.hand_over(ready)
    at = datetime.now(UTC)
    await react(world, OrganisationLeft(ref=ready.recipient.organisation, at=at))
    async with world.service.database.worker() as work:
        row = (await work.execute("SELECT * FROM consentgrant WHERE ref = :ref", ref=ready.grant)).one()
        event = (await work.execute('SELECT * FROM consentevent WHERE "grant" = :ref', ref=ready.grant)).one()
    assert (row.expires_at, row.withdrawn_at, event.kind) == (at, None, "narrowed")
    assert event.details["expires_at"] == at.isoformat().replace("+00:00", "Z")
    with pytest.raises(Refusal):
        await world.hand_over(ready, message="Encore.")
    # Reopened by a coordinator, it stays shut: the agreement has ended.
    await react(world, fact_of(ready, sent.ref))
    assert await readable(world, ready, sent.ref) == [False]


async def test_the_people_and_the_referrals_of_a_referent_who_left_are_her_heirs(world):
    ready = await world.ready()
    sent = await world.hand_over(ready)
    heir, stranger = uuid4(), uuid4()
    who = {"ref": ready.referent.account, "at": datetime.now(UTC)}
    await react(world, MemberLeft(organisation=uuid4(), heir=stranger, **who))
    assert (await world.row(sent.ref)).referent == ready.referent.account
    await react(world, MemberLeft(organisation=ready.referent.organisation, heir=heir, **who))
    assert (await world.row(sent.ref)).referent == heir
    async with world.service.database.worker() as work:
        row = (await work.execute("SELECT referent FROM person WHERE ref = :ref", ref=ready.person)).one()
    assert row.referent == heir
    assert await readable(world, ready, sent.ref) == [True]


async def test_what_hangs_on_a_referent_is_counted_for_an_administrator_and_nobody_else(world):
    ready = await world.ready()
    await world.hand_over(ready)
    administrator = person_at_work(uuid4(), OrganisationKind.EPCI, Role.ADMINISTRATOR)
    organisation, account = ready.referent.organisation, ready.referent.account
    assert await count(world, administrator, organisation, account) == (1, 1, 0)
    assert await count(world, administrator, organisation) == (1, 1, 0)
    assert await count(world, administrator, organisation, uuid4()) == (0, 0, 0)
    for viewer in (ready.agent, person_at_work(uuid4(), OrganisationKind.EPCI, Role.COORDINATOR)):
        with pytest.raises(RoleNotAllowed):
            await count(world, viewer, organisation, account)


def task(account, kind=TaskKind.DECLINED):
    return Task(ref=uuid4(), kind=kind, referral=uuid4(), since=datetime.now(UTC), account=account)


def test_whom_the_viewer_stands_in_for_comes_first_then_who_left():
    me, away, gone, mine, idle = (uuid4() for _ in range(5))
    absences = [
        Absent(account=away, name="A", until=date(2030, 1, 1)), Absent(account=gone, name="B", left=True),
        Absent(account=mine, name="C", until=date(2030, 1, 1), deputy=me), Absent(account=idle, name="D"),
    ]  # fmt: skip
    found = by_colleague(me, absences, [task(away), task(gone), task(mine), task(mine), task(me), task(uuid4())])
    assert [(one.account, len(tasks)) for one, tasks in found] == [(mine, 2), (gone, 1), (away, 1)]


def test_of_a_colleague_with_many_tasks_the_rest_is_counted():
    away = uuid4()
    tasks = [task(away) for _ in range(25)]
    found = ColleagueTasks(by_colleague(uuid4(), [Absent(account=away, name="A", left=True)], tasks))
    shown = found.shown()
    [section] = sections_of(found, {one.ref: {"who": "B"} for one in shown}, uuid4(), date(2026, 11, 23))
    assert (len(shown), len(section["items"]), section["beyond"]) == (10, 10, 15)


def test_it_is_said_until_when_she_is_away_and_who_stands_in():
    me, today = uuid4(), date(2026, 11, 23)
    one = Absent(account=uuid4(), name="A", until=date(2026, 11, 24), deputy=me, deputy_name="M")
    assert said_of(one, me, today) == "en absence jusqu’à demain, vous assurez son relais"
    assert said_of(one, uuid4(), today) == "en absence jusqu’à demain, relais\u202f: M"
    assert said_of(one.model_copy(update={"deputy": None, "deputy_name": None}), me, today).endswith("sans relais")
    assert said_of(one.model_copy(update={"left": True}), me, today).startswith("n’est plus là")


async def test_the_tasks_of_an_absent_colleague_are_on_the_page_of_who_is_here(world):
    ready = await world.ready()
    sent = await world.hand_over(ready)
    colleague = ready.referent.model_copy(update={"account": uuid4()})
    asked = Task(
        ref=uuid4(), kind=TaskKind.QUESTION, referral=sent.ref, since=datetime.now(UTC),
        account=ready.referent.account,
    )  # fmt: skip
    world.referrals.tasks = TasksFound(tasks=(asked,))
    browser = world.browser(colleague)
    try:
        world.directory.absences = AbsencesFound(absences=())
        assert "Tâches des collègues absentes" not in (await browser.get("/aujourdhui")).text
        world.directory.absences = AbsencesFound(
            absences=(Absent(account=ready.referent.account, name="Odile Brumadour", until=date(2030, 1, 1)),)
        )
        page = (await browser.get("/aujourdhui")).text
    finally:
        world.referrals.tasks = TasksFound(tasks=())
        world.directory.absences = AbsencesFound(absences=())
    section = page.partition("Tâches des collègues absentes")[2]
    assert "Odile Brumadour" in section
    assert "en absence jusqu’au" in section
    assert f"/orientations/{sent.ref}/answer_information" in section
