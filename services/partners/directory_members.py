"""Members of the directory: invited, changed and confirmed by the administration, or by a manager for her own desks."""

from uuid import UUID, uuid4

from contracts.facts import MemberLeft
from contracts.refusals import EmailAlreadyUsed, NotFound, RoleNotAllowed, RoleRequired
from contracts.viewer import Role, Viewer
from services.partners.departures import heir_for
from services.partners.directory import active_account, check_not_last, enter, memberships_of, open_organisation
from services.partners.directory_commands import SaveMember
from services.partners.sessions import end_sessions
from services.partners.tables import Account, Desk, Membership
from services.runtime.database import Work

Roles = frozenset[tuple[Role, UUID | None]]
_TAKEN = "SELECT 1 FROM partners.account WHERE email = :email AND active AND ref <> :ref"


async def invite_member(command: SaveMember, organisation: UUID, work: Work, viewer: Viewer) -> UUID:
    """Make an account with its roles; she signs in by her address. A manager invites to her own desks only.

    Refusals: RoleNotAllowed, NotFound, OrganisationAlreadyClosed, EmailAlreadyUsed, RoleRequired.
    """
    await open_organisation(viewer, work, organisation)
    wanted = command.wanted()
    _check_roles(viewer, organisation, wanted)
    await _check_desks(wanted, organisation, work)
    row = Account(ref=uuid4(), email=command.email, name=command.name, organisation=organisation)
    await _check_email(command.email, row.ref, work)
    row.function, row.phone = command.function, command.phone
    work.session.add(row)
    await work.session.flush()
    await _add_roles(row.ref, wanted, work)
    await enter(
        "member_invited", work, viewer, organisation=organisation, about=row.ref, name=row.name, roles=_said(wanted)
    )
    return row.ref


async def change_member(command: SaveMember, account: UUID, work: Work, viewer: Viewer) -> None:
    """Another name, address, function or role. Whoever loses a role loses her sessions: the next one has the new roles.

    Refusals: NotFound, AlreadyLeft, RoleNotAllowed, EmailAlreadyUsed, LastManager, LastAdministrator, RoleRequired.
    """
    row = await active_account(viewer, work, account)
    rows = await memberships_of(viewer, work, account)
    had = frozenset((Role(one.role), one.desk) for one in rows)
    wanted = _reachable(viewer, command.wanted(), had)
    _check_roles(viewer, row.organisation, wanted ^ had or {(Role.DESK_AGENT, next(iter(viewer.manages), None))})
    if not wanted:
        raise RoleRequired(field="agent_at")
    await _check_desks(wanted, row.organisation, work)
    await _check_email(command.email, account, work)
    for role, desk in had - wanted:
        await check_not_last(role, desk, account, work)
    row.name, row.email, row.function, row.phone = command.name, command.email, command.function, command.phone
    work.session.add(row)
    for one in rows:
        if (Role(one.role), one.desk) not in wanted:
            await work.session.delete(one)
    await work.session.flush()
    await _add_roles(account, wanted - had, work)
    if had - wanted:
        await end_sessions(work, account)
        await _leave_roles(command, row, had - wanted, rows, work)
    about = {"organisation": row.organisation, "about": account, "name": row.name}
    await enter("member_changed", work, viewer, roles=_said(wanted), before=_said(had), **about)


async def confirm_member(account: UUID, work: Work, viewer: Viewer) -> None:
    """Say that she still is a contact, for a year. Refusals: NotFound, AlreadyLeft, RoleNotAllowed."""
    row = await active_account(viewer, work, account)
    for one in await memberships_of(viewer, work, account):
        if viewer.has(Role.ADMINISTRATOR) or one.desk in viewer.manages:
            one.confirmed_at = work.now
            work.session.add(one)
    await enter("member_confirmed", work, viewer, organisation=row.organisation, about=account, name=row.name)


async def _leave_roles(
    command: SaveMember, row: Account, lost: Roles, rows: list[Membership], work: Work
) -> None:
    """What she had in hand in the roles that she lost goes to others, as if she had left."""
    left = [one for one in rows if (Role(one.role), one.desk) in lost]
    kept = {one.desk for one in rows if one not in left}
    heir = await heir_for(command.heir, row, left, work)
    desks = tuple(sorted({one.desk for one in left if one.desk} - kept))
    fact = MemberLeft(ref=row.ref, organisation=row.organisation, desks=desks, heir=heir, gone=False, at=work.now)
    work.emit(fact, actor_kind=Role.ADMINISTRATOR.value)


def _check_roles(viewer: Viewer, organisation: UUID, changed: Roles | set[tuple[Role, UUID | None]]) -> None:
    if not changed:
        raise RoleRequired(field="agent_at")
    if viewer.has(Role.ADMINISTRATOR):
        return
    if viewer.organisation != organisation or any(desk not in viewer.manages for _, desk in changed):
        raise RoleNotAllowed


def _reachable(viewer: Viewer, wanted: Roles, had: Roles) -> Roles:
    """A manager's form shows her desks alone: what it does not show stays as it is."""
    if viewer.has(Role.ADMINISTRATOR):
        return wanted
    return wanted | frozenset(one for one in had if one[1] not in viewer.manages)


async def _check_desks(wanted: Roles, organisation: UUID, work: Work) -> None:
    for _, desk in wanted:
        row = await work.session.get(Desk, desk) if desk else None
        if desk and (row is None or row.organisation != organisation):
            raise NotFound


async def _check_email(email: str, account: UUID, work: Work) -> None:
    if (await work.execute(_TAKEN, email=email, ref=account)).first() is not None:
        raise EmailAlreadyUsed(field="email")


async def _add_roles(account: UUID, roles: Roles, work: Work) -> None:
    for role, desk in sorted(roles, key=str):
        work.session.add(Membership(account=account, role=role.value, desk=desk, confirmed_at=work.now))
    await work.session.flush()


def _said(roles: Roles) -> str:
    return ", ".join(sorted({role.value for role, _ in roles}))
