"""How a referral goes on and ends: opened, contradicted, redirected, contested, recalled."""

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from contracts.actions import (
    Assign,
    Close,
    ConfirmOutcome,
    ContestDecline,
    ContradictOutcome,
    Decline,
    ProposeRedirect,
    Recall,
    RequestInformation,
)
from contracts.facts import DeskItemDelivered, DeskItemViewed
from contracts.lifecycle import State
from contracts.refusals import (
    NoRedirectProposed,
    NotFound,
    RedirectLoop,
    ReferralAlreadyAnswered,
    TooManyRedirects,
)
from contracts.vocabulary import (
    DeclineReason,
    Outcome,
    RecallReason,
    TaskKind,
)
from tests.referral.referral_world import NOON, TODAY, World
from tests.referral.service_world import PROMISE, TOMORROW, facts, kinds


async def test_an_opened_right_is_told_and_its_outcome_is_checked_with_the_person(alone):
    world = World()
    ref = await alone.in_progress(world)
    await alone.act(world.agent, ref, Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=TODAY), NOON)
    opened = "SELECT envelope->'data'->>'right' FROM fact WHERE ref = :ref AND type = 'right.opened.v1'"
    assert await alone.scalar(opened, ref=ref) == "rsa"
    assert await kinds(alone, world) == [TaskKind.OUTCOME_TO_CHECK]
    await alone.act(world.referent, ref, ConfirmOutcome(), NOON)
    assert await kinds(alone, world) == []
    assert (await alone.read(world.referent, ref)).outcome_confirmed is True


