"""notify alone on real servers: a directory and a referral service that speak on the bus, and a mail relay that can be
away.
"""

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP

from contracts.asks import FindAudience, ResolveAddress
from contracts.envelope import Envelope
from contracts.facts import ReferralFact, ReferralSent
from contracts.lifecycle import State
from contracts.refusals import NotFound
from contracts.replies import Address, AudienceFound
from contracts.vocabulary import HandoverMode
from services.notify.app import build
from services.notify.tables import PLUMBING, SCHEMA
from services.runtime import stream
from services.runtime.bus import Bus
from services.runtime.migrations import migrate
from services.runtime.process import Service
from services.runtime.settings import Settings
from services.whole import Ground

TERRITORY = "essai"


@dataclass
class Received:
    """One mail as the relay took it."""

    to: list[str]
    raw: bytes
    back: str = ""

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default)  # type: ignore[return-value]

    @property
    def words(self) -> str:
        """Everything that can be read in it, decoded, headers included."""
        parts = [part.get_content() for part in self.message.walk() if not part.is_multipart()]
        return "\n".join([*(f"{name}: {value}" for name, value in self.message.items()), *parts])


class Provider:
    """A real server on a port it keeps, whether it is up or away."""

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.port = 0
        self.server: asyncio.Server | None = None

    async def up(self) -> None:
        self.server = await self.listen()
        self.port = self.server.sockets[0].getsockname()[1]

    async def listen(self) -> asyncio.Server:
        raise NotImplementedError

    async def down(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        await self.down()
        try:
            yield
        finally:
            await self.up()


class Relay(Provider):
    """One that takes mails."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Received] = []

    async def listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: SMTP(self, hostname="localhost", loop=loop), "127.0.0.1", self.port)

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if address in self.refused:
            return "550 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        self.mails.append(Received(list(envelope.rcpt_tos), envelope.content, envelope.mail_from))
        return "250 OK"

    def to(self, address: str) -> list[Received]:
        return [mail for mail in self.mails if address in mail.to]


class Gateway(Provider):
    """An HTTP gateway for text messages; it remembers what it answered for."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, dict[str, str]] = {}
        self.calls = 0
        self.secrets: set[str] = set()
        self.status: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", self.port)

    def to(self, number: str) -> list[dict[str, str]]:
        return [one for one in self.taken.values() if one["to"] == number]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.calls += 1
        self.secrets.add(headers.get("authorization", ""))
        status = self.status or (422 if body["to"] in self.refused else 202)
        if status == 202:
            self.taken.setdefault(headers["idempotency-key"], body)
        writer.write(f"HTTP/1.1 {status} x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}".encode())
        await writer.drain()
        writer.close()


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass
class World:
    """The service under test and everything around it."""

    service: Service
    relay: Relay
    gateway: Gateway
    referral: Bus
    partners: Bus
    intake: Bus
    directory: dict[UUID, Address] = field(default_factory=dict)
    behind: dict[UUID, AudienceFound] = field(default_factory=dict)
    shift: timedelta = timedelta()

    def account(self, **more: Any) -> tuple[UUID, str]:
        """Somebody of the directory, with an address of her own."""
        ref = uuid4()
        email = f"{ref.hex[:12]}@guichet.example"
        self.directory[ref] = Address(**{"account": ref, "email": email, "active": True} | more)
        return ref, email

    async def publish(self, fact: ReferralFact) -> Envelope:
        envelope = wrap(fact)
        await self.referral.publish(envelope)
        return envelope

    async def rows(self, referral: UUID) -> list[tuple[str, str | None, UUID, int]]:
        """(state, reason, account, attempts) of the tellings of a referral."""
        async with self.service.database.worker() as work:
            found = await work.execute(
                "SELECT state, reason, account, attempts FROM telling WHERE referral = :ref ORDER BY due_at",
                ref=referral,
            )
            return [tuple(row) for row in found]

    async def states(self, referral: UUID) -> list[tuple[str, str | None]]:
        return [row[:2] for row in await self.rows(referral)]


def wrap(fact: ReferralFact) -> Envelope:
    return Envelope.of(fact, source="referral", time=fact.at, territory=TERRITORY, actor_kind="referent")


def referral_fact(kind: type[ReferralFact] = ReferralSent, **given: Any) -> ReferralFact:
    """A fact of a referral; what is not given is made up."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "ref": uuid4(), "version": 1, "at": now, "state": State.SENT, "episode": 1, "sender_organisation": uuid4(),
        "organisation": uuid4(), "desk": uuid4(), "assignee": uuid4(), "actor": uuid4(),
    }  # fmt: skip
    if kind is ReferralSent:
        values |= {
            "sender": uuid4(), "right": "rsa", "mode": HandoverMode.APPEL_A_TROIS,
            "acknowledge_due": now + timedelta(days=2),
        }  # fmt: skip
    return kind.model_validate(values | given)


@pytest.fixture(scope="session")
def notify_ground() -> Iterator[Ground]:
    """Servers of their own: another notify on the same consumers would take the facts of these tests."""
    with tempfile.TemporaryDirectory(prefix="relais-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        found = Ground.start(Settings(var=Path(made), territory=TERRITORY))
        yield found
        found.stop()


@pytest.fixture(scope="session")
async def world(notify_ground: Ground) -> AsyncIterator[World]:
    servers = notify_ground.servers
    await migrate(notify_ground.owner_url, servers.keys, [SCHEMA])
    assert await stream.ensure(servers.nats_url, servers.keys / "admin" / "nats.creds", TERRITORY) == []
    relay, gateway = Relay(), Gateway()
    await relay.up()
    await gateway.up()
    settings = Settings(
        var=servers.keys.parent, territory=TERRITORY, smtp_url=f"smtp://127.0.0.1:{relay.port}",
        public_url="https://relais.valbrume.example", sms_url=gateway.url, sms_token="secret-de-passerelle",
        bounce_address="retours@valbrume.example", bounce_port=free_port(),
    )  # fmt: skip
    buses = {
        name: Bus(name, TERRITORY, servers.nats_url, servers.keys / name / "nats.creds")
        for name in ("intake", "referral", "partners")
    }
    service = Service("notify", settings, servers, SCHEMA, PLUMBING, lambda: datetime.now(UTC) + made.shift)
    made = World(service, relay, gateway, **buses)

    async def resolve(ask: ResolveAddress) -> Address:
        if ask.account not in made.directory:
            raise NotFound
        return made.directory[ask.account]

    async def find_audience(ask: FindAudience) -> AudienceFound:
        return made.behind.get(ask.desk, AudienceFound())

    buses["partners"].answer(ResolveAddress, resolve)
    buses["partners"].answer(FindAudience, find_audience)
    build(service)
    for bus in buses.values():
        await bus.start()
    await service.start()
    yield made
    await service.stop()
    for bus in buses.values():
        await bus.stop()
    await relay.down()
    await gateway.down()


@pytest.fixture(autouse=True)
def _time_as_it_is(world: World) -> Iterator[None]:
    yield
    world.shift = timedelta()
    for one in world.service.app.state.channels:
        one.circuit.breaker.answered(datetime.now(UTC))


@pytest.fixture(scope="session")
def new_fact() -> Callable[..., ReferralFact]:
    return referral_fact


@pytest.fixture(scope="session")
def in_envelope() -> Callable[[ReferralFact], Envelope]:
    return wrap


def content(file: Path) -> bytes:
    """What stands in a file of a server that is at work: one that it renamed meanwhile is read under its other name."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""
