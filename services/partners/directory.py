"""Changing the directory: organisations and desks, and what every change stands on: who may, and what is kept of it.

Each change leaves a row of `directoryevent` in the same transaction; nothing of it is ever rewritten.
"""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from contracts.refusals import (
    AlreadyLeft,
    LastAdministrator,
    LastManager,
    NotFound,
    OrganisationAlreadyClosed,
    RoleNotAllowed,
)
from contracts.viewer import Role, Viewer
from services.partners.directory_commands import CARD, SaveDesk, SaveOrganisation
from services.partners.directory_tables import DirectoryEvent
from services.partners.tables import Account, Desk, Membership, Organisation
from services.runtime.database import Work

_OTHERS = """
SELECT 1 FROM partners.membership m JOIN partners.account a ON a.ref = m.account AND a.active
WHERE m.role = :role AND m.desk IS NOT DISTINCT FROM cast(:desk AS uuid) AND m.account <> :account LIMIT 1
"""


_SAVE_CARD = (
    f"INSERT INTO partners.organisationcard (organisation, {', '.join(CARD)})"
    f" VALUES (:organisation, {', '.join(f':{one}' for one in CARD)})"
    f" ON CONFLICT (organisation) DO UPDATE SET {', '.join(f'{one} = excluded.{one}' for one in CARD)}"
)


async def save_organisation(
    command: SaveOrganisation, ref: UUID | None, work: Work, viewer: Viewer, *, by: str = ""
) -> UUID:
    """Make or change an organisation with its card; `by` is what kind of change it is when nobody typed it (`import`).

    Refusals: RoleNotAllowed, NotFound, OrganisationAlreadyClosed.
    """
    require_administrator(viewer)
    row = await open_organisation(viewer, work, ref) if ref else Organisation(ref=uuid4(), name="", kind="")
    before = "" if ref is None else row.name
    row.name, row.kind, row.siret = command.name, command.kind.value, command.siret
    work.session.add(row)
    kind = "organisation_changed" if ref else "organisation_made"
    await work.execute(_SAVE_CARD, organisation=row.ref, **command.model_dump(include=set(CARD)))
    await enter(kind, work, viewer, organisation=row.ref, name=command.name, before=before, by=by)
    return row.ref


async def save_desk(
    command: SaveDesk, organisation: UUID, ref: UUID | None, work: Work, viewer: Viewer, *, by: str = ""
) -> UUID:
    """Make or change a desk of an organisation. Refusals: RoleNotAllowed, NotFound, OrganisationAlreadyClosed."""
    require_administrator(viewer)
    await open_organisation(viewer, work, organisation)
    row = await find_desk(viewer, work, ref) if ref else Desk(ref=uuid4(), organisation=organisation, name="")
    if row.organisation != organisation:
        raise NotFound
    row.name, row.phone, row.receives = command.name, command.phone, command.receives
    row.rights, row.modes = list(command.rights), [mode.value for mode in command.modes]
    work.session.add(row)
    kind = "desk_changed" if ref else "desk_made"
    receives = "oui" if command.receives else "non"
    desk = {"organisation": organisation, "desk": row.ref}
    await enter(kind, work, viewer, **desk, name=command.name, receives=receives, by=by)
    return row.ref


# --- what every change stands on ----------------------------------------------------------------------------------


def require_administrator(viewer: Viewer) -> None:
    """Refusal: RoleNotAllowed."""
    if not viewer.has(Role.ADMINISTRATOR):
        raise RoleNotAllowed


def actor_kind(viewer: Viewer) -> str:
    """In which role she changes a desk or its members, for the fact."""
    return (Role.ADMINISTRATOR if viewer.has(Role.ADMINISTRATOR) else Role.DESK_MANAGER).value


async def open_organisation(_viewer: Viewer, work: Work, ref: UUID) -> Organisation:
    """An organisation that is part of the network. Refusals: NotFound, OrganisationAlreadyClosed."""
    row = await work.session.get(Organisation, ref)
    if row is None:
        raise NotFound
    if row.closed:
        raise OrganisationAlreadyClosed
    return row


async def find_desk(_viewer: Viewer, work: Work, ref: UUID) -> Desk:
    """A desk. Refusal: NotFound."""
    row = await work.session.get(Desk, ref)
    if row is None:
        raise NotFound
    return row


async def active_account(viewer: Viewer, work: Work, ref: UUID) -> Account:
    """An active account that this viewer may change: any for the administration, her desks' members for a manager.

    Refusals: NotFound, AlreadyLeft.
    """
    row = (await work.session.execute(select(Account).where(Account.ref == ref).with_for_update())).scalar_one_or_none()
    if row is None or not await may_change(viewer, work, ref):
        raise NotFound
    if not row.active:
        raise AlreadyLeft
    return row


async def may_change(viewer: Viewer, work: Work, account: UUID) -> bool:
    """Whether somebody administers, or manages a desk where that account works."""
    if viewer.has(Role.ADMINISTRATOR):
        return True
    return any(one.desk in viewer.manages for one in await memberships_of(viewer, work, account))


async def memberships_of(_viewer: Viewer, work: Work, account: UUID) -> list[Membership]:
    """The roles of an account."""
    statement: Any = select(Membership).where(Membership.account == account).order_by(Membership.role)  # type: ignore[arg-type]
    return list((await work.session.execute(statement)).scalars())


async def check_not_last(role: Role, desk: UUID | None, account: UUID, work: Work) -> None:
    """Refusals: LastManager, LastAdministrator. Two who leave at once wait for each other."""
    refusal = {Role.DESK_MANAGER: LastManager, Role.ADMINISTRATOR: LastAdministrator}.get(role)
    if refusal is None:
        return
    await work.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(cast(:key AS text), 0))", key=f"last {role.value} {desk}"
    )
    if (await work.execute(_OTHERS, role=role.value, desk=desk, account=account)).first() is None:
        raise refusal


async def enter(
    kind: str,
    work: Work,
    viewer: Viewer,
    *,
    organisation: UUID,
    desk: UUID | None = None,
    about: UUID | None = None,
    **details: str,
) -> None:
    """Write who changed what, in this transaction."""
    work.session.add(
        DirectoryEvent(
            kind=kind,
            organisation=organisation,
            desk=desk,
            about=about,
            actor=viewer.account,
            details={name: value for name, value in details.items() if value},
            at=work.now,
        )
    )
    await work.session.flush()
