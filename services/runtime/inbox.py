"""Receiving facts: each exactly once in effect, each object's in order of version, no failure silent.

`(consumer, fact)` is written in the transaction of the reaction. A fact that comes too early is parked until the gap
before it is filled; one that fails time and again becomes a dead letter in the database, which `relais doctor` lists
and
replays.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from contracts.envelope import Envelope, Fact
from contracts.facts import FACTS
from services.runtime import telemetry
from services.runtime.database import Database, Work
from services.runtime.tables import Plumbing

Reaction = Callable[[Any, Work], Awaitable[None]]
log = telemetry.logger("inbox")
MAX_ATTEMPTS = 8
# One statement a batch whatever its size, always the same text: SQLAlchemy compiles a VALUES list anew each time.
_NOTE = """
INSERT INTO inbox (consumer, fact) SELECT :consumer, one FROM unnest(cast(:facts AS uuid[])) AS one
ON CONFLICT DO NOTHING RETURNING fact
"""
# Locks the rows in one order, so that two workers of one consumer never cross.
_HOLD = """
INSERT INTO position (consumer, ref, version) SELECT :consumer, one, 0 FROM unnest(cast(:refs AS uuid[])) AS one
ORDER BY one ON CONFLICT (consumer, ref) DO UPDATE SET version = position.version RETURNING ref, version
"""
_PARKED = """
SELECT ref, version FROM parked WHERE consumer = :consumer AND ref = ANY(cast(:refs AS uuid[]))
"""
_NEXT_PARKED = "SELECT envelope FROM parked WHERE consumer = :consumer AND ref = :ref AND version = :version"
_DUE = """
SELECT k.consumer, k.ref FROM parked k JOIN position p USING (consumer, ref) WHERE k.version <= p.version + 1
"""
_GAPS = """
SELECT k.consumer, k.ref, coalesce(p.version, 0) FROM parked k LEFT JOIN position p USING (consumer, ref)
GROUP BY k.consumer, k.ref, p.version
HAVING min(k.at) < now() - make_interval(secs => :age) AND min(k.version) > coalesce(p.version, 0) + 1
"""
_REACHED = """
UPDATE position p SET version = one.version
FROM unnest(cast(:refs AS uuid[]), cast(:versions AS integer[])) AS one (ref, version)
WHERE p.consumer = :consumer AND p.ref = one.ref AND p.version <> one.version
"""
_UNPARK = """
DELETE FROM parked k USING position p
WHERE k.consumer = :consumer AND k.ref = ANY(cast(:refs AS uuid[])) AND p.consumer = k.consumer AND p.ref = k.ref
    AND k.version <= p.version
