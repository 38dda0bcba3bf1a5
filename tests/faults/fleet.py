"""The four services as four processes on servers of their own, each of which can be killed and started again; and the
writers that send referrals to them over HTTP and note every answer.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from contracts.topology import SERVICES
from services.bench.people import Target, Territory, make_territory
from services.bench.servers import Application, Bench, application, started

Until = Callable[..., Awaitable[Any]]
RIGHTS = ("rsa", "css", "fsl", "aah")


@dataclass
class Fleet:
    """Running processes by service; `kill` and `restart` take the name of a service, `nats` or `postgres`."""

    bench: Bench
    territory: Territory
    ports: dict[str, int] = field(default_factory=dict)
    running: dict[str, Application] = field(default_factory=dict)
    whole: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, name: str) -> None:
        """Start that service on its port."""
        self.running[name] = await application(self.bench.environment, "run", name, "--port", str(self.ports[name]))

    async def kill(self, name: str) -> None:
        """SIGKILL, and nothing else."""
        if name in SERVICES:
            self.running[name].process.kill()
            await self.running[name].process.wait()
        else:
            (self.bench.nats if name == "nats" else self.bench.postgres).kill()

    async def restart(self, name: str) -> None:
        """Start it again where it was."""
        if name in SERVICES:
            await self.start(name)
        else:
            await asyncio.to_thread((self.bench.nats if name == "nats" else self.bench.postgres).restart)

    async def strike(self, names: Iterable[str]) -> None:
        """Kill them together, then start them again together."""
        victims = list(names)
        self.whole.clear()
        await asyncio.gather(*(self.kill(one) for one in victims))
        await asyncio.gather(*(self.restart(one) for one in victims))
        self.whole.set()

    async def ready(self) -> bool:
        """Every process says that it has its database and its bus."""
        async with httpx.AsyncClient(timeout=10) as client:
            try:
                answers = [await client.get(f"http://127.0.0.1:{port}/readyz") for port in self.ports.values()]
            except httpx.TransportError:
                return False
        return all(one.status_code == 200 for one in answers)


@asynccontextmanager
async def fleet(persons: int) -> AsyncIterator[Fleet]:
    """Servers, people and the four processes; all of them ended at the end, and no other."""
    async with started() as bench:
        territory = await make_territory(bench.settings, bench.ground.servers, persons=persons, rights=RIGHTS)
        made = Fleet(bench, territory, ports={name: free_port() for name in SERVICES})
        try:
            await asyncio.gather(*(made.start(name) for name in SERVICES))
            made.whole.set()
            yield made
        finally:
            for one in made.running.values():
                if one.process.returncode is None:
                    one.process.kill()
            await asyncio.gather(*(one.process.wait() for one in made.running.values()))


@dataclass
class Noted:
    """What the writers were told: by command, the desk it was for and the reference they got with a 201 or a 202."""

    desks: dict[UUID, UUID] = field(default_factory=dict)
    acknowledged: dict[UUID, UUID] = field(default_factory=dict)
    sent: set[UUID] = field(default_factory=set)
    answers: dict[str, int] = field(default_factory=dict)

    def answered(self, what: str) -> None:
        """Count one answer, or a connection that broke."""
        self.answers[what] = self.answers.get(what, 0) + 1


@dataclass
class Writers:
    """Four at a time, each sends until it was told 201; the same key is the same command."""

    fleet: Fleet
    until: Until
    noted: Noted = field(default_factory=Noted)
    at_once: int = 4

    async def send(self, targets: Iterable[Target]) -> None:
        """Return once each of these has been answered with 201; what was not is sent again once all stands again."""
        todo = [(target, uuid4()) for target in targets]
        self.noted.desks.update((key, target.desk) for target, key in todo)
        headers = {"cookie": f"relais_session={self.fleet.territory.referent}"}
        address = f"http://127.0.0.1:{self.fleet.ports['intake']}"
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as client:
            await asyncio.gather(*(self._work(client, todo) for _ in range(self.at_once)))

    async def _work(self, client: httpx.AsyncClient, todo: list[tuple[Target, UUID]]) -> None:
        again = []
        while todo:
            target, key = todo.pop()
            if not await self._try(client, target, key):
                again.append((target, key))
                # A 202 is kept by intake, the writer goes on; with anything else she waits.
                if key not in self.noted.acknowledged:
                    await self.fleet.whole.wait()
        await self.fleet.whole.wait()
        for target, key in again:
            await self.until(lambda target=target, key=key: self._try(client, target, key), within=150)

    async def _try(self, client: httpx.AsyncClient, target: Target, key: UUID) -> bool:
        try:
            answer = await client.post("/api/referrals", json=target.body(), headers={"idempotency-key": str(key)})
        except httpx.TransportError as error:
            self.noted.answered(type(error).__name__)
            return False
        self.noted.answered(str(answer.status_code))
        if answer.status_code in (201, 202):
            ref = UUID(answer.json()["ref"])
            assert self.noted.acknowledged.setdefault(key, ref) == ref, "a repeated command is the same referral"
        elif answer.status_code < 500:
            raise AssertionError(f"{answer.status_code} {answer.text}")
        if answer.status_code == 201:
            self.noted.sent.add(key)
        return answer.status_code == 201


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seed() -> int:
    """The seed of this run: RELAIS_FAULTS_SEED to repeat one."""
    return int(os.environ.get("RELAIS_FAULTS_SEED") or uuid4().int % 1_000_000)
