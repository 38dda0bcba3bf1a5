"""The embedded PostgreSQL and nats-server are private, keep what they acknowledged, and never outlive their owner."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import nats
import pytest
from nats.errors import Error as NatsError

from services.runtime.embedded import folders
from services.runtime.embedded.folders import FolderInUse
from services.runtime.embedded.nats import EmbeddedNats, ServerTooOld, write_server_config
from services.runtime.embedded.postgres import EmbeddedPostgres
from services.runtime.nats_keys import Permissions, write_operator

CHECKOUT = Path(__file__).parents[1]
SPEAKER = Permissions(publish=("talk.>", "$JS.API.>"), subscribe=("_INBOX.>",))
LISTENER = Permissions(publish=(), subscribe=("talk.question",), responses=True)
USERS = {"speaker": SPEAKER, "listener": LISTENER, "mute": Permissions((), ())}


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder the servers' account can traverse: pytest's own are closed to it, and socket paths must be short."""
    made = Path(tempfile.mkdtemp(prefix="relais-", dir="/tmp"))
    made.chmod(0o711)
    yield made / "un dossier"
    shutil.rmtree(made)


@pytest.fixture
def root() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with short_folder() as folder:
        server = EmbeddedPostgres.start(folder)
        yield server
        server.stop()


@pytest.fixture(scope="module")
def bus() -> Iterator[EmbeddedNats]:
    with short_folder() as folder:
        server = EmbeddedNats.start(folder, USERS)
        yield server
        server.stop()


async def ask(server: EmbeddedPostgres, question: str, *, password: str | None = None) -> object:
    connection = await asyncpg.connect(
        host=str(server.host),
        port=server.port,
        user=server.user,
        password=server.password if password is None else password,
        database=server.database,
    )
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


async def awaited(condition: Callable[[], bool]) -> bool:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)
    return True


def is_gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def silent(error: Exception) -> None:
    """The client reports on the way what the test expects it to raise."""


class Peers:
    """One client for each user, and what the server refused them."""

    def __init__(self, bus: EmbeddedNats) -> None:
        self.bus = bus
        self.refusals: dict[str, list[str]] = {}

    async def connect(self, name: str) -> nats.NATS:
        refusals = self.refusals.setdefault(name, [])

        async def note(error: Exception) -> None:
            refusals.append(str(error))

        return await nats.connect(self.bus.url, user_credentials=str(self.bus.credentials(name)), error_cb=note)


async def test_the_database_is_closed_to_everybody_who_lacks_the_password(postgres: EmbeddedPostgres):
    assert await ask(postgres, "select current_user") == postgres.user
    for wrong in ("", "faux"):
        with pytest.raises(asyncpg.PostgresError):
            await ask(postgres, "select 1", password=wrong)


async def test_the_database_has_no_port_and_its_folders_belong_to_its_account(postgres: EmbeddedPostgres):
    folder = postgres.host.parent
    owner = folders.server_account()
    for private in (folder / "data", folder / "run"):
        assert mode(private) == 0o700
        assert private.stat().st_uid == (owner.pw_uid if owner else os.geteuid())
    assert mode(folder / "postgres.password") == mode(postgres.log) == 0o600
    assert await ask(postgres, "show listen_addresses") == ""
    assert await ask(postgres, "show fsync") == "on"


async def test_the_owner_is_reached_by_keywords_and_by_url(postgres: EmbeddedPostgres):
    connection = await asyncpg.connect(postgres.owner_url)
    assert await connection.fetchval("select 1") == 1
    await connection.close()
    psql = next((folder for folder in os.environ["PATH"].split(":") if Path(folder, "psql").exists()), None)
    if psql:
        said = subprocess.run([Path(psql, "psql"), postgres.owner_dsn, "-Atc", "select 1"], capture_output=True)
        assert said.stdout == b"1\n"


async def test_the_database_searches_names_by_trigram_and_without_accents(postgres: EmbeddedPostgres):
    await ask(postgres, "create extension if not exists pg_trgm")
    await ask(postgres, "create extension if not exists unaccent")
    assert await ask(postgres, "select unaccent('Hélène Œuvré')") == "Helene OEuvre"
    assert await ask(postgres, "select array_length(show_trgm('été'), 1)") == 4


async def test_the_log_of_the_database_quotes_no_row(postgres: EmbeddedPostgres):
    await ask(postgres, "create table person (name text primary key)")
    await ask(postgres, "insert into person values ('Zéphyrine Quatrevaux')")
    with pytest.raises(asyncpg.UniqueViolationError):
        await ask(postgres, "insert into person values ('Zéphyrine Quatrevaux')")
    assert "duplicate key" in postgres.log.read_text()
    assert "Quatrevaux" not in postgres.log.read_text()


