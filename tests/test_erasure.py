"""A person who was erased is nowhere any more, and stays so when an older copy of the database comes back."""

import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from contracts.envelope import STREAM
from services.intake.erasing_register import Line, Register
from services.intake.erasing_stream import scrub_stream
from services.processes import make
from services.runtime.process import Servers
from services.runtime.settings import Settings
from services.whole import Ground
from tests.canary_world import PROGRAMS
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import REFERENT, Someone, login

CANARIES = ("Ysengrinne", "Torquemboise", "0645781236", "645781236", "impasse des Farfadettes", "Zibeluche")
WHO = Someone(
    "Ysengrinne", "Torquemboise", "1957-02-09", "06 45 78 12 36", "9 impasse des Farfadettes", "avant dix heures"
)
DPO = story.first(story.Role.DPO, "agglo")


@dataclass
class Erased:
    """A person before and after: her references, an old copy of the database, and her key of then."""

    person: UUID
    referral: UUID
    request: UUID
    copy: Path
    key: Path
    old_key: bytes


def dump(ground: Ground, *options: str) -> bytes:
    done = subprocess.run([PROGRAMS / "pg_dump", *options, ground.owner_url], capture_output=True, check=True)
    return done.stdout


async def rows_of(ground: Ground, statement: str, *values: object) -> list[asyncpg.Record]:
    link = await asyncpg.connect(ground.owner_url)
    try:
        return await link.fetch(statement, *values)
    finally:
        await link.close()


@pytest.fixture(scope="module")
async def erased(relais: Running, ground: Ground, settings: Settings, until, tmp_path_factory) -> Erased:
    """From meeting her to erasing her, by the pages."""
    nadia, dpo = await relais.sign_in(login(REFERENT)), await relais.sign_in(login(DPO))
    sent = await story.send_one(nadia, WHO)
    agent = await relais.sign_in(login(story.AGENT))
    await story.until_there(agent, sent.ref)
    request = uuid4()
    kept = await nadia.post(
        f"/personnes/{sent.person}/demandes",
        data={"command_id": str(request), "kind": "erasure", "origin": "referent", "words": "Zibeluche veut partir"},
    )
    assert kept.status_code == 303, kept.text
    copy = tmp_path_factory.mktemp("old") / "relais.dump"
    copy.write_bytes(dump(ground, "--format=custom"))
    key = settings.keys / "intake" / "people" / sent.person.hex[:2] / f"{sent.person}.key"
    old_key = key.read_bytes()
    first = await dpo.post(f"/demandes/{request}", data={"step": "do"})
    assert first.headers["location"] == f"/demandes/{request}/effacer", "nothing is erased by one click"
    number = re.search(r"\b\d\d-[0-9A-Z]{5}\b", (await dpo.get(f"/demandes/{request}")).text)[0]
    sure = await dpo.post(f"/demandes/{request}/effacer", data={"file_number": number})
    assert sure.status_code == 303, sure.text
    return Erased(sent.person, sent.ref, request, copy, key, old_key)


async def test_no_page_knows_an_erased_person_any_more(relais: Running, erased: Erased) -> None:
    nadia, dpo = await relais.sign_in(login(REFERENT)), await relais.sign_in(login(DPO))
    assert (await nadia.get(f"/personnes/{erased.person}")).status_code == 404
    assert (await nadia.get(f"/orientations/{erased.referral}")).status_code == 404
    found = await nadia.post("/personnes", data={"q": "Torquemboise"})
    assert "Ysengrinne" not in found.text
    page = (await dpo.get(f"/demandes/{erased.request}")).text
    assert "Faite" in page and "<dd>effacé</dd>" in page and "Zibeluche" not in page


async def test_the_key_is_destroyed_and_a_restored_one_opens_nothing(erased: Erased, relais: Running) -> None:
    keys = relais.service("intake").app.state.person_keys
    assert not erased.key.exists() and erased.key.with_suffix(".destroyed").exists()
    erased.key.write_bytes(erased.old_key)
    try:
        blob = b"x" * 40
        assert keys.open(erased.person, "phone", blob) is None
        assert keys.holds(erased.person)
        await relais.service("intake").parts.prepare()
        assert not erased.key.exists()
    finally:
        erased.key.unlink(missing_ok=True)


