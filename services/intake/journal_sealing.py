"""Sealing: in the background, in batches, each waiting entry of the territory gets its number and its link.

An entry waits in `journalpending`, written in its own transaction: whatever commits late is sealed late, and nothing is
skipped. One process at a time seals, under an advisory lock; the heads are signed and copied by the same job.
"""

import asyncio
import time
from pathlib import Path

from services.intake import caseload_watch, journal_verify
from services.intake.journal_chain import SEALED, START, hash_of, instant, link, plain
from services.intake.journal_heads import HeadKey, end_of_chain, heads_of, sign_head, write_copy
from services.runtime.database import Work
from services.runtime.jobs import Job
from services.runtime.process import Service

# Hashing holds the loop: of so many entries, for some ten milliseconds.
BATCH, REST = 100, 2
SEAL_EVERY = 5.0
HEADS_EVERY = 60.0
CHECK_EVERY = 24 * 3600.0
WATCH_EVERY = 300.0
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"
_WAITING = f"""
SELECT {", ".join(f'e."{name}"' for name in SEALED)} FROM intake.journalpending p
JOIN intake.journalentry e ON e.ref = p.entry ORDER BY p.number LIMIT :most
"""
_SEAL = """
WITH sealed AS (
    INSERT INTO intake.journalseal (entry, seq, entry_hash, keep_until, hash, sealed_at)
    SELECT s.entry, s.seq, s.entry_hash, s.keep_until, s.hash, :now FROM unnest(cast(:entries AS uuid[]),
        cast(:seqs AS bigint[]), cast(:entry_hashes AS text[]), cast(:keeps AS timestamptz[]), cast(:hashes AS text[]))
        AS s (entry, seq, entry_hash, keep_until, hash)
)
DELETE FROM intake.journalpending WHERE entry = ANY(cast(:entries AS uuid[]))
"""
_PRUNE = """
DELETE FROM intake.journalentry WHERE ref IN (
    SELECT e.ref FROM intake.journalentry e JOIN intake.journalseal s ON s.entry = e.ref
    WHERE e.keep_until < :now ORDER BY e.keep_until LIMIT :most
) RETURNING ref
"""


async def seal_batch(work: Work, most: int = BATCH) -> int:
    """Seal at most that many waiting entries in this transaction; 0 when none waits, or another process is at it."""
    if not (await work.execute(_LOCK, name=f"journal/{work.territory}")).scalar_one():
        return 0
    rows = (await work.execute(_WAITING, most=most)).all()
    if not rows:
        return 0
    end = await end_of_chain(work)
    seq, last = (end.seq, end.hash) if end else (0, START)
    entry_hashes, hashes = [], []
    for number, row in enumerate(rows, seq + 1):
        entry = plain(row)
        entry_hashes.append(hash_of(entry))
        last = link(last, number, entry["ref"], entry_hashes[-1], instant(row.keep_until))
        hashes.append(last)
    await work.execute(
        _SEAL,
        now=work.now,
        entries=[row.ref for row in rows],
        seqs=list(range(seq + 1, seq + 1 + len(rows))),
        entry_hashes=entry_hashes,
        keeps=[row.keep_until for row in rows],
        hashes=hashes,
    )
    return len(rows)


async def seal_all(service: Service) -> int:
    """Seal whatever waits, a transaction a batch; returns how many entries.

    After a batch it rests twice as long as that took: a minute of busy lists leaves thousands of entries, and pages
    that are asked for meanwhile would wait for all of them (50 ms instead of 30, a second of every five).
    """
    sealed = 0
    while True:
        began = time.monotonic()
        async with service.database.worker() as work:
            done = await seal_batch(work)
        sealed += done
        if done < BATCH:
            return sealed
        await asyncio.sleep(REST * (time.monotonic() - began))


async def sign_and_copy(service: Service, key: HeadKey, folder: Path) -> int:
    """Sign the head when an hour is over, and bring the second place up to date, also after it was away."""
    async with service.database.worker() as work:
        if (await work.execute(_LOCK, name=f"journal-head/{work.territory}")).scalar_one():
            await sign_head(work, key)
    async with service.database.worker() as work:
        heads = await heads_of(work)
        territory = work.territory
    return await asyncio.to_thread(write_copy, folder, territory, heads)


async def prune(work: Work, most: int = 10_000) -> int:
    """Erase sealed entries whose time is over; the seals stay, so the chain can be checked as before. Returns how many.

    The worker's privileges allow no other deletion (`journal_tables`): row-level security compares with `now()`.
    """
    return len((await work.execute(_PRUNE, now=work.now, most=most)).all())


def key_of(service: Service) -> HeadKey:
    """The key of the heads of this service, in the folder of keys."""
    return HeadKey(service.servers.keys / "intake" / "journal")


def jobs(service: Service) -> list[Job]:
    """The clocks of the journal."""
    key, folder = key_of(service), service.settings.journal_copy
    return [
        Job("journal_seal", SEAL_EVERY, lambda: seal_all(service)),
        Job("journal_heads", HEADS_EVERY, lambda: sign_and_copy(service, key, folder)),
        Job("journal_check", CHECK_EVERY, lambda: journal_verify.check_and_note(service, key, folder)),
        Job("caseload_watch", WATCH_EVERY, lambda: caseload_watch.watch_all(service)),
    ]
