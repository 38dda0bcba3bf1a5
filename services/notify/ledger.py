"""The ledger of tellings: written once a fact and account, taken in small batches, settled once, counted by day.

Every function works inside the caller's transaction under the worker role; for every day due = sent + suppressed +
failed + pending, and the metric `relais_tellings` shows the terms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from prometheus_client import Gauge
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.notify.domain import LEASE, Kind, Reason, State
from services.notify.tables import Telling
from services.runtime.database import Work

PARIS = ZoneInfo("Europe/Paris")
WAITING = (State.PENDING.value, State.SENDING.value)
TELLINGS = Gauge("relais_tellings", "Tellings due today (Europe/Paris), by what became of them", ["state"])
IMBALANCE = Gauge("relais_tellings_imbalance", "Tellings due today that are in no state of the ledger; always 0")


@dataclass(frozen=True)
class Day:
    """What became of the tellings due on one day; `pending` counts those in hand as well."""

    day: date
    due: int
    sent: int
    suppressed: int
    failed: int
    pending: int

    @property
    def imbalance(self) -> int:
        """due - (sent + suppressed + failed + pending): not 0 is a defect."""
        return self.due - self.sent - self.suppressed - self.failed - self.pending


async def enter(
    work: Work, *, fact: UUID, account: UUID, kind: Kind, referral: UUID, due_at: datetime, not_because: Reason | None
) -> None:
    """Write a telling, already suppressed if there is a reason; the same fact and account a second time is nothing."""
    state = State.SUPPRESSED if not_because else State.PENDING
    telling = Telling(
        fact=fact,
        account=account,
        kind=kind.value,
        referral=referral,
        due_at=due_at,
        state=state.value,
        reason=not_because.value if not_because else None,
        next_attempt_at=work.now,
    )
    values = telling.model_dump(exclude={"territory"})
    await work.session.execute(insert(Telling).values(**values).on_conflict_do_nothing())


async def suppress(work: Work, referral: UUID, reason: Reason, *, account: UUID | None = None) -> None:
    """Nobody (or not that account) needs to be told of that referral any more: what has not left does not leave."""
    statement = update(Telling).where(Telling.referral == referral, Telling.state.in_(WAITING))
    if account is not None:
        statement = statement.where(Telling.account == account)
    await work.session.execute(statement.values(state=State.SUPPRESSED.value, reason=reason.value))


async def take_due(work: Work, most: int) -> Sequence[Telling]:
    """At most `most` due tellings, now in hand for LEASE: also those that a process had in hand when it died."""
    due = (
        select(Telling.ref)
        .where(Telling.state.in_(WAITING), Telling.next_attempt_at <= work.now)
        .order_by(Telling.next_attempt_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(Telling)
        .where(Telling.ref.in_(due.scalar_subquery()))
        .values(state=State.SENDING.value, attempts=Telling.attempts + 1, next_attempt_at=work.now + LEASE)
    )
    return (await work.session.execute(taken.returning(Telling))).scalars().all()


async def settle(
    work: Work, telling: Telling, state: State, reason: Reason | None = None, *, again_in: timedelta | None = None
) -> bool:
    """Write what became of a telling in hand. False: it is in other hands by now, and nothing was written.

    A mail that had left when the telling was suppressed is written as sent: the ledger says what happened.
    """
    in_hand = (State.SENDING.value, State.SUPPRESSED.value) if state is State.SENT else (State.SENDING.value,)
    values = {"state": state.value, "reason": reason.value if reason else None}
    if state is State.SENT:
        values["sent_at"] = work.now
    if again_in is not None:
        values["next_attempt_at"] = work.now + again_in
    same = (Telling.ref == telling.ref, Telling.attempts == telling.attempts, Telling.state.in_(in_hand))
    settled = await work.session.execute(update(Telling).where(*same).values(**values).returning(Telling.ref))
    return settled.scalar_one_or_none() is not None


async def day_of(work: Work, day: date) -> Day:
    """The ledger of one day of Europe/Paris."""
    begins, ends = (datetime.combine(one, time.min, PARIS) for one in (day, day + timedelta(days=1)))
    within = (Telling.due_at >= begins, Telling.due_at < ends)
    due = (await work.session.execute(select(func.count()).select_from(Telling).where(*within))).scalar_one()
    rows = await work.session.execute(select(Telling.state, func.count()).where(*within).group_by(Telling.state))
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    return Day(
        day,
        due,
        sent=counts.get(State.SENT.value, 0),
        suppressed=counts.get(State.SUPPRESSED.value, 0),
        failed=counts.get(State.FAILED.value, 0),
        pending=sum(counts.get(state, 0) for state in WAITING),
    )


async def measure(work: Work) -> Day:
    """Set the metrics from today's ledger, and return it."""
    today = await day_of(work, work.now.astimezone(PARIS).date())
    for state in ("due", "sent", "suppressed", "failed", "pending"):
        TELLINGS.labels(state).set(getattr(today, state))
    IMBALANCE.set(today.imbalance)
    return today
