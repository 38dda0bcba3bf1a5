"""Gathers what transactions added to the figures, and reads the figures: cells that were gathered plus those that wait.

A reader holds the gatherer off for the time of its reading, so that nothing is counted twice or not at all.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.refusals import RoleNotAllowed
from contracts.viewer import Role, Viewer
from services.referral.people import PEOPLE, PersonCell, Steps, person_cells
from services.referral.tallying import DUE_SECONDS, rounded_sql
from services.runtime.database import Database, Work

OVERALL, DESK, ORGANISATION, RIGHT, SENDER = "", "desk", "organisation", "right", "sender"
BATCH, PEOPLE_AT_ONCE = 20_000, 2_000
# The names of the columns of what waits, by split.
_WAITING = {OVERALL: "''", DESK: "desk::text", ORGANISATION: "organisation::text", RIGHT: '"right"',
            SENDER: "sender_organisation::text"}  # fmt: skip


def _split(*names: str) -> str:
    values = ", ".join(f"('{name}', {_WAITING[name]})" for name in names)
    return f"(VALUES {values}) AS s (split, key)"


# What waits, once for each split in which it is counted.
SPLITS = _split(*_WAITING)
_LOCK = 7_305_148_311
# Nobody reads or gathers figures until the transaction ends.
HOLD_OFF = f"SELECT pg_advisory_xact_lock({_LOCK})"
_EVERYBODY = """
SELECT person FROM (
    SELECT person FROM met UNION SELECT person FROM identified UNION SELECT person FROM referral
) AS p WHERE person > :after ORDER BY person LIMIT :most
"""
_COUNTED_PEOPLE = "SELECT month, how, bucket, n FROM tally WHERE clock = 'people' AND n <> 0"
_GATHER = f"""
WITH taken AS (
    DELETE FROM tallychange WHERE seq IN (SELECT seq FROM tallychange ORDER BY seq LIMIT :batch) RETURNING *
), cells AS (
    SELECT split, clock, month, key, how, bucket, sum(n) AS n FROM taken, LATERAL {SPLITS}
    GROUP BY split, clock, month, key, how, bucket HAVING sum(n) <> 0
), kept AS (
    INSERT INTO tally (split, clock, month, key, how, bucket, n) SELECT * FROM cells
    ON CONFLICT (split, clock, month, key, how, bucket) DO UPDATE SET n = tally.n + excluded.n
)
SELECT count(*) FROM taken
"""
_STEPS = """
SELECT p.person, (SELECT min(at) FROM met m WHERE m.person = p.person),
    (SELECT min(at) FROM identified i WHERE i.person = p.person),
    EXISTS (SELECT FROM referral r WHERE r.person = p.person AND r.state <> 'entered_in_error'),
    (SELECT min(ended_at) FROM referral r
     WHERE r.person = p.person AND r.state = 'closed' AND r.outcome = 'right_opened'),
    ARRAY(SELECT DISTINCT c FROM identified i, unnest(i.causes) AS c WHERE i.person = p.person ORDER BY c)
FROM unnest(cast(:people AS uuid[])) AS p (person)
"""
_KNOWN = """
SELECT person, met_at, identified_at, sent, opened_at, causes FROM personstep
WHERE person = ANY(cast(:people AS uuid[]))
"""
_TAKE_TOUCHED = """
WITH taken AS (
    DELETE FROM touched WHERE seq IN (SELECT seq FROM touched ORDER BY seq LIMIT :batch) RETURNING person
) SELECT DISTINCT person FROM taken
"""
_KEEP_STEPS = """
INSERT INTO personstep (person, met_at, identified_at, sent, opened_at, causes)
SELECT person, met, identified, sent, opened, string_to_array(causes, ' ')
FROM unnest(cast(:people AS uuid[]), cast(:met AS timestamptz[]), cast(:identified AS timestamptz[]),
    cast(:sent AS boolean[]), cast(:opened AS timestamptz[]), cast(:causes AS text[]))
    AS s (person, met, identified, sent, opened, causes)
ON CONFLICT (person) DO UPDATE SET met_at = excluded.met_at, identified_at = excluded.identified_at,
    sent = excluded.sent, opened_at = excluded.opened_at, causes = excluded.causes
"""
_COUNT_PEOPLE = """
INSERT INTO tally (split, clock, month, key, how, bucket, n)
SELECT '', 'people', month, '', how, bucket, n
FROM unnest(cast(:months AS text[]), cast(:hows AS text[]), cast(:buckets AS int[]), cast(:numbers AS bigint[]))
    AS c (month, how, bucket, n)
