"""The register of erasures outside the database: what a restored copy of the database is held against.

An append-only file, one JSON object a line, on the disk before the erasure is committed. It holds references and an
instant, nothing of anybody. The folder of keys is no place for it: the file has to survive when keys are restored.
"""

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID


@dataclass(frozen=True)
class Line:
    """One erased person: her reference, her organisation, why (`request`, `retention`), and by which request."""

    person: UUID
    organisation: UUID
    why: str
    at: datetime
    request: UUID | None = None

    def written(self) -> str:
        """The line, without its end."""
        values = {name: str(value) for name, value in asdict(self).items() if value is not None}
        return json.dumps(values | {"at": self.at.isoformat()}, sort_keys=True)


class Register:
    """The file at `path`, made when the first line is written (0600, in a 0700 folder when there is none)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, lines: Iterable[Line]) -> None:
        """Write these lines and wait until they are on the disk; one writer at a time, a cut line is ended first."""
        text = "".join(line.written() + "\n" for line in lines)
        if not text:
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            size = os.fstat(handle).st_size
            cut = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            os.write(handle, (("\n" if cut else "") + text).encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def read(self) -> dict[UUID, Line]:
        """Every erased person with her first line. A line that was cut by a crash is passed over."""
        found: dict[UUID, Line] = {}
        if self.path.exists():
            for text in self.path.read_text("utf-8").splitlines():
                line = _line(text)
                if line is not None:
                    found.setdefault(line.person, line)
        return found


def _line(text: str) -> Line | None:
    try:
        values = json.loads(text)
        return Line(
            UUID(values["person"]),
            UUID(values["organisation"]),
            values["why"],
            datetime.fromisoformat(values["at"]),
            UUID(values["request"]) if "request" in values else None,
        )
    except (ValueError, KeyError, TypeError):
        return None
