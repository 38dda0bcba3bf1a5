"""Telling the data protection officers: alerts and emergencies that nobody was told of yet become a fact each.

Who they are is asked before the transaction; without an answer it waits for the next turn, and the page has it anyway.
"""

from uuid import UUID

from contracts.asks import FindAudience
from contracts.facts import SafeguardRaised
from contracts.refusals import ServiceAway
from contracts.vocabulary import SafeguardMatter
from services.runtime import telemetry
from services.runtime.jobs import Job
from services.runtime.process import Service

log = telemetry.logger("safeguards")
EVERY = 10.0
NO_DESK = UUID(int=0)
_UNTOLD = """
SELECT r.ref, r.matter, r.at FROM (
    SELECT ref, 'many_files' AS matter, at FROM intake.caseloadalert
    UNION ALL SELECT ref, 'emergency', declared_at FROM intake.breakglass
) r WHERE NOT EXISTS (SELECT 1 FROM intake.safeguardtold t WHERE t.ref = r.ref) ORDER BY r.at LIMIT 100
"""
_TELL = """
INSERT INTO intake.safeguardtold (ref, officers, at) VALUES (:ref, :officers, :now) ON CONFLICT DO NOTHING RETURNING ref
"""


async def tell_officers(service: Service) -> int:
    """Raise what was not raised yet; returns how many facts."""
    async with service.database.worker() as work:
        waiting = bool((await work.execute(_UNTOLD)).all())
    if not waiting:
        return 0
    try:
        officers = (await service.bus.ask(FindAudience(desk=NO_DESK))).officers
    except ServiceAway:
        return 0
    if not officers:
        log.error("no_officer")
        return 0
    told = 0
    async with service.database.worker() as work:
        for row in await work.execute(_UNTOLD):
            if (await work.execute(_TELL, ref=row.ref, officers=len(officers), now=work.now)).first() is None:
                continue
            work.emit(SafeguardRaised(ref=row.ref, matter=SafeguardMatter(row.matter), officers=officers, at=work.now))
            told += 1
    return told


def jobs(service: Service) -> list[Job]:
    """The clock that tells."""
    return [Job("safeguards", EVERY, lambda: tell_officers(service))]
