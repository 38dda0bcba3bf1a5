"""The ledger counted by day: due = sent + suppressed + failed + pending, and no fired reminder without a telling.

The metrics `relais_tellings` and `relais_tellings_imbalance` show it, the page of the reminders reads it.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from prometheus_client import Gauge

from contracts.paris import PARIS, paris_day
from services.notify.domain import WAITING, State
from services.runtime.database import Work

RECOUNTED_DAYS = 8
A_DAY, GOOD_FOR = timedelta(days=1), timedelta(seconds=20)
TELLINGS = Gauge("relais_tellings", "Tellings due today (Europe/Paris), by what became of them", ["state"])
IMBALANCE = Gauge(
    "relais_tellings_imbalance", "Tellings due today in no state, and reminders that fired without one; always 0"
)
_COUNT_LINES = """
INSERT INTO ledgerline (day, kind, state, reason, count, repeats)
SELECT (due_at AT TIME ZONE 'Europe/Paris')::date, kind, state, coalesce(reason, ''), count(*), sum(repeats)
FROM telling
WHERE due_at >= :begins AND due_at < :ends GROUP BY 1, 2, 3, 4
ON CONFLICT (territory, day, kind, state, reason) DO UPDATE SET count = excluded.count, repeats = excluded.repeats
"""
_STATES = "SELECT state, count(*) FROM telling WHERE due_at >= :begins AND due_at < :ends GROUP BY 1"
_UNTOLD = """
SELECT count(*) FROM reminder r WHERE state = 'fired' AND fired_at >= :begins AND fired_at < :ends
    AND NOT EXISTS (SELECT 1 FROM telling t WHERE t.fact = r.ref)
"""


@dataclass(frozen=True)
class Day:
    """What became of the tellings due on one day; `pending` counts those in hand as well. `untold` are the reminders
    that fired that day and left no telling.
    """

    day: date
    due: int
    sent: int
    suppressed: int
    failed: int
    pending: int
    untold: int = 0

    @property
    def imbalance(self) -> int:
        """due - (sent + suppressed + failed + pending), and what was not told at all: not 0 is a defect."""
        return self.due - self.sent - self.suppressed - self.failed - self.pending + self.untold


@dataclass
class Measured:
    """Today's ledger as this process counted it last: a page that only wants to know whether all is well waits for no
    count.
    """

    day: Day | None = None
    at: datetime | None = None

    async def now(self, work: Work) -> Day:
        """Today's ledger, as counted less than GOOD_FOR ago."""
        if self.day is None or self.at is None or not timedelta() <= work.now - self.at < GOOD_FOR:
            await self.count(work)
        assert self.day is not None
        return self.day

    async def count(self, work: Work) -> Day:
        """Today's ledger, counted now and kept."""
        self.day, self.at = await day_of(work, paris_day(work.now)), work.now
        return self.day


async def day_of(work: Work, day: date) -> Day:
    """The ledger of one day of Europe/Paris."""
    begins, ends = (datetime.combine(one, time.min, PARIS) for one in (day, day + A_DAY))
    counts: dict[str, int] = dict(await work.execute(_STATES, begins=begins, ends=ends))
    untold = (await work.execute(_UNTOLD, begins=begins, ends=ends)).scalar_one()
    return Day(
        day,
        due=sum(counts.values()),  # a telling in a state that nobody knows is due, and nothing else
        sent=counts.get(State.SENT.value, 0),
        suppressed=counts.get(State.SUPPRESSED.value, 0),
        failed=counts.get(State.FAILED.value, 0),
        pending=sum(counts.get(state, 0) for state in WAITING),
        untold=untold,
    )


async def measure(work: Work, kept: Measured | None = None) -> Day:
    """Set the metrics from today's ledger, keep it, and return it; count the lines of today and yesterday anew."""
    today = await (kept or Measured()).count(work)
    for state in ("due", "sent", "suppressed", "failed", "pending"):
        TELLINGS.labels(state).set(getattr(today, state))
    IMBALANCE.set(today.imbalance)
    await count_lines(work, today.day - A_DAY, today.day + A_DAY)
    return today


async def count_the_week(work: Work) -> None:
    """Count the lines of the days before yesterday anew: a telling may be settled days after it was due, by the mail of
    the week or a relay that was away.
    """
    yesterday = paris_day(work.now) - A_DAY
    await count_lines(work, yesterday - timedelta(days=RECOUNTED_DAYS - 1), yesterday)


async def count_lines(work: Work, since: date, until: date) -> None:
    """Count the ledger of the days from `since` to before `until` anew, for its page."""
    begins, ends = (datetime.combine(one, time.min, PARIS) for one in (since, until))
    await work.execute("DELETE FROM ledgerline WHERE day >= :since AND day < :until", since=since, until=until)
    await work.execute(_COUNT_LINES, begins=begins, ends=ends)