"""
_PUT_ASIDE = "DELETE FROM parked WHERE consumer = :consumer AND ref = :ref AND version = :version"


class Inbox:
    """The receiving side of one service: its reactions by fact class, applied under its worker role."""

    def __init__(self, database: Database, tables: Plumbing, reactions: Mapping[type[Fact], Reaction]) -> None:
        self.database, self.tables = database, tables
        self.reactions = {kind.type_name(): (kind, reaction) for kind, reaction in reactions.items()}

    async def take(self, consumer: str, envelopes: Sequence[Envelope]) -> None:
        """Apply these facts in one transaction, or raise and apply none; a fact taken before changes nothing.

        What was parked behind them follows after the commit, each in its own transaction: it fails by itself.
        """
        followed: list[UUID] = []
        async with self.database.worker() as work:
            fresh = await self._note(work, consumer, envelopes)
            counted = [one for one in fresh if _version(one)]
            for envelope in fresh:
                if not _version(envelope):
                    await self._apply(work, envelope)
            if counted:
                followed = await self._take_counted(work, consumer, counted)
        for ref in followed:
            await self._release(consumer, ref)

    async def release_parked(self) -> None:
        """Try again what is parked although nothing is missing before it: it failed, or the process ended."""
        async with self.database.worker() as work:
            due = (await work.execute(_DUE)).all()
        for consumer, ref in due:
            await self._release(consumer, ref)

    async def failed(self, consumer: str, envelope: Envelope, error: BaseException) -> bool:
        """Count a failure. True: it has failed MAX_ATTEMPTS times and is now a dead letter, so it may be acknowledged.

        Only the error's class is kept: its text may quote what it was given.
        """
        table = self.tables.failure
        async with self.database.worker() as work:
            key = {"consumer": consumer, "fact": envelope.id}
            statement = insert(table).values(**key, attempts=1, error=type(error).__name__)
            statement = statement.on_conflict_do_update(
                index_elements=["consumer", "fact"],
                set_={"attempts": table.c.attempts + 1, "error": type(error).__name__},
            )
            attempts = (await work.session.execute(statement.returning(table.c.attempts))).scalar_one()
            if attempts < MAX_ATTEMPTS:
                return False
            await work.session.execute(
                insert(self.tables.dead_letter).values(
                    **key, envelope=envelope.model_dump(mode="json"), error=type(error).__name__
                )
            )
            await work.session.execute(insert(self.tables.inbox).values(**key).on_conflict_do_nothing())
            await work.execute(_PUT_ASIDE, consumer=consumer, ref=UUID(envelope.subject), version=_version(envelope))
            await work.session.execute(delete(table).where(table.c.consumer == consumer, table.c.fact == envelope.id))
            return True

    async def gaps(self, older_than_seconds: float) -> list[tuple[str, UUID, int]]:
        """(consumer, ref, version reached) of every object whose next fact has been missing for that long."""
        async with self.database.worker() as work:
            rows = await work.execute(_GAPS, age=older_than_seconds)
            return [(row[0], row[1], row[2]) for row in rows]

    async def replay_dead_letter(self, letter: int) -> None:
        """Apply one dead letter again; raises what it raises, and is marked as replayed when it went through."""
        table = self.tables.dead_letter
        async with self.database.worker() as work:
            row = (await work.session.execute(select(table).where(table.c.id == letter))).one()
            envelope = Envelope.model_validate(row.envelope)
            await work.session.execute(
                delete(self.tables.inbox).where(
                    self.tables.inbox.c.consumer == row.consumer, self.tables.inbox.c.fact == envelope.id
                )
            )
        await self.take(row.consumer, [envelope])
        async with self.database.worker() as work:
            await work.session.execute(table.update().where(table.c.id == letter).values(replayed_at=work.now))

    async def _note(self, work: Work, consumer: str, envelopes: Sequence[Envelope]) -> list[Envelope]:
        known = {one.id: one for one in envelopes}
        written = set((await work.execute(_NOTE, consumer=consumer, facts=list(known))).scalars())
        return [envelope for ref, envelope in known.items() if ref in written]

    async def _take_counted(self, work: Work, consumer: str, counted: Sequence[Envelope]) -> list[UUID]:
        """Apply what is next for its object, park what comes too early; the objects for which more is parked."""
        refs = sorted({UUID(one.subject) for one in counted})
        held = {row.ref: row.version for row in await work.execute(_HOLD, consumer=consumer, refs=refs)}
        # Asked once the positions are locked: what another worker parked until then is seen.
        parked = {(row.ref, row.version) for row in await work.execute(_PARKED, consumer=consumer, refs=refs)}
        reached, early = dict(held), []
        for envelope in sorted(counted, key=_version):
            ref, version = UUID(envelope.subject), _version(envelope)
            if version > reached[ref] + 1:
                early.append(envelope)
            elif version == reached[ref] + 1:
                await self._apply(work, envelope)
                reached[ref] = version
        await self._park(work, consumer, early)
        await self._save_positions(work, consumer, reached, any(version <= reached[ref] for ref, version in parked))
        return [ref for ref in refs if (ref, reached[ref] + 1) in parked]

    async def _release(self, consumer: str, ref: UUID) -> None:
        """Apply what is parked for that object as far as it goes; a failure is counted on the fact that failed."""
        going = True
        while going:
            following: list[Envelope] = []
            try:
                going = await self._apply_parked(consumer, ref, following)
            except Exception as error:
                await self._count_parked(consumer, following, error)
                return

    async def _apply_parked(self, consumer: str, ref: UUID, following: list[Envelope]) -> bool:
        async with self.database.worker() as work:
            reached = (await work.execute(_HOLD, consumer=consumer, refs=[ref])).one().version
            found = await work.execute(_NEXT_PARKED, consumer=consumer, ref=ref, version=reached + 1)
            waiting = found.scalar_one_or_none()
            if waiting is not None:
                following.append(Envelope.model_validate(waiting))
                await self._apply(work, following[0])
                reached += 1
            await self._save_positions(work, consumer, {ref: reached}, unparked=True)
            return waiting is not None

    async def _count_parked(self, consumer: str, failed: Sequence[Envelope], error: Exception) -> None:
        log.warning("parked_failed", consumer=consumer, error=type(error).__name__)
        for envelope in failed:
            try:
                if await self.failed(consumer, envelope, error):
                    log.error("dead_letter", consumer=consumer, type=envelope.type, fact=str(envelope.id))
            except Exception as again:
                log.warning("failure_not_counted", consumer=consumer, error=type(again).__name__)

    async def _park(self, work: Work, consumer: str, early: Sequence[Envelope]) -> None:
        if early:
            rows = [
                {
                    "consumer": consumer,
                    "ref": UUID(one.subject),
                    "version": _version(one),
                    "envelope": one.model_dump(mode="json"),
                }
                for one in early
            ]
            await work.session.execute(insert(self.tables.parked).values(rows).on_conflict_do_nothing())

    async def _save_positions(self, work: Work, consumer: str, reached: dict[UUID, int], unparked: bool) -> None:
        await work.execute(_REACHED, consumer=consumer, refs=list(reached), versions=list(reached.values()))
        if unparked:
            await work.execute(_UNPARK, consumer=consumer, refs=list(reached))

    async def _apply(self, work: Work, envelope: Envelope) -> None:
        kind, reaction = self.reactions.get(envelope.type, (None, None))
        if kind is None or reaction is None:
            return  # a fact this service does not use, or one of a newer version published beside the one it knows
        work.cause = envelope
        await reaction(kind.model_validate(envelope.data), work)


def _version(envelope: Envelope) -> int:
    return int(envelope.data.get("version") or 0)


def parse(body: bytes) -> Envelope:
    """Read an envelope; raises ValueError for a body that is none, without quoting it."""
    return Envelope.model_validate_json(body)


assert FACTS  # the classes are registered by importing them
