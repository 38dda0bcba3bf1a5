"""Erasing a person: every row of hers, her key, her place in the referral service, and a line in the register.

The order is what makes it safe: the register's file first, then one transaction, then the key. A process that ends in
between leaves a line, and `erase_again` at the next start finishes what it says; the same holds for a copy of the
database, or of the keys, that was restored from before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from contracts.facts import PersonErased
from contracts.viewer import Role
from services.intake import journal
from services.intake.erasable import KEPT, of_person, person_column, personal_tables
from services.intake.erasing_register import Line, Register
from services.intake.journal_kinds import Kind, Thing
from services.intake.limiting import end_agreements
from services.intake.person_keys import PersonKeys
from services.intake.tables import Base
from services.intake.united_files import lock_files
from services.runtime import telemetry
from services.runtime.database import Work
from services.runtime.process import Service

log = telemetry.logger("erasing")
# Everything under which facts and remembered commands may speak of her, read before the rows go.
_REFS = """
SELECT ref FROM encounter WHERE person = :person UNION SELECT ref FROM consentgrant WHERE person = :person
UNION SELECT ref FROM consentevent WHERE person = :person UNION SELECT review FROM presumedright WHERE person = :person
UNION SELECT ref FROM presumedright WHERE person = :person UNION SELECT ref FROM note WHERE person = :person
UNION SELECT ref FROM filemerge WHERE person = :person UNION SELECT ref FROM filesapart WHERE person = :person
"""
_REFERRALS = "SELECT ref FROM handover WHERE person = :person"
_FORGET_FACTS = """
DELETE FROM fact WHERE ref = ANY(cast(:refs AS uuid[])) OR envelope->'data'->>'person' = :person
"""
_FORGET_COMMANDS = "DELETE FROM command WHERE reply->>'ref' = ANY(cast(:refs AS text[]))"
_REGISTER = """
INSERT INTO erasure (subject, organisation, request, why, referrals, others, erased_at, told_at,
    again, messages)
VALUES (:subject, :organisation, :request, :why, :referrals, :others, :erased_at, :now, 0, 0)
ON CONFLICT (subject) DO UPDATE SET again = erasure.again + 1, scrubbed_at = NULL, told_at = excluded.told_at,
    referrals = ARRAY(SELECT DISTINCT one FROM unnest(erasure.referrals || excluded.referrals) AS one),
    others = ARRAY(SELECT DISTINCT one FROM unnest(erasure.others || excluded.others) AS one)
"""
_REGISTERED = "SELECT subject, organisation, why, erased_at, request FROM erasure"
_WHOSE = "SELECT organisation FROM person WHERE ref = :person FOR UPDATE"


@dataclass(frozen=True)
class Eraser:
    """What an erasure needs besides a transaction: the keys of the persons, and the register outside the database."""

    keys: PersonKeys
    register: Register

    async def erase(self, service: Service, line: Line, *, written: bool = False) -> bool:
        """Erase one person in a transaction of its own; False when nothing of her was there. `written`: in the file."""
        async with service.database.worker() as work:
            lines = await _lines(line, work)
            self.register.append(one for one in lines if not written or one.person != line.person)
            done = [await erase_rows(one, work) for one in lines]
        for one in lines:
            self.keys.destroy(one.person)
        return any(done)

    async def finish(self, line: Line, work: Work) -> tuple[UUID, ...]:
        """Within the transaction of a decision: the file first, then the rows. The caller destroys these keys after."""
        lines = await _lines(line, work)
        self.register.append(lines)
        for one in lines:
            await erase_rows(one, work)
        return tuple(one.person for one in lines)


async def _lines(line: Line, work: Work) -> list[Line]:
    """A line for each file of the person: those that were merged go with her, before the one that is kept."""
    return [replace(line, person=one) for one in reversed(await lock_files(work, line.person))]


async def erase_rows(line: Line, work: Work) -> bool:
    """Delete every row of the person in this transaction of the worker, and tell it; False when there was none."""
    person = line.person
    organisation = (await work.execute(_WHOSE, person=person)).scalar_one_or_none()
    await end_agreements(person, work, reason="erasure")
    referrals = list((await work.execute(_REFERRALS, person=person)).scalars())
    others = list((await work.execute(_REFS, person=person)).scalars())
    gone = 0
    for table in personal_tables(Base.metadata):
        if table.name not in KEPT:
            statement = f'DELETE FROM intake."{table.name}" WHERE {of_person(table)} RETURNING 1'
            gone += len((await work.execute(statement, person=person)).all())
    refs = [person, *others, *referrals]
    await work.execute(_FORGET_FACTS, refs=refs, person=str(person))
    await work.execute(_FORGET_COMMANDS, refs=[str(one) for one in refs])
    if not gone:
        return False
    await work.execute(
        _REGISTER,
        subject=person,
        organisation=organisation or line.organisation,
        request=line.request,
        why=line.why,
        referrals=referrals,
        others=others,
        erased_at=line.at,
        now=work.now,
    )
    work.emit(PersonErased(ref=person, referrals=tuple(referrals), at=work.now), actor_kind=Role.DPO.value)
    about = {"object": Thing.PERSON, "person": person, "organisation": organisation or line.organisation}
    await journal.record(work, work.viewer, Kind.ERASED, reason=line.why, **about)
    work.hint(f"organisation.{organisation or line.organisation}")
    return True


async def erase_again(service: Service, eraser: Eraser) -> int:
    """At every start, before a page is served: whoever the register names is erased if she is there again; how many.

    The file and the table complete each other: either may be the older copy.
    """
    lines = eraser.register.read()
    async with service.database.worker() as work:
        rows = (await work.execute(_REGISTERED)).all()
        found = await _found_again(work, {*lines, *(row.subject for row in rows)})
    known = {row.subject: Line(row.subject, row.organisation, row.why, row.erased_at, row.request) for row in rows}
    eraser.register.append(line for person, line in known.items() if person not in lines)
    lines = {**known, **lines}
    back = 0
    for person in found:
        back += await eraser.erase(service, lines[person], written=True)
    for person in lines:
        if eraser.keys.holds(person):
            eraser.keys.destroy(person)
    if back:
        log.warning("erased_again", count=back)
    return back


async def _found_again(work: Work, people: Iterable[UUID]) -> list[UUID]:
    """Those of these people of whom a row is left in any table."""
    asked = list(people)
    if not asked:
        return []
    tables = [one for one in personal_tables(Base.metadata) if one.name not in KEPT and person_column(one)]
    union = " UNION ".join(
        f'SELECT "{person_column(one)}" FROM intake."{one.name}" WHERE "{person_column(one)}" = ANY(:people)'
        for one in tables
    )
    return sorted((await work.execute(union, people=asked)).scalars())
