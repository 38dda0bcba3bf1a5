"""The truth table of the one rule that builds what a partner reads: who, which grant, which route, when."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.consent import (
    MAX_GRANT_AGE,
    Basis,
    Category,
    Disclosure,
    Dossier,
    Grant,
    Handover,
    ProhibitedUse,
    Route,
    category_of,
    disclose,
    two_locks,
)
from contracts.refusals import (
    GrantExpired,
    GrantWithdrawn,
    HandoverClosed,
    NoConvention,
    NoLiveGrant,
    NoRoute,
    NotFound,
    PurposeNotAllowed,
    PurposeNotRouted,
    Refusal,
)
from contracts.viewer import Role, Viewer
from contracts.vocabulary import (
    EmploymentKind,
    HouseholdKind,
    HousingKind,
    Language,
    OrganisationKind,
    Purpose,
    ResourcesBand,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
PERSON, GRANT, REFERRAL, CAF, DESK, AGENT, CONVENTION, OTHER = (UUID(int=number) for number in range(1, 9))
FULL = Dossier(
    short_name="Mme K.",
    age=36,
    full_name="Amina Kaddour",
    birth_date=date(1990, 5, 4),
    phone="06 12 34 56 78",
    postal_address="1 rue des Lilas",
    safe_times="Le matin",
    household=HouseholdKind.ALONE,
    children=0,
    housing=HousingKind.TENANT,
    employment=EmploymentKind.UNEMPLOYED,
    resources_band=ResourcesBand.UNDER_600,
    right_status="Droit potentiel",
    need_summary="Un appel",
    accompaniment="Sa sœur",
    language=Language.FR,
)
FULL_GRANT = Grant(
    ref=GRANT,
    person=PERSON,
    organisation=CAF,
    desk=DESK,
    purpose=Purpose.OPEN_RIGHT,
    categories=frozenset(Category),
    rights=frozenset({"rsa", "ppa"}),
    given_at=NOW - DAY,
    expires_at=NOW + 90 * DAY,
)
FULL_ROUTE = Route(
    sender_kind=OrganisationKind.CCAS,
    recipient_kind=OrganisationKind.CAF,
    basis=Basis.PERSON_AGREEMENT,
    version=3,
    convention=CONVENTION,
    convention_starts=NOW - 100 * DAY,
    convention_ends=NOW + 100 * DAY,
)
HANDOVER = Handover(
    ref=REFERRAL, person=PERSON, grant=GRANT, organisation=CAF, desk=DESK, right="rsa", purpose=Purpose.OPEN_RIGHT
)
VIEWER = Viewer(
    account=AGENT,
    display_name="Julie Perrin",
    organisation=CAF,
    organisation_name="Caf",
    organisation_kind=OrganisationKind.CAF,
    desks=(DESK,),
    roles=frozenset({Role.DESK_AGENT}),
    territory="valbrume",
)


def read(dossier=FULL, handover=HANDOVER, grant=FULL_GRANT, route=FULL_ROUTE, viewer=VIEWER, at=NOW, only=None):
    return disclose(dossier, handover, grant, route, viewer, at, only)


def grant(**change):
    return {"grant": FULL_GRANT.model_copy(update=change)}


def route(**change):
    return {"route": FULL_ROUTE.model_copy(update=change)}


def handover(**change):
    return {"handover": HANDOVER.model_copy(update=change)}


def viewer(**change):
    return {"viewer": VIEWER.model_copy(update=change)}


ROWS = [
    ("everything open", {}, Disclosure),
    ("a manager of the desk", viewer(roles=frozenset({Role.DESK_MANAGER})), Disclosure),
    ("a desk among several", viewer(desks=(OTHER, DESK)), Disclosure),
    ("the contact that the grant names", grant(contact=AGENT), Disclosure),
    ("just given", grant(given_at=NOW), Disclosure),
    ("the last instant before the end", grant(expires_at=NOW + MOMENT), Disclosure),
    ("withdrawn later", grant(withdrawn_at=NOW + MOMENT), Disclosure),
    ("readable for an instant more", handover(readable_until=NOW + MOMENT), Disclosure),
    ("the convention begins now", route(convention_starts=NOW), Disclosure),
    ("another desk of the same organisation", viewer(desks=(OTHER,)), NotFound),
    ("no desk", viewer(desks=()), NotFound),
    ("that desk, but of another organisation", viewer(organisation=OTHER), NotFound),
    ("another contact than the one named", grant(contact=OTHER), NotFound),
    ("ended", handover(readable_until=NOW), HandoverClosed),
    ("ended long ago", handover(readable_until=NOW - DAY), HandoverClosed),
    ("withdrawn, which ended it", handover(readable_until=NOW - DAY) | grant(withdrawn_at=NOW - DAY), GrantWithdrawn),
    ("ended, and the grant ran out too", handover(readable_until=NOW) | grant(expires_at=NOW), HandoverClosed),
    ("no grant", {"grant": None}, NoLiveGrant),
    ("another grant", grant(ref=OTHER), NoLiveGrant),
    ("the grant of another person", grant(person=OTHER), NoLiveGrant),
    ("a grant for another desk", grant(desk=OTHER), NoLiveGrant),
    ("a grant for other rights", grant(rights=frozenset({"apl"})), NoLiveGrant),
    ("a grant for no right", grant(rights=frozenset()), NoLiveGrant),
    ("withdrawn now", grant(withdrawn_at=NOW), GrantWithdrawn),
    ("withdrawn before", grant(withdrawn_at=NOW - DAY), GrantWithdrawn),
    ("ends now", grant(expires_at=NOW), GrantExpired),
    ("not yet given", grant(given_at=NOW + MOMENT), GrantExpired),
    ("older than 182 days, whatever its end", grant(given_at=NOW - MAX_GRANT_AGE, expires_at=NOW + DAY), GrantExpired),
    ("another purpose", grant(purpose=Purpose.FOLLOW_UP), PurposeNotAllowed),
    ("no route", {"route": None}, NoRoute),
    ("no convention", route(convention=None), NoConvention),
    ("a convention without a start", route(convention_starts=None), NoConvention),
    ("a convention without an end", route(convention_ends=None), NoConvention),
    ("the convention ends now", route(convention_ends=NOW), NoConvention),
    ("the convention begins later", route(convention_starts=NOW + MOMENT), NoConvention),
    ("the route is for other purposes", route(purposes=frozenset({Purpose.APPOINTMENT})), PurposeNotRouted),
]


@pytest.mark.parametrize(("change", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_row_of_the_truth_table(change, expected):
    assert type(read(**change)) is expected


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DESK_AGENT, Role.DESK_MANAGER}))
def test_no_other_role_reads_at_a_desk(role):
    assert type(read(**viewer(roles=frozenset({role})))) is NotFound


def test_who_may_not_read_learns_nothing_of_the_locks():
    stranger = viewer(desks=(OTHER,))
    for change in (grant(withdrawn_at=NOW), {"route": None}, handover(readable_until=NOW), {"grant": None}):
        assert read(**(stranger | change)).wire() == NotFound().wire()


def test_both_locks_are_named_so_that_a_form_can_say_which_one_is_closed():
    words = {"desk": DESK, "right": "rsa", "purpose": Purpose.OPEN_RIGHT, "at": NOW}
    open_grants, open_routes = (FULL_GRANT, None), (FULL_ROUTE, None)
    for one, other in product(open_grants, open_routes):
        locks = two_locks(one, other, **words)
        assert (locks.grant is None) is (one is not None) and (locks.route is None) is (other is not None)
        assert (locks.closed is None) is (one is not None and other is not None)


def test_every_field_of_a_dossier_has_a_category_and_a_french_title():
    for name, info in Dossier.model_fields.items():
        assert isinstance(category_of(name), Category), name
        assert info.title and info.default is None, name
    assert {category_of(name) for name in Dossier.model_fields} == set(Category)


def test_a_field_without_a_category_is_an_error_and_not_a_default():
    class Wider(Dossier):
        secret: str | None = None

    marks = [one for one in Wider.model_fields["secret"].metadata if isinstance(one, Category)]
    assert marks == []
    with pytest.raises(KeyError):
        category_of("secret")


def test_a_disclosure_says_under_which_consent_and_what_it_may_not_be_used_for():
    found = read(**grant(categories=frozenset({Category.IDENTITY_MIN}), epoch=4))
    assert (found.grant, found.epoch, found.basis, found.route_version) == (GRANT, 4, Basis.PERSON_AGREEMENT, 3)
    assert ProhibitedUse.FRAUD_CONTROL in found.prohibited_uses
    assert set(found.not_shared) == {one.label for one in Category if one is not Category.IDENTITY_MIN}


texts = st.one_of(st.none(), st.text(min_size=1, max_size=20))
dossiers = st.builds(
    Dossier,
    short_name=texts,
    age=st.one_of(st.none(), st.integers(0, 110)),
    full_name=texts,
    phone=texts,
    birth_date=st.one_of(st.none(), st.dates()),
    postal_address=texts,
    safe_times=texts,
    household=st.one_of(st.none(), st.sampled_from(HouseholdKind)),
    children=st.one_of(st.none(), st.integers(0, 12)),
    housing=st.one_of(st.none(), st.sampled_from(HousingKind)),
    need_summary=texts,
    accompaniment=texts,
    employment=st.one_of(st.none(), st.sampled_from(EmploymentKind)),
    right_status=texts,
    resources_band=st.one_of(st.none(), st.sampled_from(ResourcesBand)),
    language=st.one_of(st.none(), st.sampled_from(Language)),
)
instants = st.integers(-400, 400).map(lambda days: NOW + days * DAY)
grants = st.builds(
    Grant,
    ref=st.sampled_from([GRANT, OTHER]),
    person=st.sampled_from([PERSON, OTHER]),
    organisation=st.just(CAF),
    desk=st.sampled_from([DESK, OTHER]),
    contact=st.sampled_from([None, AGENT, OTHER]),
    purpose=st.sampled_from(Purpose),
    categories=st.frozensets(st.sampled_from(Category)),
    rights=st.frozensets(st.sampled_from(["rsa", "apl"])),
    given_at=instants,
    expires_at=instants,
    withdrawn_at=st.one_of(st.none(), instants),
)
open_grants = st.frozensets(st.sampled_from(Category)).map(
    lambda kept: FULL_GRANT.model_copy(update={"categories": kept})
)


@given(dossiers, st.one_of(grants, open_grants), instants)
def test_what_is_disclosed_never_exceeds_the_categories_of_the_grant(dossier, given_grant, at):
    found = read(dossier=dossier, grant=given_grant, at=at)
    if isinstance(found, Refusal):
        return
    assert {category_of(one.field) for one in found.shared} <= given_grant.categories
    assert {one.category for one in found.shared} <= set(found.categories) == set(given_grant.categories)
    assert given_grant.desk == DESK and "rsa" in given_grant.rights and given_grant.contact in (None, AGENT)
    assert given_grant.given_at <= at < given_grant.expires_at
    assert given_grant.withdrawn_at is None or given_grant.withdrawn_at > at


@given(dossiers, open_grants, st.frozensets(st.sampled_from(Category)))
def test_a_list_that_asks_for_less_gets_of_the_granted_only_that(dossier, given_grant, only):
    whole, narrowed = read(dossier=dossier, grant=given_grant), read(dossier=dossier, grant=given_grant, only=only)
    assert narrowed.shared == tuple(one for one in whole.shared if one.category in only)
    assert narrowed.model_copy(update={"shared": whole.shared}) == whole


@given(dossiers, open_grants)
def test_what_is_granted_and_known_is_disclosed_whole(dossier, given_grant):
    found = read(dossier=dossier, grant=given_grant)
    expected = {
        name
        for name in Dossier.model_fields
        if category_of(name) in given_grant.categories and getattr(dossier, name) not in (None, "")
    }
    assert {one.field for one in found.shared} == expected
