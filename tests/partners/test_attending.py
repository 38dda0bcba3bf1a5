"""No open referral stays in the hands of somebody who cannot answer it: another of the desk has it, or the managers."""

import html
from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.facts import DeskItemUnattended, MemberLeft, ReferralAssigned, ReferralReopened
from contracts.lifecycle import State
from contracts.vocabulary import ReopenReason
from services.partners.demonstration import AWAY_ALONE, AWAY_WITH_DEPUTY, DEPUTY, GONE, people, ref_of
from services.partners.domain import Colleague, Turnout

A, B, C, D = (uuid4() for _ in range(4))
SOCIAL, RETIREMENT, FARMING = (ref_of("desk", *one) for one in (
    ("caf", "social"), ("carsat", "retraite"), ("msa", "agricole"),
))  # fmt: skip


@pytest.mark.parametrize(
    ("colleagues", "deputies", "expected"),
    [
        ([Colleague(A), Colleague(B)], (), A),
        ([Colleague(A, away=True), Colleague(B), Colleague(C)], (C,), C),
        ([Colleague(A, away=True), Colleague(B, in_hand=3), Colleague(C, in_hand=1)], (), C),
        ([Colleague(A, away=True), Colleague(B, away=True), Colleague(C)], (B,), C),
        ([Colleague(B, in_hand=2)], (), B),
        ([Colleague(B, manages=True)], (), None),
        ([Colleague(B, away=True)], (), None),
        ([], (), None),
    ],
)
def test_who_answers_when_the_contact_cannot(colleagues, deputies, expected):
    assert Turnout(tuple(colleagues), deputies).who_answers(A) == expected


def test_where_a_desk_has_no_manager_its_members_are_told():
    assert Turnout((Colleague(A), Colleague(B, manages=True))).managers() == (B,)
    assert set(Turnout((Colleague(A), Colleague(B))).managers()) == {A, B}


def reopened(before, **given):
    common = before.model_dump(include=set(ReferralReopened.model_fields) - {"at", "version", "state", "reason"})
    return ReferralReopened.model_validate(
        common | {"at": before.at + timedelta(minutes=2), "version": 2, "state": State.SENT, "episode": 2,
                  "reason": ReopenReason.PERSON_BACK} | given
    )  # fmt: skip


async def told(world, ref):
    async with world.service.database.worker() as work:
        found = await work.execute(
            "SELECT envelope FROM fact WHERE ref = :ref AND type = :type ORDER BY seq",
            ref=ref, type=DeskItemUnattended.type_name(),
        )  # fmt: skip
        return [DeskItemUnattended.model_validate(one["data"]) for one in found.scalars()]


async def at_version(world, until, ref, version):
    async def there():
        return [row for row in await world.items(ref=ref) if row.version == version]

    return (await until(there))[0]


async def test_a_referral_reopened_for_a_contact_who_left_goes_to_another_agent_of_the_desk(world, until):
    first = world.sent()
    back = reopened(first, assignee=people()[GONE].ref)
    await world.publish(first)
    await world.publish(back)
    await at_version(world, until, first.ref, 2)
    (fact,) = await told(world, first.ref)
    agents = {people()[index].ref for index in (5, 6)}
    assert (fact.previous, fact.desk) == (people()[GONE].ref, SOCIAL)
    assert fact.successor in agents
    assert fact.managers == (people()[7].ref,)


async def test_a_referral_that_comes_back_to_an_absent_contact_goes_to_her_deputy(world, until):
    first = world.sent(desk=FARMING, organisation=ref_of("organisation", "msa"), assignee=people()[DEPUTY].ref)
    await world.publish(first)
    await world.publish(reopened(first, assignee=people()[AWAY_WITH_DEPUTY].ref))
    await at_version(world, until, first.ref, 2)
    (fact,) = await told(world, first.ref)
    assert fact.successor == people()[DEPUTY].ref


async def test_one_that_comes_back_to_whoever_is_there_stays_with_her(world, until):
    first = world.sent()
    await world.publish(first)
    await world.publish(reopened(first))
    await at_version(world, until, first.ref, 2)
    assert await told(world, first.ref) == []


async def absent(world, *accounts):
    """They are away today; the returned references are of their absences."""
    refs = [uuid4() for _ in accounts]
    async with world.service.database.worker() as work:
        for ref, account in zip(refs, accounts, strict=True):
            await work.execute(
                "INSERT INTO absence (ref, account, starts, ends) VALUES (:ref, :account, :day, :day)",
                ref=ref, account=account, day=work.now.date(),
            )  # fmt: skip
    return refs


async def test_where_nobody_can_take_it_over_the_manager_finds_it_on_her_list_and_gives_it(world, until):
    refs = await absent(world, *(people()[index].ref for index in (5, 6)))
    try:
        first = world.sent()
        world.known(first)
        await world.publish(first)
        await world.publish(reopened(first, assignee=people()[GONE].ref))
        row = await at_version(world, until, first.ref, 2)
        assert row.unattended_since is not None
        assert (await told(world, first.ref))[0].successor is None
        page = html.unescape((await (await world.at_desk(role="desk_manager")).get("/bureau")).text)
        assert "1 orientation n’est plus suivie par personne" in page
        assert f"/bureau/{first.ref}/assign" in page
        assert "À attribuer" not in (await (await world.at_desk()).get("/bureau")).text
        common = first.model_dump(include=set(ReferralAssigned.model_fields) - {"at", "version", "assignee"})
        given = {"at": world.now, "version": 3, "assignee": people()[6].ref, "previous_assignee": people()[GONE].ref}
        await world.publish(ReferralAssigned.model_validate(common | given))
        assert (await at_version(world, until, first.ref, 3)).unattended_since is None
    finally:
        async with world.service.database.worker() as work:
            await work.execute("DELETE FROM absence WHERE ref = ANY(:refs)", refs=refs)


async def test_what_somebody_who_left_had_in_hand_goes_to_the_colleague_who_was_chosen(world, until):
    first = world.sent(assignee=people()[5].ref)
    await world.publish(first)
    await at_version(world, until, first.ref, 1)
    caf = ref_of("organisation", "caf")
    left = MemberLeft(
        ref=people()[5].ref, organisation=caf, desks=(SOCIAL,), successor=people()[7].ref, at=world.now
    )
    async with world.service.database.worker() as work:
        work.emit(left)

    async def handed_on():
        return await told(world, first.ref)

    (fact,) = await until(handed_on)
    assert (fact.previous, fact.successor) == (people()[5].ref, people()[7].ref)


async def test_a_desk_without_anybody_there_tells_its_members(world, until):
    first = world.sent(
        desk=RETIREMENT, organisation=ref_of("organisation", "carsat"), assignee=people()[AWAY_ALONE].ref
    )
    refs = await absent(world, people()[17].ref)
    try:
        await world.publish(first)
        await world.publish(reopened(first))
        await at_version(world, until, first.ref, 2)
        (fact,) = await told(world, first.ref)
        assert fact.successor is None
        assert set(fact.managers) == {people()[17].ref, people()[AWAY_ALONE].ref}
    finally:
        async with world.service.database.worker() as work:
            await work.execute("DELETE FROM absence WHERE ref = ANY(:refs)", refs=refs)
