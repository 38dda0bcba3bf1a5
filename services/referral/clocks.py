"""What happens because time passes: expiry, the end of a hold, and a second sending of what no desk has confirmed.

Each works in small batches under SKIP LOCKED, so that several processes share the work and none waits for a person's
transaction; each batch is one transaction.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import col, select

from contracts.envelope import Envelope
from contracts.facts import ReferralSent
from contracts.lifecycle import EXPIRES_AFTER, State
from services.referral import store
from services.referral.business_time import paris_day
from services.referral.domain import expire
from services.referral.holding import resume_by_clock
from services.referral.life import Decision, Life, Moment
from services.referral.tables import PLUMBING, Referral
from services.runtime.database import Database, Work

BATCH = 100
UNDELIVERED_AFTER = timedelta(minutes=2)
Publish = Callable[[Envelope], Awaitable[None]]


async def expire_unanswered(database: Database) -> int:
    """Expire what no desk answered for 30 calendar days, with a task for the sender in the same transaction."""

    def due(now: datetime) -> ColumnElement[bool]:
        return (col(Referral.state) == State.SENT.value) & (col(Referral.awaiting_since) <= now - EXPIRES_AFTER)

    return await _all_due(database, due, expire)


async def resume_holds(database: Database) -> int:
    """Bring back what is on hold until today or before."""

    def due(now: datetime) -> ColumnElement[bool]:
        return (col(Referral.state) == State.ON_HOLD.value) & (col(Referral.resume_on) <= paris_day(now))

    return await _all_due(database, due, resume_by_clock)


async def send_again(database: Database, publish: Publish) -> int:
    """Publish again the first fact of what no desk has confirmed two minutes after it was recorded, or sent again.

    The copy gets an envelope id of its own. The same id would be dropped twice: by the stream, which remembers message
    ids for an hour even when it lost the message, and by the desk's inbox, where the fact may be noted as failed. What
    keeps its effect single is the referral's version in it: a desk that has version 1 passes over it. Measured by the
    database's clock, since it is about carrying and not about the life of the referral.
    """
    async with database.worker() as work:
        found = await _undelivered(work)
    for envelope in found:
        await publish(envelope.model_copy(update={"id": uuid4(), "causation": envelope.id}))
    return len(found)


async def _all_due(
    database: Database, due: Callable[[datetime], ColumnElement[bool]], rule: Callable[[Life, Moment], Decision]
) -> int:
    moved = 0
    while True:
        async with database.worker() as work:
            query = select(Referral).where(due(work.now)).limit(BATCH).with_for_update(skip_locked=True)
            rows = (await work.session.exec(query)).all()
            for row in rows:
                life = store.life_of(row)
                await store.save(life, rule(life, Moment(now=work.now)), work)
        moved += len(rows)
        if len(rows) < BATCH:
            return moved


async def _undelivered(work: Work) -> list[Envelope]:
    """The stored envelopes to send again, each noted so that it is not sent again before as much time has passed."""
    before = func.now() - UNDELIVERED_AFTER
    lost = (
        select(Referral.ref).where(
            Referral.state == State.SENT.value, col(Referral.delivered_at).is_(None),
            col(Referral.recorded_at) <= before,
            or_(col(Referral.redelivered_at).is_(None), col(Referral.redelivered_at) <= before),
        ).order_by(col(Referral.recorded_at)).limit(BATCH).with_for_update(skip_locked=True)
    )
    noting = update(Referral).where(col(Referral.ref).in_(lost)).values(redelivered_at=func.now())
    noted = await work.session.execute(
        noting.returning(col(Referral.ref)), execution_options={"synchronize_session": False}
    )
    refs = [row[0] for row in noted]
    fact = PLUMBING.fact.c
    rows = await work.session.execute(
        PLUMBING.fact.select().with_only_columns(fact.envelope)
        .where(fact.ref.in_(refs), fact.version == 1, fact.type == ReferralSent.type_name())
    )
    return [Envelope.model_validate(one) for one in rows.scalars()]
