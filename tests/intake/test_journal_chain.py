"""The chain of the journal: whatever is done to it by somebody with every right on the database is found, twice over.

Each test has a territory of its own, so that no tampering reaches another's journal.
"""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.intake import journal, journal_sealing, tables
from services.intake.journal_chain import START, hash_of, instant, link, plain
from services.intake.journal_heads import HeadKey, copy_file, heads_of, read_copy, sign_head, write_copy
from services.intake.journal_kinds import KEPT, KEPT_FOR_CONTROL, Kind, Outcome, Thing, age_of, keep_until
from services.intake.journal_verify import Report, verify, write_out
from services.runtime.process import Service
from services.runtime.settings import Settings
from tests.intake.people_world import People

VERIFIER = Path(__file__).parents[2] / "deploy" / "verify_journal.py"


@dataclass
class Chain:
    """One territory's journal, and its owner, who may do anything to the database."""

    service: Service
    folder: Path
    owner: asyncpg.Connection

    async def write(self, number: int, *, at: datetime | None = None) -> list[UUID]:
        async with self.service.database.worker(at=at) as work:
            return [
                await journal.record(work, None, Kind.READ_FILE, object=Thing.PERSON, person=uuid4())
                for _ in range(number)
            ]

    async def head(self) -> None:
        async with self.service.database.worker() as work:
            await sign_head(work, journal_sealing.key_of(self.service), every=timedelta(0))
        async with self.service.database.worker() as work:
            write_copy(self.folder, work.territory, await heads_of(work))

    async def sealed(self, number: int) -> list[UUID]:
        refs = await self.write(number)
        await journal_sealing.seal_all(self.service)
        await self.head()
        return refs

    async def check(self) -> Report:
        return await verify(self.service, journal_sealing.key_of(self.service), self.folder)

    async def codes(self) -> set[str]:
        return {one.code for one in (await self.check()).problems}

    async def outside(self) -> tuple[int, str]:
        """The verifier that imports none of our code, on an export."""
        file = self.folder / f"{uuid4()}.jsonl"
        with file.open("w", encoding="utf-8") as out:
            await write_out(self.service, out)
        key = journal_sealing.key_of(self.service).folder / "head.pub"
        heads = copy_file(self.folder, self.service.settings.territory)
        run = subprocess.run(
            [sys.executable, "-I", VERIFIER, file, heads, key], capture_output=True, text=True, check=False, cwd="/"
        )
        return run.returncode, run.stdout

    async def found(self, code: str, words: str) -> None:
        """Both verifiers find it."""
        assert code in await self.codes()
        status, said = await self.outside()
        assert status == 1 and words in said, said

    async def tamper(self, statement: str, *values: object) -> None:
        assert "0" not in (await self.owner.execute(statement, *values)).split()[-1:], "nothing was tampered with"


@pytest.fixture
async def chain(people: People, tmp_path: Path):
    made = people.service
    settings = Settings(var=made.settings.var, territory=f"chain-{uuid4().hex[:8]}", log_level="error")
    service = Service("intake", settings, made.servers, tables.SCHEMA, tables.PLUMBING)
    owner = await asyncpg.connect(made.servers.database_url.replace("+asyncpg", ""))
    yield Chain(service, tmp_path, owner)
    await owner.close()
    await service.database.close()


async def test_an_untouched_journal_is_whole_for_both_verifiers(chain: Chain):
    await chain.sealed(3)
    await chain.sealed(2)
    report = await chain.check()
    assert report.ok and (report.links, report.heads, report.waiting) == (5, 2, 0)
    status, said = await chain.outside()
    assert status == 0 and "5 entrées scellées, 2 têtes" in said


@pytest.mark.parametrize(
    "change",
    [
        "viewer = gen_random_uuid()",
        "people = ARRAY[gen_random_uuid()]",
        "refusal = 'not-found'",
        "at = at + interval '1 microsecond'",
        "keep_until = now()",
    ],
)
async def test_an_edited_entry_is_found(chain: Chain, change: str):
    refs = await chain.sealed(3)
    await chain.tamper(f"UPDATE intake.journalentry SET {change} WHERE ref = $1", refs[1])
    await chain.found("changed", "ligne 2 : l’entrée a été modifiée")


async def test_a_deleted_entry_is_found(chain: Chain):
    refs = await chain.sealed(3)
    await chain.tamper("DELETE FROM intake.journalentry WHERE ref = $1", refs[1])
    await chain.found("missing", "ligne 2 : l’entrée a été effacée")


async def test_an_entry_deleted_with_its_link_is_found(chain: Chain):
    refs = await chain.sealed(3)
    for table, name in (("journalentry", "ref"), ("journalseal", "entry")):
        await chain.tamper(f"DELETE FROM intake.{table} WHERE {name} = $1", refs[1])
    await chain.found("gap", "des numéros manquent")


