"""The table of routes as the DPO keeps it: a new version of a row takes the place of the one before, which stays.

The past is never edited: a version begins and ends, and each decision is kept with who took it and why.
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.consent import Basis
from contracts.envelope import Frozen
from contracts.paris import PARIS, paris_day
from contracts.refusals import DateInThePast, InvalidInput, NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind, Purpose
from services.intake import journal
from services.intake.free_text import accept_free_text
from services.intake.journal_kinds import Kind, Thing
from services.runtime.database import Work
from services.runtime.process import Service

DPOS = frozenset({Role.DPO})
_PAIR = "sender_kind = :sender AND recipient_kind = :recipient"
_NOW = "valid_from <= :now AND (valid_until IS NULL OR valid_until > :now)"
# Open hand-overs that the present version lets be read, and that one with these purposes would not.
_CLOSED_BY = f"""
SELECT count(*) FROM handover h
WHERE h.sender_kind = :sender AND h.recipient_kind = :recipient AND h.step IN ('sending', 'sent')
    AND (h.readable_until IS NULL OR h.readable_until > :now) AND NOT (h.purpose = ANY(:purposes))
    AND EXISTS (SELECT 1 FROM sharingroute WHERE {_PAIR} AND {_NOW} AND h.purpose = ANY(purposes))
