"""One's own caseload: whoever opens the file of a person that a colleague follows says why first, and many are told.

Every opening is journalled with that reason. Nothing is forbidden inside an organisation; nothing is unseen either.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from contracts.paris import PARIS, paris_day
from contracts.refusals import ReasonNeeded
from contracts.viewer import Viewer
from services.intake import journal, store
from services.intake.caseload_reasons import NOW, reason_now
from services.intake.journal_kinds import Kind, Reason, Thing
from services.intake.store import PersonFile
from services.intake.tables import Person
from services.runtime.database import Work

OPEN_FOR = timedelta(hours=4)
MET_WITHIN = timedelta(days=90)
# Hers: she follows the person, met her lately, or has a hand-over of her under way; of whichever of her files (`p` is
# the one that is kept).
# An array: each of the files is then looked up by its index, however few rows the planner expects.
_FILES = "ANY(ARRAY(SELECT p.ref UNION ALL SELECT m.ref FROM intake.person m WHERE m.merged_into = p.ref))"
HERS = f"""
(p.referent = :account
OR EXISTS (SELECT 1 FROM intake.person m WHERE m.merged_into = p.ref AND m.referent = :account)
OR EXISTS (SELECT 1 FROM intake.encounter e WHERE e.person = {_FILES} AND e.referent = :account AND e.at > :since)
OR EXISTS (SELECT 1 FROM intake.handover h
    WHERE h.person = {_FILES} AND h.referent = :account AND h.step <> 'abandoned'))
"""
_KEPT = "(SELECT coalesce(k.merged_into, k.ref) FROM intake.person k WHERE k.ref = {})"
# A query of its own: under row-level security no index is used for a comparison with coalesce() itself.
_ASKED = """(SELECT coalesce(
    cast(:person AS uuid),
    (SELECT person FROM intake.handover WHERE ref = cast(:handover AS uuid) AND organisation = :organisation)
))"""
_STANDING = f"""
SELECT p.ref, p.referent, p.file_number, {HERS} AS hers, {NOW.replace(":person", "p.ref")} AS reason
FROM intake.person p WHERE p.organisation = :organisation AND p.ref = {_KEPT.format(_ASKED)}
"""
OPENINGS = "('read_file', 'read_referral', 'previewed', 'reason_given')"
# What counts as opened outside one's caseload since `:today`; whoever asks says of whom besides.
OUTSIDE = f"""
FROM intake.journalentry j JOIN intake.person f ON f.ref = j.person
JOIN intake.person p ON p.ref = ANY(ARRAY[f.ref, f.merged_into]) AND p.merged_into IS NULL
WHERE j.at >= :today AND j.kind IN {OPENINGS} AND j.outcome = 'done' AND coalesce(j.reason, '') <> 'deputy'
    AND NOT {HERS}
"""
_OPENED = f"SELECT count(DISTINCT p.ref) {OUTSIDE} AND j.viewer = :account"


async def is_hers(viewer: Viewer, work: Work, person: UUID) -> bool:
    """Whether that person belongs to the viewer's own caseload."""
    found = await work.execute(
        f"SELECT {HERS} FROM intake.person p WHERE p.ref = {_KEPT.format(':person')}",
        person=person,
        account=viewer.account,
        since=work.now - MET_WITHIN,
    )
    return bool(found.scalar())


@dataclass(frozen=True)
class Standing:
    """Whose person it is: `reason` is what the viewer said of a colleague's, while it holds."""

    person: UUID
    referent: UUID
    file_number: str
    hers: bool
    reason: str | None

    @property
    def opens(self) -> bool:
        """Whether nothing more is asked of the viewer."""
        return self.hers or self.reason is not None


async def standing(
    viewer: Viewer, work: Work, *, person: UUID | None = None, handover: UUID | None = None
) -> Standing | None:
    """How a person, or the person of a hand-over, stands to the viewer; None: not of her organisation, or unknown."""
    found = await work.execute(
        _STANDING,
        person=person,
        handover=handover,
        account=viewer.account,
        organisation=viewer.organisation,
        since=work.now - MET_WITHIN,
        now=work.now,
    )
    row = found.first()
    return None if row is None else Standing(row.ref, row.referent, row.file_number, bool(row.hers), row.reason)


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


async def meet_in_front(viewer: Viewer, work: Work, person: UUID) -> None:
    """An encounter with a colleague's person says by itself why her file is written to. Refusal: NotFound."""
    if await _has_to_say(viewer, work, person):
        await give_reason(viewer, work, person, Reason.PERSON_IN_FRONT)


async def require_reason(viewer: Viewer, work: Work, person: UUID) -> None:
    """Refuse to change a colleague's person before one has said why. Refusal: ReasonNeeded."""
    if await _has_to_say(viewer, work, person):
        raise ReasonNeeded(person=str(person))


async def _has_to_say(viewer: Viewer, work: Work, person: UUID) -> bool:
    return not await is_hers(viewer, work, person) and await reason_now(viewer, work, person) is None


async def open_person(
    viewer: Viewer, work: Work, ref: UUID, *, asks: bool = True, merged: bool = False
) -> Person:
    """A person whose page is shown, journalled. Refusals: NotFound, ReasonNeeded when she is a colleague's (`asks`),
    FileMerged (unless `merged`).
    """
    person = await store.person_of(viewer, work, ref, merged=merged)
    await _opened(viewer, work, person, asks=asks)
    return person


async def open_file(viewer: Viewer, work: Work, ref: UUID) -> PersonFile:
    """The whole file of a person, journalled. Refusals: NotFound, ReasonNeeded when she is a colleague's."""
    found = await store.person_file(viewer, work, ref)
    await _opened(viewer, work, found.person)
    return found


async def _opened(viewer: Viewer, work: Work, person: Person, *, asks: bool = True) -> None:
    hers = person.referent == viewer.account or await is_hers(viewer, work, person.ref)
    kept = person.merged_into or person.ref
    reason = None if hers else await reason_now(viewer, work, kept)
    if not hers and reason is None and asks:
        raise ReasonNeeded(person=str(kept))
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
    return datetime.combine(paris_day(now), time(), PARIS)
