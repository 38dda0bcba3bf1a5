"""What goes when its time is over: each table says beside itself how old its rows may get, and a job lets the rest go.

Deletions come in small batches, so that nobody waits for them; several processes may do it at once.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.runtime.database import Database, Work

BATCH = 5_000
PURGE_EVERY = 6 * 3600.0
Done = Callable[[str, int], None]


@dataclass(frozen=True)
class Age:
    """Rows of `table` whose `column` is older than `days` go, where `also` holds (SQL); `what` is how the DPO reads
    it.
    """

    table: str
    column: str
    days: int
    what: str
    also: str = "true"


# The stream keeps facts for 30 days: a fact that was taken, or a command that was done, cannot come again after that.
PLUMBING_AGES = (
    Age("inbox", "at", 45, "Faits reçus (références)"),
    Age("command", "at", 45, "Commandes déjà faites (références)"),
    Age("failure", "at", 45, "Échecs de réception"),
    Age("dead_letter", "at", 90, "Faits abandonnés, puis rejoués", "replayed_at IS NOT NULL"),
)


async def count_over_age(database: Database, ages: Sequence[Age]) -> dict[str, int]:
    """How many rows are over their age now, by table: what a purge would let go."""
    async with database.worker() as work:
        return {age.table: await _count(age, work) for age in ages}


async def purge(database: Database, ages: Sequence[Age], done: Done | None = None) -> dict[str, int]:
    """Let go what is over its age; how many rows of each table. `done` is told after each batch."""
    gone = {}
    for age in ages:
        gone[age.table] = 0
        while True:
            async with database.worker() as work:
                went = len((await work.execute(_delete(age, work), before=_before(age, work.now), batch=BATCH)).all())
            gone[age.table] += went
            if done is not None:
                done(age.table, went)
            if went < BATCH:
                break
    return gone


def nightly(database: Database, ages: Sequence[Age]) -> Callable[[], Awaitable[object]]:
    """What a job runs: the ages are days, so that looking a few times a day is enough."""

    async def run() -> dict[str, int]:
        return await purge(database, ages)

    return run


async def _count(age: Age, work: Work) -> int:
    found = await work.execute(
        f'SELECT count(*) FROM "{work.service}"."{age.table}" WHERE "{age.column}" < :before AND {age.also}',
        before=_before(age, work.now),
    )
    return int(found.scalar_one())


def _delete(age: Age, work: Work) -> str:
    table = f'"{work.service}"."{age.table}"'
    return (
        f'DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE "{age.column}" < :before'
        f" AND {age.also} LIMIT :batch)) RETURNING 1"
    )


def _before(age: Age, now: datetime) -> datetime:
    return now - timedelta(days=age.days)
