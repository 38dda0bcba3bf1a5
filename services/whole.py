"""The four services in one process over real servers, embedded or yours: what `./relais up` serves and the tests
drive.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from contracts.topology import PREFIXES, SERVICES, may_publish, may_subscribe
from services.processes import make, schemas
from services.runtime import stream
from services.runtime.clock import Clock, system_clock
from services.runtime.embedded.nats import EmbeddedNats
from services.runtime.embedded.postgres import EmbeddedPostgres
from services.runtime.migrations import migrate
from services.runtime.nats_keys import Permissions
from services.runtime.process import Servers, Service
from services.runtime.settings import Settings

Scope = Mapping[str, Any]
Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class SettingsIncomplete(Exception):
    """Only one of the two servers is given: both are embedded, or both are yours."""


class StreamDrift(Exception):
    """The stream or a consumer is not set as asked; the message says which, and `relais doctor` how to mend it."""


def bus_users(territory: str) -> dict[str, Permissions]:
    """Every user of the bus with its exact permissions; `admin` makes the stream and its consumers, and reads no
    fact.
    """
    users = {
        name: Permissions(may_publish(name, territory), may_subscribe(name, territory), responses=True)
        for name in SERVICES
    }
    return {
        **users,
        "admin": Permissions(("$JS.API.INFO", "$JS.API.STREAM.>", "$JS.API.CONSUMER.>"), ("_INBOX_admin.>",)),
    }


@dataclass
class Ground:
    """The servers below: their addresses, the owner's address for migrations, and the embedded ones to stop."""

    servers: Servers
    owner_url: str
    postgres: EmbeddedPostgres | None = None
    nats: EmbeddedNats | None = None
    prepared: bool = False

    @classmethod
    def start(cls, settings: Settings) -> Self:
        """Start the embedded servers, or take the given ones. Raises SettingsIncomplete, EmbeddedServerError."""
        if (settings.database_url is None) != (settings.nats_url is None):
            raise SettingsIncomplete(
                "RELAIS_DATABASE_URL et RELAIS_NATS_URL vont ensemble : donnez les deux, ou aucun."
            )
        keys = Path(settings.keys)
        if settings.database_url is not None and settings.nats_url is not None:
            return cls(Servers(settings.database_url, settings.nats_url, keys), settings.database_url)
        postgres = EmbeddedPostgres.start(settings.var)
        try:
            nats = EmbeddedNats.start(settings.var, bus_users(settings.territory), keys=keys)
        except BaseException:
            postgres.stop()
            raise
        return cls(Servers(postgres.owner_url, nats.url, keys), postgres.owner_url, postgres, nats)

    async def prepare(self, territory: str) -> None:
        """Migrate every schema and make the stream; a second time does nothing.

        Raises SchemaTooNew, and StreamDrift when the server holds other settings.
        """
        if self.prepared:
            return
        await migrate(self.owner_url, self.servers.keys, schemas())
        drifts = await stream.ensure(self.servers.nats_url, self.servers.keys / "admin" / "nats.creds", territory)
        if drifts:
            raise StreamDrift(
                "; ".join(f"{one.thing}: {one.setting} = {one.found}, attendu {one.asked}" for one in drifts)
            )
        self.prepared = True

    def stop(self) -> None:
        """Stop the embedded servers, the bus first."""
        for server in (self.nats, self.postgres):
            if server is not None:
                server.stop()


@asynccontextmanager
async def at_rest(settings: Settings, *names: str, prepare: bool = False) -> AsyncIterator[dict[str, Service]]:
    """These services made and not started, on the data folder of a stopped application or on your servers: no clock of
    theirs runs, nobody is told of what is written, and its facts wait in the outbox. `prepare`: migrate first.
    """
    ground = Ground.start(settings)
    try:
        if prepare:
            await ground.prepare(settings.territory)
        async with AsyncExitStack() as stack:
            services: dict[str, Service] = {}
            for name in names:
                service = services[name] = make(name, settings, ground.servers)
                service.database.send_hint = None
                stack.push_async_callback(service.database.close)
            yield services
    finally:
        ground.stop()


class Whole:
    """All services, started together and served under one address; each request goes to the service of its first
    words.
    """

    def __init__(self, settings: Settings, ground: Ground, clock: Clock = system_clock) -> None:
        self.services: dict[str, Service] = {name: make(name, settings, ground.servers, clock) for name in SERVICES}
        prefixes = [(prefix, name) for name, found in PREFIXES.items() for prefix in found if prefix]
        self.prefixes = sorted(prefixes, key=lambda one: -len(one[0]))

    async def start(self) -> None:
        """Start every service, once all are prepared: none asks another that is not there yet."""
        await asyncio.gather(*(service.prepare() for service in self.services.values()))
        await asyncio.gather(*(service.start() for service in self.services.values()))

    async def stop(self) -> None:
        """Stop every service; what is committed is in the database."""
        await asyncio.gather(*(service.stop() for service in self.services.values()))

    def service_for(self, path: str) -> Service:
        """The service that owns that path; the directory owns what nobody else does."""
        trimmed = path.strip("/")
        for prefix, name in self.prefixes:
            if trimmed == prefix or trimmed.startswith(prefix + "/"):
                return self.services[name]
        return self.services["partners"]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if scope["type"] != "http":
            return
        app = self._readiness if scope["path"] == "/readyz" else self.service_for(scope["path"]).app
        assert app is not None
        await app(scope, receive, send)

    async def _readiness(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        from starlette.responses import JSONResponse

        from services.runtime.web.shell import is_ready, readiness

        found = {name: await readiness(service) for name, service in self.services.items()}
        ready = all(map(is_ready, found.values()))
        await JSONResponse(found, 200 if ready else 503)(scope, receive, send)
