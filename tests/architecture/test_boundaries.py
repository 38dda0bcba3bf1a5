"""The rules of the house that a machine can see: who imports whom, where a transaction commits, how large a file
grows.
"""

import ast
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "contracts").rglob("*.py"), *(ROOT / "services").rglob("*.py")])
CODE = [path for path in SOURCES if "migrations" not in path.parts or path.name == "migrations.py"]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=root, capture_output=True, text=True, env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"}, check=False,
    )


def test_the_import_contracts_hold() -> None:
    found = lint(ROOT)
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-1000:]


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("contracts/facts.py", "import sqlmodel", "Contracts import nothing"),
        ("services/referral/domain.py", "import sqlalchemy", "Domain is pure"),
        ("services/notify/handlers.py", "import services.partners.domain", "only through contracts"),
        ("services/runtime/clock.py", "import services.intake.domain", "runtime knows no service"),
        ("services/partners/store.py", "import services.partners.handlers", "edges import inward"),
        ("services/intake/handlers.py", "import nats", "FastStream and nats-py"),
    ],
)
def test_each_import_contract_is_seen_red(file: str, line: str, broken: str, tmp_path: Path) -> None:
    for folder in ("contracts", "services"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / file
    target.write_text((target.read_text() if target.exists() else '"""Planted."""\n') + f"\n{line}  # noqa\n")
    found = lint(tmp_path)
    assert found.returncode != 0
    assert any(broken in one and "BROKEN" in one for one in found.stdout.splitlines()), found.stdout[-2000:]


def test_a_transaction_commits_in_one_file() -> None:
    found = [path.relative_to(ROOT) for path in CODE if re.search(r"\bcommit\(", path.read_text())]
    assert [str(path) for path in found] == ["services/runtime/database.py"]


def test_facts_leave_through_one_publishing_path() -> None:
    words = re.compile(r"\b(broker|js|client|nc|connection)\.publish\(")
    found = {str(path.relative_to(ROOT)) for path in CODE if words.search(path.read_text())}
    assert found <= {"services/runtime/bus.py"}


def test_nothing_stands_in_for_the_bus_and_no_publish_goes_unanswered() -> None:
    # Futures of publish_async never resolve on an error; a test broker knows no acknowledgement; a push consumer does
    # not scale out.
    forbidden = re.compile(r"publish_async|Test(Nats|Outbox)Broker|deliver_subject|deliver_group")
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    assert [path for path in [*CODE, *tests] if forbidden.search(path.read_text())] == []


def test_a_domain_module_waits_for_nothing_and_asks_no_clock() -> None:
    for path in CODE:
        if path.name == "domain.py":
            text = path.read_text()
            assert not re.search(r"\basync\b|\bawait\b|\.now\(|utcnow|uuid4\(\)", text), path


def test_only_intake_calls_the_disclosure_rule() -> None:
    found = set()
    for path in CODE:
        calls = [
            node for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "disclose"
        ]
        if calls:
            found.add(path.relative_to(ROOT).parts[:2])
    assert found == {("services", "intake")}


# What a decision is made on, once a viewer has reached it, and what a clock or a command writes: nobody is shown it.
NOT_A_PAGE = {"life", "row", "before", "refs", "ref", "work", "database"}


def test_every_reading_of_a_store_says_who_asks_first() -> None:
    for path in CODE:
        if not path.name.endswith("store.py"):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                first = node.args.args[0].arg if node.args.args else ""
                if first in NOT_A_PAGE:
                    continue
                assert first in ("viewer", "_viewer"), f"{path.relative_to(ROOT)}: {node.name}"
                assert len(node.args.defaults) < len(node.args.args), node.name


def sizes() -> tuple[list[int], list[int]]:
    files, functions = [], []
    for path in CODE:
        text = path.read_text()
        files.append(len(text.splitlines()))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions.append((node.end_lineno or node.lineno) - node.lineno + 1)
    return sorted(files), sorted(functions)


def test_files_and_functions_stay_small() -> None:
    files, functions = sizes()
    assert files[-1] <= 400
    assert files[int(len(files) * 0.95)] <= 250
    assert functions[-1] <= 60
    assert functions[int(len(functions) * 0.95)] <= 30
    assert statistics.median(functions) <= 10


def test_the_code_is_clean() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--quiet", "contracts", "services", "tests"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert found.returncode == 0, found.stdout[-3000:]
