"""Checking the whole journal against its chain, its signed heads and their second place; and writing it out.

Read page by page, each in its own short transaction, so that a long journal is checked without holding anything.
"""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from services.intake.journal_chain import SEALED, Link, Problem, Walk, instant, plain
from services.intake.journal_heads import HeadKey, end_of_chain, heads_of, read_copy
from services.intake.journal_tables import JournalCheck
from services.runtime import telemetry
from services.runtime.process import Service

log = telemetry.logger("journal")
PAGE = 200  # what is checked before others have their turn: some milliseconds
Progress = Callable[[int, int], None]
_PAGE = f"""
SELECT s.seq, s.entry AS sealed_ref, s.entry_hash, s.keep_until AS sealed_until, s.hash,
    {", ".join(f'e."{name}"' for name in SEALED)}
FROM intake.journalseal s LEFT JOIN intake.journalentry e ON e.ref = s.entry
WHERE s.seq > :after AND s.seq <= :last ORDER BY s.seq, s.entry LIMIT :most
"""
_STRAY = """
SELECT (SELECT count(*) FROM intake.journalentry e
        WHERE NOT EXISTS (SELECT 1 FROM intake.journalseal s WHERE s.entry = e.ref)
        AND NOT EXISTS (SELECT 1 FROM intake.journalpending p WHERE p.entry = e.ref)),
    (SELECT count(*) FROM intake.journalpending p
        WHERE NOT EXISTS (SELECT 1 FROM intake.journalentry e WHERE e.ref = p.entry)),
    (SELECT count(*) FROM intake.journalpending)
"""


@dataclass(frozen=True)
class Report:
    """What a check found: how many links, how many heads, how many entries wait, and every problem."""

    links: int
    heads: int
    waiting: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


async def verify(service: Service, key: HeadKey, folder: Path, progress: Progress | None = None) -> Report:
    """Check every link, entry and head; `progress` is called with (links checked, links in all)."""
    # The second place first: what it holds was in the database before.
    copied = read_copy(folder, service.settings.territory)
    async with service.database.worker() as work:
        kept, now = await heads_of(work), instant(work.now)
        end = await end_of_chain(work)
    last = end.seq if end else 0
    walk = Walk(now=now)
    good = [head for head in (*kept, *copied) if _holds(head, key, walk)]
    for head in good:
        walk.heads.setdefault(head["seq"], set()).add(head["hash"])
    if {head["signature"] for head in kept[:-1]} - {head.get("signature") for head in copied}:
        walk.found("no_copy")
    checked = 0
    async for page in _pages(service, last):
        walk.take(page)
        checked += len(page)
        if progress is not None:
            progress(checked, last)
    walk.end()
    inserted, lost, waiting = await _stray(service)
    for count, code in ((inserted, "inserted"), (lost, "lost")):
        if count:
            walk.found(code)
    return Report(checked, len({head["signature"] for head in good}), waiting, tuple(walk.problems))


def _holds(head: dict[str, Any], key: HeadKey, walk: Walk) -> bool:
    if key.holds(head):
        return True
    walk.found("unsigned", head.get("seq") if isinstance(head.get("seq"), int) else None)
    return False


async def _stray(service: Service) -> tuple[int, int, int]:
    async with service.database.worker() as work:
        inserted, lost, waiting = (await work.execute(_STRAY)).one()
    return inserted, lost, waiting


async def _pages(service: Service, last: int) -> AsyncIterator[list[Link]]:
    after = 0
    while after < last:
        async with service.database.worker() as work:
            rows = (await work.execute(_PAGE, after=after, last=last, most=PAGE)).all()
        if not rows:
            return
        yield [_link(row) for row in rows]
        after = rows[-1].seq


def _link(row: Any) -> Link:  # noqa: ANN401 - a row of _PAGE
    entry = None if row.ref is None else plain(row)
    return Link(row.seq, str(row.sealed_ref), row.entry_hash, instant(row.sealed_until), row.hash, entry)


async def check_and_note(service: Service, key: HeadKey, folder: Path, progress: Progress | None = None) -> Report:
    """Check, and keep what was found for the DPO's page."""
    report = await verify(service, key, folder, progress)
    async with service.database.worker() as work:
        problem = " ".join(str(one) for one in report.problems) or None
        work.session.add(JournalCheck(seq=report.links, problem=problem, at=work.now))
    if not report.ok:
        log.error("journal_broken", count=len(report.problems))
    return report


async def write_out(service: Service, out: TextIO) -> int:
    """Write the journal as JSON lines, a link a line, then what is not sealed yet; returns how many lines."""
    async with service.database.worker() as work:
        end = await end_of_chain(work)
    last = end.seq if end else 0
    lines = 0
    async for page in _pages(service, last):
        for one in page:
            body = {"seq": one.seq, "ref": one.ref, "entry_hash": one.entry_hash, "keep_until": one.keep_until}
            out.write(json.dumps({**body, "hash": one.hash, "entry": one.entry}, ensure_ascii=False) + "\n")
        lines += len(page)
    async with service.database.worker() as work:
        for row in await work.execute(_UNSEALED):
            out.write(json.dumps({"seq": None, "waiting": row.waiting, "entry": plain(row)}, ensure_ascii=False) + "\n")
            lines += 1
    return lines


_UNSEALED = f"""
SELECT {", ".join(f'e."{name}"' for name in SEALED)},
    EXISTS (SELECT 1 FROM intake.journalpending p WHERE p.entry = e.ref) AS waiting
FROM intake.journalentry e WHERE NOT EXISTS (SELECT 1 FROM intake.journalseal s WHERE s.entry = e.ref)
ORDER BY e.at, e.ref
"""
