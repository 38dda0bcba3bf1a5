"""What a service keeps from facts, set beside what the record says it should be: compared row by row, and put right.

The record is the table of facts of each service in PostgreSQL, kept for good; the stream, which forgets, has no part in
it. Only facts that the service has taken count, so what waits on the bus is no difference. It is read by pages of
objects and never whole: the memory that this needs does not grow with it.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.envelope import Envelope
from services.runtime.database import Database, Work
from services.runtime.driver import Row as DriverRow

AT_ONCE = 500
Progress = Callable[[int, int], None]
Row = Mapping[str, Any]
_REFS = """
SELECT DISTINCT ref FROM fact WHERE version > 0 AND ref > :after AND type LIKE :thing ORDER BY ref LIMIT :most
"""
_COUNT = "SELECT count(DISTINCT ref) FROM fact WHERE version > 0 AND type LIKE :thing"
_COUNTED = "SELECT ref, envelope FROM fact WHERE version > 0 AND ref = ANY(cast(:refs AS uuid[])) ORDER BY ref, version"
_TOLD_REFS = """
SELECT DISTINCT ref FROM fact WHERE version = 0 AND ref > :after AND type = ANY(cast(:types AS text[]))
ORDER BY ref LIMIT :most
"""
_TOLD = """
SELECT id, envelope, at > now() - interval '40 days' AS recent FROM fact
WHERE version = 0 AND type = ANY(cast(:types AS text[])) AND ref = ANY(cast(:refs AS uuid[])) ORDER BY seq
"""
# The inbox remembers 45 days: what is older was taken long ago.
_NOTED = "SELECT fact FROM inbox WHERE consumer = :consumer AND fact = ANY(cast(:facts AS uuid[]))"
# While it is held, no consumer goes on with these objects.
_TAKEN = """
SELECT ref, version FROM position
WHERE consumer = :consumer AND ref = ANY(cast(:refs AS uuid[])) ORDER BY ref FOR UPDATE
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table kept from facts: its key, the columns that the record decides, and those that a new row needs beside."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """How many rows the record asks for, how many of the live ones differed, were missing, or were one too many."""

    table: str
    rows: int = 0
    differing: int = 0
    missing: int = 0
    extra: int = 0

    @property
    def identical(self) -> bool:
        """Nothing had to be put right."""
        return not (self.differing or self.missing or self.extra)

    def __add__(self, other: "Compared") -> "Compared":
        mine, theirs = (self.rows, self.differing, self.missing, self.extra), other
        added = (theirs.rows, theirs.differing, theirs.missing, theirs.extra)
        return Compared(self.table, *(one + two for one, two in zip(mine, added, strict=True)))


class Record:
    """The facts that each service wrote, read under its own worker role, `at_once` objects at a time."""

    def __init__(self, databases: Mapping[str, Database], at_once: int = AT_ONCE) -> None:
        self.databases, self.at_once = databases, at_once

    async def count(self, service: str, thing: str) -> int:
        """How many objects of that name have facts there."""
        async with self.databases[service].worker() as work:
            found: int = (await work.execute(_COUNT, thing=f"{thing}.%")).scalar_one()
        return found

    async def refs(self, service: str, thing: str, after: UUID) -> list[UUID]:
        """The next `at_once` objects that have counted facts."""
        async with self.databases[service].worker() as work:
            return list((await work.execute(_REFS, after=after, thing=f"{thing}.%", most=self.at_once)).scalars())

    async def pages(self, service: str, *types: str) -> AsyncIterator[list[UUID]]:
        """All objects of which facts of these types, without a version, were written; `at_once` of them each time."""
        after = UUID(int=0)
        while refs := await self._told_refs(service, types, after):
            yield refs
            after = refs[-1]

    async def counted(self, service: str, refs: Iterable[UUID]) -> dict[UUID, list[Envelope]]:
        """The counted facts of these objects, each one's in the order of their versions."""
        found: dict[UUID, list[Envelope]] = {}
        async with self.databases[service].worker() as work:
            for row in await work.execute(_COUNTED, refs=list(refs)):
                found.setdefault(row.ref, []).append(Envelope.model_validate(row.envelope))
        return found

    async def told(self, service: str, *types: str, refs: Iterable[UUID]) -> list[Envelope]:
        """What these objects have of facts of these types, without a version, in the order of their writing."""
        return [Envelope.model_validate(row.envelope) for row in await self._told(service, types, refs)]

    async def told_to(
        self, consumer: str, reader: Work, service: str, *types: str, refs: Iterable[UUID]
    ) -> list[Envelope]:
        """The same, without what that consumer, whose service `reader` works in, has not taken yet."""
        rows = await self._told(service, types, refs)
        recent = [row.id for row in rows if row.recent]
        noted = set((await reader.execute(_NOTED, consumer=consumer, facts=recent)).scalars())
        return [Envelope.model_validate(row.envelope) for row in rows if not row.recent or row.id in noted]

    async def _told_refs(self, service: str, types: Iterable[str], after: UUID) -> list[UUID]:
        async with self.databases[service].worker() as work:
            await unhurried(work)  # a rare type is looked for among all the others
            return (await work.execute(_TOLD_REFS, types=list(types), after=after, most=self.at_once)).scalars()

    async def _told(self, service: str, types: Iterable[str], refs: Iterable[UUID]) -> list[DriverRow]:
        async with self.databases[service].worker() as work:
            return (await work.execute(_TOLD, types=list(types), refs=list(refs))).all()


