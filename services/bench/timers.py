"""A hundred thousand armed reminders, of which two thousand come due at one instant, under two schedulers.

The worst lateness is the wait from that instant until the last of them is committed; each must be told exactly once.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import asyncpg

from services.bench.servers import Bench, application

ARMED, AT_ONCE = 100_000, 2_000
LEAD = timedelta(seconds=3)
PATIENCE = 120.0
_ARM = """
INSERT INTO notify.reminder (ref, referral, step, due_at, audience, assignee, desk, version, state, territory)
SELECT gen_random_uuid(), gen_random_uuid(), 'contact_due', now() + interval '1 day' + random() * interval '60 days',
    ARRAY['assignee'], gen_random_uuid(), md5('d' || n % 40)::uuid, 1, 'armed', $2
FROM generate_series(1, $1) AS n
"""
# Only of those armed here: what other rows sent has reminders too, and those of answered referrals never fire.
_BRING_FORWARD = """
UPDATE notify.reminder SET due_at = $1 WHERE ref IN (
    SELECT ref FROM notify.reminder WHERE state = 'armed'
        AND desk IN (SELECT md5('d' || n)::uuid FROM generate_series(0, 39) AS n) LIMIT $2)
"""
_FIRED = "SELECT count(*) FROM notify.reminder WHERE due_at = $1 AND state = 'fired'"
# What was not told once: no telling or several, no fact or several.
_NOT_ONCE = """
SELECT count(*) FROM notify.reminder r WHERE due_at = $1 AND (
    (SELECT count(*) FROM notify.telling t WHERE t.fact = r.ref) <> 1
    OR (SELECT count(*) FROM notify.fact f WHERE f.ref = r.referral AND f.type LIKE 'reminder.told.%') <> 1)
"""


class NotOnce(Exception):
    """A reminder was told twice, or not at all."""


async def worst_lateness(bench: Bench, database: asyncpg.Connection) -> float:
    """Seconds; the application that is up has one scheduler, a second process of notify has the other.

    Raises NotOnce, TimeoutError.
    """
    second = await application(bench.environment, "run", "notify", "--port", "0")
    try:
        await database.execute(_ARM, ARMED, bench.settings.territory)
        await database.execute("ANALYZE notify.reminder")
        due = datetime.now(UTC) + LEAD
        await database.execute(_BRING_FORWARD, due, AT_ONCE)
        late = await _until_all(database, due)
        wrong = await database.fetchval(_NOT_ONCE, due)
    finally:
        await second.stop()
    if wrong:
        raise NotOnce(f"{wrong} of {AT_ONCE}")
    return late


async def _until_all(database: asyncpg.Connection, due: datetime) -> float:
    until = time.monotonic() + PATIENCE
    while await database.fetchval(_FIRED, due) < AT_ONCE:
        if time.monotonic() > until:
            raise TimeoutError("the schedulers did not fire in time")
        await asyncio.sleep(0.02)
    return (datetime.now(UTC) - due).total_seconds()