async def test_a_cut_end_is_found(chain: Chain):
    refs = await chain.sealed(3)
    for table, name in (("journalentry", "ref"), ("journalseal", "entry")):
        await chain.tamper(f"DELETE FROM intake.{table} WHERE {name} = $1", refs[2])
    await chain.found("cut", "la fin a été effacée")


async def test_an_inserted_entry_is_found(chain: Chain):
    refs = await chain.sealed(3)
    await chain.tamper(
        "INSERT INTO intake.journalentry SELECT (jsonb_populate_record(e, jsonb_build_object('ref', $2::uuid))).*"
        " FROM intake.journalentry e WHERE ref = $1",
        refs[1],
        uuid4(),
    )
    await chain.found("inserted", "ajoutée par un autre chemin")


async def test_an_entry_that_vanished_before_its_seal_is_found(chain: Chain):
    await chain.sealed(1)
    [ref] = await chain.write(1)
    await chain.tamper("DELETE FROM intake.journalentry WHERE ref = $1", ref)
    assert await chain.codes() == {"lost"}


async def test_two_exchanged_rows_are_found(chain: Chain):
    refs = await chain.sealed(4)
    await chain.tamper("UPDATE intake.journalseal SET seq = -1 WHERE entry = $1", refs[1])
    await chain.tamper("UPDATE intake.journalseal SET seq = 2 WHERE entry = $1", refs[2])
    await chain.tamper("UPDATE intake.journalseal SET seq = 3 WHERE entry = $1", refs[1])
    await chain.found("broken", "le chaînon ne suit pas le précédent")


async def _rewrite(chain: Chain, dropped: UUID) -> None:
    """Everything that somebody can do who has every right on the database and knows the rule of the chain."""
    await chain.tamper("DELETE FROM intake.journalentry WHERE ref = $1", dropped)
    await chain.tamper("DELETE FROM intake.journalseal WHERE entry = $1", dropped)
    rows = await chain.owner.fetch(
        "SELECT e.* FROM intake.journalseal s JOIN intake.journalentry e ON e.ref = s.entry"
        " WHERE s.territory = $1 ORDER BY s.seq",
        chain.service.settings.territory,
    )
    last = START
    for seq, row in enumerate(rows, 1):
        entry = plain(row)
        last = link(last, seq, entry["ref"], hash_of(entry), instant(row["keep_until"]))
        await chain.tamper(
            "UPDATE intake.journalseal SET seq = $2, entry_hash = $3, hash = $4 WHERE entry = $1",
            row["ref"], seq, hash_of(entry), last,
        )  # fmt: skip


async def test_a_chain_rewritten_as_a_whole_is_found_by_its_signed_heads(chain: Chain):
    refs = await chain.sealed(3)
    await chain.sealed(2)
    await _rewrite(chain, refs[0])
    await chain.found("rewritten", "n’est plus celle que la tête signée a vue")


async def test_rewriting_the_heads_of_the_database_as_well_leaves_those_of_the_second_place(chain: Chain):
    refs = await chain.sealed(3)
    await chain.sealed(2)
    await _rewrite(chain, refs[0])
    await chain.tamper("DELETE FROM intake.journalhead WHERE territory = $1", chain.service.settings.territory)
    assert "rewritten" in await chain.codes()


async def test_a_forged_head_is_found(chain: Chain):
    await chain.sealed(2)
    await chain.tamper(
        "UPDATE intake.journalhead SET hash = $2 WHERE territory = $1", chain.service.settings.territory, "f" * 64
    )
    assert "unsigned" in await chain.codes()
    file = copy_file(chain.folder, chain.service.settings.territory)
    file.write_text(json.dumps(read_copy(chain.folder, chain.service.settings.territory)[0] | {"seq": 1}) + "\n")
    status, said = await chain.outside()
    assert status == 1 and "signature" in said


async def test_a_head_missing_in_the_second_place_is_found(chain: Chain):
    for _ in range(3):
        await chain.sealed(1)
    file = copy_file(chain.folder, chain.service.settings.territory)
    file.write_text("".join(file.read_text().splitlines(keepends=True)[1:]))
    assert await chain.codes() == {"no_copy"}


async def test_what_commits_late_is_sealed_late_and_nothing_is_skipped(chain: Chain):
    async with chain.service.database.worker() as slow:
        late = await journal.record(slow, None, Kind.CHANGED, object=Thing.PERSON, person=uuid4())
        early = await chain.write(3)
        assert await journal_sealing.seal_all(chain.service) == 3
    assert await journal_sealing.seal_all(chain.service) == 1
    rows = await chain.owner.fetch(
        "SELECT entry FROM intake.journalseal WHERE territory = $1 ORDER BY seq", chain.service.settings.territory
    )
    assert [row["entry"] for row in rows] == [*early, late]
    assert (await chain.check()).ok