async def test_a_contradicted_outcome_starts_an_episode_and_keeps_the_one_before(alone):
    world = World()
    ref = await alone.in_progress(world)
    await alone.act(world.agent, ref, Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=TODAY), NOON)
    later = NOON + timedelta(days=40)
    await alone.act(world.referent, ref, ContradictOutcome(), later)
    view = await alone.read(world.referent, ref, later)
    assert (view.state, view.episode, view.outcome, view.sent_at) == (State.SENT, 2, None, NOON)
    assert (view.acknowledged_at, view.first_contact_at, view.attempts) == (None, None, 0)
    async with alone.worker() as work:
        rows = (
            await work.execute(
                "SELECT number, sent_at, answered_at, ended_how, outcome, outcome_confirmed FROM episode"
                " WHERE referral = :ref ORDER BY number",
                ref=ref,
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        (1, NOON, NOON, "closed", "right_opened", False),
        (2, later, None, None, None, None),
    ]


async def test_an_outcome_is_confirmed_only_as_the_page_showed_it(alone):
    world = World()
    ref = await alone.in_progress(world)
    shown = (await alone.act(world.agent, ref, Close(outcome=Outcome.NO_SHOW), NOON)).version
    await alone.act(world.referent, ref, ContradictOutcome(), NOON)
    await alone.act(world.agent, ref, PROMISE, NOON)
    closed = await alone.act(world.agent, ref, Close(outcome=Outcome.MOVED_AWAY), NOON)
    with pytest.raises(ReferralAlreadyAnswered):
        await alone.act(world.referent, ref, ConfirmOutcome(), NOON, shown=shown)
    await alone.act(world.referent, ref, ConfirmOutcome(), NOON, shown=closed.version)
    assert (await alone.read(world.referent, ref)).outcome_confirmed is True


async def test_a_redirect_is_confirmed_by_the_referent_for_the_desk_that_was_proposed(alone):
    world, other = World(), World()
    ref, person = await alone.sent(world), uuid4()
    with pytest.raises(NoRedirectProposed):
        await alone.send(world.send(redirect_of=ref, desk=other.desk), NOON)
    await alone.act(world.agent, ref, ProposeRedirect(to_desk=other.desk, to_organisation=other.caf), NOON)
    assert await kinds(alone, world) == [TaskKind.REDIRECT]
    with pytest.raises(NoRedirectProposed):
        await alone.send(world.send(redirect_of=ref, desk=uuid4()), NOON)
    with pytest.raises(NotFound):
        await alone.send(world.send(viewer=other.referent, redirect_of=ref, desk=other.desk), NOON)
    ask = world.send(redirect_of=ref, desk=other.desk, organisation=other.caf, person=person)
    child = await alone.send(ask, NOON)
    assert await alone.send(ask, NOON) == child
    assert await facts(alone, ref) == ["sent", "redirect_proposed", "redirected"]
    assert await kinds(alone, world) == []
    view = await alone.read(world.referent, ask.ref)
    assert (view.parent, view.hops, view.steps[0].details["redirected_from"]) == (ref, 1, str(ref))
    assert "redirected_from" not in (await alone.read(other.agent, ask.ref)).steps[0].details
    assert "child" not in (await alone.read(world.agent, ref)).steps[-1].details


async def test_a_chain_of_redirects_has_three_hops_and_no_loop(alone):
    world = World()
    desks = [world.desk, *(uuid4() for _ in range(4))]
    ref = await alone.sent(world)
    for hop, (desk, following) in enumerate(pairwise(desks)):
        agent = world.agent.model_copy(update={"desks": (desk,)})
        if hop:
            with pytest.raises(RedirectLoop if hop < 3 else TooManyRedirects):
                back = ProposeRedirect(to_desk=world.desk, to_organisation=world.caf)
                await alone.act(agent, ref, back, NOON)
        proposal = ProposeRedirect(to_desk=following, to_organisation=world.caf)
        if hop == 3:
            with pytest.raises(TooManyRedirects):
                await alone.act(agent, ref, proposal, NOON)
            break
        await alone.act(agent, ref, proposal, NOON)
        ask = world.send(redirect_of=ref, desk=following)
        await alone.send(ask, NOON)
        ref = ask.ref
    view = await alone.read(world.referent, ref)
    assert view.hops == 3
    roots = "SELECT count(DISTINCT root) FROM referral WHERE sender = :sender"
    assert await alone.scalar(roots, sender=world.referent.account) == 1


async def test_a_decline_is_contested_once_and_the_answer_stays(alone):
    world = World()
    ref = await alone.sent(world)
    decline = Decline(reason=DeclineReason.NO_CAPACITY)
    await alone.act(world.agent, ref, decline, NOON)
    later = NOON + timedelta(days=1)
    await alone.act(world.coordinator, ref, ContestDecline(), later)
    assert await kinds(alone, world) == []
    await alone.act(world.agent, ref, decline, later)
    assert "contest_decline" not in (await alone.read(world.coordinator, ref, later)).actions
    answered = await alone.scalar("SELECT answered_at FROM episode WHERE referral = :ref", ref=ref)
    assert answered == NOON


async def test_deliveries_and_first_viewings_are_noted_once(alone):
    world = World()
    ref = await alone.sent(world)
    for hours in (1, 2):
        at = NOON + timedelta(hours=hours)
        await alone.react(DeskItemDelivered(ref=ref, desk=world.desk, at=at))
        await alone.react(DeskItemViewed(ref=ref, desk=world.desk, at=at))
    await alone.react(DeskItemDelivered(ref=uuid4(), desk=world.desk, at=NOON))
    view = await alone.read(world.referent, ref)
    assert view.delivered_at == view.first_viewed_at == NOON + timedelta(hours=1)


async def test_a_colleague_gets_the_referral_without_a_new_clock(alone):
    world = World()
    ref = await alone.sent(world)
    before = await alone.read(world.manager, ref)
    await alone.act(world.manager, ref, Assign(assignee=world.manager.account), NOON + timedelta(hours=3))
    view = await alone.read(world.manager, ref)
    assert view.assignee == world.manager.account and view.acknowledge_due == before.acknowledge_due
    assert view.steps[-1].details["previous_assignee"] == str(world.agent.account)


async def test_a_refused_action_leaves_nothing_behind(alone):
    world = World()
    ref, command = await alone.sent(world), uuid4()
    with pytest.raises(ReferralAlreadyAnswered):
        await alone.act(world.agent, ref, Close(outcome=Outcome.ALREADY_OPEN), NOON, command)
    assert await alone.scalar("SELECT count(*) FROM command WHERE id = :id", id=command) == 0
    assert await facts(alone, ref) == ["sent"]


async def test_a_recalled_referral_has_no_open_task(alone):
    world = World()
    ref = await alone.in_progress(world)
    await alone.act(world.agent, ref, RequestInformation(note=uuid4(), resume_on=TOMORROW), NOON)
    await alone.act(world.referent, ref, Recall(reason=RecallReason.SOLVED_OTHERWISE), NOON)
    assert await kinds(alone, world) == []
