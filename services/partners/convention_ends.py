"""A convention that comes to its end is told while something can be done: 60, 30 and 7 days before, once each.

Whoever answers for the sharing (data protection) and for the partners (coordination) is told by notify.
"""

from datetime import datetime, timedelta
from uuid import UUID

from contracts.asks import FindAudience
from contracts.facts import ConventionEndAnnounced
from services.partners.conventions import last_day
from services.partners.domain import today_in_paris
from services.partners.handlers import find_audience
from services.runtime import telemetry
from services.runtime.database import Database

log = telemetry.logger("conventions")
LOOK_EVERY = 900.0
NO_DESK = UUID(int=0)
BEFORE = (60, 30, 7)  # days, the widest first
# A convention that another one follows without a gap ends nothing.
_ENDING = """
SELECT c.ref, c.organisation, c.ends FROM partners.convention c JOIN partners.organisation o ON o.ref = c.organisation
WHERE NOT o.closed AND c.starts <= :now AND c.ends > :now AND c.ends <= :horizon
    AND NOT EXISTS (SELECT 1 FROM partners.convention n
        WHERE n.organisation = c.organisation AND n.ref <> c.ref AND n.starts <= c.ends AND n.ends > c.ends)
ORDER BY c.ends, c.ref
"""
_ONCE = """
INSERT INTO partners.conventionwarning (convention, ends, days, at) VALUES (:convention, :ends, :days, :now)
ON CONFLICT DO NOTHING RETURNING convention
"""


def step_before(ends: datetime, now: datetime) -> int | None:
    """Which of the announcements is due: the nearest that its last day is within; None: not yet."""
    left = (last_day(ends) - today_in_paris(now)).days
    due = [days for days in BEFORE if left <= days]
    return min(due) if due else None


async def announce_ends(database: Database) -> int:
    """Announce what is due and was not announced for that end; how many facts. A new end is announced anew."""
    told = 0
    async with database.worker() as work:
        found = await work.execute(_ENDING, now=work.now, horizon=work.now + timedelta(days=BEFORE[0] + 1))
        due = [(row, days) for row in found.all() if (days := step_before(row.ends, work.now)) is not None]
        if not due:
            return 0
        audience = await find_audience(FindAudience(desk=NO_DESK), work)
        if not audience.officers and not audience.coordinators:
            log.warning("no_officer")
            return 0
        for row, days in due:
            values = {"convention": row.ref, "ends": row.ends, "days": days, "now": work.now}
            if (await work.execute(_ONCE, **values)).first() is None:
                continue
            work.emit(ConventionEndAnnounced(
                ref=row.ref, organisation=row.organisation, ends=row.ends, days=days, officers=audience.officers,
                coordinators=audience.coordinators, at=work.now,
            ))  # fmt: skip
            told += 1
    return told
