"""Which tasks are told: whose, how many one by one, and none of a person who was erased."""

from datetime import timedelta
from uuid import uuid4

from contracts.actions import Close, Decline
from contracts.asks import ListTasks
from contracts.facts import PersonErased
from contracts.vocabulary import DeclineReason, Outcome, TaskKind
from services.referral import handlers
from tests.referral.referral_world import NOON, TODAY, Alone, World


async def told(alone: Alone, ask: ListTasks, days: int = 1):
    async with alone.database.web(ask.viewer, at=NOON + timedelta(days=days)) as work:
        return await handlers.list_tasks(ask, work)


async def declined(alone: Alone, world: World, number: int):
    refs = [await alone.sent(world) for _ in range(number)]
    for minute, ref in enumerate(refs):
        await alone.act(world.agent, ref, Decline(reason=DeclineReason.NO_CAPACITY), NOON + timedelta(minutes=minute))
    return refs


async def test_beyond_so_many_of_a_kind_tasks_are_only_counted(alone: Alone):
    world = World()
    refs = await declined(alone, world, 4)
    found = await told(alone, ListTasks(viewer=world.referent, at_most=3))
    assert [one.referral for one in found.tasks] == refs[:3], "the oldest are told"
    [more] = found.beyond
    assert (more.kind, more.account, more.referrals) == (TaskKind.DECLINED, world.referent.account, (refs[3],))
    whole = await told(alone, ListTasks(viewer=world.referent))
    assert [one.referral for one in whole.tasks] == refs and whole.beyond == ()


async def test_of_colleagues_only_those_are_told_who_were_asked_for(alone: Alone):
    world = World()
    [ref] = await declined(alone, world, 1)
    colleague = world.referent.model_copy(update={"account": uuid4()})

    async def of(*accounts):
        ask = ListTasks(viewer=colleague, whole_organisation=True, accounts=accounts, at_most=5)
        return [one.referral for one in (await told(alone, ask)).tasks]

    assert await of(world.referent.account) == [ref] == await of()
    assert await of(uuid4()) == []
    stranger = ListTasks(viewer=world.stranger, whole_organisation=True, accounts=(world.referent.account,))
    assert (await told(alone, stranger)).tasks == ()


async def test_nothing_is_asked_of_anybody_about_an_erased_person(alone: Alone):
    world, person = World(), uuid4()
    ref = await alone.in_progress(world, person=person)
    await alone.act(world.agent, ref, Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=TODAY), NOON)
    ask = ListTasks(viewer=world.referent)
    assert [len((await told(alone, ask, days)).tasks) for days in (1, 40)] == [1, 1]
    await alone.react(PersonErased(ref=person, referrals=(ref,), at=NOON + timedelta(hours=2)))
    assert [(await told(alone, ask, days)).tasks for days in (1, 40, 100)] == [(), (), ()]
