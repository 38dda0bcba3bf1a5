"""The ground of a measurement: embedded servers in a folder of their own, a mail box, the application as a process."""

import asyncio
import contextlib
import os
import re
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.notify.sink import Box
from services.runtime.clock import system_clock
from services.runtime.embedded.nats import EmbeddedNats
from services.runtime.embedded.postgres import EmbeddedPostgres
from services.runtime.nats_keys import Permissions
from services.runtime.process import Servers
from services.runtime.settings import Settings
from services.whole import Ground, bus_users

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
# The benchmark's own user of the bus: its own stream, beside the one of the facts, on the same server.
OWN_STREAM = Permissions(("$JS.API.>", "$JS.ACK.>", "bench.>"), ("_INBOX.>",))


@dataclass
class Bench:
    """Running servers, prepared and empty; `environment` is what a process of Relais needs to use them."""

    settings: Settings
    ground: Ground
    postgres: EmbeddedPostgres
    nats: EmbeddedNats
    environment: dict[str, str]


@asynccontextmanager
async def started() -> AsyncIterator[Bench]:
    """Start the servers in a temporary folder, migrate, make the stream; stop them and remove the folder at the end."""
    with tempfile.TemporaryDirectory(prefix="relais-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)
        settings = Settings(var=folder, keys=folder / "keys", log_level="error", database_url=None, nats_url=None)
        box = Box(system_clock)
        postgres = EmbeddedPostgres.start(folder)
        try:
            users = {**bus_users(settings.territory), "bench": OWN_STREAM}
            nats = EmbeddedNats.start(folder, users, keys=settings.keys)
            try:
                servers = Servers(postgres.owner_url, nats.url, settings.keys)
                ground = Ground(servers, postgres.owner_url, postgres, nats)
                await ground.prepare(settings.territory)
                host, port = await box.address()
                found = environment(settings, servers, f"smtp://{host}:{port}")
                yield Bench(settings, ground, postgres, nats, found)
            finally:
                nats.stop()
        finally:
            postgres.stop()
            await box.stop()


def environment(settings: Settings, servers: Servers, smtp_url: str) -> dict[str, str]:
    """The environment of a process of Relais on these servers."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")},
        "RELAIS_VAR": str(settings.var),
        "RELAIS_KEYS": str(servers.keys),
        "RELAIS_DATABASE_URL": servers.database_url,
        "RELAIS_NATS_URL": servers.nats_url,
        "RELAIS_SMTP_URL": smtp_url,
        "RELAIS_TERRITORY": settings.territory,
        "RELAIS_LOG_LEVEL": settings.log_level,
    }


@dataclass
class Application:
    """A running process of Relais."""

    process: Process
    port: int

    async def stop(self) -> None:
        """Ask it to stop, then end it; no other process."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), PATIENCE / 3)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


async def application(environment: dict[str, str], *command: str) -> Application:
    """Start `python -m services <command>` and return once it has said its address, at most a minute later."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", *command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        port = await asyncio.wait_for(_said(process), PATIENCE)
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return Application(process, port)


async def _said(process: Process) -> int:
    assert process.stdout is not None
    async for line in process.stdout:
        found = re.search(rb"http://[\w.]+:(\d+)", line)
        if found:
            return int(found[1])
    raise RuntimeError("the application ended before it was ready")
