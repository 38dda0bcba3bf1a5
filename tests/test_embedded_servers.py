"""The embedded PostgreSQL: closed to others, restarts with what was committed, leaves no server behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from services.runtime.embedded import folders
from services.runtime.embedded.folders import FolderInUse
from services.runtime.embedded.nats import EmbeddedNats
from services.runtime.embedded.postgres import EmbeddedPostgres
from tests.embedded_world import USERS, mode, short_folder

CHECKOUT = Path(__file__).parents[1]


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


def is_gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


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
