"""Consent: categories, grants, routes, and the one pure rule that decides what leaves for a partner.

Two locks. A live grant (one desk, one purpose, listed categories and rights, an end), and a route valid for the two
kinds of organisation under a convention in force. What neither lists does not leave: silence or missing data is no.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.dossier import Category, Dossier, category_of
from contracts.envelope import Frozen
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
    RepresentationEnded,
)
from contracts.viewer import Role, Viewer
from contracts.vocabulary import (
    Language,
    OrganisationKind,
    Purpose,
    Word,
)

MAX_GRANT_AGE = timedelta(days=182)


class Basis(Word):
    """The routes of the law by which two bodies may share; the DPO of the territory validates which hold."""

    MADE_WITH_PERSON = "made_with_person", "Démarche faite avec la personne"
    PERSON_AGREEMENT = "person_agreement", "Accord de la personne"
    REQUEST_OF_THE_PERSON = "request_of_the_person", "Demande de la personne (CRPA L.114-8 I)"
    MAY_HAVE_A_RIGHT = "may_have_a_right", "Droit potentiel (CRPA L.114-8 II)"
    SAME_FOLLOW_UP = "same_follow_up", "Même prise en charge (CSP L.1110-4 II)"
    SOCIAL_ACTION = "social_action", "Action sociale (CASF L.121-6-2)"


class ProhibitedUse(Word):
    """Said in the envelope of every disclosure: fear of control is a main cause of non-take-up."""

    FRAUD_CONTROL = "fraud_control", "Jamais utilisé pour un contrôle"
    OTHER_PURPOSE = "other_purpose", "Pour ce seul but"
    ONWARD_SHARING = "onward_sharing", "À ne pas transmettre à d’autres"


class Grant(Frozen):
    """What the person agreed to: one desk of one organisation, one purpose, categories, rights, an end (≤ 182 days)."""

    ref: UUID
    person: UUID
    organisation: UUID
    desk: UUID
    contact: UUID | None = None
    purpose: Purpose
    categories: frozenset[Category]
    rights: frozenset[str]
    given_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None = None
    epoch: int = 1
    method: str = "oral_in_person"
    language: Language = Language.FR
    read_back: bool = False
    represented_until: datetime | None = None

    def refusal(self, *, desk: UUID, right: str, at: datetime) -> Refusal | None:
        """Why this grant does not open the first lock for that desk and right at that instant; None when it does."""
        if self.withdrawn_at is not None and self.withdrawn_at <= at:
            return GrantWithdrawn()
        if not self.given_at <= at < min(self.expires_at, self.given_at + MAX_GRANT_AGE):
            return GrantExpired()
        if self.represented_until is not None and self.represented_until <= at:
            return RepresentationEnded()
        if self.desk != desk or right not in self.rights:
            return NoLiveGrant()
        return None


class Route(Frozen):
    """One row of the territory's table, under the convention with that partner: the second lock.

    `convention_ends` is the last instant at which the convention is in force; None when there is no convention.
    """

    sender_kind: OrganisationKind
    recipient_kind: OrganisationKind
    basis: Basis
    version: int
    purposes: frozenset[Purpose] = frozenset(Purpose)
    convention: UUID | None = None
    convention_starts: datetime | None = None
    convention_ends: datetime | None = None

    def refusal(self, *, purpose: Purpose, at: datetime) -> Refusal | None:
        """Why this route does not open the second lock for that purpose at that instant; None when it does."""
        if self.convention is None or self.convention_starts is None or self.convention_ends is None:
            return NoConvention()
        if not self.convention_starts <= at < self.convention_ends:
            return NoConvention()
        return None if purpose in self.purposes else PurposeNotRouted()


class Handover(Frozen):
    """A hand-over to one desk. `readable_until`: None while it is open, else the instant at which reading ends."""

    ref: UUID
    person: UUID
    grant: UUID
    organisation: UUID
    desk: UUID
    right: str
    purpose: Purpose
    readable_until: datetime | None = None


class SharedField(Frozen):
    """One disclosed field: its code, French label, category, value (code or ISO form) and text as people read it."""

    field: str
    label: str
    category: Category
    value: str
    text: str


class Disclosure(Frozen):
    """What one desk may read of one person for one hand-over, and under which consent."""

    referral: UUID
    shared: tuple[SharedField, ...]
    not_shared: tuple[str, ...]
    grant: UUID
    epoch: int
    categories: tuple[Category, ...]
    purpose: Purpose
    basis: Basis
    route_version: int
    given_at: datetime
    expires_at: datetime
    method: str
    language: Language
    read_back: bool
    prohibited_uses: tuple[ProhibitedUse, ...] = tuple(ProhibitedUse)

    def text(self, field: str) -> str | None:
        """The text of a disclosed field, or None when it is not shared or not known."""
        return next((one.text for one in self.shared if one.field == field), None)


@dataclass(frozen=True)
class TwoLocks:
    """The state of both locks for a hand-over, so that a form can say which one is closed and what would open it."""

    grant: Refusal | None
    route: Refusal | None

    @property
    def closed(self) -> Refusal | None:
        """The first closed lock, or None when both are open."""
        return self.grant or self.route


def two_locks(
    grant: Grant | None, route: Route | None, *, desk: UUID, right: str, purpose: Purpose, at: datetime
) -> TwoLocks:
    """Check both locks. No grant is NoLiveGrant; no route row for the pair of organisations is NoRoute."""
    first = NoLiveGrant() if grant is None else grant.refusal(desk=desk, right=right, at=at)
    if first is None and grant is not None and grant.purpose is not purpose:
        first = PurposeNotAllowed()
    return TwoLocks(first, NoRoute() if route is None else route.refusal(purpose=purpose, at=at))


def disclose(
    dossier: Dossier,
    handover: Handover,
    grant: Grant | None,
    route: Route | None,
    viewer: Viewer,
    at: datetime,
    only: frozenset[Category] | None = None,
) -> Disclosure | Refusal:
    """The one rule that builds what a partner reads of a person, by allow-list, at the moment of reading.

    `only` narrows what is shared to what a page shows, such as an initial and an age in a list; it never widens it,
    and None is all that the agreement lists.
    Refusals: NotFound for whoever is not at that desk (or is not the one contact that the grant names),
    HandoverClosed after the hand-over ended, GrantWithdrawn, GrantExpired, NoLiveGrant, NoRoute, NoConvention.
    """
    at_the_desk = handover.desk in viewer.desks and viewer.organisation == handover.organisation
    if not at_the_desk or not viewer.has(Role.DESK_AGENT, Role.DESK_MANAGER):
        return NotFound()
    if grant is None or grant.ref != handover.grant or grant.person != handover.person:
        return NoLiveGrant()
    if grant.contact is not None and grant.contact != viewer.account:
        return NotFound()
    locks = two_locks(grant, route, desk=handover.desk, right=handover.right, purpose=handover.purpose, at=at)
    if handover.readable_until is not None and handover.readable_until <= at:
        # The person's own decision is the reason to tell, also where it ended the hand-over.
        return locks.grant if isinstance(locks.grant, GrantWithdrawn) else HandoverClosed()
    if locks.closed is not None:
        return locks.closed
    assert route is not None
    listed = grant.categories if only is None else grant.categories & only
    shared = tuple(
        SharedField(
            field=name, label=str(info.title), category=category_of(name), value=_value(value), text=_text(name, value)
        )
        for name, info in Dossier.model_fields.items()
        if category_of(name) in listed and (value := getattr(dossier, name)) not in (None, "")
    )
    return Disclosure(
        referral=handover.ref,
        shared=shared,
        grant=grant.ref,
        epoch=grant.epoch,
        purpose=grant.purpose,
        not_shared=tuple(one.label for one in Category if one not in grant.categories),
        categories=tuple(one for one in Category if one in grant.categories),
        basis=route.basis,
        route_version=route.version,
        given_at=grant.given_at,
        expires_at=grant.expires_at,
        method=grant.method,
        language=grant.language,
        read_back=grant.read_back,
    )


def _value(value: Any) -> str:  # noqa: ANN401 - any field of the dossier
    return value.isoformat() if isinstance(value, date) else str(value.value if isinstance(value, Word) else value)


def _text(field: str, value: Any) -> str:  # noqa: ANN401 - any field of the dossier
    if isinstance(value, Word):
        return value.label
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if field == "age":
        return f"{value} ans"
    return str(value)
