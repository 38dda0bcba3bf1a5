"""What the pages read: an account's own tellings and wishes, and the counted ledger. The viewer comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from contracts.paris import paris_day
from contracts.viewer import Viewer
from services.notify.breaker import Circuit
from services.notify.domain import SCHEDULER, Reason, Rhythm, Way
from services.notify.dsn import Cause
from services.notify.ledger import wishes_of
from services.notify.wishes import Wishes
from services.runtime.database import Work

SHOWN_DAYS = 60
MOST_SHOWN = 100
LEDGER_DAYS = 14
# What does not concern her any more is not new, whether she saw it or not.
_NEW = "read_at IS NULL AND (reason IS NULL OR reason NOT IN ('own_action', 'overtaken', 'already_done', 'withdrawn'))"
_MINE = f"""
SELECT referral, kind, audience, due_at, {_NEW} AS new FROM telling
WHERE account = :account AND channel = 'mail' AND due_at >= :since
    AND (reason IS NULL OR reason NOT IN ('own_action', 'overtaken'))
ORDER BY due_at DESC, ref LIMIT :most
"""
_UNREAD = f"""
SELECT count(*) FROM telling WHERE account = :account AND channel = 'mail' AND due_at >= :since AND {_NEW}
"""
_READ = "UPDATE telling SET read_at = :now WHERE account = :account AND read_at IS NULL AND due_at <= :shown"
_WISH = """
INSERT INTO preference (account, rhythm, quiet_from, quiet_until, quiet_weekends, sms)
VALUES (:account, :rhythm, :quiet_from, :quiet_until, :weekends, :sms)
ON CONFLICT (account) DO UPDATE SET rhythm = excluded.rhythm, quiet_from = excluded.quiet_from,
    quiet_until = excluded.quiet_until, quiet_weekends = excluded.quiet_weekends, sms = excluded.sms
"""
_RHYTHM = """
INSERT INTO preference (account, rhythm, quiet_weekends, sms) VALUES (:account, :rhythm, false, false)
ON CONFLICT (account) DO UPDATE SET rhythm = excluded.rhythm
"""
_NO_MORE = """
UPDATE telling SET state = 'suppressed', reason = :reason
WHERE account = :account AND channel = 'mail' AND state = 'pending'
"""


@dataclass(frozen=True)
class ChannelNow:
    """How the provider of a channel stands, and since when."""

    label: str
    state: Circuit
    since: datetime | None


@dataclass(frozen=True)
class ComesBack:
    """Somebody whose mails come back."""

    account: UUID
    cause: str
    since: datetime


@dataclass(frozen=True)
class Notice:
    """One telling in the bell."""

    referral: UUID
    kind: str
    audience: str
    due_at: datetime
    new: bool


@dataclass(frozen=True)
class Line:
    """How many tellings due on a day became what, and why."""

    day: date
    kind: str
    state: str
    reason: str
    count: int
    repeats: int = 0


async def notices(viewer: Viewer, work: Work) -> list[Notice]:
    """The viewer's tellings of the last two months, the newest first, a hundred at most."""
    rows = await work.execute(
        _MINE, account=viewer.account, since=work.now - timedelta(days=SHOWN_DAYS), most=MOST_SHOWN
    )
    return [Notice(**row) for row in rows]


async def unread(viewer: Viewer, work: Work) -> int:
    """How many of them she has not seen and that still matter."""
    since = work.now - timedelta(days=SHOWN_DAYS)
    found: int = (await work.execute(_UNREAD, account=viewer.account, since=since)).scalar_one()
    return found


async def mark_read(viewer: Viewer, work: Work, shown: datetime) -> None:
    """She has seen all that her page had at that instant."""
    await work.execute(_READ, account=viewer.account, now=work.now, shown=shown)
    work.hint(f"account.{viewer.account}")


async def wishes(viewer: Viewer, work: Work) -> Wishes:
    """How the viewer wants her mail."""
    return (await wishes_of([viewer.account], work)).get(viewer.account, Wishes())


async def keep_wishes(viewer: Viewer, given: Wishes, work: Work) -> None:
    """Keep how the viewer wants her mail; what is already planned leaves as planned."""
    await work.execute(
        _WISH, account=viewer.account, rhythm=Rhythm(given.rhythm).value, quiet_from=given.quiet_from,
        quiet_until=given.quiet_until, weekends=given.quiet_weekends,
        sms=given.sms,
    )


async def ledger_lines(_viewer: Viewer, work: Work) -> Sequence[Line]:
    """The ledger of the last fourteen days, of the whole territory: counts, nobody's."""
    since = paris_day(work.now) - timedelta(days=LEDGER_DAYS - 1)
    rows = await work.execute(
        "SELECT day, kind, state, reason, count, repeats FROM ledgerline WHERE day >= :since ORDER BY day DESC, kind",
        since=since,
    )
    return [Line(**row) for row in rows]


async def last_beat(_viewer: Viewer | None, work: Work) -> datetime | None:
    """When the scheduler last finished a turn, None when it never did."""
    row = (await work.execute("SELECT beat_at FROM heartbeat WHERE name = :name", name=SCHEDULER)).one_or_none()
    found: datetime | None = row.beat_at if row else None
    return found


async def keep_rhythm(_viewer: None, account: UUID, rhythm: Rhythm, work: Work) -> None:
    """From the link of a mail, under the worker's role: how often that account gets mail; the rest of its wishes stays.
    With `never` what was still to leave does not.
    """
    await work.execute(_RHYTHM, account=account, rhythm=rhythm.value)
    if rhythm is Rhythm.NEVER:
        await work.execute(_NO_MORE, account=account, reason=Reason.PREFERS_NOT.value)


async def channel_states(_viewer: Viewer | None, work: Work) -> list[ChannelNow]:
    """How each provider stands."""
    rows = await work.execute("SELECT name, state, since FROM channelstate ORDER BY name")
    return [ChannelNow(Way(row.name).label, Circuit(row.state), row.since) for row in rows]


async def bouncing(_viewer: Viewer, work: Work) -> list[ComesBack]:
    """Whose mails come back: her own, or everybody's for whoever answers for the territory."""
    rows = await work.execute("SELECT account, cause, since FROM bouncing ORDER BY since LIMIT 200")
    return [ComesBack(row.account, Cause(row.cause).label, row.since) for row in rows]
