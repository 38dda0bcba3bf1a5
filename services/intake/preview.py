"""Before a hand-over leaves: the desks that could receive it, why one cannot yet, and exactly what it would read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts import consent
from contracts.consent import Disclosure, Route, TwoLocks, disclose
from contracts.refusals import Refusal
from contracts.replies import ContactOption, DeskOption, Recipient
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Purpose
from services.intake.dossier import Convention, Known, choose_grant, dossier_of
from services.intake.locks import Ends, Frame, stand
from services.intake.person_keys import PersonKeys
from services.intake.tables import ConsentGrant, SharingRoute
from services.runtime.web.dates import PARIS


@dataclass(frozen=True)
class Candidate:
    """One contact of one desk: `locks` as they stand now, `absent` when no hand-over can reach her."""

    desk: DeskOption
    contact: ContactOption
    locks: TwoLocks
    grant: consent.Grant | None
    route: Route | None

    @property
    def key(self) -> str:
        """How a form names this contact of this desk."""
        return f"{self.desk.desk}.{self.contact.account}"

    @property
    def assignee(self) -> UUID:
        """Who takes it in hand: the contact, or her deputy while she is absent."""
        return assignee_of(self.contact)

    @property
    def reachable(self) -> bool:
        """The desk receives and the contact, or her deputy, is there."""
        return self.desk.open and self.contact.available

    @property
    def may_receive(self) -> bool:
        """Reachable, and both locks are open."""
        return self.reachable and self.locks.closed is None

    @property
    def may_be_prepared(self) -> bool:
        """Reachable, and only the person's agreement is missing."""
        return self.reachable and self.locks.route is None

    def recipient(self) -> Recipient:
        """The snapshot that a draft keeps."""
        deputy = self.assignee != self.contact.account
        return Recipient(
            organisation=self.desk.organisation,
            organisation_name=self.desk.organisation_name,
            organisation_kind=self.desk.organisation_kind,
            desk=self.desk.desk,
            desk_name=self.desk.desk_name,
            contact=self.contact.account,
            contact_name=self.contact.name,
            assignee=self.assignee,
            assignee_name=(self.contact.deputy_name or "") if deputy else self.contact.name,
            convention=self.desk.convention,
            convention_starts=self.desk.convention_starts,
            convention_ends=self.desk.convention_ends,
        )


def assignee_of(contact: ContactOption) -> UUID:
    """The contact, or her deputy while she is absent."""
    return contact.deputy if contact.absent_until is not None and contact.deputy is not None else contact.account


def candidates(
    desks: Iterable[DeskOption], grants: list[ConsentGrant], routes: list[SharingRoute], *, right: str, now: datetime
) -> list[Candidate]:
    """Every contact of these desks with the state of both locks; `routes` are those of the sender's kind, valid now."""
    return [_candidate(desk, contact, grants, routes, right, now) for desk in desks for contact in desk.contacts]


def _candidate(
    desk: DeskOption,
    contact: ContactOption,
    grants: list[ConsentGrant],
    routes: list[SharingRoute],
    right: str,
    now: datetime,
) -> Candidate:
    row = choose_grant(
        grants, desk=desk.desk, right=right, purpose=Purpose.OPEN_RIGHT, assignee=assignee_of(contact), at=now
    )
    purpose = purpose_of(row)
    told = Convention(desk.convention, desk.convention_starts, desk.convention_ends)
    sender = next((one.sender_kind for one in routes), "")
    ends = Ends(sender, desk.organisation_kind.value, desk.organisation, told)
    standing = stand(row, Frame(routes), ends, desk=desk.desk, right=right, purpose=purpose, now=now)
    return Candidate(desk, contact, standing.locks, standing.grant, standing.route)


def purpose_of(row: ConsentGrant | None) -> Purpose:
    """The purpose that the person agreed to; to open the right while she was not asked."""
    return Purpose(row.purpose) if row is not None else Purpose.OPEN_RIGHT


def preview(
    person: UUID, right: str, known: Known, chosen: Candidate, now: datetime, keys: PersonKeys
) -> Disclosure | Refusal:
    """What whoever takes this hand-over in hand would read, by the very rule that answers her; or why nothing yet."""
    reader = Viewer(
        account=chosen.assignee,
        display_name="",
        organisation=chosen.desk.organisation,
        organisation_name=chosen.desk.organisation_name,
        organisation_kind=chosen.desk.organisation_kind,
        desks=(chosen.desk.desk,),
        roles=frozenset({Role.DESK_AGENT}),
        territory="",
    )
    would_be = consent.Handover(
        ref=person,
        person=person,
        grant=chosen.grant.ref if chosen.grant else person,
        organisation=chosen.desk.organisation,
        desk=chosen.desk.desk,
        right=right,
        purpose=chosen.grant.purpose if chosen.grant else Purpose.OPEN_RIGHT,
    )
    categories = chosen.grant.categories if chosen.grant else frozenset()
    dossier = dossier_of(known, categories, now.astimezone(PARIS).date(), keys)
    return disclose(dossier, would_be, chosen.grant, chosen.route, reader, now)
