"""What the pages of the directory read: organisations with their desks, members with their roles, and what was changed.

Professionals only: nothing here is of a person accompanied, and the counts of a departure are numbers.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from contracts.refusals import NotFound
from contracts.viewer import Role, Viewer
from services.partners.domain import today_in_paris
from services.partners.import_tables import OrganisationCard
from services.partners.tables import STILL_OPEN, Account, Desk, Organisation
from services.runtime.database import Work
from services.runtime.driver import Row

CONFIRM_EVERY = timedelta(days=365)
_ORGANISATIONS = """
SELECT o.ref, o.name, o.kind, o.closed, (SELECT count(*) FROM partners.desk d WHERE d.organisation = o.ref) AS desks,
    (SELECT count(*) FROM partners.account a WHERE a.organisation = o.ref AND a.active) AS members
FROM partners.organisation o ORDER BY o.closed, o.name
"""
_MEMBERS = """
SELECT a.ref, a.name, a.email, a.function, a.phone, a.active, m.role, m.desk, m.confirmed_at, d.name AS desk_name,
    (SELECT max(s.ends) FROM partners.absence s WHERE s.account = a.ref AND :today BETWEEN s.starts AND s.ends) AS away
FROM partners.account a LEFT JOIN partners.membership m ON m.account = a.ref
LEFT JOIN partners.desk d ON d.ref = m.desk
WHERE {where} ORDER BY a.active DESC, a.name, m.role
"""
_EVENTS = """
SELECT e.kind, e.at, e.details, d.name AS desk_name, actor.name AS actor_name
FROM partners.directoryevent e LEFT JOIN partners.desk d ON d.ref = e.desk
LEFT JOIN partners.account actor ON actor.ref = e.actor
WHERE {where} ORDER BY e.at DESC LIMIT 30
"""
# By desk: what is open has its index there.
_OPEN = f"SELECT count(*) FROM partners.deskitem WHERE {STILL_OPEN} AND desk IN (SELECT ref FROM partners.desk WHERE "
_IN_HAND = (
    f"{_OPEN}organisation = (SELECT organisation FROM partners.account WHERE ref = :account)) AND assignee = :account"
)
_AT_DESKS = f"{_OPEN}organisation = :organisation)"
_SESSIONS = """
SELECT count(*) FROM partners.session s JOIN partners.account a ON a.ref = s.account
WHERE (a.ref = cast(:account AS uuid) OR a.organisation = cast(:organisation AS uuid))
    AND s.ended_at IS NULL AND s.expires_at > :now
