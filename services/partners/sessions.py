"""Who holds a session: read from the directory, kept for seconds in the process, dropped at once when it ends."""

import json
from uuid import UUID

from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.partners.domain import SEEN_EVERY, SESSION_IDLE, session_lives
from services.runtime.database import Work
from services.runtime.driver import Row
from services.runtime.process import Remembered, Service

KEPT_SECONDS = 5.0
_READ = """
SELECT s.seen_at, s.expires_at, s.ended_at, a.ref, a.name, o.ref AS organisation, o.name AS organisation_name, o.kind,
       (SELECT json_agg(json_build_object('role', m.role, 'desk', m.desk, 'name', d.name) ORDER BY d.name, m.role)
        FROM partners.membership m LEFT JOIN partners.desk d ON d.ref = m.desk WHERE m.account = a.ref)::text AS roles
FROM partners.session s
JOIN partners.account a ON a.ref = s.account AND a.active
JOIN partners.organisation o ON o.ref = a.organisation AND NOT o.closed
WHERE s.hash = :hash
"""
_STANDS = "SELECT seen_at, expires_at, ended_at FROM partners.session WHERE hash = :hash"


async def read_viewer(hashed: str, work: Work) -> Viewer | None:
    """The viewer of that session (SHA-256 of the cookie), or None when it does not live; notes that it was used, at
    most once a minute.
    """
    row = (await work.execute(_READ, hash=hashed)).one_or_none()
    if row is None or not _lives(row, work):
        return None
    if work.now - row.seen_at >= SEEN_EVERY:
        await work.execute(
            "UPDATE partners.session SET seen_at = :now WHERE hash = :hash AND ended_at IS NULL",
            now=work.now,
            hash=hashed,
        )
    members = json.loads(row.roles or "[]")
    desks = {one["desk"]: one["name"] for one in members if one["desk"]}
    return Viewer(
        account=row.ref,
        display_name=row.name,
        organisation=row.organisation,
        organisation_name=row.organisation_name,
        organisation_kind=OrganisationKind(row.kind),
        desks=tuple(UUID(one) for one in desks),
        manages=tuple(UUID(one["desk"]) for one in members if one["desk"] and one["role"] == Role.DESK_MANAGER),
        desk_name=" et ".join(desks.values()) or None,
        roles=frozenset(Role(one["role"]) for one in members),
        territory=work.territory,
    )


async def still_lives(hashed: str, work: Work) -> bool:
    """Whether that session has not ended; to ask is no use of it, so it is not prolonged."""
    row = (await work.execute(_STANDS, hash=hashed)).first()
    return row is not None and _lives(row, work)


async def end_sessions(work: Work, account: UUID, *, but: str | None = None) -> int:
    """End every session of that account but the one whose hash is `but`, and return how many; each is cut in every
    service when the transaction is committed.
    """
    rows = await work.execute(
        "UPDATE partners.session SET ended_at = :now, federation = NULL"
        " WHERE account = :account AND ended_at IS NULL AND hash <> :but RETURNING hash",
        now=work.now,
        account=account,
        but=but or "",
    )
    return _cut([row.hash for row in rows], work)


async def end_session_of(viewer: Viewer, ref: UUID, work: Work) -> int:
    """End one session of her own by its reference; unknown, ended and another's are one answer: 0."""
    rows = await work.execute(
        "UPDATE partners.session SET ended_at = :now, federation = NULL"
        " WHERE account = :account AND ref = :ref AND ended_at IS NULL RETURNING hash",
        now=work.now,
        account=viewer.account,
        ref=ref,
    )
    return _cut([row.hash for row in rows], work)


async def list_sessions(viewer: Viewer, work: Work) -> list[Row]:
    """Her sessions that live now, the last used first: ref, hash, device, method, created_at, seen_at."""
    rows = await work.execute(
        "SELECT ref, hash, device, method, created_at, seen_at FROM partners.session WHERE account = :account"
        " AND ended_at IS NULL AND expires_at > :now AND seen_at >= :idle ORDER BY seen_at DESC, created_at DESC",
        account=viewer.account,
        now=work.now,
        idle=work.now - SESSION_IDLE,
    )
    return rows.all()


def _lives(row: Row, work: Work) -> bool:
    return session_lives(seen_at=row.seen_at, expires_at=row.expires_at, ended_at=row.ended_at, now=work.now)


def _cut(hashes: list[str], work: Work) -> int:
    for hashed in hashes:
        work.hint(f"session.{hashed}")
    return len(hashes)


class Sessions:
    """The viewers of this process; a session that a transaction ended is dropped here before anybody else is told."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.kept = Remembered(self._read, seconds=KEPT_SECONDS)
        service.bus.listeners.append(self._hinted)
        service.database.send_hint = self._send_hint

    async def resolve(self, hashed: str) -> Viewer | None:
        """Who holds this session, or None."""
        return await self.kept.of(hashed)

    async def _read(self, hashed: str) -> Viewer | None:
        async with self.service.database.web(None) as work:
            return await read_viewer(hashed, work)

    async def _send_hint(self, topic: str) -> None:
        """What a transaction says once it is committed: an ended session is forgotten here before anybody is told."""
        self._hinted(topic)
        await self.service.bus.hint(topic)

    def _hinted(self, topic: str) -> None:
        if topic.startswith("session."):
            self.kept.forget(topic.removeprefix("session."))
