"""The clock of agreements: writes that one has ended, or that whoever spoke for the person no longer does.

Reading stops at that instant by the rule itself; the event makes the record say so. Each is written once, whichever of
several workers is first, and with the instant at which it became true.
"""

from datetime import timedelta

from services.intake.notice import copy_shipped
from services.runtime.jobs import A_DAY, EVER, WHOLE_EVERY, Job
from services.runtime.process import Service

END_EVERY, COPY_EVERY = 60.0, 3600.0
BATCH = 500
_ENDED = """
INSERT INTO consentevent (ref, person, organisation, "grant", kind, desk, desk_name, details, at)
SELECT gen_random_uuid(), g.person, g.organisation, g.ref, '{kind}', g.desk,
    g.desk_name || ', ' || g.recipient_organisation_name, jsonb_build_object('epoch', g.epoch), g.{instant}
FROM consentgrant g
WHERE g.{instant} > :since AND g.{instant} <= :now AND (g.withdrawn_at IS NULL OR g.withdrawn_at >= g.{instant}){more}
    AND NOT EXISTS (SELECT 1 FROM consentevent e WHERE e."grant" = g.ref AND e.kind = '{kind}')
ORDER BY g.{instant} LIMIT :batch ON CONFLICT DO NOTHING RETURNING organisation
"""
# A charge that outlives the agreement ends nothing.
_STATEMENTS = (
    _ENDED.format(kind="expired", instant="expires_at", more=""),
    _ENDED.format(kind="proxy_ended", instant="represented_until", more=" AND g.represented_until <= g.expires_at"),
)


async def end_agreements(service: Service, within: timedelta = EVER) -> int:
    """Write the ends that have come `within` that long before now; how many were written by this call."""
    written = 0
    for statement in _STATEMENTS:
        while True:
            async with service.database.worker() as work:
                asked = {"now": work.now, "since": work.now - within, "batch": BATCH}
                rows = (await work.execute(statement, **asked)).all()
                for organisation in {row.organisation for row in rows}:
                    work.hint(f"organisation.{organisation}")
            written += len(rows)
            if len(rows) < BATCH:
                break
    return written


async def keep_shipped_notices(service: Service) -> int:
    """Copy the notices that came with the product into the record; how many were new."""
    async with service.database.worker() as work:
        return await copy_shipped(work)


def jobs(service: Service) -> list[Job]:
    """The clock of agreements (the last day each minute, all of them each hour), and the keeper of notices."""
    return [
        Job("end_agreements", END_EVERY, lambda: end_agreements(service, A_DAY)),
        Job("end_every_agreement", WHOLE_EVERY, lambda: end_agreements(service)),
        Job("keep_shipped_notices", COPY_EVERY, lambda: keep_shipped_notices(service)),
    ]
