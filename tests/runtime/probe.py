"""A service with no word of the field, on real servers: what the runtime promises to every service is shown on it."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import nats
import pytest
from nats.js.api import ConsumerConfig, StreamConfig
from sqlmodel import Field

from contracts.envelope import STREAM, Envelope
from contracts.facts import DeskItemDelivered, PersonMet
from contracts.vocabulary import Channel
from services.runtime.access import Access, plumbing_access
from services.runtime.bus import Bus
from services.runtime.clock import system_clock
from services.runtime.database import Database, Work
from services.runtime.embedded.nats import EmbeddedNats
from services.runtime.inbox import Inbox
from services.runtime.migrations import Schema, migrate, role_url, write_migration
from services.runtime.nats_keys import Permissions
from services.runtime.relay import Relay
from services.runtime.tables import plumbing, service_base
from services.whole import Ground

Base = service_base("probe")


class Effect(Base, table=True):
    """One row for each time a reaction ran."""

    number: int | None = Field(default=None, primary_key=True)
    ref: UUID
    version: int = 0


PLUMBING = plumbing(Base, "probe")
ACCESS = (
    Access("effect", "SELECT, INSERT", "SELECT, INSERT, DELETE"),
    *plumbing_access("probe"),
)
EVERYTHING = Permissions((">",), (">",), responses=True)
OWN_INBOX_ONLY = Permissions((">",), ("ask.>", "hint.>", "_INBOX_probe.>"), responses=True)


@dataclass
class Probe:
    """The probe service: its database, its bus, and what its reaction does next."""

    database: Database
    bus: Bus
    inbox: Inbox
    relay: Relay
    nats: EmbeddedNats
    broken: set[UUID] = field(default_factory=set)
    broken_versions: set[tuple[UUID, int]] = field(default_factory=set)
    tried: list[UUID] = field(default_factory=list)

    async def effects(self, ref: UUID) -> list[int]:
        """The versions applied for that object, in the order in which they were."""
        async with self.database.worker() as work:
            rows = await work.execute("SELECT version FROM effect WHERE ref = :ref ORDER BY number", ref=ref)
            return list(rows.scalars())

    async def count(self, table: str) -> int:
        """Rows of one of its tables."""
        async with self.database.worker() as work:
            return (await work.execute(f"SELECT count(*) FROM {table}")).scalar_one()

    async def redelivered(self) -> int:
        """How many facts the consumer has handed out more than once and not got back."""
        js = self.bus.broker._connection.jetstream()  # type: ignore[union-attr]
        info = await js.consumer_info(STREAM, "probe-desk_item")
        return (info.num_redelivered or 0) + (info.num_ack_pending or 0)

    async def react(self, fact: DeskItemDelivered, work: Work) -> None:
        """Write one row; fails for a reference or one version that is `broken`."""
        self.tried.append(fact.ref)
        work.session.add(Effect(ref=fact.ref, version=fact.version))
        if fact.ref in self.broken or (fact.ref, fact.version) in self.broken_versions:
            raise ValueError("née 12/03/1951")


def delivered(ref: UUID | None = None, version: int = 0) -> DeskItemDelivered:
    """A small fact."""
    return DeskItemDelivered(ref=ref or uuid4(), version=version, desk=uuid4(), at=datetime.now(UTC))


def met() -> PersonMet:
    """A fact to which the probe does not react."""
    return PersonMet(
        ref=uuid4(), person=uuid4(), organisation=uuid4(), channel=Channel.PERMANENCE, at=datetime.now(UTC)
    )


def envelope(fact: DeskItemDelivered) -> Envelope:
    """That fact in its envelope."""
    return Envelope.of(fact, source="probe", time=fact.at, territory="essai", actor_kind="clock")


@pytest.fixture(scope="session")
def bus_folder() -> Iterator[Path]:
    """A folder of its own: these tests stop and kill their bus."""
    with tempfile.TemporaryDirectory(prefix="relais-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture(scope="session")
def own_nats(bus_folder: Path) -> Iterator[EmbeddedNats]:
    """A nats-server that belongs to these tests."""
    server = EmbeddedNats.start(bus_folder, {"probe": OWN_INBOX_ONLY, "admin": EVERYTHING})
    yield server
    server.stop()


@pytest.fixture
async def probe(servers: Ground, own_nats: EmbeddedNats, bus_folder: Path, tmp_path: Path) -> AsyncIterator[Probe]:
    """The probe at work, with an empty schema and an empty stream."""
    keys = bus_folder / "keys"
    schema = Schema("probe", Base.metadata, ACCESS, tmp_path)
    await _empty(servers)
    await migrate(servers.owner_url, keys, [schema])
    await write_migration(servers.owner_url, schema, "probe")
    await migrate(servers.owner_url, keys, [schema])
    client = await nats.connect(own_nats.url, user_credentials=str(keys / "admin" / "nats.creds"))
    js = client.jetstream()
    if STREAM in [one.config.name for one in await js.streams_info()]:
        await js.delete_stream(STREAM)
    await js.add_stream(StreamConfig(name=STREAM, subjects=["relais.essai.>"]))
    await js.add_consumer(
        STREAM,
        ConsumerConfig(
            durable_name="probe-desk_item",
            filter_subject="relais.essai.desk_item.>",
            max_deliver=-1,
            ack_policy="explicit",
            ack_wait=2,
        ),
    )
    await client.close()
    database = Database(
        "probe",
        "essai",
        system_clock,
        web_url=role_url(servers.owner_url, keys, "probe", "web"),
        worker_url=role_url(servers.owner_url, keys, "probe", "worker"),
    )
    bus = Bus("probe", "essai", own_nats.url, keys / "probe" / "nats.creds")
    made = Probe(database, bus, Inbox(database, PLUMBING, {}), Relay(database, PLUMBING.outbox, bus), own_nats)
    made.inbox = Inbox(database, PLUMBING, {DeskItemDelivered: made.react})
    bus.listen("desk_item", "probe-desk_item", made.inbox)
    await bus.start()
    await made.relay.start()
    yield made
    await bus.stop()
    await made.relay.stop()
    await database.close()


async def _empty(servers: Ground) -> None:
    from sqlalchemy import text
    from sqlalchemy.engine import make_url
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(make_url(servers.owner_url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA IF EXISTS probe CASCADE"))
    await engine.dispose()