async def test_a_second_start_keeps_the_data_and_the_password(root: Path):
    first = EmbeddedPostgres.start(root)
    await ask(first, "create table kept as select 42 as answer")
    first.stop()
    second = EmbeddedPostgres.start(root)
    try:
        assert second.owner_dsn == first.owner_dsn
        assert await ask(second, "select answer from kept") == 42
    finally:
        second.stop()


async def test_a_killed_database_restarts_with_what_was_committed(postgres: EmbeddedPostgres):
    await ask(postgres, "create table committed as select 42 as answer")
    before = postgres.pid
    postgres.kill()
    postgres.restart()
    assert postgres.pid != before
    assert await ask(postgres, "select answer from committed") == 42


async def test_a_stale_pid_does_not_prevent_the_next_start(root: Path):
    first = EmbeddedPostgres.start(root)
    first.kill()
    first.stop()
    stale = root / "postgres" / "data" / "postmaster.pid"
    # As after a restart of the machine: the number now belongs to somebody else, under the same account.
    with subprocess.Popen(["sleep", "60"], **folders.identity()) as stranger:
        stale.write_text(stale.read_text().replace(stale.read_text().split("\n")[0], str(stranger.pid), 1))
        second = EmbeddedPostgres.start(root)
        try:
            assert await ask(second, "select 1") == 1
            assert stranger.poll() is None
        finally:
            second.stop()
            stranger.kill()


@pytest.mark.parametrize("start", [EmbeddedPostgres.start, lambda root: EmbeddedNats.start(root, USERS)])
def test_a_second_start_on_the_same_folder_is_refused_in_plain_words(root: Path, start):
    first = start(root)
    with pytest.raises(FolderInUse, match=rf"Relais tourne déjà sur .*processus {os.getpid()}.*RELAIS_VAR"):
        start(root)
    first.stop()
    start(root).stop()


def test_no_server_outlives_an_owner_that_was_killed(root: Path):
    program = textwrap.dedent("""
        import sys, threading
        from pathlib import Path
        from services.runtime.embedded.nats import EmbeddedNats
        from services.runtime.embedded.postgres import EmbeddedPostgres
        servers = []
        def start():
            servers.append(EmbeddedPostgres.start(Path(sys.argv[1])))
            servers.append(EmbeddedNats.start(Path(sys.argv[1]), {}))
        starter = threading.Thread(target=start)  # the end of the thread that asked must not end the servers
        starter.start()
        starter.join()
        print(*(server.pid for server in servers), flush=True)
        sys.stdin.read()
    """)
    command = [sys.executable, "-c", program, str(root)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        pids = [int(word) for word in owner.stdout.readline().split()]
        assert len(pids) == 2
        assert not any(is_gone(pid) for pid in pids)
        owner.send_signal(signal.SIGKILL)
        assert until(lambda: all(is_gone(pid) for pid in pids))
    EmbeddedPostgres.start(root).stop()


def test_no_mode_of_a_folder_that_was_there_before_changes(root: Path):
    root.mkdir()
    root.chmod(0o751)
    EmbeddedPostgres.start(root).stop()
    EmbeddedNats.start(root, USERS).stop()
    assert mode(root) == 0o751


async def test_programs_that_the_servers_cannot_reach_are_copied_once_beside_the_data(root: Path, monkeypatch):
    runs = folders._runs
    hidden = Path(sys.prefix).resolve()  # as an environment below a closed home folder is to the servers' account
    monkeypatch.setattr(
        folders, "_runs", lambda program: not program.resolve().is_relative_to(hidden) and runs(program)
    )
    copies = set()
    for _ in range(2):
        postgres, bus = EmbeddedPostgres.start(root), EmbeddedNats.start(root, USERS)
        assert await ask(postgres, "select 1") == 1
        postgres.stop()
        bus.stop()
        copies.add(tuple(sorted((path.name, path.stat().st_ino) for path in root.glob("*/programs-*"))))
    assert len(copies) == 1
    assert len(copies.pop()) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="without root the servers run as ourselves and reach what we reach")
def test_a_folder_that_the_servers_cannot_reach_is_refused_and_left_as_it_is(root: Path):
    root.mkdir(mode=0o700)
    with pytest.raises(folders.FolderUnreachable, match="RELAIS_VAR"):
        EmbeddedPostgres.start(root)
    assert mode(root) == 0o700


async def test_a_user_does_what_it_may(bus: EmbeddedNats):
    peers = Peers(bus)
    speaker, listener = await peers.connect("speaker"), await peers.connect("listener")

    async def answer(message) -> None:
        await message.respond(b"une fois")

    await listener.subscribe("talk.question", cb=answer)
    await listener.flush()
    assert (await speaker.request("talk.question", b"?", timeout=5)).data == b"une fois"
    stream = speaker.jetstream()
    await stream.add_stream(name="SAID", subjects=["talk.said"])
    assert (await stream.publish("talk.said", b"dit")).seq == 1
    assert peers.refusals == {"speaker": [], "listener": []}
    await speaker.close()
    await listener.close()


