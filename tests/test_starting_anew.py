"""A demonstration starts anew: what its folder held is gone everywhere, and no other folder is ever emptied."""

import asyncio
import gc
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from contracts.envelope import STREAM
from services import demonstration_folder
from services.__main__ import cli
from services.demonstration_folder import NotADemonstration
from services.partners.demonstration import demo_accounts, make_directory
from services.runtime.embedded.folders import FolderInUse, FolderLock
from services.runtime.settings import Settings
from services.stage import Stage
from services.whole import Ground, Whole

MAIL = demo_accounts()[0]["login"]
LOGIN = next(one["ref"] for one in demo_accounts() if one["role"] == "coordinator")


@pytest.fixture
def var() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="relais-n-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def written_in(var: Path) -> Path:
    """A folder with what a database of somebody looks like."""
    (var / "postgres" / "data").mkdir(parents=True)
    (var / "postgres" / "data" / "PG_VERSION").write_text("18")
    (var / "nats" / "state").mkdir(parents=True)
    (var / "keys").mkdir()
    return var / "postgres" / "data" / "PG_VERSION"


def test_a_folder_without_the_mark_is_never_emptied(var: Path) -> None:
    data = written_in(var)
    with pytest.raises(NotADemonstration):
        demonstration_folder.empty(Settings(var=var))
    assert data.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"empty": True},
        {"database_url": "postgresql://x@db/x", "nats_url": "nats://bus"},
        {"host": "0.0.0.0"},
        {"keys": Path("/elsewhere/keys")},
        {"erasure_register": Path("/elsewhere/register.jsonl")},
        {"journal_copy": Path("/elsewhere/heads")},
    ],
    ids=lambda given: next(iter(given)),
)
def test_what_is_no_demonstration_is_not_emptied_even_with_the_mark(var: Path, given: dict[str, object]) -> None:
    data = written_in(var)
    demonstration_folder.filled(Settings(var=var))
    with pytest.raises(NotADemonstration):
        demonstration_folder.empty(Settings(var=var, **given))  # type: ignore[arg-type]
    assert data.exists()


def test_served_once_without_the_demonstration_a_folder_loses_its_mark(var: Path) -> None:
    settings = Settings(var=var)
    demonstration_folder.filled(settings)
    assert demonstration_folder.is_one(settings)
    demonstration_folder.forget(Settings(var=var, empty=True))
    assert not demonstration_folder.is_one(settings)


def killed(*_given: object) -> None:
    raise KeyboardInterrupt


def test_a_demonstration_that_is_served_is_not_emptied_and_a_half_made_one_is_known(
    var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, settings = written_in(var), Settings(var=var)
    demonstration_folder.begin(settings)
    assert demonstration_folder.is_half_made(settings)
    lock = FolderLock(var / "postgres")
    with pytest.raises(FolderInUse):
        demonstration_folder.empty(settings)
    assert data.exists()
    lock.release()
    (var / "postgres" / "postgres.log").write_text("kept")
    demonstration_folder.filled(settings)
    with monkeypatch.context() as patched:
        patched.setattr(demonstration_folder.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            demonstration_folder.empty(settings)
    assert demonstration_folder.is_half_made(settings)
    demonstration_folder.empty(settings)
    assert not data.exists() and not (var / "keys").exists() and (var / "postgres" / "postgres.log").exists()
    demonstration_folder.filled(settings)
    assert not demonstration_folder.is_half_made(settings)


async def test_the_command_refuses_any_other_folder_in_one_line(var: Path) -> None:
    data = written_in(var)
    said = await asyncio.to_thread(CliRunner().invoke, cli, ["up", "--fresh", "--port", "0", "--var", str(var)])
    gc.enable()  # which the command puts off
    assert said.exit_code == 1 and "n’a pas été fait comme une démonstration" in said.output
    assert "Traceback" not in said.output and data.exists()


async def test_it_starts_anew_in_every_service_and_everybody_is_signed_out(var: Path, until) -> None:
    async def fill(whole: Whole) -> None:
        async with whole.services["partners"].database.worker() as work:
            await make_directory(work)

    settings = Settings(var=var, port=0, log_level="error")
    stage = Stage(settings, fill)
    try:
        await stage.open(Ground.start(settings))
        browser = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=stage, client=("127.0.0.1", 1)),
            base_url="http://127.0.0.1", headers={"sec-fetch-site": "same-origin"}, timeout=30,
        )  # fmt: skip
        entered = await browser.post("/connexion/demonstration", data={"account": LOGIN})
        assert entered.headers["location"] == "/aide/trois-choses"
        await browser.post("/connexion", data={"email": MAIL})
        await until(lambda: contains(browser, "/courrier", MAIL))
        before = await traces(stage.shown)
        assert before["facts"] > 0 and before["sessions"] == 1 and before["codes"] == 1
        first = stage.shown

        assert "120 personnes" in (await browser.get("/connexion/demonstration/neuve")).text
        answer = await browser.post("/connexion/demonstration/neuve")
        assert (answer.status_code, answer.headers["location"]) == (303, "/connexion")
        waiting = await browser.get("/tableau")
        assert waiting.status_code == 503 and "La démonstration repart" in waiting.text
        assert waiting.headers["refresh"].endswith("url=/connexion") and waiting.headers["content-security-policy"]
        assert (await browser.get("/static/shell.css")).status_code == 200
        assert (await browser.get("/api/board")).json()["slug"] == "service-away"

        await until(lambda: shown(stage), within=90)
        assert stage.shown is not first
        after = await traces(stage.shown)
        assert after["stream"] > before["stream"]
        assert after["sessions"] == after["codes"] == 0 and after["accounts"] == before["accounts"]
        page = await browser.get("/connexion")
        assert "La démonstration est comme au premier jour" in page.text
        assert (await browser.get("/tableau")).headers["location"].startswith("/connexion")
        assert not await contains(browser, "/courrier", MAIL)
    finally:
        await stage.close()


async def shown(stage: Stage) -> bool:
    assert stage.broken is None, stage.broken
    return stage.shown is not None


async def contains(browser: httpx.AsyncClient, address: str, text: str) -> bool:
    return text in (await browser.get(address)).text


async def traces(whole: Whole | None) -> dict[str, float]:
    """What a visit leaves in the services, and in the stream."""
    assert whole is not None
    found: dict[str, float] = {}
    async with whole.services["partners"].database.worker() as work:
        for name, table in (("sessions", "session"), ("codes", "signin"), ("accounts", "account"), ("facts", "fact")):
            found[name] = (await work.execute(f"SELECT count(*) FROM {table}")).scalar_one()
    stream = await whole.services["intake"].bus._link.jetstream().stream_info(STREAM)
    assert stream.created is not None
    return {**found, "stream": stream.created.timestamp()}
