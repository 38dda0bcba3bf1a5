"""Who may receive a referral: competence, contacts and deputies, closings, conventions."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.asks import CheckDeskMember, DescribeNetwork, ListRecipients, ResolveAddress, ResolveRecipient
from contracts.refusals import ContactUnavailable, DeskClosed, DeskNotCompetent, NotFound
from contracts.rights import catalogue
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind, Scheme
from services.partners.demonstration import (
    AWAY_ALONE,
    AWAY_WITH_DEPUTY,
    DEPUTY,
    GONE,
    demo_accounts,
    make_directory,
    people,
    ref_of,
)
from services.partners.domain import Availability, Away, availability, is_open
from services.partners.handlers import check_desk_member, describe_network, resolve_address
from services.partners.recipients import list_recipients, resolve_recipient

REFERENT = Viewer(
    account=people()[0].ref, display_name="Une référente", organisation=ref_of("organisation", "ccas"),
    organisation_name="CCAS de Valbrume", organisation_kind=OrganisationKind.CCAS, roles=frozenset({Role.REFERENT}),
    territory="essai",
)  # fmt: skip
DAY = date(2026, 11, 19)


async def answer(world, handler, ask):
    async with world.service.database.web(getattr(ask, "viewer", None)) as work:
        return await handler(ask, work)


async def recipients(world, right, scheme=Scheme.GENERAL):
    return (await answer(world, list_recipients, ListRecipients(viewer=REFERENT, right=right, scheme=scheme))).desks


def to(desk: UUID, contact: int, right: str, scheme: Scheme = Scheme.GENERAL) -> ResolveRecipient:
    return ResolveRecipient(viewer=REFERENT, desk=desk, contact=people()[contact].ref, right=right, scheme=scheme)


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("right", list(catalogue()))
async def test_every_right_has_a_desk_with_a_contact(world, right, scheme):
    found = await recipients(world, right, scheme)
    assert any(contact.available for desk in found if desk.open for contact in desk.contacts)
    assert all(right in desk.rights for desk in found)


async def test_the_agricultural_scheme_changes_who_is_in_charge(world):
    assert {desk.organisation_kind for desk in await recipients(world, "rsa")} == {OrganisationKind.CAF}
    found = await recipients(world, "rsa", Scheme.AGRICULTURAL)
    assert {desk.organisation_kind for desk in found} == {OrganisationKind.MSA}


async def test_an_absent_contact_is_replaced_by_her_deputy(world):
    desk = ref_of("desk", "msa", "agricole")
    found = await answer(world, resolve_recipient, to(desk, AWAY_WITH_DEPUTY, "rsa", Scheme.AGRICULTURAL))
    assert (found.contact, found.assignee) == (people()[AWAY_WITH_DEPUTY].ref, people()[DEPUTY].ref)
    assert found.convention is not None
    option = next(one for one in await recipients(world, "rsa", Scheme.AGRICULTURAL) if one.desk == desk)
    contact = next(one for one in option.contacts if one.account == people()[AWAY_WITH_DEPUTY].ref)
    assert (contact.available, contact.deputy_name) == (True, people()[DEPUTY].name)
    assert contact.absent_until is not None


async def test_an_absent_contact_without_deputy_cannot_receive(world):
    with pytest.raises(ContactUnavailable):
        await answer(world, resolve_recipient, to(ref_of("desk", "carsat", "retraite"), AWAY_ALONE, "aspa"))
    option = (await recipients(world, "aspa"))[0]
    contact = next(one for one in option.contacts if one.account == people()[AWAY_ALONE].ref)
    assert (contact.available, contact.deputy) == (False, None)


async def test_a_contact_who_left_is_neither_proposed_nor_accepted(world):
    desk = ref_of("desk", "caf", "social")
    option = next(one for one in await recipients(world, "rsa") if one.desk == desk)
    assert people()[GONE].ref not in {one.account for one in option.contacts}
    with pytest.raises(ContactUnavailable):
        await answer(world, resolve_recipient, to(desk, GONE, "rsa"))


async def test_a_closed_desk_is_shown_last_and_refused(world):
    found = await recipients(world, "apl")
    assert [desk.open for desk in found] == [True, False]
    assert found[1].closed_until is not None
    with pytest.raises(DeskClosed):
        await answer(world, resolve_recipient, to(ref_of("desk", "caf", "logement"), 8, "apl"))


async def test_a_desk_is_refused_for_a_right_that_is_not_its_own(world):
    with pytest.raises(DeskNotCompetent):
        await answer(world, resolve_recipient, to(ref_of("desk", "caf", "social"), 5, "css"))
    with pytest.raises(DeskNotCompetent):
        await answer(world, resolve_recipient, to(ref_of("desk", "caf", "social"), 5, "rsa", Scheme.AGRICULTURAL))


async def test_an_unknown_desk_and_a_contact_of_another_desk_are_not_found(world):
    for ask in (to(uuid4(), 5, "rsa"), to(ref_of("desk", "caf", "social"), 8, "rsa")):
        with pytest.raises(NotFound):
            await answer(world, resolve_recipient, ask)


async def test_an_organisation_without_convention_is_proposed_without_one(world):
    found = await recipients(world, "are")
    assert [desk.convention for desk in found] == [None]
    assert all(desk.convention for desk in await recipients(world, "rsa"))


async def test_the_address_of_somebody_absent_comes_with_her_deputys(world):
    found = await answer(world, resolve_address, ResolveAddress(account=people()[AWAY_WITH_DEPUTY].ref))
    assert (found.absent, found.deputy, found.deputy_email) == (True, people()[DEPUTY].ref, people()[DEPUTY].email)
    alone = await answer(world, resolve_address, ResolveAddress(account=people()[AWAY_ALONE].ref))
    assert (alone.absent, alone.deputy) == (True, None)
    gone = await answer(world, resolve_address, ResolveAddress(account=people()[GONE].ref))
    assert not gone.active
    with pytest.raises(NotFound):
        await answer(world, resolve_address, ResolveAddress(account=uuid4()))


async def test_only_an_active_member_of_the_desk_can_be_assigned(world):
    desk = ref_of("desk", "caf", "social")
    for index, expected in ((5, True), (7, True), (8, False), (GONE, False), (0, False)):
        found = await answer(world, check_desk_member, CheckDeskMember(desk=desk, account=people()[index].ref))
        assert found.active is expected, index


async def test_the_network_names_everybody_also_those_who_left(world):
    found = await answer(world, describe_network, DescribeNetwork())
    assert found.accounts[people()[GONE].ref] == people()[GONE].name
    assert found.desk_organisation[ref_of("desk", "caf", "social")] == ref_of("organisation", "caf")


async def test_the_directory_is_made_once(world):
    async def count() -> list[int]:
        tables = ("organisation", "desk", "account", "membership", "absence", "convention")
        async with world.service.database.worker() as work:
            return [(await work.execute(f"SELECT count(*) FROM {one}")).scalar_one() for one in tables]

    before = await count()
    async with world.service.database.worker() as work:
        await make_directory(work)
    assert await count() == before
    assert before[0] >= 8


def test_the_demonstration_shows_every_role_and_nobody_real():
    accounts = demo_accounts()
    assert {one["role"] for one in accounts} == {role.value for role in Role}
    assert len({one["login"] for one in accounts}) == len(accounts)
    assert all(one["login"].endswith(".valbrume.example") for one in accounts)
    reserved = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98")
    assert all(person.phone.startswith(reserved) for person in people())


A, B, C = uuid4(), uuid4(), uuid4()


@pytest.mark.parametrize(
    ("absences", "expected"),
    [
        ([], Availability(A)),
        ([Away(A, DAY, DAY, B)], Availability(B, DAY, B)),
        ([Away(A, DAY, DAY, None)], Availability(None, DAY)),
        ([Away(A, DAY, DAY, C)], Availability(None, DAY)),
        ([Away(A, DAY, DAY, B), Away(B, DAY, DAY, None)], Availability(None, DAY)),
        ([Away(A, DAY, DAY, B), Away(B, DAY, DAY, A)], Availability(None, DAY)),
        ([Away(A, DAY.replace(day=20), DAY.replace(day=21), None)], Availability(A)),
    ],
)
def test_a_deputy_must_be_here_and_of_the_same_desk(absences, expected):
    assert availability(A, [A, B], absences, DAY) == expected


@given(
    st.lists(
        st.tuples(st.sampled_from([A, B, C]), st.integers(1, 28), st.integers(0, 9), st.sampled_from([A, B, C, None]))
    )
)
def test_whoever_receives_is_here_that_day(rows):
    absences = [Away(who, DAY.replace(day=day), date.fromordinal(DAY.replace(day=day).toordinal() + length), deputy)
                for who, day, length, deputy in rows]  # fmt: skip
    for contact in (A, B):
        found = availability(contact, [A, B], absences, DAY)
        assert found.assignee in (A, B, None)
        assert not any(one.account == found.assignee and one.starts <= DAY <= one.ends for one in absences)


def test_a_desk_is_shut_on_both_ends_of_a_closing():
    closing = {"receives": True, "organisation_closed": False, "closed_from": DAY, "closed_until": DAY}
    assert not is_open(**closing, on=DAY)
    assert is_open(**closing, on=DAY.replace(day=18))
    assert is_open(**closing, on=DAY.replace(day=20))
    assert not is_open(**closing | {"closed_until": None}, on=DAY.replace(day=30))
    assert not is_open(**closing | {"receives": False}, on=DAY.replace(day=30))
