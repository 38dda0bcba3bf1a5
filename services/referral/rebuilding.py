"""Rebuilds the read model of the referral times from the record of facts, beside the one that is used; compares; swaps.

Shadow tables live in the session of the worker. Writers wait only while what moved meanwhile is folded again and the
differences are written: readers never do.
"""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.envelope import Envelope
from contracts.facts import FACTS, ReferralFact, ReferralSent
from services.referral.business_time import business_seconds_between, position
from services.referral.durations import OF_A_ROOT, Followed, advance, begin, reminded
from services.referral.durations_rows import COURSE, WAIT, columns, course_of, row_of, wait_of
from services.referral.tally_store import HOLD_OFF, SPLITS, recount_everybody
from services.referral.tallying import Cell, cells_of_course, cells_of_waits
from services.runtime.database import Database, Work
from services.runtime.projecting import AT_ONCE, Progress, unhurried

_CHANGE = (*Cell._fields, "n")
_CELL = ("split", "clock", "month", "key", "how", "bucket")
_SHADOWS = (
    "CREATE TEMP TABLE shadow_duration (LIKE referral.duration INCLUDING DEFAULTS) ON COMMIT DROP",
    "CREATE TEMP TABLE shadow_course (LIKE referral.course INCLUDING DEFAULTS) ON COMMIT DROP",
    "CREATE TEMP TABLE shadow_change (LIKE referral.tallychange INCLUDING DEFAULTS) ON COMMIT DROP",
    "ALTER TABLE shadow_change ALTER seq DROP NOT NULL",
    "CREATE INDEX ON shadow_course (ref)",
    "CREATE INDEX ON shadow_duration (subject)",
)
_ROOTS = "SELECT DISTINCT root FROM referral.referral WHERE root > :after ORDER BY root LIMIT :most"
_FACTS = """
SELECT r.root, r.ref, f.envelope
FROM referral.referral r JOIN referral.fact f ON f.ref = r.ref AND f.version > 0
WHERE r.root = ANY(cast(:roots AS uuid[])) ORDER BY r.root, r.hops, r.ref, f.version
"""
_TOLD = """
SELECT t.referral, t.step, t.at FROM referral.reminded t JOIN referral.referral r ON r.ref = t.referral
WHERE r.root = ANY(cast(:roots AS uuid[]))
"""
_MOVED = """
CREATE TEMP TABLE shadow_moved ON COMMIT DROP AS
SELECT DISTINCT r.root FROM referral.referral r LEFT JOIN shadow_course s ON s.ref = r.ref
LEFT JOIN referral.course c ON c.ref = r.ref
WHERE s.version IS DISTINCT FROM r.version OR c.reminded IS DISTINCT FROM s.reminded
"""
_MOVED_ROOTS = "SELECT root FROM shadow_moved WHERE root > :after ORDER BY root LIMIT :most"
_FILL = f"""
WITH waits AS (
    INSERT INTO shadow_duration ({columns(WAIT)})
    SELECT {columns(WAIT)} FROM jsonb_populate_recordset(NULL::referral.duration, cast(:waits AS jsonb))
), courses AS (
    INSERT INTO shadow_course ({columns(COURSE)})
    SELECT {columns(COURSE)} FROM jsonb_populate_recordset(NULL::referral.course, cast(:courses AS jsonb))
)
INSERT INTO shadow_change ({columns(_CHANGE)})
SELECT {columns(_CHANGE)} FROM jsonb_populate_recordset(NULL::referral.tallychange, cast(:changes AS jsonb))
"""
_SHADOW_TALLY = f"""
CREATE TEMP TABLE shadow_tally ON COMMIT DROP AS
SELECT {columns(_CELL)}, sum(n)::bigint AS n FROM shadow_change, LATERAL {SPLITS}
GROUP BY {columns(_CELL)} HAVING sum(n) <> 0
"""
_LIVE_TALLY = f"""
SELECT {columns(_CELL)}, sum(n)::bigint AS n FROM (
    SELECT {columns(_CELL)}, n FROM referral.tally WHERE clock <> 'people'
    UNION ALL
    SELECT {columns(_CELL)}, n FROM referral.tallychange, LATERAL {SPLITS}
) AS t GROUP BY {columns(_CELL)} HAVING sum(n) <> 0
"""
_LOCK = """
LOCK TABLE referral.course, referral.duration, referral.tallychange, referral.tally IN SHARE ROW EXCLUSIVE MODE
"""
_UNFOLD_COURSES = "SELECT to_jsonb(c) AS body FROM shadow_course c WHERE root = ANY(cast(:roots AS uuid[]))"
_UNFOLD_WAITS = """
DELETE FROM shadow_duration d WHERE subject = ANY(cast(:roots AS uuid[]))
    OR subject IN (SELECT ref FROM shadow_course WHERE root = ANY(cast(:roots AS uuid[]))) RETURNING to_jsonb(d) AS body
"""
_DIFFER = """
SELECT count(*) FROM (({one} EXCEPT {other}) UNION ALL ({other} EXCEPT {one})) AS x
"""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was read and what differed; `differing` by table, all zero when the live rows were those of the record."""

    roots: int
    facts: int
    differing: dict[str, int]

    @property
    def identical(self) -> bool:
        """Nothing had to be written."""
        return not any(self.differing.values())


async def rebuild(database: Database, progress: Progress, at_once: int = AT_ONCE) -> Rebuilt:
    """Fold the whole record again, compare, and leave the live rows as the record says. One transaction.

    `progress` is called with the roots done and all of them; `at_once` of them are in memory.
    """
    async with database.worker() as work:
        await unhurried(work)
        for statement in _SHADOWS:
            await work.execute(statement)
        total = (await work.execute("SELECT count(DISTINCT root) FROM referral.referral")).scalar_one()
        done = facts = 0
        async for roots in _pages(_ROOTS, at_once, work):
            facts += await _fold(roots, work)
            done += len(roots)
            progress(done, max(done, total))
        await work.execute(HOLD_OFF)
        await work.execute(_LOCK)
        await work.execute(_MOVED)
        async for roots in _pages(_MOVED_ROOTS, at_once, work):
            await _unfold(roots, work)
            facts += await _fold(roots, work)
        return Rebuilt(done, facts, await _swap(work) | await recount_everybody(work))


async def rebuild_if_unfollowed(database: Database) -> None:
    """Once after an upgrade from a version that kept no read model: the record is there, and the rows are not."""
    async with database.worker() as work:
        missing = (await work.execute(
            "SELECT EXISTS (SELECT FROM referral.referral) AND NOT EXISTS (SELECT FROM referral.course)"
        )).scalar_one()
    if missing:
        await rebuild(database, lambda _done, _all: None)


async def _pages(statement: str, most: int, work: Work) -> AsyncIterator[list[UUID]]:
    after = UUID(int=0)
    while roots := (await work.execute(statement, after=after, most=most)).scalars():
        yield roots
        after = roots[-1]


async def _fold(roots: Sequence[UUID], work: Work) -> int:
    """Fill the shadow tables with what the record says of these roots; returns how many facts that were."""
    told = defaultdict(list)
    for row in await work.execute(_TOLD, roots=list(roots)):
        told[row.referral].append((row.step, row.at))
    by_root: defaultdict[UUID, dict[UUID, list[ReferralFact]]] = defaultdict(dict)
    count = 0
    for row in await work.execute(_FACTS, roots=list(roots)):
        count += 1
        kind = FACTS.get(row.envelope["type"])
        if kind is not None and issubclass(kind, ReferralFact):
            fact = kind.model_validate(Envelope.model_validate(row.envelope).data)
            by_root[row.root].setdefault(row.ref, []).append(fact)
    followed = [one for facts in by_root.values() for one in folded(facts.values(), told)]
    await _fill(followed, work)
    return count


def folded(
    lives: Iterable[Sequence[ReferralFact]], told: dict[UUID, list[tuple[str, Any]]] | None = None
) -> list[Followed]:
    """The hand-overs of one root from their facts, each in the order of its versions and they in that of their hops.

    Each keeps its own clocks, and the last one those of the root.
    """
    by_ref: dict[UUID, Followed] = {}
    for facts in lives:
        first = facts[0]
        if not isinstance(first, ReferralSent):
            continue  # a record without its beginning: nothing can be said of it
        now = begin(first, by_ref.get(first.redirected_from) if first.redirected_from else None)
        if first.redirected_from in by_ref:
            parent = by_ref[first.redirected_from]
            own = {key: one for key, one in parent.waits.items() if one.clock not in OF_A_ROOT}
            by_ref[first.redirected_from] = Followed(parent.course, own)
        for fact in facts[1:]:
            now = advance(now, fact, business_seconds_between)
        for step, at in (told or {}).get(first.ref, ()):
            now = reminded(now, step, at)
        by_ref[first.ref] = now
    return list(by_ref.values())


async def _fill(followed: Iterable[Followed], work: Work) -> None:
    changes: Counter[Cell] = Counter()
    waits, courses = [], []
    for one in followed:
        waits += [row_of(wait) for wait in one.waits.values()]
        courses.append(row_of(one.course))
        changes.update(cells_of_waits(one.waits.values(), position))
        changes.update(cells_of_course(one.course, position))
    await work.execute(_FILL, waits=_json(waits), courses=_json(courses), changes=_cells(changes))


async def _unfold(roots: Sequence[UUID], work: Work) -> None:
    """Take these roots out of the shadow tables again."""
    changes: Counter[Cell] = Counter()
    for row in await work.execute(_UNFOLD_COURSES, roots=list(roots)):
        changes.subtract(cells_of_course(course_of(row.body), position))
    for row in await work.execute(_UNFOLD_WAITS, roots=list(roots)):
        changes.subtract(cells_of_waits([wait_of(row.body)], position))
    await work.execute("DELETE FROM shadow_course WHERE root = ANY(cast(:roots AS uuid[]))", roots=list(roots))
    await work.execute(_FILL, waits="[]", courses="[]", changes=_cells(changes))


async def _swap(work: Work) -> dict[str, int]:
    """Write what differs, and say how many rows did."""
    await work.execute(_SHADOW_TALLY)
    tables = (("duration", columns(WAIT), WAIT[:3]), ("course", columns(COURSE), COURSE[:1]))
    found = {}
    for name, names, key in tables:
        live, shadow = f"SELECT {names} FROM referral.{name}", f"SELECT {names} FROM shadow_{name}"
        found[name] = (await work.execute(_DIFFER.format(one=live, other=shadow))).scalar_one()
        if found[name]:
            wrong = f"SELECT {columns(key)} FROM ({live} EXCEPT {shadow}) AS x"
            await work.execute(f"DELETE FROM referral.{name} WHERE ({columns(key)}) IN ({wrong})")
            await work.execute(f"INSERT INTO referral.{name} ({names}) {shadow} EXCEPT {live}")
    shadow = f"SELECT {columns(_CELL)}, n FROM shadow_tally"
    found["tally"] = (await work.execute(_DIFFER.format(one=_LIVE_TALLY, other=shadow))).scalar_one()
    if found["tally"]:
        await work.execute("DELETE FROM referral.tallychange")
        await work.execute("DELETE FROM referral.tally WHERE clock <> 'people'")
        await work.execute(f"INSERT INTO referral.tally ({columns(_CELL)}, n) {shadow}")
    return found


def _cells(changes: Counter[Cell]) -> str:
    return _json([{**cell._asdict(), "n": number} for cell, number in changes.items() if number])


def _json(value: object) -> str:
    return json.dumps(value, default=str)
