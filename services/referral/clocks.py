"""What happens because time passes: expiry, the end of a hold, and a second sending of what the stream may have lost.

Expiry and holds work in small batches under SKIP LOCKED, so that several processes share the work and none waits for a
person's transaction; each batch is one transaction.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from contracts.envelope import Envelope
from contracts.lifecycle import EXPIRES_AFTER, State
from services.referral import store
from services.referral.business_time import paris_day
from services.referral.desk_terms import Terms, terms_for
from services.referral.domain import expire
from services.referral.holding import resume_by_clock
from services.referral.life import Decision, Life, Moment
from services.referral.tables import Referral
from services.runtime.database import Database

BATCH = 100
LONGEST_BETWEEN = 3600.0
Publish = Callable[[Envelope], Awaitable[None]]
# The first condition is that of the index `referral_to_send_again`, word for word.
_TO_SEND_AGAIN = """
SELECT r.ref, r.recorded_at, f.envelope FROM referral.referral r LEFT JOIN LATERAL (
    SELECT envelope FROM referral.fact WHERE ref = r.ref AND version > 0 ORDER BY version DESC LIMIT 1
) f ON true
WHERE (r.redelivered_at IS NULL OR r.state = 'sent' AND r.delivered_at IS NULL)
    AND r.recorded_at <= now() - interval '2 minutes'
    AND (r.redelivered_at IS NULL OR r.redelivered_at
        <= now() - least(r.redelivered_at - r.recorded_at, make_interval(secs => :longest)))
ORDER BY r.recorded_at LIMIT :batch
"""
# What has moved since is written anew and has its own second sending before it.
_SENT_AGAIN = """
UPDATE referral.referral r SET redelivered_at = now()
FROM unnest(cast(:refs AS uuid[]), cast(:written AS timestamptz[])) AS one (ref, written)
WHERE r.ref = one.ref AND r.recorded_at = one.written
"""


async def expire_unanswered(database: Database) -> int:
    """Expire what no desk answered in the time promised, with a task for the sender in the same transaction."""

    def due(now: datetime) -> ColumnElement[bool]:
        # As `life.expires_of`, so that each half has its index.
        said = col(Referral.expires_at) <= now
        usual = col(Referral.expires_at).is_(None) & (col(Referral.awaiting_since) <= now - EXPIRES_AFTER)
        return (col(Referral.state) == State.SENT.value) & (said | usual)

    return await _all_due(database, due, expire)


async def resume_holds(database: Database) -> int:
    """Bring back what is on hold until today or before."""

    def due(now: datetime) -> ColumnElement[bool]:
        return (col(Referral.state) == State.ON_HOLD.value) & (col(Referral.resume_on) <= paris_day(now))

    return await _all_due(database, due, resume_by_clock)


async def send_again(database: Database, publish: Publish) -> int:
    """Publish the newest fact of every referral a second time, two minutes after it was written; returns how many.

    The stream may lose a message that it had confirmed. A reader that has this version passes over the copy, one that
    lost it takes it, one that lost more parks it and fetches what is missing: so also the last fact of a referral
    reaches everybody. It costs one more message for each change, or for several within two minutes. While no desk has
    confirmed what was sent or came back, the copies go on, each after twice the time, then every hour.

    The copy gets an envelope id of its own: the stream remembers message ids for an hour even when it lost the message,
    and a reader remembers those it has noted. Noted only once published, so that a bus that is away loses none; two
    processes may both send one. Measured by the database's clock, since it is about carrying.
    """
    sent = 0
    while True:
        async with database.worker() as work:
            found = (await work.execute(_TO_SEND_AGAIN, batch=BATCH, longest=LONGEST_BETWEEN)).all()
        for row in found:
            if row.envelope is not None:
                first = Envelope.model_validate(row.envelope)
                await publish(first.model_copy(update={"id": uuid4(), "causation": first.id}))
        async with database.worker() as work:
            await work.execute(
                _SENT_AGAIN, refs=[row.ref for row in found], written=[row.recorded_at for row in found]
            )
        sent += len(found)
        if len(found) < BATCH:
            return sent


async def _all_due(
    database: Database, due: Callable[[datetime], ColumnElement[bool]], rule: Callable[[Life, Moment], Decision]
) -> int:
    moved = 0
    while True:
        async with database.worker() as work:
            query = select(Referral).where(due(work.now)).limit(BATCH).with_for_update(skip_locked=True)
            rows = (await work.session.exec(query)).all()
            terms: dict[UUID, Terms] = {}
            for row in rows:
                life = store.life_of(row)
                if life.desk not in terms:
                    terms[life.desk] = await terms_for(life.desk, work)
                moment = Moment(now=work.now, **terms[life.desk].at(work.now))
                await store.save(life, rule(life, moment), work)
        moved += len(rows)
        if len(rows) < BATCH:
            return moved
