"""One server as a child process: started under the servers' account, told to end when we end, signalled by its own id.

The start waits for a condition, never for a duration; a server that does not come up says why with the end of its log.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from services.runtime.embedded.folders import EmbeddedServerError, identity

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.01

# The kernel sends the parent-death signal when the THREAD that forked ends: this one lives as long as the interpreter.
_keeper = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedded-servers")
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


class ServerDidNotStart(EmbeddedServerError):
    """The server ended, or was not ready in time; the message ends with its log."""


@dataclass
class ServerProcess:
    """How one server is started, known to be ready, and stopped.

    `marker` is an argument of `command` that no other process has: the server's data or configuration. The server
    writes its process id on the first line of `pid_files`. `stop_signal` asks for an orderly stop; after `patience`
    seconds `SIGKILL` follows. `ready` is asked with the process id until it says yes. `transient` names a log line
    after which a start is tried again: what a killed server left behind may need a moment to go.
    """

    name: str
    command: Sequence[str | Path]
    folder: Path
    marker: Path
    pid_files: Sequence[Path]
    stop_signal: signal.Signals
    ready: Callable[[int], bool]
    patience: float = 10.0
    transient: str | None = None
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def log(self) -> Path:
        """The server's standard output and error, 0600."""
        return self.folder / f"{self.name}.log"

    @property
    def running(self) -> bool:
        """Whether the child is alive."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int:
        """The process id; refused when the server is not running."""
        if self._child is None or self._child.poll() is not None:
            raise EmbeddedServerError(f"{self.name} n'est pas démarré.")
        return self._child.pid

    def start(self, timeout: float = 30.0) -> None:
        """Start and wait until ready, at most `timeout` seconds. Nothing happens when it already runs."""
        if self.running:
            return
        until = time.monotonic() + timeout
        self._end_what_a_killed_parent_left()
        while True:
            offset = self._spawn()
            if self._became_ready(until):
                return
            self.kill()
            said = self.log.read_bytes()[offset:].decode(errors="replace").strip()
            if self.transient is None or self.transient not in said or time.monotonic() > until:
                raise ServerDidNotStart(f"{self.name} n'a pas démarré. Fin de {self.log} :\n{said[-800:]}")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop in order, by force after `patience` seconds; nothing happens when it does not run."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(self.patience)
        self.kill()

    def kill(self) -> None:
        """End this process, and no other, without warning."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def _spawn(self) -> int:
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(log, "ab") as output:
            self._child = _keeper.submit(
                subprocess.Popen[bytes],
                [str(part) for part in self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                start_new_session=True,  # Ctrl-C reaches us alone: the servers end after those who use them
                preexec_fn=_die_with_parent(self.stop_signal) if _prctl else None,
                **identity(),
            ).result()
            return output.tell()

    def _became_ready(self, until: float) -> bool:
        while self.running and time.monotonic() < until:
            if self.ready(self.pid):
                return True
            time.sleep(POLL_SECONDS)
        return False

    def _end_what_a_killed_parent_left(self) -> None:
        """We hold the folder's lock, so a server that still runs on it has no owner: end it. A process that is not
        that server has only inherited its number: forget the number, or the server would refuse to start."""
        for file in self.pid_files:
            pid = _first_number(file)
            if pid is None or not _exists(pid):
                continue
            if not _has_argument(pid, self.marker):
                file.unlink(missing_ok=True)
                continue
            os.kill(pid, self.stop_signal)
            until = time.monotonic() + self.patience
            while _has_argument(pid, self.marker):
                if time.monotonic() > until:
                    os.kill(pid, signal.SIGKILL)
                time.sleep(POLL_SECONDS)


def _die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A function for the child, between fork and exec: the user has changed by then, which would clear the request."""
    parent = os.getpid()

    def ask_the_kernel() -> None:
        assert _prctl is not None
        if _prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0 or os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel


def _first_number(file: Path) -> int | None:
    try:
        return abs(int(file.read_text().split("\n", 1)[0]))
    except (OSError, ValueError):
        return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _has_argument(pid: int, argument: Path) -> bool:
    if Path("/proc/self/cmdline").exists():
        try:
            return os.fsencode(argument) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(argument) in shown.stdout
