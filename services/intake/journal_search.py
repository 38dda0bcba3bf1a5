"""Reading the journal: what the DPO looks for, page by page, newest first; row-level security is the second net."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from contracts.refusals import RoleNotAllowed
from contracts.viewer import Role, Viewer
from services.intake.journal_kinds import Kind
from services.intake.united_files import files_of
from services.runtime.database import Work
from services.runtime.web.dates import PARIS

PAGE = 50
SAMPLE = 20
ALERTS = 50
_COLUMNS = (
    'ref, kind, object, object_ref, handover, person, people, viewer, viewer_organisation, actor_kind, desk, "grant",'
    " categories, outcome, refusal, reason, at"
)
_SEARCH = f"""
SELECT {_COLUMNS} FROM intake.journalentry
WHERE (cast(:people AS uuid[]) IS NULL OR person = ANY(cast(:people AS uuid[])) OR people && cast(:people AS uuid[]))
    AND (cast(:account AS uuid) IS NULL OR viewer = :account)
    AND (cast(:organisation AS uuid) IS NULL OR viewer_organisation = :organisation)
    AND (cast(:kind AS text) IS NULL OR kind = :kind)
    AND (cast(:since AS timestamptz) IS NULL OR at >= :since)
    AND (cast(:until AS timestamptz) IS NULL OR at < :until)
    AND (NOT :outside OR (reason IS NOT NULL AND kind = 'read_file'))
ORDER BY at DESC, ref LIMIT :most OFFSET :skip
"""
# The same sample all month for everybody, and another one next month: nobody chooses it.
_SAMPLE = f"""
SELECT {_COLUMNS} FROM intake.journalentry
WHERE at >= :since AND at < :until AND reason IS NOT NULL AND kind = 'read_file'
ORDER BY md5(ref::text || cast(:since AS text)) LIMIT {SAMPLE}
"""
_ALERTS = f"SELECT account, organisation, day, opened, at FROM intake.caseloadalert ORDER BY at DESC LIMIT {ALERTS}"
_CHAIN = """
SELECT (SELECT max(seq) FROM intake.journalseal) AS sealed,
    (SELECT at FROM intake.journalhead ORDER BY at DESC LIMIT 1) AS head_at,
    (SELECT seq FROM intake.journalhead ORDER BY at DESC LIMIT 1) AS head_seq,
    (SELECT at FROM intake.journalcheck ORDER BY at DESC LIMIT 1) AS checked_at,
    (SELECT problem FROM intake.journalcheck ORDER BY at DESC LIMIT 1) AS problem
"""


@dataclass(frozen=True)
class Wanted:
    """What is looked for; None is whatever. `people` empty is a file number that nobody has: nothing is found."""

    people: tuple[UUID, ...] | None = None
    account: UUID | None = None
    organisation: UUID | None = None
    kind: Kind | None = None
    first_day: date | None = None
    last_day: date | None = None
    outside: bool = False


def _only_the_dpo(viewer: Viewer) -> None:
    if not viewer.has(Role.DPO):
        raise RoleNotAllowed


async def search(viewer: Viewer, work: Work, wanted: Wanted, page: int = 1) -> tuple[list[Any], bool]:
    """One page of entries, and whether more follow. Refusal: RoleNotAllowed."""
    _only_the_dpo(viewer)
    rows = await work.execute(
        _SEARCH,
        people=None if wanted.people is None else list(wanted.people),
        account=wanted.account,
        organisation=wanted.organisation,
        kind=wanted.kind.value if wanted.kind else None,
        since=_midnight(wanted.first_day),
        until=_midnight(wanted.last_day, 1),
        outside=wanted.outside,
        most=PAGE + 1,
        skip=(page - 1) * PAGE,
    )
    found = rows.all()
    return found[:PAGE], len(found) > PAGE


async def sample_of_month(viewer: Viewer, work: Work) -> list[Any]:
    """Twenty openings of colleagues' files of the last whole month, drawn by a rule. Refusal: RoleNotAllowed."""
    _only_the_dpo(viewer)
    first = work.now.astimezone(PARIS).date().replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    return (await work.execute(_SAMPLE, since=_midnight(before), until=_midnight(first))).all()


async def alerts(viewer: Viewer, work: Work) -> list[Any]:
    """The last alerts: who opened many files outside her caseload. Refusal: RoleNotAllowed."""
    _only_the_dpo(viewer)
    return (await work.execute(_ALERTS)).all()


async def state_of_chain(viewer: Viewer, work: Work) -> Any:  # noqa: ANN401 - a row of _CHAIN
    """How many entries are sealed, the last head and the last check. Refusal: RoleNotAllowed."""
    _only_the_dpo(viewer)
    return (await work.execute(_CHAIN)).one()


async def refs_of_number(work: Work, number: str) -> tuple[UUID, ...]:
    """Whose file number that is, over all organisations, with every other file of that person; in the transaction of an
    officer (`officer.reading`), which reaches nothing else of a person.
    """
    found = [row.ref for row in await work.execute("SELECT ref FROM person WHERE file_number = :n", n=number)]
    return tuple(dict.fromkeys([file for ref in found for file in await files_of(work, ref)]))


async def numbers_of(work: Work, people: set[UUID]) -> dict[UUID, str]:
    """The file numbers of these people; in the transaction of an officer."""
    rows = await work.execute(
        "SELECT ref, file_number FROM person WHERE ref = ANY(cast(:people AS uuid[]))", people=list(people)
    )
    return {row.ref: row.file_number for row in rows}


def _midnight(day: date | None, later: int = 0) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=later), time(), PARIS)
