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
from services.runtime.database import Database, Work
from services.runtime.tables import Plumbing

Reaction = Callable[[Any, Work], Awaitable[None]]
MAX_ATTEMPTS = 8


class Inbox:
    """The receiving side of one service: its reactions by fact class, applied under its worker role."""

    def __init__(self, database: Database, tables: Plumbing, reactions: Mapping[type[Fact], Reaction]) -> None:
        self.database, self.tables = database, tables
        self.reactions = {kind.type_name(): (kind, reaction) for kind, reaction in reactions.items()}

    async def take(self, consumer: str, envelopes: Sequence[Envelope]) -> None:
        """Apply these facts in one transaction, or raise and apply none; a fact taken before changes nothing."""
        async with self.database.worker() as work:
            fresh = await self._note(work, consumer, envelopes)
            counted = [one for one in fresh if _version(one)]
            positions = await self._positions(work, consumer, counted)
            for envelope in fresh:
                if not _version(envelope):
                    await self._apply(work, envelope)
            for envelope in sorted(counted, key=_version):
                await self._in_order(work, consumer, envelope, positions)
            await self._save_positions(work, consumer, positions)

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
            await work.session.execute(delete(table).where(table.c.consumer == consumer, table.c.fact == envelope.id))
            return True

    async def gaps(self, older_than_seconds: float) -> list[tuple[str, UUID, int]]:
        """(consumer, ref, version reached) of every object whose next fact has been missing for that long."""
        async with self.database.worker() as work:
            rows = await work.execute(
                f"SELECT DISTINCT p.consumer, p.ref, coalesce(q.version, 0) FROM {work.service}.parked p"
                f" LEFT JOIN {work.service}.position q USING (consumer, ref)"
                " WHERE p.at < now() - make_interval(secs => :age)",
                age=older_than_seconds,
            )
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
        table = self.tables.inbox
        statement = (
            insert(table).values([{"consumer": consumer, "fact": one} for one in known]).on_conflict_do_nothing()
        )
        written = set((await work.session.execute(statement.returning(table.c.fact))).scalars())
        return [envelope for ref, envelope in known.items() if ref in written]

    async def _positions(self, work: Work, consumer: str, counted: Sequence[Envelope]) -> dict[UUID, int]:
        refs = {UUID(one.subject) for one in counted}
        if not refs:
            return {}
        table = self.tables.position
        # Lock the rows in one order, so that two workers of one consumer never cross.
        await work.session.execute(
            insert(table)
            .values([{"consumer": consumer, "ref": ref, "version": 0} for ref in sorted(refs)])
            .on_conflict_do_nothing()
        )
        rows = await work.session.execute(
            select(table.c.ref, table.c.version)
            .where(table.c.consumer == consumer, table.c.ref.in_(refs))
            .order_by(table.c.ref)
            .with_for_update()
        )
        return {row.ref: row.version for row in rows}

    async def _in_order(self, work: Work, consumer: str, envelope: Envelope, positions: dict[UUID, int]) -> None:
        ref, version = UUID(envelope.subject), _version(envelope)
        if version <= positions[ref]:
            return
        if version > positions[ref] + 1:
            await work.session.execute(
                insert(self.tables.parked)
                .values(consumer=consumer, ref=ref, version=version, envelope=envelope.model_dump(mode="json"))
                .on_conflict_do_nothing()
            )
            return
        await self._apply(work, envelope)
        positions[ref] = version
        table = self.tables.parked
        statement = delete(table).where(
            table.c.consumer == consumer, table.c.ref == ref, table.c.version == version + 1
        )
        waiting = (await work.session.execute(statement.returning(table.c.envelope))).scalar_one_or_none()
        if waiting is not None:
            await self._in_order(work, consumer, Envelope.model_validate(waiting), positions)

    async def _save_positions(self, work: Work, consumer: str, positions: dict[UUID, int]) -> None:
        if positions:
            table = self.tables.position
            statement = insert(table).values(
                [{"consumer": consumer, "ref": ref, "version": version} for ref, version in positions.items()]
            )
            await work.session.execute(
                statement.on_conflict_do_update(
                    index_elements=["consumer", "ref"], set_={"version": statement.excluded.version}
                )
            )

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
