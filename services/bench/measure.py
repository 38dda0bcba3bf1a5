"""The run: own servers, the application in its own process, the load in another, `pgbench` before and after."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
from rich.console import Console

from services.bench import beside, board, figures, memory, pages, search, timers
from services.bench.figures import Figure, percentile
from services.bench.load import Plan, Sent, in_own_process
from services.bench.people import Territory, make_territory
from services.bench.servers import Application, Bench, application, started
from services.partners.domain import today_in_paris

PERSONS, WARM_UP, PGBENCH_SECONDS = 64, 64, 5
HINTS, HINTS_A_SECOND = 200, 10.0
BOARD = 1_000_000
# Seconds that row 1 may take; the rate of the warm-up says how many referrals that is.
LONGEST, PATIENCE = 40.0, 120.0


async def measure(*, referrals: int, as_json: bool) -> None:
    """Measure rows 1, 2, 6, 9, 11, 12 and 15 of `docs/benchmarks.md`, and print them as a table or as one JSON object.

    `referrals` is the most that are sent: fewer when they would take longer than 40 s.
    """
    where, began = figures.machine(), time.monotonic()
    async with started() as bench:
        territory = await make_territory(bench.settings, bench.ground.servers, persons=PERSONS, rights=("rsa",))
        app = await application(bench.environment, "up", "--port", "0")
        database = await asyncpg.connect(bench.ground.owner_url)
        try:
            run = Run(bench, territory, app, database)
            found, durations = await run.rows(referrals)
        finally:
            await database.close()
            await app.stop()
    said = {"machine": where, "referrals": run.count, "seconds": durations | {"all": time.monotonic() - began}}
    if as_json:
        print(json.dumps(figures.as_json(found, **said), indent=1))
        return
    _print(found, f"{run.count} orientations, {where['cores']} cœurs, charge {where['load_1_minute']} au départ")


async def measure_every_page(*, as_json: bool) -> None:
    """Measure rows 13, 14 and 16, and print them with the slowest pages, or every page as JSON. About four minutes."""
    where, began = figures.machine(), time.monotonic()
    found, measured, referrals = await pages.measure_pages()
    rows = [
        {"role": one.role, "page": one.kind, "p95_ms": one.p95, "median_ms": percentile(one.took, 0.5)}
        for one in measured
    ]
    if as_json:
        said = {"machine": where, "referrals": referrals, "seconds": time.monotonic() - began, "pages": rows}
        print(json.dumps(figures.as_json(found, **said), indent=1))
        return
    _print(found, f"{referrals} orientations, {where['cores']} cœurs, charge {where['load_1_minute']} au départ")
    for one in measured[:12]:
        print(f"{one.p95:8.0f} ms (médiane {percentile(one.took, 0.5):.0f})  {one.role:<14} {one.kind}")


def _print(found: list[Figure], title: str) -> None:
    console = Console(highlight=False)
    console.width = max(console.width, 108)
    console.print(figures.table(found, title))


class Run:
    """One run on servers and an application that are up."""

    def __init__(self, bench: Bench, territory: Territory, app: Application, database: asyncpg.Connection) -> None:
        self.bench, self.territory, self.app, self.database = bench, territory, app, database
        self.desk = territory.targets[0].desk
        self.count = 0

    async def rows(self, most: int) -> tuple[list[Figure], dict[str, float]]:
        """The figures in their order, and how long each part took."""
        await self._until(self._carried)
        roots = (self.app.process.pid, self.bench.postgres.pid, self.bench.nats.pid)
        held = memory.megabytes(*roots)
        _, warm = await self.send_and_wait(WARM_UP)
        self.count = referrals = min(most, max(WARM_UP, int(LONGEST * WARM_UP / warm)))
        before = await beside.pgbench(self.bench, PGBENCH_SECONDS)
        sent, arrived = await self.send_and_wait(referrals)
        acted = await self.acknowledge(sent)
        after = await beside.pgbench(self.bench, PGBENCH_SECONDS)
        await self._until(self._carried)
        moved, bare = await self.hints(), await beside.bare_stream(self.bench, HINTS, HINTS_A_SECOND)
        both = (before + after) / 2
        found = [
            Figure(1, "orientations au guichet", referrals / arrived, "/s", 0.15, 0.25, both, "pgbench"),
            Figure(2, "commandes HTTP", referrals / (acted.ended - acted.began), "/s", 0.20, 0.35, both, "pgbench"),
            Figure(6, "commit → navigateur, p99", 1000 * figures.percentile(moved, 0.99), "ms", 30, 10,
                   1000 * figures.percentile(bare, 0.99), "JetStream nu", least=False, also=100),
        ]  # fmt: skip
        if held is not None:
            found.append(Figure(11, "mémoire au repos", held, "Mo", 350, 250, least=False))
        began = time.monotonic()
        await board.fill(self.bench, BOARD)
        filled = time.monotonic() - began
        paint = await board.first_paint(self.app.port, self.territory.coordinator)
        found.append(Figure(9, "tableau sur 1 000 000 d’orientations", paint, "ms", 300, 100, least=False))
        searched = max((await search.slowest(self.bench)).values())
        found.append(Figure(15, "recherche parmi 50 000 personnes, p95", searched, "ms", 50, 20, least=False))
        late = await timers.worst_lateness(self.bench, self.database)
        found.append(Figure(12, "2 000 rappels au même instant", late, "s", 5, 2, least=False))
        durations = {
            "arrived": arrived, "http": sent.ended - sent.began, "acknowledged": acted.ended - acted.began,
            "board_filled": filled,
        }  # fmt: skip
        return found, durations

    async def send_and_wait(self, count: int) -> tuple[Sent, float]:
        """Send that many referrals and wait until all are in the desk's list; the seconds since the first request."""
        expected = await self._items() + count
        sending = asyncio.create_task(in_own_process(self._plan(count)))

        async def all_there() -> bool:
            return await self._items() >= expected

        await self._until(all_there, unless=sending)
        ended = time.monotonic()
        sent = await sending
        _require(sent, "201", count)
        return sent, ended - sent.began

    async def acknowledge(self, sent: Sent) -> Sent:
        """Have the desk acknowledge each of these, one command each."""
        action = {"kind": "acknowledge", "promised_for": today_in_paris(datetime.now(UTC)).isoformat()}
        requests = [
            {"path": f"/api/desk/items/{ref}/actions", "body": {"action": action, "command_id": str(uuid4())}}
            for ref in sent.refs
        ]
        acted = await in_own_process(Plan(self.app.port, requests, self.territory.agents[self.desk]))
        _require(acted, "200", len(requests))
        return acted

    async def hints(self) -> list[float]:
        """Seconds from the transaction that made a referral to the event in an open page of its desk.

        The first event after the desk's item was written is the one that tells of it.
        """
        agent = self.territory.agents[self.desk]
        plan = self._plan(HINTS, rate=HINTS_A_SECOND, follow="/bureau/flux", follow_cookie=agent)
        sent = await in_own_process(plan)
        _require(sent, "201", HINTS)
        rows = await self.database.fetch(
            "SELECT extract(epoch FROM r.at)::float8 AS made, extract(epoch FROM p.at)::float8 AS listed"
            " FROM referral.fact r JOIN partners.fact p USING (ref)"
            " WHERE r.type = 'referral.sent.v1' AND p.type = 'desk_item.delivered.v1' AND r.ref = ANY($1::uuid[])",
            sent.refs,
        )
        return [min(one for one in [*sent.moved, float("inf")] if one >= row["listed"]) - row["made"] for row in rows]

    def _plan(self, count: int, **also: Any) -> Plan:  # noqa: ANN401 - fields of Plan
        targets = self.territory.targets
        requests = [
            {"path": "/api/referrals", "body": targets[number % len(targets)].body(), "key": str(uuid4())}
            for number in range(count)
        ]
        return Plan(self.app.port, requests, self.territory.referent, **also)

    async def _items(self) -> int:
        return int(await self.database.fetchval("SELECT count(*) FROM partners.deskitem"))

    async def _carried(self) -> bool:
        outboxes = " + ".join(
            f"(SELECT count(*) FROM {name}.{name}_outbox)" for name in ("intake", "referral", "partners")
        )
        return not await self.database.fetchval(f"SELECT {outboxes}")

    async def _until(self, check: Callable[[], Awaitable[bool]], unless: asyncio.Task[Sent] | None = None) -> None:
        until = time.monotonic() + PATIENCE
        while not await check():
            if unless is not None and unless.done() and unless.exception() is not None:
                return
            if time.monotonic() > until:
                raise TimeoutError("the application did not finish in time")
            await asyncio.sleep(0.02)


def _require(sent: Sent, status: str, count: int) -> None:
    if sent.answers != {status: count}:
        raise RuntimeError(f"expected {count} answers {status}, got {sent.answers}")
