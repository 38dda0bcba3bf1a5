"""Intake with its own servers and two neighbours that answer as a test sets them, once for the run."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.asks import DescribeNetwork, ListAbsences, ListConventions, ListRecipients, ResolveRecipient
from contracts.viewer import Viewer
from services.intake import disclosure, subscribers, tables
from services.intake.app import PAGES
from services.intake.person_keys import PersonKeys
from services.intake.web_caseload import ask_why_first
from services.runtime import stream
from services.runtime.bus import Bus
from services.runtime.embedded.nats import EmbeddedNats
from services.runtime.embedded.postgres import EmbeddedPostgres
from services.runtime.migrations import Schema, migrate, write_migration
from services.runtime.process import Parts, Servers, Service
from services.runtime.settings import Settings
from services.whole import bus_users
from tests.intake.handover_neighbours import Directory, Referrals, neighbour, referral_bus
from tests.intake.handover_world import World


async def wait_for_answers(bus: Bus) -> None:
    """Until the server knows the subscriptions: a request before that is answered by nobody."""
    await bus.broker._connection.flush()


async def make_world(settings: Settings, servers: Servers, schema: Schema) -> World:
    service = Service("intake", settings, servers, schema, tables.PLUMBING)
    keys = PersonKeys(settings.keys / "persons")
    sessions: dict[str, Viewer] = {}

    async def resolve(session: str) -> Viewer | None:
        return sessions.get(session)

    service.assemble(
        Parts(
            answers=disclosure.answers(service, keys),
            reactions=subscribers.REACTIONS,
            resolve_viewer=resolve,
            routers=[one.pages.router for one in PAGES],
            templates=Path(tables.__file__).with_name("templates"),
        )
    )
    service.app.state.person_keys = keys
    ask_why_first(service.app)
    directory, referrals = Directory(), Referrals()
    neighbours = {
        "partners": await neighbour(
            "partners",
            servers,
            {
                ResolveRecipient: directory.resolve,
                ListRecipients: directory.list,
                DescribeNetwork: directory.network,
                ListConventions: directory.told,
                ListAbsences: directory.away,
            },
        ),
        "referral": await referral_bus(servers, referrals),
    }
    await service.start()
    for bus in (*neighbours.values(), service.bus):
        await wait_for_answers(bus)
    return World(service, keys, directory, referrals, neighbours, sessions)


@pytest.fixture(scope="session")
async def world() -> AsyncIterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="relais-", dir="/tmp"))
    folder.chmod(0o755)
    versions = folder / "versions"
    versions.mkdir()
    settings = Settings(var=folder, log_level="error")
    postgres = EmbeddedPostgres.start(folder)
    nats = EmbeddedNats.start(folder, bus_users("valbrume"), keys=settings.keys)
    schema = replace(tables.SCHEMA, versions=versions)
    try:
        await migrate(postgres.owner_url, settings.keys, [schema])
        await write_migration(postgres.owner_url, schema, "intake")
        await migrate(postgres.owner_url, settings.keys, [schema])
        await stream.ensure(nats.url, settings.keys / "admin" / "nats.creds", "valbrume")
        servers = Servers(postgres.owner_url, nats.url, settings.keys)
        made = await make_world(settings, servers, schema)
        yield made
        await made.service.stop()
        await asyncio.gather(*(bus.stop() for bus in made.neighbours.values()))
    finally:
        nats.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
