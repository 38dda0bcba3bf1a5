"""The fictional territory seeded over servers of its own, called without a network; what its tests look at there."""

import html
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx

from contracts.envelope import Envelope
from contracts.topology import durables
from contracts.viewer import Role
from services.partners.demonstration import demo_accounts
from services.runtime import telemetry
from services.runtime.clock import system_clock
from services.runtime.database import Work
from services.runtime.driver import Row as DriverRow
from services.runtime.projecting import Record
from services.runtime.settings import Settings
from services.seed import SeedReport, seed
from services.whole import Ground, Whole
from tests.conftest import eventually

PEOPLE = 40


@dataclass
class Seeded:
    """The whole application over its own seeded servers, called without a network."""

    whole: Whole
    report: SeedReport

    async def rows(self, service: str, statement: str) -> list[tuple]:
        """What a statement finds under the worker role of a service."""
        async with self.whole.services[service].database.worker() as work:
            return [tuple(row) for row in await work.execute(statement)]

    async def client(self, role: Role | None) -> httpx.AsyncClient:
        """Nobody, or the first demonstration account of that role."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.whole, client=("127.0.0.1", 1)),
            base_url="http://127.0.0.1",
            headers={"sec-fetch-site": "same-origin"},
        )
        if role is not None:
            account = next(one for one in demo_accounts() if one["role"] == role.value)
            answer = await client.post("/connexion/demonstration", data={"account": account["ref"]})
            assert answer.status_code == 303, answer.text
        return client


@asynccontextmanager
async def seeded_in(folder: Path) -> AsyncIterator[Seeded]:
    """Servers, services, and forty people over six months, all facts carried and taken."""
    settings = Settings(var=folder, port=0, log_level="error")
    telemetry.configure(settings.log_level)
    ground = Ground.start(settings)
    try:
        await ground.prepare(settings.territory)
        whole = Whole(settings, ground)
        await whole.start()
        try:
            steps: list[tuple[int, int]] = []
            report = await seed(
                whole.services,
                people=PEOPLE,
                months=6,
                now=system_clock(),
                progress=lambda done, total: steps.append((done, total)),
            )
            assert steps[-1] == (PEOPLE, PEOPLE)
            found = Seeded(whole, report)
            await _settled(found)
            yield found
        finally:
            await whole.stop()
    finally:
        ground.stop()


async def _settled(seeded: Seeded) -> None:
    """Every hand-over has followed its referral to the last version."""

    async def followed() -> bool:
        there = {row[0]: row[1] for row in await seeded.rows("referral", "SELECT ref, version FROM referral")}
        here = {row[0]: row[1] for row in await seeded.rows("intake", "SELECT ref, version FROM handover")}
        met = await seeded.rows("referral", "SELECT count(*) FROM met")
        return bool(there) and there == here and met[0][0] == PEOPLE

    await eventually(followed, within=60)


async def is_quiet(seeded: Seeded) -> bool:
    """Every fact is carried and taken, and whoever it touched is counted."""
    for name, service in seeded.whole.services.items():
        if await seeded.rows(name, f"SELECT 1 FROM {name}_outbox LIMIT 1"):
            return False
        if any([await service.bus.lag(durable) for durable in durables(name).values()]):
            return False
    return await seeded.rows("referral", "SELECT 1 FROM touched LIMIT 1") == []


class Watched(Record):
    """The record, noting of how many objects the facts were asked at once."""

    most = 0

    async def counted(self, service: str, refs: Iterable[UUID]) -> dict[UUID, list[Envelope]]:
        self.most = max(self.most, len(given := list(refs)))
        return await super().counted(service, given)

    async def _told(self, service: str, types: Iterable[str], refs: Iterable[UUID]) -> list[DriverRow]:
        self.most = max(self.most, len(given := list(refs)))
        return await super()._told(service, types, given)


async def rows_of(work: Work, table: str) -> list[str]:
    """Every row, but for the name of one that was made anew."""
    own = " - 'ref'" if table == "notify.reminder" else ""
    return sorted((await work.execute(f"SELECT (to_jsonb(t){own})::text AS row FROM {table} AS t")).scalars())


def typed_in(page: str) -> dict[str, list[str]]:
    """What a browser would send of the only form of a page that has these fields, untouched."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        given = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if "name" in given and (given.get("type") != "checkbox" or " checked" in tag):
            found.setdefault(given["name"], []).append(html.unescape(given.get("value", "")))
    return found
