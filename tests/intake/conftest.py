"""Intake with its own servers, once for the run."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.intake import tables
from services.intake.app import build
from services.intake.demonstration import make_routes
from services.runtime import stream, telemetry
from services.runtime.embedded.nats import EmbeddedNats
from services.runtime.embedded.postgres import EmbeddedPostgres
from services.runtime.migrations import migrate
from services.runtime.process import Servers, Service
from services.runtime.settings import Settings
from services.whole import bus_users
from tests.intake.handover_service import world
from tests.intake.people_world import People, start_people

__all__ = ["people", "world"]


@pytest.fixture(scope="session")
async def people() -> AsyncIterator[People]:
    """Intake as `build` makes it, with the route table of the demonstration and nobody on file."""
    folder = Path(tempfile.mkdtemp(prefix="relais-", dir="/tmp"))
    folder.chmod(0o755)
    settings = Settings(var=folder, log_level="error")
    telemetry.configure("error")
    postgres = EmbeddedPostgres.start(folder)
    nats = EmbeddedNats.start(folder, bus_users("valbrume"), keys=settings.keys)
    try:
        await migrate(postgres.owner_url, settings.keys, [tables.SCHEMA])
        await stream.ensure(nats.url, settings.keys / "admin" / "nats.creds", "valbrume")
        servers = Servers(postgres.owner_url, nats.url, settings.keys)
        service = Service("intake", settings, servers, tables.SCHEMA, tables.PLUMBING)
        build(service)
        async with service.database.worker() as work:
            await make_routes(work)
        made = await start_people(service)
        yield made
        await made.service.stop()
        if made.partners is not None:
            await made.partners.stop()
    finally:
        nats.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
