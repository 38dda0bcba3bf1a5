"""The stream's share of an erasure: every message that carries a reference of an erased person is overwritten.

Facts hold references and never a name, but a reference is hers too. What a service has still to take is left until it
has, so that no end of a referral is lost; a person is done when a whole look through the stream finds nothing of her.
"""

import re
from datetime import timedelta

from services.runtime.jobs import Job
from services.runtime.process import Service

LOOK_EVERY = 300.0
# By then what the erasure itself made others tell is in the stream.
AFTER = timedelta(minutes=5)
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WAITING = """
SELECT subject, referrals, others FROM erasure WHERE scrubbed_at IS NULL AND told_at <= :before
ORDER BY told_at LIMIT 500
"""
_DONE = """
UPDATE erasure SET messages = messages + cast(:messages AS integer),
    scrubbed_at = CASE WHEN cast(:clean AS boolean) THEN cast(:now AS timestamptz) END
WHERE subject = ANY(:subjects)
"""


async def scrub_stream(service: Service, after: timedelta = AFTER) -> int:
    """Delete what the stream holds of the persons erased `after` ago and before; how many messages went.

    One look through the stream for all of them; several processes that do it at once only find less.
    """
    async with service.database.worker() as work:
        rows = (await work.execute(_WAITING, before=work.now - after)).all()
    if not rows:
        return 0
    refs = {str(ref).encode() for row in rows for ref in (row.subject, *row.referrals, *row.others)}
    deleted, left = await service.bus.erase_messages(lambda data: not refs.isdisjoint(_UUID.findall(data)))
    async with service.database.worker() as work:
        await work.execute(
            _DONE,
            messages=deleted,
            clean=deleted == 0 and left == 0,
            now=work.now,
            subjects=[row.subject for row in rows],
        )
    return deleted


def jobs(service: Service) -> list[Job]:
    """The look through the stream, which is none while nobody was erased."""
    return [Job("scrub_stream", LOOK_EVERY, lambda: scrub_stream(service))]
