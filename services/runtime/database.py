"""Transactions: one edge, one transaction, bound to whoever asks. This is the one file in which a transaction commits.

Facts handed to `Work.emit` are written with the change, as fact row and outbox row, in the same transaction; hints are
sent after it.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession as SqlModelSession

from contracts.envelope import Envelope, Fact
from contracts.viewer import Viewer
from services.runtime import telemetry
from services.runtime.clock import Clock
from services.runtime.driver import Rows, fetch, literal

Hint = Callable[[str], Awaitable[None]]

MOST_STALE = 32
_WRITE_FACTS = """
WITH f AS (
    INSERT INTO {service}.fact (id, ref, version, type, time, envelope)
    SELECT (e->>'id')::uuid, (e->>'subject')::uuid, coalesce((e->'data'->>'version')::int, 0), e->>'type',
    (e->>'time')::timestamptz, e FROM unnest(cast(:envelopes AS jsonb[])) WITH ORDINALITY AS t(e, n) ORDER BY n
), n AS (SELECT pg_notify('outbox_{service}_outbox', 'facts'))
INSERT INTO {service}.{service}_outbox (queue, payload, headers)
SELECT 'facts', convert_to(e, 'UTF8'), '{{"content-type": "application/json"}}'::jsonb
FROM unnest(cast(:payloads AS text[])) WITH ORDINALITY AS t(e, m), n ORDER BY m
"""


class Session(SqlModelSession):
    """SQLModel's session; `execute` is SQLAlchemy's own, for statements that return rows and not models."""

    execute = AsyncSession.execute  # type: ignore[assignment]


@dataclass
class Work:
    """One transaction. `viewer` is None for consumers and clocks; `now` is the instant at which it began."""

    connection: AsyncConnection
    driver: asyncpg.Connection
    service: str
    territory: str
    now: datetime
    viewer: Viewer | None
    cause: Envelope | None = None
    facts: list[Envelope] = field(default_factory=list)
    hints: set[str] = field(default_factory=set)
    _session: Session | None = None

    @property
    def session(self) -> Session:
        """The models of this transaction; made when first used."""
        if self._session is None:
            self._session = Session(self.connection, expire_on_commit=False)
        return self._session

    def emit(self, fact: Fact, *, actor_kind: str = "clock", at: datetime | None = None) -> Envelope:
        """Write this fact in this transaction; the relay publishes it after the commit."""
        envelope = Envelope.of(
            fact,
            source=self.service,
            time=at or self.now,
            territory=self.territory,
            actor_kind=actor_kind,
            correlation=self.cause.correlation if self.cause else None,
            causation=self.cause.id if self.cause else None,
            traceparent=telemetry.carrier().get("traceparent"),
        )
        self.facts.append(envelope)
        return envelope

    def hint(self, topic: str) -> None:
        """Tell open pages, after the commit, that something moved; a topic is `desk.<ref>`, `organisation.<ref>`…"""
        self.hints.add(topic)

    async def execute(self, statement: str, **values: Any) -> Rows:  # noqa: ANN401 - parameters
        """Run one hand-written statement with named parameters, after what the session has not written yet."""
        if self._session is not None and (self._session.new or self._session.dirty or self._session.deleted):
            await self._session.flush()
        return await fetch(self.driver, statement, values)

    async def recall_command(self, command: UUID) -> dict[str, Any] | None:
        """The reply given to that command before, or None."""
        row = await self.execute(f"SELECT reply FROM {self.service}.command WHERE id = :id", id=command)
        found: dict[str, Any] | None = row.scalar_one_or_none()
        return found

    async def remember_command(self, command: UUID, reply: dict[str, Any]) -> None:
        """Keep the reply with the change, so that a repeated command gets the same answer and changes nothing."""
        await self.execute(
            f"INSERT INTO {self.service}.command (id, reply) VALUES (:id, cast(:reply AS jsonb))",
            id=command,
            reply=json.dumps(reply),
        )

    async def commit(self) -> None:
        """Write what the session holds and the facts, and end the transaction. `Database` alone calls it."""
        if self._session is not None:
            await self._session.flush()
        if self.facts:
            payloads = [one.model_dump_json() for one in self.facts]
            await self.execute(_WRITE_FACTS.format(service=self.service), envelopes=payloads, payloads=payloads)
        # A transaction in which a statement failed ends without an error, and without a change.
        if await self.driver.execute("COMMIT") != "COMMIT":
            raise asyncpg.InFailedSQLTransactionError("a statement of this transaction had failed")

    async def leave(self, *, undo: bool) -> None:
        """Let go of the models, and of the transaction when it did not go through. `Database` alone calls it."""
        try:
            if self._session is not None:
                await self._session.close()
            if undo and not self.driver.is_closed():
                await self.driver.execute("ROLLBACK")
        except Exception:
            self.driver.terminate()  # what went wrong before is what is told
        except BaseException:
            self.driver.terminate()
            raise
        finally:
            if self.driver.is_closed():
                await self.connection.invalidate()


class Database:
    """The two pools of a service: `web` for requests under the viewer's row-level security, `worker` for the rest."""

    def __init__(
        self,
        service: str,
        territory: str,
        clock: Clock,
        *,
        web_url: str,
        worker_url: str,
        web_size: int = 6,
        worker_size: int = 8,
        connect_args: dict[str, Any] | None = None,
    ) -> None:
        self.service, self.territory, self.clock = service, territory, clock
        self.web_engine = _engine(web_url, service, web_size, connect_args)
        self.worker_engine = _engine(worker_url, service, worker_size, connect_args)
        self.send_hint: Hint | None = None

    @asynccontextmanager
    async def web(self, viewer: Viewer | None, *, at: datetime | None = None) -> AsyncIterator[Work]:
        """A transaction that sees and writes what this viewer may; None is nobody signed in, who sees nothing
        personal.
        """
        async with self._work(self.web_engine, viewer, None, at) as work:
            yield work

    @asynccontextmanager
    async def worker(self, cause: Envelope | None = None, *, at: datetime | None = None) -> AsyncIterator[Work]:
        """A transaction of a consumer (`cause` is the fact it reacts to) or of a clock."""
        async with self._work(self.worker_engine, None, cause, at) as work:
            yield work

    @asynccontextmanager
    async def _work(
        self, engine: AsyncEngine, viewer: Viewer | None, cause: Envelope | None, at: datetime | None
    ) -> AsyncIterator[Work]:
        async with _connected(engine) as connection:
            link = _driver(connection)
            work = Work(connection, link, self.service, self.territory, at or self.clock(), viewer, cause)
            undo = True
            try:
                await link.execute(_begin(self.territory, viewer))
                yield work
                await work.commit()
                undo = False
            finally:
                await work.leave(undo=undo)
        if self.send_hint is not None:
            for topic in sorted(work.hints):
                await self.send_hint(topic)

    async def close(self) -> None:
        """Give the connections back."""
        await self.web_engine.dispose()
        await self.worker_engine.dispose()