async def test_her_referral_ends_and_its_times_stay_and_are_nobodys(erased: Erased, ground: Ground, until) -> None:
    async def ended() -> asyncpg.Record | None:
        (row,) = await rows_of(ground, "SELECT * FROM referral.referral WHERE ref = $1", erased.referral)
        return row if row["state"] == "withdrawn" and row["person"] != erased.person else None

    row = await until(ended, within=20)
    assert row["sent_at"] and row["root_sent_at"]
    met = await rows_of(ground, "SELECT person FROM referral.met WHERE person = $1", row["person"])
    assert len(met) == 1, "one fresh reference in every table: the figures of people stay true"
    for table in ("referral", "met", "identified"):
        assert not await rows_of(ground, f"SELECT 1 FROM referral.{table} WHERE person = $1", erased.person)


async def test_the_stream_holds_nothing_of_her_and_its_files_neither(
    erased: Erased, relais: Running, ground: Ground, settings: Settings, until
) -> None:
    service = relais.service("intake")

    async def clean() -> bool:
        await scrub_stream(service, timedelta(0))
        statement = "SELECT scrubbed_at, messages FROM intake.erasure WHERE subject = $1"
        (row,) = await rows_of(ground, statement, erased.person)
        return row["scrubbed_at"] is not None and row["messages"] > 3

    await until(clean, within=60)
    store = [one for one in (settings.var / "nats").rglob("*") if one.is_file()]
    assert any(STREAM in str(one) for one in store)
    for file in store:
        data = file.read_bytes()
        for ref in (erased.person, erased.referral):
            assert str(ref).encode() not in data, file


async def test_neither_a_dump_nor_the_folder_of_keys_and_registers_holds_a_word_of_her(
    erased: Erased, ground: Ground, settings: Settings
) -> None:
    copied = dump(ground, "--format=plain").decode()
    assert erased.copy.stat().st_size > 0
    for word in CANARIES:
        assert word not in copied, word
    lines = [line for line in copied.splitlines() if str(erased.person) in line]
    assert lines, "the register, the request and the journal keep her reference"
    for folder in (settings.keys, settings.erasure_register.parent):
        for file in folder.rglob("*"):
            if file.is_file():
                data = file.read_bytes()
                assert not any(word.encode() in data for word in CANARIES), file


async def test_the_register_holds_a_line_of_references_that_is_on_the_disk(erased: Erased, settings: Settings) -> None:
    line = Register(settings.erasure_register).read()[erased.person]
    assert (line.why, line.request) == ("request", erased.request)
    assert settings.erasure_register.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"[\w\"{}:., +-]+", line.written())


async def test_an_older_copy_of_the_database_is_cleaned_before_it_is_served(
    erased: Erased, ground: Ground, settings: Settings
) -> None:
    name = f"old_{uuid4().hex[:8]}"
    await rows_of(ground, f'CREATE DATABASE "{name}"')
    old = make_url(ground.owner_url).set(database=name).render_as_string(hide_password=False)
    restored = subprocess.run(
        [PROGRAMS / "pg_restore", "--dbname", old, str(erased.copy)], capture_output=True, check=False
    )
    link = await asyncpg.connect(old)
    try:
        there = await link.fetch("SELECT last_name FROM intake.person WHERE ref = $1", erased.person)
        assert [row["last_name"] for row in there] == ["Torquemboise"], restored.stderr[-2000:]
        erased.key.write_bytes(erased.old_key)
        service = make("intake", settings, Servers(old, ground.servers.nats_url, ground.servers.keys))
        try:
            await service.parts.prepare()
        finally:
            await service.database.close()
        assert not await link.fetch("SELECT 1 FROM intake.person WHERE ref = $1", erased.person)
        assert not await link.fetch("SELECT 1 FROM intake.handover WHERE person = $1", erased.person)
        (row,) = await link.fetch("SELECT why FROM intake.erasure WHERE subject = $1", erased.person)
        assert row["why"] == "request"
        assert await link.fetch("SELECT 1 FROM intake.fact WHERE type = 'person.erased.v1' AND ref = $1", erased.person)
        assert not erased.key.exists()
    finally:
        await link.close()
        await rows_of(ground, f'DROP DATABASE "{name}" WITH (FORCE)')


def test_a_register_survives_a_cut_line_and_completes_itself(tmp_path: Path) -> None:
    register = Register(tmp_path / "here" / "register.jsonl")
    one, two = (Line(uuid4(), uuid4(), "retention", datetime.now(UTC)) for _ in range(2))
    register.append([one])
    with register.path.open("ab") as opened:
        opened.write(b'{"person": "cut')
    register.append([two])
    assert set(register.read()) == {one.person, two.person}
