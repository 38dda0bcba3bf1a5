"""Who may receive a referral: the competent desks with their contacts, deputies, closings and conventions."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from contracts.asks import ListRecipients, ResolveRecipient
from contracts.refusals import ContactUnavailable, DeskClosed, DeskNotCompetent, NotFound
from contracts.replies import ContactOption, DeskOption, Permanence, Recipient, RecipientsFound
from contracts.vocabulary import Capacity, Document, HandoverMode, OrganisationKind
from services.partners.desk_settings import hours_of, is_full, settings_of
from services.partners.directory_tables import DeskSetting
from services.partners.domain import (
    DESK_ROLES,
    Availability,
    Away,
    availability,
    is_competent,
    is_open,
    today_in_paris,
)
from services.partners.permanences import coming, every_permanence
from services.partners.tables import Absence, Account, Convention, Desk, Membership, Organisation
from services.runtime.database import Work

# Every hand-over asks for its recipient: the two statements are written by hand.
_DESK = """
SELECT d.ref AS desk, d.name AS desk_name, d.rights, d.receives, d.closed_from, d.closed_until, o.ref AS organisation,
    o.name AS organisation_name, o.kind AS organisation_kind, o.closed, c.ref AS convention,
    c.starts AS convention_starts, c.ends AS convention_ends
FROM partners.desk d JOIN partners.organisation o ON o.ref = d.organisation
LEFT JOIN LATERAL (
    SELECT ref, starts, ends FROM partners.convention
    WHERE organisation = o.ref AND starts <= :now AND ends > :now ORDER BY ends DESC LIMIT 1
) c ON true
WHERE d.ref = :desk
"""
_IN_FORCE = """
SELECT EXISTS (
    SELECT FROM partners.convention WHERE organisation = :organisation AND starts <= :now AND ends > :now
)
"""
_STAFF = """
SELECT a.ref, a.name, a.active, s.starts, s.ends, s.deputy
FROM partners.membership m
JOIN partners.desk d ON d.ref = m.desk
JOIN partners.account a ON a.ref = m.account AND a.organisation = d.organisation
LEFT JOIN partners.absence s ON s.account = a.ref AND s.starts <= :today AND s.ends >= :today
WHERE m.desk = :desk AND m.role = ANY(:roles)
"""


@dataclass
class Staff:
    """The contacts of some desks: accounts by reference, who works where (also those who left), and absences."""

    accounts: dict[UUID, Any] = field(default_factory=dict)
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
    settings = await settings_of(ask.viewer, work, [desk.ref for desk, _ in rows])
    held = await every_permanence(ask.viewer, work)
    options = [
        describe_desk(desk, organisation, staff, conventions, work.now, settings.get(desk.ref), held)
        for desk, organisation in rows
    ]
    options.sort(key=_order)
    return RecipientsFound(desks=tuple(options))


async def resolve_recipient(ask: ResolveRecipient, work: Work) -> Recipient:
    """The desk and contact as they are now. Refusals: NotFound, DeskNotCompetent, DeskClosed, ContactUnavailable."""
    row = (await work.execute(_DESK, desk=ask.desk, now=work.now)).one_or_none()
    if row is None:
        raise NotFound
    today = today_in_paris(work.now)
    staff = Staff()
    for one in await work.execute(_STAFF, desk=ask.desk, roles=[role.value for role in DESK_ROLES], today=today):
        if one.ref not in staff.accounts:
            staff.accounts[one.ref] = one
            staff.members[row.desk].append(one.ref)
        if one.starts is not None:
            staff.absences.append(Away(one.ref, one.starts, one.ends, one.deputy))
    if ask.contact not in staff.members.get(row.desk, ()):
        raise NotFound
    if not is_competent(row.rights, row.organisation_kind, ask.right, ask.scheme):
        raise DeskNotCompetent(field="desk")
    if not is_open(
        receives=row.receives,
        organisation_closed=row.closed,
        closed_from=row.closed_from,
        closed_until=row.closed_until,
        on=today,
    ):
        raise DeskClosed(field="desk")
    found = staff.availability(row.desk, ask.contact, today)
    if found.assignee is None:
        raise ContactUnavailable(field="contact")
    return Recipient(
        organisation=row.organisation,
        organisation_name=row.organisation_name,
        organisation_kind=OrganisationKind(row.organisation_kind),
        desk=row.desk,
        desk_name=row.desk_name,
        contact=ask.contact,
        contact_name=staff.accounts[ask.contact].name,
        assignee=found.assignee,
        assignee_name=staff.accounts[found.assignee].name,
        convention=row.convention,
        convention_starts=row.convention_starts,
        convention_ends=row.convention_ends,
    )


def _order(one: DeskOption) -> tuple[object, ...]:
    """Open ones first, then those under a convention, then those that are not full."""
    return (not one.open, one.convention is None, one.capacity is Capacity.FULL, one.organisation_name, one.desk_name)


def describe_desk(
    desk: Desk,
    organisation: Organisation,
    staff: Staff,
    conventions: dict[UUID, Convention],
    now: datetime,
    setting: DeskSetting | None = None,
    held: Sequence[Permanence] = (),
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
        capacity=Capacity.FULL if is_full(setting, today) else Capacity.OPEN,
        full_until=setting.full_until if setting else None,
        documents=tuple(Document(one) for one in (setting.documents if setting else ())),
        documents_note=setting.documents_note if setting else "",
        hours=hours_of(setting),
        convention=convention.ref if convention else None,
        convention_starts=convention.starts if convention else None,
        convention_ends=convention.ends if convention else None,
        contacts=tuple(_contact(staff, desk.ref, one, today) for one in staff.active(desk.ref)),
        permanences=coming(held, desk=desk.ref),
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


async def in_force_with(organisation: UUID, work: Work) -> bool:
    """Whether that organisation has a convention that `conventions_in_force` would give now."""
    asked = {"organisation": organisation, "now": work.now}
    return bool((await work.execute(_IN_FORCE, **asked)).scalar_one())


async def conventions_in_force(
    now: datetime, work: Work, organisations: Sequence[UUID] | None = None
) -> dict[UUID, Convention]:
    """The convention of each organisation (or of these) that has one at that instant; of several, the one that ends
    last.
    """
    statement: Any = select(Convention).where(Convention.starts <= now, Convention.ends > now).order_by(Convention.ends)  # type: ignore[arg-type]
    if organisations is not None:
        statement = statement.where(Convention.organisation.in_(organisations))  # type: ignore[attr-defined]
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


async def _receiving_desks(work: Work) -> list[tuple[Desk, Organisation]]:
    statement: Any = (
        select(Desk, Organisation)
        .join(Organisation, Organisation.ref == Desk.organisation)  # type: ignore[arg-type]
        .where(Desk.receives, Organisation.closed.is_(False))  # type: ignore[arg-type, attr-defined]
    )
    return [(desk, organisation) for desk, organisation in await work.session.execute(statement)]