@pytest.mark.parametrize(
    ("name", "publishes", "subscribes"),
    [("speaker", "elsewhere", "talk.question"), ("listener", "talk.x", "talk.>"), ("mute", "talk.x", "_INBOX.x")],
)
async def test_a_user_does_nothing_else(bus: EmbeddedNats, name: str, publishes: str, subscribes: str):
    peers = Peers(bus)
    client = await peers.connect(name)
    await client.publish(publishes, b"")
    await client.subscribe(subscribes)
    await client.flush()
    assert await awaited(lambda: len(peers.refusals[name]) == 2)
    publish, subscribe = peers.refusals[name]
    assert "publish" in publish
    assert "subscription" in subscribe
    await client.close()


async def test_only_the_first_answer_to_a_question_is_let_through(bus: EmbeddedNats):
    peers = Peers(bus)
    speaker, listener = await peers.connect("speaker"), await peers.connect("listener")

    async def answer_twice(message) -> None:
        await message.respond(b"1")
        await message.respond(b"2")

    await listener.subscribe("talk.question", cb=answer_twice)
    await listener.flush()
    assert (await speaker.request("talk.question", b"?", timeout=5)).data == b"1"
    assert await awaited(lambda: len(peers.refusals["listener"]) == 1)
    await speaker.close()
    await listener.close()


async def test_narrowed_permissions_void_the_credentials_that_had_more(root: Path):
    wide = EmbeddedNats.start(root, USERS)
    copied = root.parent / "copied.creds"
    shutil.copy(wide.credentials("speaker"), copied)
    unchanged = wide.credentials("listener").read_text()
    wide.stop()
    narrow = EmbeddedNats.start(root, {**USERS, "speaker": Permissions(("talk.>",), ())})
    try:
        await (await Peers(narrow).connect("speaker")).close()
        assert narrow.credentials("listener").read_text() == unchanged
        with pytest.raises(NatsError, match="Authorization"):
            await nats.connect(narrow.url, user_credentials=str(copied), allow_reconnect=False, error_cb=silent)
    finally:
        narrow.stop()


async def test_the_server_syncs_every_message_and_keeps_it_through_a_kill(bus: EmbeddedNats):
    with urllib.request.urlopen(f"{bus.monitor_url}/varz") as page:
        assert json.load(page)["jetstream"]["config"]["sync_always"] is True
    client = await Peers(bus).connect("speaker")
    await client.jetstream().add_stream(name="TALK", subjects=["talk.kept"])
    await client.jetstream().publish("talk.kept", b"dit")
    await client.close()
    url = bus.url
    bus.kill()
    bus.restart()
    assert bus.url == url
    client = await Peers(bus).connect("speaker")
    assert (await client.jetstream().stream_info("TALK")).state.messages == 1
    await client.close()


def test_seeds_and_credentials_are_readable_by_us_alone(bus: EmbeddedNats):
    keys = bus.credentials("speaker").parents[1]
    for path in (keys, *keys.rglob("*")):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path
        assert path.stat().st_uid == os.geteuid()
    config = (keys.parent / "nats" / "nats.conf").read_text()
    seeds = [path.read_text() for path in (keys / "operator").glob("*.seed")]
    assert len(seeds) == 3
    assert not any(seed in config for seed in seeds)


def test_a_server_of_yours_gets_the_same_configuration_with_relative_paths(root: Path):
    root.mkdir()
    config = write_server_config(root, write_operator(root / "keys", USERS), host="0.0.0.0", port=4222).read_text()
    assert 'host: "0.0.0.0"' in config
    assert "sync_interval: always" in config
    assert str(root) not in config
    assert "http:" not in config


@pytest.mark.parametrize("name", ["operator", "system", "a.b", "", "Majuscule", "../a"])
def test_a_user_name_that_is_no_plain_token_is_refused(root: Path, name: str):
    with pytest.raises(ValueError, match="ne peut pas nommer"):
        write_operator(root / "keys", {name: SPEAKER})


@pytest.mark.parametrize("said", ["nats-server: v2.15.0", "nats-server: v2.9.10", "autre chose"])
def test_a_nats_server_that_is_too_old_is_refused(root: Path, said: str):
    old = root.parent / "nats-server"
    old.write_text(f"#!/bin/sh\necho '{said}'\n")
    old.chmod(0o755)
    with pytest.raises(ServerTooOld, match=r"au moins 2\.15\.1"):
        EmbeddedNats.start(root, USERS, program=old)
