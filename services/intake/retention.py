"""How long things are kept: two years after the last contact, and each table's own age; a night that keeps to it.

Of several processes one has the night: its row is written first, and a date can have one only. What is done, and what
would be done, is counted by kind; no count says who.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from services.intake.data_request_rules import months_after
from services.intake.erasing import Eraser
from services.intake.erasing_register import Line
from services.intake.erasing_tables import RetentionRun
from services.intake.tables import SCHEMA
from services.runtime.database import Work
from services.runtime.jobs import Job
from services.runtime.process import Service
from services.runtime.purging import PLUMBING_AGES, Age, count_over_age, purge
from services.runtime.settings import Settings
from services.runtime.web.dates import PARIS

LOOK_EVERY = 900.0
NIGHT = range(2, 5)
PERSONS, JOURNAL = "person", "journalentry"
AGES: tuple[Age, ...] = (*PLUMBING_AGES, *SCHEMA.ages)
WHAT: dict[str, str] = {
    PERSONS: "Personnes sans contact depuis la durée fixée",
    JOURNAL: "Lignes du journal au terme",
    **{age.table: age.what for age in AGES},
}
Done = Callable[[str, int], None]
# The last contact is the last time she was met, or that one of her referrals moved. A limited file is kept (GDPR
# article 18.2), and so is one about which an answer is due. All her files go together, or none.
_OVER = """
SELECT p.ref, p.organisation FROM person p
WHERE p.last_contact_at < :before AND p.merged_into IS NULL
    AND NOT EXISTS (SELECT 1 FROM person m WHERE m.merged_into = p.ref AND m.last_contact_at >= :before)
    AND NOT EXISTS (SELECT 1 FROM handover h WHERE h.person IN {files} AND h.moved_at >= :before)
    AND NOT EXISTS (SELECT 1 FROM personlimit l WHERE l.person IN {files})
    AND NOT EXISTS (SELECT 1 FROM datarequest r WHERE r.person IN {files} AND r.ended_at IS NULL)
ORDER BY p.last_contact_at LIMIT :most
""".format(files="(SELECT p.ref UNION ALL SELECT m.ref FROM person m WHERE m.merged_into = p.ref)")
_JOURNAL = "SELECT count(*) FROM journalentry WHERE keep_until < :now"
_BEGIN = """
INSERT INTO retentionrun (ref, night, started_at) VALUES (gen_random_uuid(), :night, :now)
ON CONFLICT ON CONSTRAINT retentionrun_once DO NOTHING RETURNING ref
"""
MOST = 10_000


@dataclass(frozen=True)
class Report:
    """How many of each kind went, or would go."""

    counts: Mapping[str, int]
    dry_run: bool


def limit_of(now: datetime, months: int) -> datetime:
    """Whoever was last met before that instant is over her time: so many months ago, the same day in Paris."""
    today = now.astimezone(PARIS).date()
    return datetime.combine(months_after(today, -months), datetime.min.time(), PARIS)


async def over_age(work: Work, months: int, most: int = MOST) -> list[tuple[UUID, UUID]]:
    """The persons (with their organisation) whose time is over, the longest ago first."""
    rows = await work.execute(_OVER, before=limit_of(work.now, months), most=most)
    return [(row.ref, row.organisation) for row in rows]


async def would_go(service: Service) -> Report:
    """What a night would let go now; changes nothing."""
    async with service.database.worker() as work:
        persons = len(await over_age(work, service.settings.retention_months, most=1_000_000))
        journal = int((await work.execute(_JOURNAL, now=work.now)).scalar_one())
    counts = await count_over_age(service.database, AGES)
    return Report({PERSONS: persons, JOURNAL: journal, **counts}, dry_run=True)


async def keep_to_ages(service: Service, eraser: Eraser, done: Done | None = None) -> Report:
    """Erase the persons whose time is over, each in her own transaction, and purge what is over its age.

    `done` is told the kind and how many more went. The journal lets its own entries go (`journal_sealing`).
    """
    async with service.database.worker() as work:
        people = await over_age(work, service.settings.retention_months)
        now = work.now
    gone = 0
    for person, organisation in people:
        gone += await eraser.erase(service, Line(person, organisation, "retention", now))
        if done is not None:
            done(PERSONS, 1)
    counts = await purge(service.database, AGES, done)
    return Report({PERSONS: gone, **counts}, dry_run=False)


async def keep_the_night(service: Service, eraser: Eraser) -> Report | None:
    """The night's turn: None when another process has it, or had it."""
    night = _night(service.clock())
    async with service.database.worker() as work:
        run = (await work.execute(_BEGIN, night=night, now=work.now)).scalar_one_or_none()
    if run is None:
        return None
    report = await keep_to_ages(service, eraser)
    async with service.database.worker() as work:
        found = await work.session.get(RetentionRun, run)
        assert found is not None
        found.ended_at, found.counts = work.now, dict(report.counts)
        work.session.add(found)
    return report


def _night(now: datetime) -> date:
    return now.astimezone(PARIS).date()


def jobs(service: Service, eraser: Eraser) -> list[Job]:
    """The clock of the night, between two and five in Paris."""

    async def tick() -> None:
        if service.clock().astimezone(PARIS).hour in NIGHT:
            await keep_the_night(service, eraser)

    return [Job("retention", LOOK_EVERY, tick)]


def said(days: int) -> str:
    """`45 jours`, `12 mois`."""
    months = timedelta(days=days) // timedelta(days=30)
    return f"{months} mois" if days >= 90 else f"{days} jours"


def chosen(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The ages that the territory chooses, in words, as pages and the report of a night say them."""
    return (
        ("Personnes accompagnées, après le dernier contact", f"{settings.retention_months} mois"),
        ("Journal des lectures et des changements", f"{settings.journal_months} mois"),
        ("Journal qui sert au contrôle des accès", f"{settings.journal_control_months} mois"),
    )
