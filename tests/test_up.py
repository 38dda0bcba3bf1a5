"""`./relais up` as a newcomer runs it: it starts, says where, serves, and leaves nothing behind when it is stopped."""

import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from contracts.topology import SERVICES

ROOT = Path(__file__).parents[1]


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="relais-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services", "up", "--port", "0", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"http://[\w.:]+/", line)
        if found:
            return found[0]
    raise AssertionError(process.stderr.read() if process.stderr else "")


def descendants(pid: int) -> set[int]:
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in listed.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found, todo = set(), [pid]
    while todo:
        for child in children.get(todo.pop(), []):
            found.add(child)
            todo.append(child)
    return found


def test_it_starts_twice_on_the_same_folder_serves_and_leaves_nothing_behind(var: Path) -> None:
    for _ in range(2):
        process = start("--var", str(var), "--empty")
        try:
            address = address_of(process)
            assert httpx.get(address + "livez").text == "ok\n"
            ready = httpx.get(address + "readyz", timeout=20)
            assert ready.status_code == 200, ready.text
            every = {"bus": "ok", "migrations": "ok", "database": "ok"}
            clocks = {"scheduler": "ok", "ledger": "ok"}
            assert ready.json() == {name: every | (clocks if name == "notify" else {}) for name in SERVICES}
            below = descendants(process.pid)
            assert below
        finally:
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said
        assert not [pid for pid in below if Path(f"/proc/{pid}").exists()]


def test_without_the_demonstration_nobody_can_switch_roles(var: Path) -> None:
    process = start("--var", str(var), "--empty")
    try:
        address = address_of(process)
        assert "Démonstration" not in httpx.get(address + "connexion").text
        answer = httpx.post(
            address + "connexion/demonstration", data={"account": "x"}, headers={"sec-fetch-site": "same-origin"}
        )
        assert answer.status_code == 404
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_one_server_without_the_other_is_refused_in_one_line(var: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "services", "up", "--var", str(var)], cwd=ROOT, capture_output=True, text=True,
        env={"RELAIS_DATABASE_URL": "postgresql://x@localhost/x", "PATH": "/usr/bin:/bin"}, timeout=60, check=False,
    )
    assert ended.returncode == 1
    assert "vont ensemble" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_demonstration_accounts_are_listed_for_programs() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "services", "demo-accounts", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    accounts = json.loads(listed.stdout)
    assert {"role", "organisation", "login"} <= accounts[0].keys()
    assert {"referent", "desk_agent", "desk_manager", "coordinator", "dpo", "administrator"} <= {
        account["role"] for account in accounts
    }
    assert all(account["login"].endswith(".example") for account in accounts)
