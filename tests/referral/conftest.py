"""The referral service alone on real servers: its own PostgreSQL with its schema, and a bus without the others."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.processes import make, schema
from services.runtime import stream, telemetry
from services.runtime.migrations import migrate
from services.runtime.process import Service
from services.runtime.settings import Settings
from services.whole import Ground
from tests.referral.referral_world import Alone


@pytest.fixture(scope="session")
def referral_settings() -> Iterator[Settings]:
    """A folder of its own, so that nothing here meets another test's data."""
    folder = Path(tempfile.mkdtemp(prefix="relais-r-"))
    folder.chmod(0o755)
    yield Settings(var=folder, port=0, log_level="error")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def referral_ground(referral_settings: Settings) -> AsyncIterator[Ground]:
    """Real servers with the referral schema and the stream."""
    telemetry.configure("error")
    ground = Ground.start(referral_settings)
    await migrate(ground.owner_url, ground.servers.keys, [schema("referral")])
    await stream.ensure(
        ground.servers.nats_url, ground.servers.keys / "admin" / "nats.creds", referral_settings.territory
    )
    yield ground
    ground.stop()


@pytest.fixture(scope="session")
async def service(referral_settings: Settings, referral_ground: Ground) -> AsyncIterator[Service]:
    """The service, made and not started: no clock ticks and no relay carries unless a test does it."""
    made = make("referral", referral_settings, referral_ground.servers)
    made.database.send_hint = None
    yield made
    await made.database.close()


@pytest.fixture
def alone(service: Service) -> Alone:
    """The service under handlers called as its edge calls them."""
    return Alone(service)
