"""What processes keep in memory: the proportional share of each, or its resident pages where that cannot be read."""

import re
from pathlib import Path

PROC = Path("/proc")


def tree(*roots: int) -> list[int]:
    """These processes and all below them."""
    children: dict[int, list[int]] = {}
    for entry in PROC.glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], list(roots)
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo.extend(children.get(pid, ()))
    return found


def megabytes(*roots: int) -> float | None:
    """The sum over these processes and all below them; None where there is no /proc."""
    if not PROC.is_dir():
        return None
    return sum(_kilobytes(pid) for pid in tree(*roots)) / 1024


def _kilobytes(pid: int) -> int:
    for file, word in (("smaps_rollup", "Pss"), ("status", "VmRSS")):
        try:
            found = re.search(rf"^{word}:\s+(\d+) kB", (PROC / str(pid) / file).read_text(), re.MULTILINE)
        except OSError:
            continue
        if found is not None:
            return int(found[1])
    return 0