"""
LAPSED_WITHIN = timedelta(days=365)
_LAPSED = """
SELECT organisation, max(ends) AS ended FROM intake.knownconvention GROUP BY organisation
HAVING max(ends) <= :now AND max(ends) > :since ORDER BY max(ends) DESC
"""


class Pair(Frozen):
    """One cell of the matrix."""

    sender_kind: OrganisationKind
    recipient_kind: OrganisationKind

    @property
    def named(self) -> dict[str, str]:
        """As the statements take it."""
        return {"sender": self.sender_kind.value, "recipient": self.recipient_kind.value}


class ValidateRoute(Pair):
    """A new version: on which basis, for which purposes, from which day (today: at once), and why."""

    basis: Basis
    purposes: frozenset[Purpose]
    starts: date
    why: str
    confirmed: tuple[str, ...] = ()


class EndRoute(Pair):
    """The present version ends at once, and none takes its place."""

    why: str
    confirmed: tuple[str, ...] = ()


async def validate_route(command: ValidateRoute, work: Work, viewer: Viewer, closes: int) -> int:
    """Write a new version and end the one before; its number. Refusals: NotFound, InvalidInput, DateInThePast, and
    those of `accept_free_text`.
    """
    _require(viewer)
    reason = _reason(command)
    if not command.purposes:
        raise InvalidInput(field="purposes", reason="Cochez au moins un but.")
    today = paris_day(work.now)
    if command.starts < today:
        raise DateInThePast(field="starts")
    starts = work.now if command.starts == today else datetime.combine(command.starts, time(), PARIS)
    version = await _end(command, starts, work) + 1
    ref = uuid4()
    await work.execute(
        "INSERT INTO intake.sharingroute (ref, sender_kind, recipient_kind, basis, purposes, version, valid_from)"
        " VALUES (:ref, :sender, :recipient, :basis, :purposes, :version, :starts)",
        ref=ref,
        basis=command.basis.value,
        purposes=sorted(one.value for one in command.purposes),
        version=version,
        starts=starts,
        **command.named,
    )
    await _decide("validated", command, ref, version, reason, closes, work, viewer)
    return version


async def end_route(command: EndRoute, work: Work, viewer: Viewer, closes: int) -> None:
    """End what is valid now or to come. Refusals: NotFound when nothing is, and those of `accept_free_text`."""
    _require(viewer)
    reason = _reason(command)
    present = await versions_of(viewer, work, command)
    live = next((row for row in present if row.valid_until is None or row.valid_until > work.now), None)
    if live is None:
        raise NotFound
    await _end(command, work.now, work)
    await _decide("ended", command, live.ref, live.version, reason, closes, work, viewer)


async def _end(pair: Pair, at: datetime, work: Work) -> int:
    """End at that instant what is valid or to come; the highest number so far. One decision a pair at a time."""
    key = f"route/{pair.sender_kind.value}/{pair.recipient_kind.value}"
    await work.execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))", key=key)
    await work.execute(
        "UPDATE intake.sharingroute SET valid_until = greatest(valid_from, :at)"
        f" WHERE {_PAIR} AND (valid_until IS NULL OR valid_until > :now)",
        at=at,
        now=work.now,
        **pair.named,
    )
    # What had not begun yet never does.
    await work.execute(
        f"UPDATE intake.sharingroute SET valid_until = valid_from WHERE {_PAIR} AND valid_from > :now",
        now=work.now,
        **pair.named,
    )
    found = await work.execute(
        f"SELECT coalesce(max(version), 0) FROM intake.sharingroute WHERE {_PAIR}", **pair.named
    )
    return int(found.scalar_one())


async def _decide(
    kind: str, pair: Pair, route: UUID, version: int, reason: str, closes: int, work: Work, viewer: Viewer
) -> None:
    await work.execute(
        "INSERT INTO intake.routedecision (ref, route, sender_kind, recipient_kind, version, kind, reason, closes,"
        " actor, at) VALUES (:ref, :route, :sender, :recipient, :version, :kind, :reason, :closes, :actor, :now)",
        ref=uuid4(),
        route=route,
        version=version,
        kind=kind,
        reason=reason,
        closes=closes,
        actor=viewer.account,
        now=work.now,
        **pair.named,
    )
    about = {"object": Thing.OTHER, "ref": route, "route_version": version}
    await journal.record(work, viewer, Kind.ROUTE_DECIDED, reason=f"route_{kind}", **about)


async def versions_of(viewer: Viewer, work: Work, pair: Pair) -> list[Any]:
    """Every version of a cell, the newest first."""
    _require(viewer)
    statement = f"SELECT * FROM intake.sharingroute WHERE {_PAIR} ORDER BY version DESC, valid_from DESC"
    return list(await work.execute(statement, **pair.named))


async def decisions_of(viewer: Viewer, work: Work, pair: Pair) -> list[Any]:
    """Every decision about a cell, the newest first."""
    _require(viewer)
    return list(await work.execute(f"SELECT * FROM intake.routedecision WHERE {_PAIR} ORDER BY at DESC", **pair.named))


async def routes_in_force(viewer: Viewer, work: Work) -> list[Any]:
    """The rows that are valid now or to come, by sender and recipient."""
    _require(viewer)
    statement = (
        "SELECT * FROM intake.sharingroute"
        " WHERE valid_until IS NULL OR (valid_until > :now AND valid_until > valid_from)"
        " ORDER BY sender_kind, recipient_kind, version DESC"
    )
    return list(await work.execute(statement, now=work.now))


async def closed_by(service: Service, pair: Pair, purposes: frozenset[Purpose]) -> int:
    """How many open hand-overs could not be read any more with these purposes (none: the route ends). A count alone."""
    async with service.database.worker() as work:
        wanted = [one.value for one in purposes]
        found = await work.execute(_CLOSED_BY, purposes=wanted, now=work.now, **pair.named)
        return int(found.scalar_one())


def _require(viewer: Viewer) -> None:
    if not viewer.has(*DPOS):
        raise NotFound


async def lapsed_conventions(viewer: Viewer, work: Work) -> list[tuple[UUID, datetime]]:
    """The organisations whose last convention ended within a year, and its end, the newest first."""
    _require(viewer)
    found = await work.execute(_LAPSED, now=work.now, since=work.now - LAPSED_WITHIN)
    return [(row.organisation, row.ended) for row in found]


def _reason(command: ValidateRoute | EndRoute) -> str:
    found = accept_free_text(command.why, "why", confirmed=command.confirmed)
    if len(found) < 3:
        raise InvalidInput(field="why", reason="Dites pourquoi, en 3 à 200 caractères.")
    return found
