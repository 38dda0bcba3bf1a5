"""One service at work: its parts wired to the database, the bus, the relay, the clocks and the web, started and
stopped.

A service describes itself as `Parts`; this module is the same for all of them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from contracts.asks import ReadFacts, ResolveViewer
from contracts.envelope import Ask, Fact
from contracts.topology import durables
from contracts.viewer import Viewer
from services.runtime import holdings, telemetry
from services.runtime.bus import Answer, Bus
from services.runtime.clock import Clock, system_clock
from services.runtime.database import Database
from services.runtime.gaps import GAPS_EVERY, fill_gaps
from services.runtime.inbox import Inbox, Reaction
from services.runtime.jobs import Job, Jobs
from services.runtime.migrations import Schema, role_url
from services.runtime.purging import PLUMBING_AGES, PURGE_EVERY, nightly
from services.runtime.relay import Relay
from services.runtime.settings import Settings
from services.runtime.tables import Plumbing
from services.runtime.web.live import Live

R = TypeVar("R", bound=BaseModel)
ViewerOf = Callable[[str], Awaitable[Viewer | None]]


@dataclass(frozen=True)
class Servers:
    """Where the servers are: the database's address (any role's), the bus's, and the folder of keys."""

    database_url: str
    nats_url: str
    keys: Path


@dataclass
class Parts:
    """What a service is made of. `templates` are its pages; `resolve_viewer` only the directory has (the others ask
    it). `prepare` is awaited before anything is answered. `purges` False: the service lets old rows go by a clock of
    its own. `health` says by name how its clocks and its books are, `ok` or what is wrong: `/readyz` shows it.
    """

    answers: Mapping[type[Ask[Any]], Answer] = field(default_factory=dict)
    reactions: Mapping[type[Fact], Reaction] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    routers: list[APIRouter] = field(default_factory=list)
    templates: Path | None = None
    resolve_viewer: ViewerOf | None = None
    prepare: Callable[[], Awaitable[object]] | None = None
    purges: bool = True
    stop: Callable[[], Awaitable[None]] | None = None
    health: Callable[[], Awaitable[Mapping[str, str]]] | None = None


class Service:
    """A running service. `parts` is filled by the service's `app.build(service)` before `start`."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        servers: Servers,
        schema: Schema,
        plumbing: Plumbing,
        clock: Clock = system_clock,
    ) -> None:
        self.name, self.settings, self.servers, self.schema, self.clock = name, settings, servers, schema, clock
        self.plumbing = plumbing
        self.database = Database(
            name,
            settings.territory,
            clock,
            web_url=role_url(servers.database_url, servers.keys, name, "web"),
            worker_url=role_url(servers.database_url, servers.keys, name, "worker"),
        )
        self.bus = Bus(name, settings.territory, servers.nats_url, servers.keys / name / "nats.creds")
        self.database.send_hint = self.bus.hint
        self.live = Live()
        self.bus.listeners.append(self.live.moved)
        self.relay = Relay(self.database, plumbing.outbox, self.bus)
        self.viewers = Remembered(self._ask_viewer, seconds=5.0)
        self.bus.listeners.append(self._session_ended)
        self.parts = Parts()
        self.prepared = False
        self.app: FastAPI | None = None
        # Set where a demonstration may be emptied and filled again: whoever serves it knows its folder.
        self.start_anew: Callable[[], None] | None = None

    def assemble(self, parts: Parts) -> None:
        """Take the service's parts: answers, consumers, clocks and pages."""
        from services.runtime.web.shell import make_app

        self.parts = parts
        self.inbox = Inbox(self.database, self.plumbing, parts.reactions)
        held = holdings.answers(self.name, self.database, self.schema.metadata)
        for kind, handler in {**held, **parts.answers}.items():
            self.bus.answer(kind, handler)
        for thing, durable in durables(self.name).items():
            self.bus.listen(thing, durable, self.inbox)
        gaps = [Job("gaps", GAPS_EVERY, lambda: fill_gaps(self))] if self.name in ReadFacts.asked_by else []
        ages = (*PLUMBING_AGES, *self.schema.ages)
        purges = [Job("purge", PURGE_EVERY, nightly(self.database, ages))] if parts.purges else []
        self.jobs = Jobs([*parts.jobs, *gaps, *purges, Job("measure", 10.0, self._measure)])
        self.app = make_app(self, parts.routers, parts.templates)

    async def prepare(self) -> None:
        """Do once what is to be done before anything is answered."""
        if self.parts.prepare is not None and not self.prepared:
            await self.parts.prepare()
        self.prepared = True

    async def start(self) -> None:
        """Prepare, connect, consume, relay, tick. What `prepare` does is done before anything is answered."""
        await self.prepare()
        await self.bus.start()
        await self.relay.start()
        self.jobs.start()

    async def stop(self) -> None:
        """In the reverse order: nothing new is taken, what runs ends, what is committed stays in the outbox."""
        self.live.close()
        await self.jobs.stop()
        if self.parts.stop is not None:
            await self.parts.stop()
        await self.relay.stop()
        await self.bus.stop()
        await self.database.close()

    async def viewer_of(self, session: str) -> Viewer | None:
        """Who holds this session (SHA-256 of the cookie, hexadecimal), or None. Kept for 5 s at most."""
        if self.parts.resolve_viewer is not None:
            return await self.parts.resolve_viewer(session)
        return await self.viewers.of(session)

    async def _ask_viewer(self, session: str) -> Viewer | None:
        return (await self.bus.ask(ResolveViewer(session=session))).viewer

    def _session_ended(self, topic: str) -> None:
        if topic.startswith("session."):
            self.viewers.forget(topic.removeprefix("session."))

    async def _measure(self) -> None:
        telemetry.BUS_UP.labels(self.name).set(self.bus.connected)
        async with self.database.worker() as work:
            row = (
                await work.execute(
                    f"SELECT (SELECT count(*) FROM {self.name}_outbox),"
                    f" (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM {self.name}_outbox),"
                    " (SELECT count(*) FROM failure), (SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL),"
                    " (SELECT count(*) FROM parked)"
                )
            ).one()
        for gauge, value in zip(
            (
                telemetry.OUTBOX_DEPTH,
                telemetry.OUTBOX_AGE,
                telemetry.INBOX_FAILURES,
                telemetry.DEAD_LETTERS,
                telemetry.PARKED,
            ),
            row,
            strict=True,
        ):
            gauge.labels(self.name).set(float(value))
        if self.bus.connected:
            for durable in durables(self.name).values():
                telemetry.CONSUMER_LAG.labels(durable).set(await self.bus.lag(durable))


K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """An answer kept for some seconds: of several that ask at once for the same key, one asks."""

    def __init__(self, fetch: Callable[[K], Awaitable[V]], *, seconds: float, most: int = 10_000) -> None:
        self.fetch, self.seconds, self.most = fetch, seconds, most
        self.kept: dict[K, tuple[float, asyncio.Future[V]]] = {}

    async def of(self, key: K) -> V:
        """The kept or fetched answer; a failure is not kept."""
        now = asyncio.get_running_loop().time()
        found = self.kept.get(key)
        if found is not None and found[0] > now:
            return await asyncio.shield(found[1])
        if len(self.kept) >= self.most:
            self.kept.clear()
        future = asyncio.ensure_future(self.fetch(key))
        self.kept[key] = (now + self.seconds, future)
        try:
            return await asyncio.shield(future)
        except BaseException:
            self.forget(key)
            raise

    def forget(self, key: K) -> None:
        """Ask again next time."""
        self.kept.pop(key, None)