ON CONFLICT (split, clock, month, key, how, bucket) DO UPDATE SET n = tally.n + excluded.n
"""
# A wait that goes on, rounded as it is published (`tallying.rounded`), and placed on the axis again.
_OPEN = "how = 'open' OR clock IN ('holding', 'backlog')"
_SO_FAR = "greatest(0, cast(:quarter AS int) - bucket)"
_AS_PUBLISHED = f"CASE WHEN {_OPEN} THEN cast(:quarter AS int) - {rounded_sql(_SO_FAR)} ELSE bucket END"
_WHOLE = f"sum(n * CASE WHEN {_OPEN} THEN {_SO_FAR} ELSE bucket END)::bigint"
_READ = """
SELECT {month} AS month, key, clock, how, {bucket} AS bucket, sum(n)::bigint AS n, {whole} AS quarters FROM (
    SELECT month, key, clock, how, bucket, n FROM tally
    WHERE split = '{split}' AND clock = ANY(:clocks) AND month >= :since AND month <= :until
    UNION ALL
    SELECT month, {waiting}, clock, how, bucket, n FROM tallychange
    WHERE clock = ANY(:clocks) AND month >= :since AND month <= :until
) AS c GROUP BY 1, 2, 3, 4, 5 HAVING sum(n) <> 0
"""


_HEALTH = """
SELECT key, how, coalesce(sum(n) FILTER (WHERE month >= :quarter), 0)::bigint AS quarter, sum(n)::bigint AS year FROM (
    SELECT month, key, how, n FROM tally WHERE split = 'desk' AND clock = 'count' AND month >= :year
    UNION ALL
    SELECT month, desk::text, how, n FROM tallychange WHERE clock = 'count' AND month >= :year
) AS c WHERE how = ANY(:words) GROUP BY 1, 2
"""
_DUE = """SELECT split, key, how, sum(n) AS n, min(bucket) FILTER (WHERE n > 0) AS since FROM tally
    WHERE split = '{split}' AND clock = 'due' AND month = '' AND bucket <= :hour GROUP BY 1, 2, 3"""
# One split after the other follows the index, and needs no sorting.
_LATE = f"""
SELECT split, key, how, sum(n)::bigint AS n, min(since) AS since FROM (
    {" UNION ALL ".join(_DUE.format(split=split) for split in (OVERALL, DESK, RIGHT))}
    UNION ALL
    SELECT split, key, how, n, CASE WHEN n > 0 THEN bucket END FROM tallychange,
        LATERAL {_split(OVERALL, DESK, RIGHT)}
    WHERE clock = 'due' AND bucket <= :hour
) AS c GROUP BY 1, 2, 3 HAVING sum(n) > 0
"""
# As they are, neither rounded nor added up: the reader does that as she goes.
_LUMPS = """
SELECT month, clock, how, array_agg(bucket) AS buckets, array_agg(n) AS counts FROM (
    SELECT month, clock, how, bucket, n FROM tally
    WHERE split = '' AND clock = ANY(:clocks) AND month >= :since AND month <= :until
    UNION ALL
    SELECT month, clock, how, bucket, n FROM tallychange
    WHERE clock = ANY(:clocks) AND month >= :since AND month <= :until
) AS c GROUP BY 1, 2, 3
"""
# What was taken back leaves an empty cell behind.
_TIDY = "DELETE FROM tally WHERE n = 0"


async def gather(database: Database) -> int:
    """Add what waits to the figures, in batches; returns how many changes. Pages are told that they moved."""
    moved = 0
    while True:
        async with database.worker() as work:
            await work.execute(HOLD_OFF)
            changes = (await work.execute(_GATHER, batch=BATCH)).scalar_one()
            people = (await work.execute(_TAKE_TOUCHED, batch=PEOPLE_AT_ONCE)).scalars()
            if people:
                await _recount(people, work)
                work.hint("coordination.all")
            await work.execute(_TIDY)
        moved += changes + len(people)
        if changes < BATCH and len(people) < PEOPLE_AT_ONCE // 2:
            return moved


async def hold_still(viewer: Viewer, work: Work) -> None:
    """Until the end of this transaction nothing is gathered. Refusal: RoleNotAllowed for whoever is no coordinator."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    await work.execute(f"SELECT pg_advisory_xact_lock_shared({_LOCK})")


async def read_cells(
    viewer: Viewer, work: Work, *, split: str, clocks: Sequence[str], since: str, until: str = "9999-12",
    by_month: bool = False, quarter: int | None = None,
) -> list[Any]:
    """(month, key, clock, how, bucket, n, quarters) of these clocks, for cohorts of those months; month is `` unless
    asked.

    With `quarter`, the quarter hour of now, waits that go on come rounded as they are published, so that a figure needs
    a tenth of the cells and is the same; `quarters` is then the whole time behind a cell, not rounded. Refusal:
    RoleNotAllowed.
    """
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    statement = _READ.format(
        month="month" if by_month else "''", split=split, waiting=_WAITING[split],
        bucket="bucket" if quarter is None else _AS_PUBLISHED, whole="NULL" if quarter is None else _WHOLE,
    )
    now = {} if quarter is None else {"quarter": quarter}
    return (await work.execute(statement, clocks=list(clocks), since=since, until=until, **now)).all()


