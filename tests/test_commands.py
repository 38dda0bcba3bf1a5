"""The commands that start the servers themselves, called as one types them: what they say, and their exit code."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(folder: str, *words: str) -> tuple[int, str]:
    """The command in a process of its own, on that data folder: exit code and what it said."""
    environment = {**os.environ, "RELAIS_VAR": folder, "RELAIS_LOG_LEVEL": "error"}
    ended = subprocess.run(
        [sys.executable, "-m", "services", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.fixture
def command() -> Iterator[Callable[..., tuple[int, str]]]:
    """Run one after the other on one folder, which the first migrates."""
    with tempfile.TemporaryDirectory(prefix="relais-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield partial(run, made)


def test_the_figures_are_made_again_and_the_comparison_refuses_what_is_none(command, tmp_path):
    assert command("migrate") == (0, "Base et flux à jour.\n")
    code, said = command("replay")
    assert code == 0 and "Rien ne différait." in said
    assert "partners.deskitem : identique" in said and "notify.telling : non refait" in said
    out = tmp_path / "echange.json"
    code, said = command("comparison", "export", str(out))
    assert (code, out.exists()) == (1, False) and "aucun trimestre publié" in said
    out.write_text('{"opened": "beaucoup"}')
    code, said = command("comparison", "import", str(out))
    assert code == 1 and "echange.json" in said


def test_an_unknown_service_is_refused_before_anything_starts():
    code, said = run("/nonexistent", "replay", "comptes")
    assert code == 1 and said.startswith("relais : service inconnu.")
