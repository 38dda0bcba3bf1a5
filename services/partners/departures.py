"""Leaving: a member or a whole organisation, in one action. Sessions end with the transaction, and the fact tells the
other services, which hand on or take back what was under way. No account is ever deleted.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from contracts.facts import MemberLeft, OrganisationLeft
from contracts.refusals import DepartureNotConfirmed, HeirRequired, RoleNotAllowed
from contracts.viewer import Role, Viewer
from services.partners.conventions import ChangeConvention, change_convention
from services.partners.directory import (
    active_account,
    actor_kind,
    check_not_last,
    enter,
    memberships_of,
    open_organisation,
    require_administrator,
)
from services.partners.directory_commands import LeaveMember, LeaveOrganisation
from services.partners.domain import today_in_paris
from services.partners.sessions import end_sessions
from services.partners.tables import Account, Desk, Membership
from services.runtime.database import Work

REASON = "Départ de l’organisme"
_REFERENTS = """
SELECT a.ref, a.name FROM partners.account a JOIN partners.membership m ON m.account = a.ref AND m.role = 'referent'
WHERE a.organisation = :organisation AND a.active AND a.ref <> :account ORDER BY a.name
"""
_MEMBERS = """
SELECT DISTINCT a.ref, a.name FROM partners.account a JOIN partners.membership m ON m.account = a.ref
WHERE m.desk = ANY(:desks) AND a.active AND a.ref <> :account ORDER BY a.name
"""
_CONVENTIONS = """
SELECT ref FROM partners.convention WHERE organisation = :organisation AND starts < :now AND ends > :now
"""


async def leave_member(command: LeaveMember, account: UUID, work: Work, viewer: Viewer, *, follows: int) -> None:
    """End an account: no session of hers lives after this transaction, and her address may be given again.

    `follows` is how many people she follows, as intake counted them before: then somebody must be her heir. Refusals:
    NotFound, AlreadyLeft, RoleNotAllowed, LastManager, LastAdministrator, HeirRequired.
    """
    row = await active_account(viewer, work, account)
    rows = await memberships_of(viewer, work, account)
    if not viewer.has(Role.ADMINISTRATOR) and any(one.desk not in viewer.manages for one in rows):
        raise RoleNotAllowed
    for one in rows:
        await check_not_last(Role(one.role), one.desk, account, work)
    desks = sorted({one.desk for one in rows if one.desk})
    heir = await heir_for(command.heir, row, rows, work, follows=follows)
    successor = await _successor(command, account, desks, work)
    row.active = False
    work.session.add(row)
    await end_sessions(work, account)
    await enter("member_left", work, viewer, organisation=row.organisation, about=account, name=row.name)
    fact = MemberLeft(
        ref=account, organisation=row.organisation, desks=tuple(desks), heir=heir, successor=successor, at=work.now
    )
    work.emit(fact, actor_kind=actor_kind(viewer))


async def leave_organisation(command: LeaveOrganisation, organisation: UUID, work: Work, viewer: Viewer) -> int:
    """End an organisation's part: its accounts, desks and conventions at once; how many accounts that were.

    Refusals: RoleNotAllowed, NotFound, OrganisationAlreadyClosed, DepartureNotConfirmed, LastAdministrator.
    """
    require_administrator(viewer)
    row = await open_organisation(viewer, work, organisation)
    if not command.confirmed:
        raise DepartureNotConfirmed(field="confirmed")
    if viewer.organisation == organisation:
        raise RoleNotAllowed
    row.closed = True
    work.session.add(row)
    desks = await _close_desks(organisation, work)
    accounts = await _end_accounts(organisation, work)
    yesterday = today_in_paris(work.now) - timedelta(days=1)
    for ref in (await work.execute(_CONVENTIONS, organisation=organisation, now=work.now)).scalars():
        await change_convention(ChangeConvention(convention=ref, ends=yesterday, reason=REASON), work, viewer)
    await enter(
        "organisation_left", work, viewer, organisation=organisation, name=row.name, accounts=str(len(accounts))
    )
    fact = OrganisationLeft(ref=organisation, desks=tuple(desks), at=work.now)
    work.emit(fact, actor_kind=Role.ADMINISTRATOR.value)
    return len(accounts)


async def heirs_of(_viewer: Viewer, work: Work, account: UUID, organisation: UUID) -> list[tuple[UUID, str]]:
    """The other active referents of the organisation, by name."""
    rows = await work.execute(_REFERENTS, organisation=organisation, account=account)
    return [(row.ref, row.name) for row in rows]


async def successors_of(_viewer: Viewer, work: Work, account: UUID, desks: list[UUID]) -> list[tuple[UUID, str]]:
    """The other active members of her desks, by name."""
    rows = await work.execute(_MEMBERS, desks=desks, account=account)
    return [(row.ref, row.name) for row in rows]


async def heir_for(
    chosen: UUID | None, row: Account, rows: Sequence[Membership], work: Work, *, follows: int = 1
) -> UUID | None:
    """The colleague who goes on with her people; None when she is no referent, or alone and follows nobody.

    Refusal: HeirRequired, also where there is nobody who could be.
    """
    if not any(one.role == Role.REFERENT for one in rows):
        return None
    possible = {one.ref for one in await work.execute(_REFERENTS, organisation=row.organisation, account=row.ref)}
    if chosen in possible:
        return chosen
    if chosen is not None or follows or possible:
        raise HeirRequired(field="heir")
    return None


async def _successor(command: LeaveMember, account: UUID, desks: list[UUID], work: Work) -> UUID | None:
    if command.successor is None:
        return None
    found = {row.ref for row in await work.execute(_MEMBERS, desks=desks, account=account)}
    if command.successor not in found:
        raise HeirRequired(field="successor")
    return command.successor


async def _close_desks(organisation: UUID, work: Work) -> list[UUID]:
    statement = select(Desk).where(Desk.organisation == organisation).order_by(Desk.ref)  # type: ignore[arg-type]
    desks = list((await work.session.execute(statement)).scalars())
    for desk in desks:
        desk.receives = False
        work.session.add(desk)
    return [desk.ref for desk in desks]


async def _end_accounts(organisation: UUID, work: Work) -> list[UUID]:
    statement = select(Account).where(Account.organisation == organisation, Account.active).order_by(Account.ref)  # type: ignore[arg-type]
    accounts = list((await work.session.execute(statement)).scalars())
    for account in accounts:
        account.active = False
        work.session.add(account)
    await work.session.flush()
    for account in accounts:
        await end_sessions(work, account.ref)
    return [account.ref for account in accounts]