async def read_lumps(
    viewer: Viewer, work: Work, *, clocks: Sequence[str], since: str, until: str
) -> list[Any]:
    """(month, clock, how, buckets, counts) of these clocks overall, for cohorts of those months: what ended so, by how
    long, a bucket once or several times. Refusal: RoleNotAllowed."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    return (await work.execute(_LUMPS, clocks=list(clocks), since=since, until=until)).all()


async def read_health(viewer: Viewer, work: Work, words: Sequence[str], *, quarter: str, year: str) -> list[Any]:
    """(desk, word, number since the month `quarter`, number since the month `year`). Refusal: RoleNotAllowed."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    return (await work.execute(_HEALTH, words=list(words), quarter=quarter, year=year)).all()


async def read_late(viewer: Viewer, work: Work) -> list[Any]:
    """(split, key, state, number, hour since which the first is late) of what is open past the date on which its next
    step was due, overall, by desk and by right. Refusal: RoleNotAllowed."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    return (await work.execute(_LATE, hour=int(work.now.timestamp()) // DUE_SECONDS)).all()


async def read_people(viewer: Viewer, work: Work, *, since: str) -> Counter[PersonCell]:
    """The cells of the people first met from that month on, those that were touched and not gathered yet included."""
    rows = await read_cells(viewer, work, split=OVERALL, clocks=[PEOPLE], since=since, by_month=True)
    found = Counter({PersonCell(row.month, row.how, row.bucket): row.n for row in rows})
    touched = "SELECT DISTINCT person FROM (SELECT person FROM touched ORDER BY seq LIMIT :most) AS t"
    people = (await work.execute(touched, most=PEOPLE_AT_ONCE)).scalars()
    if people:
        before, after = await _both(people, work)
        found.update(_total(after.values()))
        found.subtract(_total(before.values()))
    return Counter({cell: number for cell, number in found.items() if cell.month >= since and number})


async def recount_everybody(work: Work) -> dict[str, int]:
    """Count all people anew, under HOLD_OFF; how many cells differed from what would have been read."""
    found: Counter[PersonCell] = Counter()
    live = Counter({PersonCell(*row[:3]): row[3] for row in await work.execute(_COUNTED_PEOPLE)})
    while touched := (await work.execute(_TAKE_TOUCHED, batch=PEOPLE_AT_ONCE)).scalars():
        before, after = await _both(touched, work)
        await _keep(after, work)  # she may stand in a later batch, too
        live.update(_total(after.values()))
        live.subtract(_total(before.values()))
    await work.execute("DELETE FROM personstep")
    await work.execute("DELETE FROM tally WHERE clock = 'people'")
    after_person = UUID(int=0)
    while people := (await work.execute(_EVERYBODY, after=after_person, most=PEOPLE_AT_ONCE)).scalars():
        steps = {row[0]: Steps(*row[1:]) for row in await work.execute(_STEPS, people=people)}
        await _keep(steps, work)
        found.update(_total(steps.values()))
        after_person = people[-1]
    await _count(found, work)
    return {"people": sum(found[cell] != live[cell] for cell in {*found, *live})}


async def _both(people: Sequence[UUID], work: Work) -> tuple[dict[UUID, Steps], dict[UUID, Steps]]:
    before = {row[0]: Steps(*row[1:]) for row in await work.execute(_KNOWN, people=list(people))}
    after = {row[0]: Steps(*row[1:]) for row in await work.execute(_STEPS, people=list(people))}
    return before, after


async def _recount(people: Sequence[UUID], work: Work) -> None:
    before, after = await _both(people, work)
    change = _total(after.values())
    change.subtract(_total(before.values()))
    await _keep(after, work)
    await _count(change, work)


async def _keep(steps: Mapping[UUID, Steps], work: Work) -> None:
    await work.execute(
        _KEEP_STEPS, people=list(steps), met=[one.met_at for one in steps.values()],
        identified=[one.identified_at for one in steps.values()], sent=[one.sent for one in steps.values()],
        opened=[one.opened_at for one in steps.values()], causes=[" ".join(one.causes) for one in steps.values()],
    )


async def _count(change: Mapping[PersonCell, int], work: Work) -> None:
    cells = [(cell, number) for cell, number in change.items() if number]
    await work.execute(
        _COUNT_PEOPLE, months=[cell.month for cell, _ in cells], hows=[cell.how for cell, _ in cells],
        buckets=[cell.bucket for cell, _ in cells], numbers=[number for _, number in cells],
    )


def _total(steps: Iterable[Steps]) -> Counter[PersonCell]:
    found: Counter[PersonCell] = Counter()
    for one in steps:
        found.update(person_cells(one))
    return found
