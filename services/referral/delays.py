"""How long a desk usually takes to answer, for whoever is about to send: a median with the count behind it.

The same estimator as the board's, over what was sent lately; what still waits is counted as waiting, so that a desk
that answers only the easy half does not look fast. Per desk, never per agent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.asks import ReadDeskDelays
from contracts.replies import DelaysFound, DeskDelay
from services.referral.business_time import DAY_SECONDS, business_seconds_between
from services.referral.durations import ANSWER, EVENTS
from services.referral.estimators import OPEN, kaplan_meier
from services.runtime.database import Work

LATELY = timedelta(days=90)
# Added up by the half hour: a page names half a day at the finest.
_WAITS = f"""
SELECT desk, min(start) AS start, how, round(avg(seconds))::int AS seconds, count(*) AS number FROM duration
WHERE clock = '{ANSWER}' AND desk = ANY(:desks) AND start >= :since
GROUP BY desk, how, seconds / 1800, CASE WHEN seconds IS NULL THEN date_bin('30 minutes', start, 'epoch') END
"""


@dataclass(frozen=True, slots=True)
class Sending:
    """So many sendings to a desk: how their wait for an answer ended, after how many business seconds (None: it goes
    on since `start`).
    """

    desk: UUID
    start: datetime
    how: str
    seconds: int | None
    number: int = 1


async def read_desk_delays(ask: ReadDeskDelays, work: Work) -> DelaysFound:
    """The usual delay of each of these desks that was sent something lately."""
    rows = await work.execute(_WAITS, desks=list(ask.desks), since=work.now - LATELY)
    sendings = [Sending(row.desk, row.start, row.how, row.seconds, row.number) for row in rows]
    found = (delay_of(desk, sendings, work.now) for desk in ask.desks)
    return DelaysFound(delays=tuple(one for one in found if one.sent))


def delay_of(desk: UUID, sendings: Iterable[Sending], now: datetime) -> DeskDelay:
    """The median business days to an answer at that desk; recalls and withdrawals only end what was followed."""
    own = [one for one in sendings if one.desk == desk]
    cells = [(float(_waited(one, now)), one.how, one.number) for one in own]
    median = kaplan_meier(cells, EVENTS[ANSWER]).percentile(50)
    return DeskDelay(
        desk=desk,
        median_days=None if median is None else round(median / DAY_SECONDS, 2),
        sent=sum(one.number for one in own),
        waiting=sum(one.number for one in own if one.how == OPEN),
        days=LATELY.days,
    )


def _waited(one: Sending, now: datetime) -> int:
    return one.seconds if one.seconds is not None else business_seconds_between(one.start, max(one.start, now))