async def test_several_sealers_at_once_make_one_chain(chain: Chain):
    async def write_and_seal() -> None:
        for _ in range(4):
            await chain.write(3)
            await journal_sealing.seal_all(chain.service)

    await asyncio.gather(*(write_and_seal() for _ in range(4)))
    await journal_sealing.seal_all(chain.service)
    report = await chain.check()
    assert report.ok and (report.links, report.waiting) == (48, 0)


async def test_pruning_erases_what_is_over_and_leaves_the_chain_whole(chain: Chain):
    old = datetime.now(UTC) - KEPT - timedelta(days=1)
    [over] = await chain.write(1, at=old)
    kept = await chain.sealed(2)
    async with chain.service.database.worker() as work:
        assert await journal_sealing.prune(work) == 1
    rows = await chain.owner.fetch(
        "SELECT ref FROM intake.journalentry WHERE territory = $1", chain.service.settings.territory
    )
    assert {row["ref"] for row in rows} == set(kept) and over not in kept
    assert (await chain.check()).ok
    status, _ = await chain.outside()
    assert status == 0


async def test_nobody_of_the_application_changes_the_journal_or_erases_what_is_not_over(chain: Chain):
    refs = await chain.sealed(1)
    async with chain.service.database.worker() as work:
        await work.execute("DELETE FROM intake.journalentry WHERE ref = :ref", ref=refs[0])
    assert (await chain.check()).ok
    for statement in (
        "UPDATE intake.journalentry SET reason = 'x'",
        "UPDATE intake.journalseal SET hash = 'x'",
        "DELETE FROM intake.journalseal",
        "DELETE FROM intake.journalhead",
    ):
        for transaction in (chain.service.database.worker(), chain.service.database.web(None)):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with transaction as work:
                    await work.execute(statement)


async def test_a_head_is_signed_once_an_hour_and_its_key_lies_outside_the_database(chain: Chain):
    key = journal_sealing.key_of(chain.service)
    await chain.write(1)
    await journal_sealing.seal_all(chain.service)
    assert await journal_sealing.sign_and_copy(chain.service, key, chain.folder) == 1
    assert await journal_sealing.sign_and_copy(chain.service, key, chain.folder) == 0
    assert (key.folder / "head.pem").stat().st_mode & 0o777 == 0o600


def test_the_public_key_is_there_though_whoever_made_the_key_stopped_before_writing_it(tmp_path: Path):
    folder = tmp_path / "journal"
    made, public = HeadKey(folder).name, folder / "head.pub"
    written = public.read_bytes()
    public.unlink()
    assert HeadKey(folder).name == made
    assert public.read_bytes() == written and public.stat().st_mode & 0o777 == 0o600


async def test_the_second_place_gets_what_it_missed_while_it_was_away(chain: Chain):
    for _ in range(2):
        await chain.sealed(1)
    copy_file(chain.folder, chain.service.settings.territory).unlink()
    key = journal_sealing.key_of(chain.service)
    assert await journal_sealing.sign_and_copy(chain.service, key, chain.folder) == 2
    assert (await chain.check()).ok


def test_what_serves_to_control_access_is_kept_three_years_and_the_rest_one():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert keep_until(Kind.LISTED, Outcome.DONE, None, at) == at + KEPT
    for kind, outcome, reason in (
        (Kind.DISCLOSED, Outcome.DONE, None),
        (Kind.READ_FILE, Outcome.REFUSED, None),
        (Kind.READ_FILE, Outcome.DONE, "covers_colleague"),
    ):
        assert keep_until(kind, outcome, reason, at) == at + KEPT_FOR_CONTROL


def test_the_territory_chooses_the_months_within_the_bounds_of_the_cnil(monkeypatch):
    assert (age_of(12), age_of(36)) == (KEPT, KEPT_FOR_CONTROL)
    monkeypatch.setenv("RELAIS_JOURNAL_MONTHS", "6")
    monkeypatch.setenv("RELAIS_JOURNAL_CONTROL_MONTHS", "24")
    assert journal.ages.__wrapped__() == {"kept": age_of(6), "for_control": age_of(24)}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert keep_until(Kind.LISTED, Outcome.DONE, None, at, **journal.ages.__wrapped__()) == at + age_of(6)
    for months, control in ((5, 36), (13, 36), (12, 37), (12, 11)):
        with pytest.raises(ValueError, match=r"(?i)journal_"):
            Settings(journal_months=months, journal_control_months=control)