def _begin(territory: str, viewer: Viewer | None) -> str:
    """Begin a transaction bound to who asks: row-level security reads these settings, which end with it."""
    settings = {"territory": territory, "organisation": "", "account": "", "desks": "", "roles": "", "person": ""}
    if viewer is not None:
        settings |= {
            "organisation": str(viewer.organisation),
            "account": str(viewer.account),
            "desks": "{" + ",".join(map(str, viewer.desks)) + "}",
            "roles": "{" + ",".join(sorted(role.value for role in viewer.roles)) + "}",
            "person": str(viewer.account) if viewer.herself else "",
        }
    bound = ", ".join(
        f"set_config('relais.{name}', {literal(value)}, true)" for name, value in settings.items()
    )
    return f"BEGIN; SELECT {bound}"


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection of the pool; those that the server closed meanwhile are left out."""
    for _ in range(MOST_STALE):
        async with engine.connect() as connection:
            if not _driver(connection).is_closed():
                yield connection
                return
            await connection.invalidate()
    raise asyncpg.ConnectionDoesNotExistError("every connection of the pool is closed")


def _driver(connection: AsyncConnection) -> asyncpg.Connection:
    assert connection.sync_connection is not None
    found: asyncpg.Connection = connection.sync_connection.connection.driver_connection
    return found


def _engine(url: str, service: str, size: int, connect_args: dict[str, Any] | None) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=size,
        max_overflow=4,
        # The connection used last is used next: its plans are made and its caches warm, and the others stay small.
        pool_use_lifo=True,
        pool_pre_ping=False,
        pool_recycle=1800,
        # `Work` begins and ends its transactions itself, with the viewer bound in the statement that begins one.
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        connect_args={
            "server_settings": {
                "search_path": service,
                "application_name": f"relais-{service}",
                "idle_in_transaction_session_timeout": "30000",
                "statement_timeout": "30000",
            },
            **(connect_args or {}),
        },
    )