"""

_TO_ASK = """
SELECT m.role, a.name, a.function, a.email, a.phone, o.name AS organisation
FROM partners.membership m
JOIN partners.account a ON a.ref = m.account AND a.active
JOIN partners.organisation o ON o.ref = a.organisation AND NOT o.closed
WHERE m.role IN ('administrator', 'dpo', 'coordinator')
ORDER BY a.name
"""


@dataclass
class Member:
    """A professional with her roles; `confirmed_at` is the oldest of those at the desks that were looked for."""

    ref: UUID
    name: str
    email: str
    function: str
    phone: str | None
    active: bool
    away: Any
    roles: list[tuple[str, UUID | None, str | None]] = field(default_factory=list)
    confirmed_at: datetime | None = None
    contact: bool = False

    def to_confirm(self, now: datetime) -> bool:
        """A named contact whom nobody said to be one for a year."""
        return self.active and self.contact and (self.confirmed_at is None or now - self.confirmed_at > CONFIRM_EVERY)


async def every_organisation(_viewer: Viewer, work: Work) -> list[Row]:
    """Every organisation, those that left last, with how many desks and members it has."""
    return (await work.execute(_ORGANISATIONS)).all()


async def organisation_of(_viewer: Viewer, work: Work, ref: UUID) -> Organisation:
    """An organisation, also one that left. Refusal: NotFound."""
    row = await work.session.get(Organisation, ref)
    if row is None:
        raise NotFound
    return row


async def card_of(_viewer: Viewer, work: Work, organisation: UUID) -> OrganisationCard:
    """Where it is and whom a professional calls there; empty when nobody said so."""
    return await work.session.get(OrganisationCard, organisation) or OrganisationCard(organisation=organisation)


async def desks_of(_viewer: Viewer, work: Work, organisation: UUID) -> list[Desk]:
    """Its desks, by name."""
    statement: Any = select(Desk).where(Desk.organisation == organisation).order_by(Desk.name)  # type: ignore[arg-type]
    return list((await work.session.execute(statement)).scalars())


async def members_of(_viewer: Viewer, work: Work, organisation: UUID) -> list[Member]:
    """Everybody of an organisation, those who left last."""
    return await _members(work, "a.organisation = :organisation", organisation=organisation)


async def members_at(_viewer: Viewer, work: Work, desk: UUID) -> list[Member]:
    """The active members of a desk."""
    return await _members(work, "m.desk = :desk AND a.active", desk=desk)


async def member_of(_viewer: Viewer, work: Work, account: UUID) -> Member:
    """One of them. Refusal: NotFound."""
    found = await _members(work, "a.ref = :account", account=account)
    if not found:
        raise NotFound
    return found[0]


async def organisation_of_account(_viewer: Viewer, work: Work, account: UUID) -> UUID:
    """Where an account works. Refusal: NotFound."""
    row = await work.session.get(Account, account)
    if row is None:
        raise NotFound
    return row.organisation


async def events_of(
    _viewer: Viewer,
    work: Work,
    *,
    organisation: UUID | None = None,
    desk: UUID | None = None,
    about: UUID | None = None,
) -> list[Row]:
    """What was changed last, the newest first."""
    name, value = next(
        (name, value) for name, value in (("about", about), ("desk", desk), ("organisation", organisation)) if value
    )
    return (await work.execute(_EVENTS.format(where=f"e.{name} = :value"), value=value)).all()


async def count_sessions(_viewer: Viewer, work: Work, *, account: UUID | None, organisation: UUID | None) -> int:
    """How many sessions a departure would end."""
    rows = await work.execute(_SESSIONS, account=account, organisation=organisation, now=work.now)
    return int(rows.scalar_one())


async def count_in_hands(viewer: Viewer, work: Work, *, account: UUID | None, organisation: UUID | None) -> int:
    """How many open referrals a departure would move; under the worker's role, since nobody may read them here."""
    assert viewer.has(Role.ADMINISTRATOR, Role.DESK_MANAGER)
    if account is not None:
        return int((await work.execute(_IN_HAND, account=account)).scalar_one())
    return int((await work.execute(_AT_DESKS, organisation=organisation)).scalar_one())


async def people_to_ask(_viewer: Viewer, work: Work) -> list[Row]:
    """Who administers, protects the data or coordinates, by name: role, name, function, email, phone, organisation."""
    return (await work.execute(_TO_ASK)).all()


async def _members(work: Work, where: str, **values: UUID) -> list[Member]:
    rows = await work.execute(_MEMBERS.format(where=where), today=today_in_paris(work.now), **values)
    return _gathered(rows.all())


def _gathered(rows: list[Row]) -> list[Member]:
    found: dict[UUID, Member] = {}
    confirmed: dict[UUID, list[datetime | None]] = defaultdict(list)
    for row in rows:
        one = found.setdefault(
            row.ref, Member(row.ref, row.name, row.email, row.function, row.phone, row.active, row.away)
        )
        if row.role:
            one.roles.append((row.role, row.desk, row.desk_name))
        if row.desk:
            one.contact = True
            confirmed[row.ref].append(row.confirmed_at)
    for ref, instants in confirmed.items():
        known = [one for one in instants if one is not None]
        found[ref].confirmed_at = min(known) if len(known) == len(instants) else None
    return list(found.values())
