"""What the pages about security say is there: every file that they name exists, every test is one that is run."""

import ast
import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.asvs_levels import levels
from tests.conftest import Running

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CODE = re.compile(r"`([^`]+)`")
STATES = {"held", "partly", "open"}


@cache
def named_in(path: str) -> frozenset[str]:
    """The names of the tests (and classes of tests) of a file under tests/."""
    file = ROOT / path
    assert file.is_file() and file.name.startswith("test_") and path.startswith("tests/"), path
    nodes = ast.parse(file.read_text("utf-8")).body
    functions = [one for one in nodes if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = {one.name for one in functions if one.name.startswith("test_")}
    assigned = [target for one in nodes if isinstance(one, ast.Assign) for target in one.targets]
    return frozenset(found | {one.id for one in assigned if isinstance(one, ast.Name) and one.id.startswith("Test")})


def is_there(named: str) -> bool:
    """`path`, or `path::test`, of this checkout."""
    path, _, name = named.partition("::")
    return name in named_in(path) if name else (ROOT / path).exists()


def rows_between(page: str, mark: str) -> list[list[str]]:
    """The cells of the table between the marks of that name, without its head."""
    text = (DOCS / page).read_text("utf-8")
    table = text.split(f"<!-- {mark}: begin -->")[1].split(f"<!-- {mark}: end -->")[0]
    lines = [line for line in table.strip().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_threat_has_a_control_and_a_test_that_are_there_or_says_that_it_is_open() -> None:
    rows = rows_between("security.md", "threats")
    missing = (DOCS / "security.md").read_text("utf-8").split("## What is missing")[1].split("\n## ")[0]
    assert [row[0] for row in rows] == [f"T{number}" for number in range(1, 36)]
    for number, _abuse, control, where, tests, state in rows:
        files, named = CODE.findall(where), CODE.findall(tests)
        assert state in STATES, number
        assert [one for one in (*files, *named) if not is_there(one)] == [], number
        assert all("::" in one for one in named), number
        if state == "open":
            assert not named, number
        else:
            assert files and named and len(control) > 20, number
        assert (state == "held") or re.search(rf"\b{number}\b", missing), f"{number} does not say what is missing"


def asvs() -> list[dict[str, str]]:
    with (DOCS / "asvs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number_of(row: dict[str, str]) -> tuple[int, ...]:
    return tuple(int(part) for part in row["id"].removeprefix("v5.0.0-").split("."))


def test_the_requirements_are_those_of_levels_one_and_two_of_the_standard_in_its_order() -> None:
    rows, known = asvs(), levels()
    assert Counter(known.values()) == {1: 70, 2: 183, 3: 92}, "as the standard counts them"
    assert list(rows[0]) == ["id", "level", "chapter", "requirement", "applies", "control", "proof", "state"]
    assert all(re.fullmatch(r"v5\.0\.0-\d+\.\d+\.\d+", row["id"]) for row in rows)
    numbers = [number_of(row) for row in rows]
    assert numbers == sorted(set(numbers))
    assert {row["id"].removeprefix("v5.0.0-"): int(row["level"]) for row in rows} == {
        number: level for number, level in known.items() if level < 3
    }
    assert len({(number_of(row)[0], row["chapter"]) for row in rows}) == 17


def test_every_requirement_that_is_held_says_by_what_and_which_test_shows_it() -> None:
    for row in asvs():
        applies, proofs = row["applies"], row["proof"].split()
        assert None not in row.values() and 10 < len(row["requirement"]) <= 120, row["id"]
        assert applies == "yes" or re.match(r"no: .{6,}", applies), row["id"]
        assert row["state"] in ({"held", "partly", "not held"} if applies == "yes" else {"not applicable"}), row["id"]
        assert [one for one in proofs if not is_there(one)] == [], row["id"]
        assert bool(row["control"]) == (applies == "yes"), row["id"]
        if row["state"] == "held":
            # What is to be written down is shown by the page on which it is.
            shown = [one for one in proofs if "::" in one or (in_documentation(row) and one.startswith("docs/"))]
            assert shown, row["id"]


def in_documentation(row: dict[str, str]) -> bool:
    """Whether that requirement is of one of the standard's sections on documentation, the first of their chapters."""
    return number_of(row)[:2] in {(chapter, 1) for chapter in (2, 5, 6, 7, 8, 11, 13, 14, 15, 16)}


def test_every_line_of_what_nobody_else_sees_has_a_test_or_says_what_it_waits_for() -> None:
    rows = rows_between("proofs.md", "lines")
    assert len(rows) >= 12
    for line, tests, waits in rows:
        named = CODE.findall(tests)
        assert named or len(waits) > 10, line
        assert [one for one in named if "::" not in one or not is_there(one)] == [], line


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-test.txt", "requirements-uv.txt"])
def test_every_dependency_is_locked_by_a_hash(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    packages = [part for part in re.split(r"\n(?=\S)", text) if re.match(r"[a-z0-9]", part, re.I)]
    assert packages
    assert [one.split()[0] for one in packages if "==" not in one or "--hash=sha256:" not in one] == []
    assert "://" not in re.sub(r"#.*", "", text)  # no address: the hash is what counts


def test_what_the_check_looks_for_is_found() -> None:
    """The control: a test that is not there, a file that is not there."""
    assert is_there("tests/test_security_docs.py::test_what_the_check_looks_for_is_found")
    assert not is_there("tests/test_security_docs.py::test_that_nobody_wrote")
    assert not is_there("services/nowhere.py")


async def test_a_browser_that_came_by_https_is_told_to_stay_with_it(relais: Running) -> None:
    nobody = relais.nobody()
    header = "strict-transport-security"
    assert header not in (await nobody.get("/connexion")).headers
    assert (
        "max-age=31536000" in (await nobody.get("/connexion", headers={"x-forwarded-proto": "https"})).headers[header]
    )
