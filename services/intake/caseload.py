"""One's own caseload: whoever opens the file of a person that a colleague follows says why first, and many are told.

Every opening is journalled with that reason. Nothing is forbidden inside an organisation; nothing is unseen either.
"""

from datetime import datetime, time, timedelta
from uuid import UUID

from contracts.refusals import ReasonNeeded
from contracts.viewer import Viewer
from services.intake import journal, store
from services.intake.journal_kinds import Kind, Reason, Thing
from services.intake.store import PersonFile
from services.intake.tables import Person
from services.runtime.database import Work
from services.runtime.web.dates import PARIS

OPEN_FOR = timedelta(hours=4)
MET_WITHIN = timedelta(days=90)
# Hers: she follows the person, met her lately, or has a hand-over of her under way.
HERS = """
(p.referent = :account
OR EXISTS (SELECT 1 FROM intake.encounter e WHERE e.person = p.ref AND e.referent = :account AND e.at > :since)
OR EXISTS (SELECT 1 FROM intake.handover h WHERE h.person = p.ref AND h.referent = :account AND h.step <> 'abandoned'))
"""
OPENINGS = "('read_file', 'read_referral', 'previewed', 'reason_given')"
_OPENED = f"""
SELECT count(DISTINCT j.person) FROM intake.journalentry j JOIN intake.person p ON p.ref = j.person
WHERE j.viewer = :account AND j.at >= :today AND j.kind IN {OPENINGS}
    AND j.outcome = 'done' AND coalesce(j.reason, '') <> 'deputy' AND NOT {HERS}
"""


async def is_hers(viewer: Viewer, work: Work, person: UUID) -> bool:
    """Whether that person belongs to the viewer's own caseload."""
    found = await work.execute(
        f"SELECT {HERS} FROM intake.person p WHERE p.ref = :person",
        person=person,
        account=viewer.account,
        since=work.now - MET_WITHIN,
    )
    return bool(found.scalar())


async def reason_now(viewer: Viewer, work: Work, person: UUID) -> str | None:
    """The reason that the viewer gave for that person and that still holds."""
    found = await work.execute(
        "SELECT reason FROM intake.caseloadreason WHERE account = :account AND person = :person AND until > :now"
        " ORDER BY at DESC LIMIT 1",
        account=viewer.account,
        person=person,
        now=work.now,
    )
    reason: str | None = found.scalar()
    return reason


async def give_reason(viewer: Viewer, work: Work, person: UUID, reason: Reason) -> None:
    """Open a colleague's file for some hours. Refusal: NotFound."""
    await store.person_of(viewer, work, person)
    await work.execute(
        "INSERT INTO intake.caseloadreason (ref, account, organisation, person, reason, at, until)"
        " VALUES (gen_random_uuid(), :account, :organisation, :person, :reason, :now, :until)",
        account=viewer.account,
        organisation=viewer.organisation,
        person=person,
        reason=reason.value,
        now=work.now,
        until=work.now + OPEN_FOR,
    )
    await journal.record(
        work, viewer, Kind.REASON_GIVEN, object=Thing.PERSON, ref=person, person=person, reason=reason.value
    )


async def open_person(viewer: Viewer, work: Work, ref: UUID, *, asks: bool = True) -> Person:
    """A person whose page is shown, journalled. Refusals: NotFound, ReasonNeeded when she is a colleague's (`asks`)."""
    person = await store.person_of(viewer, work, ref)
    await _opened(viewer, work, person, asks=asks)
    return person


async def open_file(viewer: Viewer, work: Work, ref: UUID) -> PersonFile:
    """The whole file of a person, journalled. Refusals: NotFound, ReasonNeeded when she is a colleague's."""
    found = await store.person_file(viewer, work, ref)
    await _opened(viewer, work, found.person)
    return found


async def _opened(viewer: Viewer, work: Work, person: Person, *, asks: bool = True) -> None:
    hers = person.referent == viewer.account or await is_hers(viewer, work, person.ref)
    reason = None if hers else await reason_now(viewer, work, person.ref)
    if not hers and reason is None and asks:
        raise ReasonNeeded(person=str(person.ref))
    await journal.record(
        work, viewer, Kind.READ_FILE, object=Thing.PERSON, ref=person.ref, person=person.ref, reason=reason
    )


async def opened_outside(viewer: Viewer, work: Work) -> int:
    """How many people outside her caseload this viewer opened today, files and referrals together."""
    return int(
        (
            await work.execute(
                _OPENED, account=viewer.account, today=midnight(work.now), since=work.now - MET_WITHIN
            )
        ).scalar_one()
    )


def midnight(now: datetime) -> datetime:
    """The beginning of that day in Paris."""
    return datetime.combine(now.astimezone(PARIS).date(), time(), PARIS)
