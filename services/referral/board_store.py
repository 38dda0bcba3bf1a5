"""Reading the coordinators’ board: rows of the cohort in one query, what is open, the funnel, what does not move.

Whoever asks comes first and must be a coordinator; row-level security is second. No reference of a person leaves here.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.lifecycle import REOPEN_WITHIN
from contracts.refusals import RoleNotAllowed
from contracts.viewer import Role, Viewer
from services.referral.backlog import Backlog, Funnel, OpenRow, backlog
from services.referral.board import EpisodeRow, Measure, measures, window_start
from services.runtime.database import Work

STUCK_SHOWN, ENDED_SHOWN = 12, 8
_EPISODES = """
SELECT r.root::text, r.hops, r.episode = e.number, r.organisation::text, r."right", r.state, e.ended_how,
    extract(epoch FROM r.root_sent_at)::float8, extract(epoch FROM e.sent_at)::float8,
    extract(epoch FROM e.answered_at)::float8, extract(epoch FROM e.first_contact_at)::float8,
    extract(epoch FROM e.ended_at)::float8
FROM referral.referral r JOIN referral.episode e ON e.referral = r.ref
WHERE r.root_sent_at >= :since AND r.state <> 'entered_in_error'
"""
_OPEN = """
SELECT state, extract(epoch FROM root_sent_at)::float8, extract(epoch FROM awaiting_since)::float8
FROM referral.referral WHERE state IN ('sent', 'acknowledged', 'in_progress', 'on_hold')
"""
# Each count is part of the one before; `opened` is a right that opened, not one that was open already.
_FUNNEL = """
WITH cohort AS (SELECT person FROM referral.met GROUP BY person HAVING min(at) >= :since),
identified AS (SELECT person, min(at) AS at FROM referral.identified GROUP BY person),
sent AS (SELECT DISTINCT person FROM referral.referral WHERE state <> 'entered_in_error'),
opened AS (
    SELECT person, min(ended_at) AS at FROM referral.referral
    WHERE state = 'closed' AND outcome = 'right_opened' GROUP BY person
)
SELECT count(*), count(i.person), count(s.person), count(o.person),
    count(*) FILTER (WHERE i.at + interval '3 months' <= :now),
    count(*) FILTER (WHERE i.at + interval '3 months' <= :now AND o.at <= i.at + interval '3 months')
FROM cohort c LEFT JOIN identified i ON i.person = c.person
LEFT JOIN sent s ON s.person = i.person LEFT JOIN opened o ON o.person = s.person
"""
_STUCK = """
SELECT ref, "right", desk, organisation, awaiting_since, acknowledge_due, urgent, count(*) OVER ()
FROM referral.referral WHERE state = 'sent' AND acknowledge_due < :now ORDER BY acknowledge_due LIMIT :most
"""
_ENDED = """
SELECT ref, "right", desk, organisation, ended_at, ended_at, urgent, count(*) OVER ()
FROM referral.referral WHERE state = :state AND ended_at >= :since ORDER BY ended_at DESC LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A referral that does not move: what for, where, since when. Nothing of the person."""

    ref: UUID
    right: str
    desk: UUID
    organisation: UUID
    since: datetime
    due: datetime
    urgent: bool


@dataclass(frozen=True, slots=True)
class StuckList:
    """The first ones of `total`."""

    rows: tuple[Stuck, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that the board shows, for referrals first sent from `since` on, as of `at`."""

    at: datetime
    since: datetime
    measures: tuple[Measure, ...]
    backlog: Backlog
    funnel: Funnel
    unanswered: StuckList
    declined: StuckList
    expired: StuckList


def require_coordinator(viewer: Viewer) -> None:
    """Refusal: RoleNotAllowed for anybody who is no coordinator."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed


async def read_board(viewer: Viewer, work: Work) -> Board:
    """The board as this coordinator may see it now. Refusal: RoleNotAllowed."""
    require_coordinator(viewer)
    since = window_start(work.now)
    episodes = [EpisodeRow(*row) for row in await work.execute(_EPISODES, since=since)]
    waiting = [OpenRow(*row) for row in await work.execute(_OPEN)]
    funnel = Funnel(*(await work.execute(_FUNNEL, since=since, now=work.now)).one())
    ended: dict[str, Any] = {"since": work.now - REOPEN_WITHIN, "most": ENDED_SHOWN}
    unanswered = _listed(await work.execute(_STUCK, now=work.now, most=STUCK_SHOWN))
    declined = _listed(await work.execute(_ENDED, state="declined", **ended))
    expired = _listed(await work.execute(_ENDED, state="expired", **ended))
    # Some hundred thousand sums: in a thread, so that other requests are answered meanwhile.
    times = await asyncio.to_thread(measures, episodes, work.now)
    return Board(
        at=work.now,
        since=since,
        measures=times,
        backlog=backlog(waiting, work.now),
        funnel=funnel,
        unanswered=unanswered,
        declined=declined,
        expired=expired,
    )


def _listed(found: Any) -> StuckList:  # noqa: ANN401 - a driver's result
    rows = found.all()
    return StuckList(tuple(Stuck(*row[:7]) for row in rows), rows[0][7] if rows else 0)
