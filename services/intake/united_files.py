"""Which files are of one person: the one that is kept, and those that were merged into it (`duplicate_tables`).

Whatever is asked about a person as a whole is asked of all her files; what belongs to one row stays with its file. Each
transaction sees what its viewer may: a file that she cannot reach is not among them.
"""

from collections.abc import Sequence
from uuid import UUID

from services.runtime.database import Work

_FILES = """
WITH kept AS (SELECT coalesce(merged_into, ref) AS ref FROM intake.person WHERE ref = :person)
SELECT ref FROM kept UNION ALL SELECT p.ref FROM intake.person p JOIN kept ON p.merged_into = kept.ref
"""
_LOCK = "SELECT ref FROM intake.person WHERE ref = ANY(cast(:files AS uuid[])) ORDER BY ref FOR UPDATE"
_KEPT = """
SELECT ref, coalesce(merged_into, ref) AS kept FROM intake.person WHERE ref = ANY(cast(:files AS uuid[]))
"""


async def files_of(work: Work, person: UUID) -> tuple[UUID, ...]:
    """Every file of the person of this file, the kept one first; the file itself when nothing is merged or seen."""
    return tuple((await work.execute(_FILES, person=person)).scalars()) or (person,)


async def lock_files(work: Work, person: UUID) -> tuple[UUID, ...]:
    """The same, each row locked in one order, so that a merge comes wholly before or wholly after."""
    found = await files_of(work, person)
    while True:
        await work.execute(_LOCK, files=list(found))
        again = await files_of(work, person)
        if set(again) <= set(found):
            return again
        found = again


async def kept_of(work: Work, files: Sequence[UUID]) -> dict[UUID, UUID]:
    """For each of these files, the one that is kept of its person."""
    if not files:
        return {}
    return {row.ref: row.kept for row in await work.execute(_KEPT, files=list(set(files)))}
