"""The lists of hand-overs that a referent sees: the tabs of her organisation, and what needs her today.

A row is flat: what a list shows of the hand-over, with the names of its person.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.lifecycle import ENDED, OPEN, State
from contracts.viewer import Viewer
from contracts.vocabulary import Turn
from services.intake.handover_store import BEFORE, READABLE_STEPS
from services.runtime.database import Work
from services.runtime.driver import Row, one_of

PAGE = 40
_READABLE = one_of("step", READABLE_STEPS)
_WAITS = one_of("state", OPEN)
_REFERENT = f"turn = '{Turn.REFERENT.value}'"
# On the columns `step`, `state` and `turn` of a hand-over or of a group of them.
_TABS = {
    "guichet": f"{_READABLE} AND {one_of('state', (State.DRAFT, State.SENT))}",
    "en-cours": f"{_READABLE} AND {one_of('state', OPEN - {State.SENT})} AND ({_REFERENT}) IS NOT TRUE",
    "a-moi": f"(step = 'refused' OR {_READABLE} AND {_REFERENT})",
    "closes": f"step = 'sent' AND {one_of('state', ENDED)}",
    "brouillons": one_of("step", BEFORE),
}
_SHOWN = """
h.ref, h.person, h."right", h.desk, h.desk_name, h.recipient_organisation_name, h.contact_name, h.step, h.state,
h.turn, h.outcome, h.next_due, h.moved_at, h.sent_at, h.version, p.first_name, p.last_name
"""
_COUNTS = f"""
SELECT {", ".join(f'coalesce(sum(n) FILTER (WHERE {where}), 0)::int AS "{tab}"' for tab, where in _TABS.items())}
FROM (
    SELECT step, state, turn, count(*) AS n FROM handover WHERE organisation = :organisation GROUP BY 1, 2, 3
) AS groups
"""
_DUE_FIRST = "next_due ASC NULLS LAST, moved_at DESC, ref"
_MOVED_FIRST = "moved_at DESC, ref"
_LIST = f"""
SELECT {_SHOWN} FROM (
    SELECT * FROM handover WHERE organisation = :organisation AND {{where}}
    ORDER BY {{order}} LIMIT :size OFFSET :skipped
) AS h JOIN person p ON p.ref = h.person ORDER BY {{order}}
"""
_OF_REFS = f"""
SELECT {_SHOWN} FROM handover h JOIN person p ON p.ref = h.person
WHERE h.organisation = :organisation AND h.ref = ANY(:refs)
"""
_HERS = f"""
WITH hers AS MATERIALIZED (
    SELECT ref, step, state, next_due, moved_at FROM handover WHERE organisation = :organisation AND referent = :account
)
SELECT ARRAY(SELECT ref FROM hers WHERE {_READABLE} AND {_WAITS} AND next_due < :now ORDER BY next_due, ref) AS late,
    ARRAY(SELECT ref FROM hers WHERE step = 'refused' ORDER BY moved_at DESC, ref) AS refused,
    ARRAY(SELECT ref FROM hers WHERE {one_of("step", BEFORE)} ORDER BY moved_at DESC, ref) AS begun,
    ARRAY(SELECT ref FROM hers WHERE {_READABLE} ORDER BY moved_at DESC, ref LIMIT {{most}}) AS moved
"""
_ENDING = f"""
WITH due AS MATERIALIZED (
    SELECT ref, person, desk, desk_name, recipient_organisation_name, purpose, rights, represented_until,
        least(expires_at, represented_until) AS ends
    FROM consentgrant
    WHERE organisation = :organisation AND withdrawn_at IS NULL AND least(expires_at, represented_until) <= :before
)
SELECT g.ref, g.person, g.desk_name, g.recipient_organisation_name, g.represented_until, g.ends,
    p.first_name, p.last_name
FROM due g JOIN person p ON p.ref = g.person
WHERE p.referent = :account
    AND (
        g.ends > :now
        AND NOT EXISTS (SELECT FROM consentgrant n WHERE n.renews = g.ref AND n.withdrawn_at IS NULL)
        OR EXISTS (SELECT FROM handover WHERE "grant" = g.ref AND step = 'sent' AND {_WAITS})
    )
    AND NOT EXISTS (
        SELECT FROM consentgrant n
        WHERE n.person = g.person AND n.desk = g.desk AND n.purpose = g.purpose AND n.withdrawn_at IS NULL
            AND least(n.expires_at, n.represented_until) > g.ends AND n.rights @> g.rights
    )
ORDER BY g.ends, g.ref
"""


class Hers(NamedTuple):
    """References of a referent's own hand-overs: past their date at the desk (the oldest first), refused on the way,
    begun and not sent, and those that moved last.
    """

    late: list[UUID]
    refused: list[UUID]
    begun: list[UUID]
    moved: list[UUID]


async def list_tab(viewer: Viewer, work: Work, tab: str, page: int = 1) -> list[Row]:
    """Forty hand-overs of the viewer's organisation in one tab, the most pressing first, then the last moved."""
    order = _DUE_FIRST if tab in ("guichet", "en-cours") else _MOVED_FIRST
    statement = _LIST.format(where=_TABS[tab], order=order)
    asked = {"organisation": viewer.organisation, "size": PAGE, "skipped": (page - 1) * PAGE}
    return (await work.execute(statement, **asked)).all()


async def count_tabs(viewer: Viewer, work: Work) -> dict[str, int]:
    """How many hand-overs each tab holds."""
    return dict((await work.execute(_COUNTS, organisation=viewer.organisation)).one())


async def hers_today(viewer: Viewer, work: Work, *, moved: int = 8) -> Hers:
    """What of the viewer's own hand-overs asks for her today, and so many of those that moved last."""
    asked = {"organisation": viewer.organisation, "account": viewer.account, "now": work.now}
    return Hers(*(await work.execute(_HERS.format(most=moved), **asked)).one())


async def grants_ending(viewer: Viewer, work: Work, before: datetime) -> list[Row]:
    """Grants of the viewer's own people that end before that instant and are not renewed, the first to end first; the
    end of whoever spoke for the person is an end, too.

    One that has ended stays here for as long as a referral under way rests on it: nothing of it is readable any more.
    """
    asked = {"organisation": viewer.organisation, "account": viewer.account, "now": work.now, "before": before}
    return (await work.execute(_ENDING, **asked)).all()


async def by_refs(viewer: Viewer, work: Work, refs: Iterable[UUID]) -> dict[UUID, Row]:
    """Hand-overs of the viewer's organisation by reference."""
    found = await work.execute(_OF_REFS, organisation=viewer.organisation, refs=list(set(refs)))
    return {row.ref: row for row in found}
