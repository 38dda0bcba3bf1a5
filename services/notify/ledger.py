"""The ledger of tellings: written once a fact and account, taken in small batches, settled once, counted by day.

Every function works inside the caller's transaction under the worker role; for every day due = sent + suppressed +
failed + pending, and the metric `relais_tellings` shows the terms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from prometheus_client import Gauge
from sqlalchemy import func, select, update

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


@dataclass(frozen=True)
class InHand:
    """A telling that this process has in hand; `attempts` counts this one, and tells it from a later one."""

    ref: UUID
    account: UUID
    kind: str
    referral: UUID
    due_at: datetime
    attempts: int


@dataclass(frozen=True)
class Settled:
    """What became of a telling; `again_in` when it is to be tried again."""

    telling: InHand
    state: State
    reason: Reason | None = None
    again_in: timedelta | None = None


_ENTER = """
INSERT INTO telling (ref, fact, account, kind, referral, due_at, state, reason, attempts, next_attempt_at)
VALUES (:ref, :fact, :account, :kind, :referral, :due_at, :state, :reason, 0, :now) ON CONFLICT DO NOTHING
"""
_TAKE = """
UPDATE telling SET state = 'sending', attempts = attempts + 1, next_attempt_at = :until WHERE ref IN (
    SELECT ref FROM telling WHERE state IN ('pending', 'sending') AND next_attempt_at <= :now
    ORDER BY next_attempt_at LIMIT :most FOR UPDATE SKIP LOCKED
) RETURNING ref, account, kind, referral, due_at, attempts
"""
_SETTLE = """
UPDATE telling t SET state = one.state, reason = one.reason,
    sent_at = CASE WHEN one.state = 'sent' THEN :now ELSE t.sent_at END,
    next_attempt_at = coalesce(one.again, t.next_attempt_at)
FROM unnest(cast(:refs AS uuid[]), cast(:attempts AS integer[]), cast(:states AS text[]), cast(:reasons AS text[]),
    cast(:again AS timestamptz[])) AS one (ref, attempts, state, reason, again)
WHERE t.ref = one.ref AND t.attempts = one.attempts
    AND (t.state = 'sending' OR (t.state = 'suppressed' AND one.state = 'sent'))
"""


async def enter(
    work: Work, *, fact: UUID, account: UUID, kind: Kind, referral: UUID, due_at: datetime, not_because: Reason | None
) -> None:
    """Write a telling, already suppressed if there is a reason; the same fact and account a second time is nothing."""
    await work.execute(
        _ENTER,
        ref=uuid4(),
        fact=fact,
        account=account,
        kind=kind.value,
        referral=referral,
        due_at=due_at,
        state=(State.SUPPRESSED if not_because else State.PENDING).value,
        reason=not_because.value if not_because else None,
        now=work.now,
    )


async def suppress(work: Work, referral: UUID, reason: Reason, *, account: UUID | None = None) -> None:
    """Nobody (or not that account) needs to be told of that referral any more: what has not left does not leave."""
    statement = update(Telling).where(Telling.referral == referral, Telling.state.in_(WAITING))
    if account is not None:
        statement = statement.where(Telling.account == account)
    await work.session.execute(statement.values(state=State.SUPPRESSED.value, reason=reason.value))


async def take_due(work: Work, most: int) -> list[InHand]:
    """At most `most` due tellings, now in hand for LEASE: also those that a process had in hand when it died."""
    return [InHand(**row) for row in await work.execute(_TAKE, now=work.now, until=work.now + LEASE, most=most)]


async def settle(work: Work, settled: Sequence[Settled]) -> None:
    """Write what became of tellings in hand; nothing is written of those that are in other hands by now.

    A mail that had left when the telling was suppressed is written as sent: the ledger says what happened.
    """
    await work.execute(
        _SETTLE,
        now=work.now,
        refs=[one.telling.ref for one in settled],
        attempts=[one.telling.attempts for one in settled],
        states=[one.state.value for one in settled],
        reasons=[one.reason.value if one.reason else None for one in settled],
        again=[work.now + one.again_in if one.again_in is not None else None for one in settled],
    )


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
