"""A million referrals under the coordinators’ board: rows as the service keeps them and the cells of every figure, then
the page as a browser gets it.

The rows and cells are generated in the database; what a fact adds to them is what rows 1 and 2 measure.
"""

import time
from datetime import UTC, datetime
from statistics import median

import asyncpg
import httpx

from services.bench.servers import Bench
from services.referral.board import window_start
from services.referral.business_time import position
from services.referral.tallying import DAY_QUARTERS, DUE_SECONDS, began, rounded_sql

DESKS, ORGANISATIONS, PAGES = 120, 40, 15
_REFERRALS = """
INSERT INTO referral.referral (ref, person, "right", mode, urgent, accompanied, sender_organisation, sender,
    organisation, desk, contact, assignee, state, episode, version, root, hops, sent_at, root_sent_at, episode_sent_at,
    awaiting_since, recorded_at, delivered_at, redelivered_at, answered_at, acknowledge_due, ended_at, territory)
SELECT ref, gen_random_uuid(), rights[1 + floor(random() * 12)], 'dossier_transmis', false, false,
    md5('s' || (n % 15))::uuid, md5('a')::uuid, md5('o' || (desk % $3))::uuid, md5('d' || desk)::uuid, md5('c')::uuid,
    md5('c')::uuid, state, 1, 3, ref, 0, at, at, at, at, at, at, at, at + interval '1 day', at + interval '2 days',
    CASE WHEN state IN ('closed', 'declined', 'expired') THEN at + interval '20 days' END, 'valbrume'
FROM (
    SELECT n, gen_random_uuid() AS ref, floor(random() * $2)::int AS desk,
        ARRAY['rsa', 'ppa', 'aspa', 'css', 'apl', 'aah', 'asf', 'cheque_energie', 'apa', 'fsl', 'are', 'aeeh']
            AS rights,
        CASE WHEN u < 0.78 THEN 'closed' WHEN u < 0.84 THEN 'declined' WHEN u < 0.86 THEN 'expired'
            WHEN u < 0.92 THEN 'in_progress' WHEN u < 0.96 THEN 'on_hold' WHEN u < 0.97 THEN 'acknowledged'
            ELSE 'sent' END AS state,
        CASE WHEN u < 0.97 THEN $4::timestamptz + random() * (now() - $4::timestamptz) * 0.95
            ELSE now() - random() * interval '8 days' END AS at
    FROM (SELECT n, random() AS u FROM generate_series(1, $1) AS n) AS r
) AS made
"""
# Exponential waits around each target, rounded as the service rounds them; what is open began that long ago.
_WAITS = f"""
CREATE TEMP TABLE waits AS SELECT desk, organisation, "right", clock, month, how,
    CASE WHEN how = 'open' THEN greatest(0, $1 - raw) ELSE raw END AS bucket, count(*) AS n
FROM (
    SELECT r.*, c.clock, to_char(r.root_sent_at AT TIME ZONE 'Europe/Paris', 'YYYY-MM') AS month,
        CASE WHEN r.state IN ('closed', 'declined') OR c.clock = 'tta' AND r.state <> 'sent' THEN c.event
            WHEN random() < 0.02 THEN 'recalled' ELSE 'open' END AS how,
        {rounded_sql("w")} AS raw
    FROM referral.referral r, (VALUES ('tta', 'answered', 1.5), ('ttc', 'reached', 5), ('ttr', 'closed', 30),
        ('tto', 'opened', 40)) AS c (clock, event, days),
        LATERAL (SELECT ceil(-ln(1 - random()) * c.days * {DAY_QUARTERS} + 0 * r.version)::int AS w) AS x
) AS made GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_COUNTS = """
INSERT INTO waits SELECT desk, organisation, "right", 'count', month, word, 0, sum(n) FROM (
    SELECT desk, organisation, "right", state, to_char(root_sent_at AT TIME ZONE 'Europe/Paris', 'YYYY-MM') AS month,
        count(*) AS n FROM referral.referral GROUP BY 1, 2, 3, 4, 5
) AS r, LATERAL (VALUES ('sent'), ('first'), ('roots'), ('hops_0'), ('state_' || state),
    (CASE WHEN state = 'declined' THEN 'declined' ELSE 'accepted' END), (CASE WHEN state = 'closed' THEN 'loop' END)
) AS w (word) WHERE word IS NOT NULL GROUP BY 1, 2, 3, 5, 6
"""
_BACKLOG = """
INSERT INTO waits SELECT desk, organisation, "right", 'backlog', '', word, greatest(0, $1 - floor(random() * 900)), 1
FROM referral.referral, LATERAL (VALUES (state), (CASE WHEN state = 'sent' THEN 'awaiting' END)) AS w (word)
WHERE state IN ('sent', 'acknowledged', 'in_progress', 'on_hold') AND word IS NOT NULL
"""
_DUE = f"""
INSERT INTO waits SELECT desk, organisation, "right", 'due', '', state, CASE state
    WHEN 'sent' THEN ceil(extract(epoch FROM acknowledge_due) / {DUE_SECONDS})
    ELSE ceil(extract(epoch FROM date_trunc('day', now()) + floor(random() * 30 - 15) * interval '1 day')
        / {DUE_SECONDS}) END::int, count(*)
FROM referral.referral WHERE state IN ('sent', 'acknowledged', 'in_progress', 'on_hold') GROUP BY 1, 2, 3, 6, 7
"""
_TALLY = """
INSERT INTO referral.tally (split, clock, month, key, how, bucket, n, territory)
SELECT '{split}', clock, month, {key}, how, bucket, sum(n), 'valbrume' FROM waits GROUP BY 1, 2, 3, 4, 5, 6
ON CONFLICT (split, clock, month, key, how, bucket) DO UPDATE SET n = excluded.n
"""
_SPLITS = {"": "''", "desk": "desk::text", "organisation": "organisation::text", "right": '"right"'}


async def fill(bench: Bench, referrals: int) -> None:
    """Put that many referrals of the last six months under the board, at 120 desks of 40 organisations."""
    now = datetime.now(UTC)
    connection = await asyncpg.connect(bench.ground.owner_url)
    try:
        quarter = began(position(now))
        await connection.execute("SET synchronous_commit = off; SET work_mem = '256MB'")
        await connection.execute(_REFERRALS, referrals, DESKS, ORGANISATIONS, window_start(now))
        await connection.execute(_WAITS, quarter)
        await connection.execute(_COUNTS)
        await connection.execute(_BACKLOG, quarter)
        await connection.execute(_DUE)
        for split, key in _SPLITS.items():
            await connection.execute(_TALLY.format(split=split, key=key))
        await connection.execute("DROP TABLE waits")
        await connection.execute("VACUUM ANALYZE referral.referral, referral.tally")
    finally:
        await connection.close()


async def first_paint(port: int, cookie: str) -> float:
    """Milliseconds until the whole page of the board is there; the median of several, the first ones left out."""
    took = []
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", cookies={"relais_session": cookie}, timeout=60
    ) as client:
        for _ in range(PAGES + 2):
            began_at = time.monotonic()
            answer = await client.get("/tableau")
            took.append(1000 * (time.monotonic() - began_at))
            if answer.status_code != 200:
                raise RuntimeError(f"the board answered {answer.status_code}")
    return median(took[2:])
