"""Who may receive a referral: the competent desks with their contacts, deputies, closings and conventions."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from contracts.asks import ListRecipients, ResolveRecipient
from contracts.refusals import ContactUnavailable, DeskClosed, DeskNotCompetent, NotFound
from contracts.replies import ContactOption, DeskOption, Recipient, RecipientsFound
from contracts.vocabulary import HandoverMode, OrganisationKind
from services.partners.domain import (
    DESK_ROLES,
    Availability,
    Away,
    availability,
    is_competent,
    is_open,
    today_in_paris,
)
from services.partners.tables import Absence, Account, Convention, Desk, Membership, Organisation
from services.runtime.database import Work


@dataclass
class Staff:
    """The contacts of some desks: accounts by reference, who works where (also those who left), and absences."""

    accounts: dict[UUID, Account] = field(default_factory=dict)
    members: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    absences: list[Away] = field(default_factory=list)

    def active(self, desk: UUID) -> list[UUID]:
        """The active members of a desk, by name."""
        found = [self.accounts[one] for one in self.members.get(desk, ()) if self.accounts[one].active]
        return [one.ref for one in sorted(found, key=lambda account: account.name)]

    def availability(self, desk: UUID, contact: UUID, on: date) -> Availability:
        """Whether that contact of the desk can receive that day."""
        return availability(contact, self.active(desk), self.absences, on)


async def list_recipients(ask: ListRecipients, work: Work) -> RecipientsFound:
    """Desks that serve the right under the scheme, open ones and those under a convention first."""
    rows = [
        (desk, organisation)
        for desk, organisation in await _receiving_desks(work)
        if ask.right is None or is_competent(desk.rights, organisation.kind, ask.right, ask.scheme)
    ]
    staff = await read_staff([desk.ref for desk, _ in rows], work)
    conventions = await conventions_in_force(work.now, work)
    options = [describe_desk(desk, organisation, staff, conventions, work.now) for desk, organisation in rows]
    options.sort(key=lambda one: (not one.open, one.convention is None, one.organisation_name, one.desk_name))
    return RecipientsFound(desks=tuple(options))


async def resolve_recipient(ask: ResolveRecipient, work: Work) -> Recipient:
    """The desk and contact as they are now. Refusals: NotFound, DeskNotCompetent, DeskClosed, ContactUnavailable."""
    statement = _desks().where(Desk.ref == ask.desk)
    row = (await work.session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    desk, organisation = row
    staff = await read_staff([desk.ref], work)
    if ask.contact not in staff.members.get(desk.ref, ()):
        raise NotFound
    if not is_competent(desk.rights, organisation.kind, ask.right, ask.scheme):
        raise DeskNotCompetent(field="desk")
    today = today_in_paris(work.now)
    if not _open(desk, organisation, today):
        raise DeskClosed(field="desk")
    found = staff.availability(desk.ref, ask.contact, today)
    if found.assignee is None:
        raise ContactUnavailable(field="contact")
    convention = (await conventions_in_force(work.now, work)).get(organisation.ref)
    return Recipient(
        organisation=organisation.ref,
        organisation_name=organisation.name,
        organisation_kind=OrganisationKind(organisation.kind),
        desk=desk.ref,
        desk_name=desk.name,
        contact=ask.contact,
        contact_name=staff.accounts[ask.contact].name,
        assignee=found.assignee,
        assignee_name=staff.accounts[found.assignee].name,
        convention=convention.ref if convention else None,
        convention_starts=convention.starts if convention else None,
        convention_ends=convention.ends if convention else None,
    )


def describe_desk(
    desk: Desk, organisation: Organisation, staff: Staff, conventions: dict[UUID, Convention], now: datetime
) -> DeskOption:
    """A desk with its contacts; those who left are not proposed."""
    today = today_in_paris(now)
    opened = _open(desk, organisation, today)
    convention = conventions.get(organisation.ref)
    return DeskOption(
        desk=desk.ref,
        desk_name=desk.name,
        organisation=organisation.ref,
        organisation_name=organisation.name,
        organisation_kind=OrganisationKind(organisation.kind),
        phone=desk.phone,
        rights=tuple(desk.rights),
        modes=tuple(HandoverMode(one) for one in desk.modes),
        open=opened,
        closed_until=None if opened else desk.closed_until,
        convention=convention.ref if convention else None,
        convention_starts=convention.starts if convention else None,
        convention_ends=convention.ends if convention else None,
        contacts=tuple(_contact(staff, desk.ref, one, today) for one in staff.active(desk.ref)),
    )


async def read_staff(desks: Sequence[UUID], work: Work) -> Staff:
    """The contacts of those desks, in two queries."""
    staff = Staff()
    if not desks:
        return staff
    statement = (
        select(Membership.desk, Account)  # type: ignore[call-overload]
        .join(Account, Account.ref == Membership.account)
        .join(Desk, Desk.ref == Membership.desk)
        .where(Membership.desk.in_(desks), Membership.role.in_([role.value for role in DESK_ROLES]))  # type: ignore[union-attr, attr-defined]
        .where(Account.organisation == Desk.organisation)
    )
    for desk, account in await work.session.execute(statement):
        staff.accounts[account.ref] = account
        if account.ref not in staff.members[desk]:
            staff.members[desk].append(account.ref)
    today = today_in_paris(work.now)
    statement = select(Absence).where(
        Absence.account.in_(staff.accounts),  # type: ignore[attr-defined]
        Absence.starts <= today,
        Absence.ends >= today,
    )
    for one in (await work.session.execute(statement)).scalars():
        staff.absences.append(Away(one.account, one.starts, one.ends, one.deputy))
    return staff


async def conventions_in_force(now: datetime, work: Work) -> dict[UUID, Convention]:
    """The convention of each organisation that has one at that instant; of several, the one that ends last."""
    statement = select(Convention).where(Convention.starts <= now, Convention.ends > now).order_by(Convention.ends)  # type: ignore[arg-type]
    return {one.organisation: one for one in (await work.session.execute(statement)).scalars()}


def _contact(staff: Staff, desk: UUID, contact: UUID, today: date) -> ContactOption:
    account, found = staff.accounts[contact], staff.availability(desk, contact, today)
    return ContactOption(
        account=contact,
        name=account.name,
        function=account.function,
        phone=account.phone,
        available=found.assignee is not None,
        absent_until=found.absent_until,
        deputy=found.deputy,
        deputy_name=staff.accounts[found.deputy].name if found.deputy else None,
    )


def _open(desk: Desk, organisation: Organisation, today: date) -> bool:
    return is_open(
        receives=desk.receives,
        organisation_closed=organisation.closed,
        closed_from=desk.closed_from,
        closed_until=desk.closed_until,
        on=today,
    )


def _desks():  # noqa: ANN202 - a SQLAlchemy select
    return select(Desk, Organisation).join(Organisation, Organisation.ref == Desk.organisation)  # type: ignore[call-overload]


async def _receiving_desks(work: Work) -> list[tuple[Desk, Organisation]]:
    statement = _desks().where(Desk.receives, Organisation.closed.is_(False))  # type: ignore[attr-defined]
    return [(desk, organisation) for desk, organisation in await work.session.execute(statement)]
