"""The whole of Relais on real servers, once for the run: embedded PostgreSQL and nats-server, four services, one
address.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from hypothesis import settings as hypothesis_settings

from services.runtime import telemetry
from services.runtime.process import Service
from services.runtime.settings import Settings
from services.whole import Ground, Whole

# How long an example takes says how busy the machine is, never whether the code is right.
hypothesis_settings.register_profile("relais", deadline=None)
hypothesis_settings.load_profile("relais")


# What takes longest comes first, so that both processes end at about the same time.
_LONGEST = (
    "tests/journey/test_every_page.py", "tests/faults/test_every_referral_arrives.py",
    "tests/test_entitlement_crawl.py", "tests/journey", "tests/test_up.py", "tests/test_commands.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the order within a file; see _LONGEST."""

    def place(item: pytest.Item) -> int:
        return next((at for at, one in enumerate(_LONGEST) if item.nodeid.startswith(one)), len(_LONGEST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A data folder that the database's system account can reach (a deep temporary path may be too long for a
    socket).
    """
    made = Path(tempfile.mkdtemp(prefix="relais-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def settings(folder: Path) -> Settings:
    """Settings of a demonstration in that folder."""
    return Settings(var=folder, port=0, log_level="error")


async def _hasten(ground: Ground) -> None:
    """No test pulls the plug of these servers (`tests/faults` starts its own): a commit need not await the disk."""
    owner = await asyncpg.connect(ground.owner_url)
    try:
        await owner.execute("ALTER SYSTEM SET synchronous_commit = off")
        await owner.execute("SELECT pg_reload_conf()")
    finally:
        await owner.close()


@pytest.fixture(scope="session")
def servers(settings: Settings) -> Iterator[Ground]:
    """Real servers, empty."""
    telemetry.configure(settings.log_level)
    found = Ground.start(settings)
    asyncio.run(_hasten(found))
    yield found
    found.stop()


@pytest.fixture(scope="session")
async def ground(settings: Settings, servers: Ground) -> Ground:
    """Real servers, migrated, with the stream and its consumers."""
    await servers.prepare(settings.territory)
    return servers


@dataclass
class Running:
    """The running application: its address, its services, and a browser-like client for anybody."""

    whole: Whole
    base_url: str
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def service(self, name: str) -> Service:
        """A running service by name."""
        return self.whole.services[name]

    def nobody(self) -> httpx.AsyncClient:
        """A client that is not signed in; it sends what a browser sends from our own pages."""
        client = httpx.AsyncClient(base_url=self.base_url, headers={"sec-fetch-site": "same-origin"}, timeout=20)
        self.clients.append(client)
        return client

    async def sign_in(self, login: str) -> httpx.AsyncClient:
        """A client signed in as that demonstration account (its e-mail address), by the one-click switch."""
        from services.partners.demonstration import demo_accounts

        account = next(row for row in demo_accounts() if row["login"] == login)
        client = self.nobody()
        answer = await client.post("/connexion/demonstration", data={"account": account["ref"]})
        assert answer.status_code == 303, answer.text
        return client


@pytest.fixture(scope="session")
async def relais(settings: Settings, ground: Ground) -> AsyncIterator[Running]:
    """All services started and served on a free port, with the demonstration's directory and route table, and no
    person.
    """
    from services.intake.demonstration import make_routes
    from services.partners.demonstration import make_directory

    whole = Whole(settings, ground)
    await whole.start()
    async with whole.services["partners"].database.worker() as work:
        await make_directory(work)
    async with whole.services["intake"].database.worker() as work:
        await make_routes(work)
    server = uvicorn.Server(
        uvicorn.Config(
            whole,
            host="127.0.0.1",
            port=0,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
        )
    )
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started, within=60)
    running = Running(whole, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    try:
        yield running
    finally:
        for client in running.clients:
            await client.aclose()
        for service in whole.services.values():
            service.live.close()
        server.should_exit = True
        await serving
        await whole.stop()


async def eventually(check: Callable[[], Awaitable[Any]], *, within: float = 10.0) -> Any:
    """Await until `check()` is true and return it; fails after `within` seconds with the last answer."""
    until = asyncio.get_running_loop().time() + within
    while True:
        found = await check()
        if found:
            return found
        if asyncio.get_running_loop().time() > until:
            raise AssertionError(f"not within {within} s; last: {found!r}")
        await asyncio.sleep(0.02)


def rounds(usual: int, *, shared_by: int = 1) -> int:
    """How often a test marked `long` repeats: `usual`, or its share of RELAIS_ROUNDS where that is set."""
    asked = int(os.environ.get("RELAIS_ROUNDS") or 0)
    return max(usual, -(-asked // shared_by))


@pytest.fixture(scope="session")
def until() -> Callable[..., Awaitable[Any]]:
    """`await until(check)`: the condition that a test awaits instead of sleeping."""
    return eventually


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium, found by `./relais test`."""
    found = os.environ.get("RELAIS_CHROMIUM") or shutil.which("chromium")
    assert found, "no Chromium: run ./relais test"
    return found