@dataclass(frozen=True, slots=True)
class Batch:
    """Referrals whose rows `work` holds: how far the consumer has come with each, and their facts in the record."""

    work: Work
    refs: Sequence[UUID]
    reached: dict[UUID, int]
    lives: dict[UUID, list[Envelope]]


async def fold_referrals(
    database: Database, record: Record, consumer: str, lock: str, progress: Progress,
    put: Callable[[Batch], Awaitable[Iterable[Compared]]], *tables: str,
) -> list[Compared]:  # fmt: skip
    """Every referral of the record that this consumer has taken, a page in a transaction; `lock` holds their rows.

    `put` writes a batch and says what it found; returned is the sum for each of `tables`. `progress` is called with
    the referrals done and all of them.
    """
    total, done, after = await record.count("referral", "referral"), 0, UUID(int=0)
    found = {name: Compared(name) for name in tables}
    while refs := await record.refs("referral", "referral", after):
        async with database.worker() as work:
            reached = await taken(consumer, refs, work)
            await work.execute(lock, refs=refs)
            for one in await put(Batch(work, refs, reached, await record.counted("referral", reached))):
                found[one.table] += one
        after, done = refs[-1], done + len(refs)
        progress(done, max(total, done))
    return list(found.values())


async def unhurried(work: Work) -> None:
    """This transaction may read a whole record, and wait while what it read is folded."""
    for statement in ("SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0"):
        await work.execute(statement)


async def taken(consumer: str, refs: Sequence[UUID], work: Work) -> dict[UUID, int]:
    """How far that consumer has come with each of these objects; it waits for the end of this transaction."""
    return {row.ref: row.version for row in await work.execute(_TAKEN, consumer=consumer, refs=list(refs))}


async def put_right(table: Table, rows: Sequence[Row], work: Work, *, insert: bool = True) -> Compared:
    """Compare these rows with the live ones of the same keys, and write what differs. `insert` False: none is made."""
    if not rows:
        return Compared(table.name)
    given = json.dumps([dict(one) for one in rows], default=str)
    names = _names(table.columns)
    shadow = f"jsonb_populate_recordset(NULL::{table.name}, cast(:rows AS jsonb)) AS s"
    same = " AND ".join(f"l.{name} = s.{name}" for name in map(_quoted, table.key))
    mine, theirs = (", ".join(f"{one}.{name}" for name in names) for one in ("l", "s"))
    sets = ", ".join(f"{name} = s.{name}" for name in names)
    differing = missing = 0
    if names:
        other = f"WHERE {same} AND ({mine}) IS DISTINCT FROM ({theirs}) RETURNING 1"
        changed = await work.execute(f"UPDATE {table.name} l SET {sets} FROM {shadow} {other}", rows=given)
        differing = len(changed.all())
    if insert:
        every = ", ".join(_names((*table.key, *table.columns, *table.beside)))
        absent = f"FROM {shadow} WHERE NOT EXISTS (SELECT FROM {table.name} l WHERE {same})"
        made = await work.execute(f"INSERT INTO {table.name} ({every}) SELECT {every} {absent} RETURNING 1", rows=given)
        missing = len(made.all())
    return Compared(table.name, len(rows), differing, missing)


def _names(columns: Iterable[str]) -> list[str]:
    return [_quoted(one) for one in columns]


def _quoted(name: str) -> str:
    return f'"{name}"'
