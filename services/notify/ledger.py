"""The ledger of tellings: written once a fact, account and channel, taken in small batches, settled once.

Every function works inside the caller's transaction under the worker role; `ledger_counts` counts it by day.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.ladder import Audience
from services.notify.domain import LEASE, Reason, Rhythm, State, Way
from services.notify.wishes import Wishes, when_to_mail, when_to_text
from services.runtime.database import Work

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Entry:
    """A telling to write: why (`kind`), whom, as what she hears it; with a reason when it is settled already."""

    fact: UUID
    account: UUID
    kind: str
    referral: UUID
    due_at: datetime
    audience: Audience = Audience.ASSIGNEE
    not_because: Reason | None = None
    failed_because: Reason | None = None


@dataclass(frozen=True)
class InHand:
    """A telling that this process has in hand; `attempts` counts this one, and tells it from a later one.

    `letter` names what leaves: `again`, it may have left already, from a process that died with it, under that name.
    """

    ref: UUID
    account: UUID
    kind: str
    referral: UUID
    due_at: datetime
    planned_for: datetime
    audience: str
    attempts: int
    channel: str = Way.MAIL
    letter: UUID | None = None
    again: bool = False

    @property
    def reference(self) -> UUID:
        """By which a repetition of the letter is recognised as one."""
        return self.letter or self.ref


@dataclass(frozen=True)
class Settled:
    """What became of a telling; `again_in` when it is to be tried again."""

    telling: InHand
    state: State
    reason: Reason | None = None
    again_in: timedelta | None = None


_ENTER = """
INSERT INTO telling (ref, fact, account, kind, referral, due_at, state, reason, attempts, next_attempt_at, planned_for,
    audience, channel)
SELECT gen_random_uuid(), e.fact, e.account, e.kind, e.referral, e.due_at, e.state, e.reason, 0, e.planned, e.planned,
    e.audience, e.channel
FROM unnest(cast(:facts AS uuid[]), cast(:accounts AS uuid[]), cast(:kinds AS text[]), cast(:referrals AS uuid[]),
    cast(:dues AS timestamptz[]), cast(:states AS text[]), cast(:reasons AS text[]), cast(:planned AS timestamptz[]),
    cast(:audiences AS text[]), cast(:channels AS text[]))
    AS e (fact, account, kind, referral, due_at, state, reason, planned, audience, channel)
ON CONFLICT DO NOTHING
"""
_WISHES = """
SELECT account, rhythm, quiet_from, quiet_until, quiet_weekends, sms FROM preference
WHERE account = ANY(cast(:accounts AS uuid[]))
"""
# Whatever else is due for those accounts comes with it: a person who was away gets one mail, not twenty. What a process
# that died had in hand leaves as the same letter as then, and nothing new in it: it may have arrived.
_TAKE = """
WITH first AS (
    SELECT account FROM telling WHERE state IN ('pending', 'sending') AND next_attempt_at <= :now
    ORDER BY next_attempt_at LIMIT :most FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT ref, account, channel, due_at, state = 'sending' AS again,
        CASE WHEN state = 'sending' THEN letter END AS begun
    FROM telling WHERE state IN ('pending', 'sending') AND next_attempt_at <= :now
        AND account IN (SELECT account FROM first) ORDER BY next_attempt_at LIMIT :at_most FOR UPDATE SKIP LOCKED
), named AS (
    SELECT ref, again,
        coalesce(begun, first_value(ref) OVER (PARTITION BY account, channel, begun ORDER BY due_at, ref)) AS letter
    FROM chosen
)
UPDATE telling t SET state = 'sending', attempts = attempts + 1, next_attempt_at = :until, letter = named.letter,
    repeats = repeats + named.again::integer
FROM named WHERE t.ref = named.ref
RETURNING t.ref, account, kind, referral, due_at, coalesce(planned_for, due_at) AS planned_for, audience, attempts,
    channel, t.letter, named.again
"""
_DROP = """
WITH theirs AS (SELECT ref FROM telling WHERE referral = :referral AND {which} ORDER BY ref FOR UPDATE)
UPDATE telling t SET read_at = coalesce(read_at, :now),
    state = CASE WHEN state IN ('pending', 'sending') THEN 'suppressed' ELSE state END,
    reason = CASE WHEN state IN ('pending', 'sending') THEN :reason ELSE reason END
FROM theirs WHERE t.ref = theirs.ref
"""
_SUPPRESS = _DROP.format(
    which="(audience = 'referent') = :referent AND (kind = 'erasure_asked') = :erasing"
    " AND (cast(:account AS uuid) IS NULL OR account = :account)"
)
_DROP_KIND = _DROP.format(which="kind = :kind")
_MAILS_SENT = """
SELECT account, channel, count(*) AS letters FROM telling
WHERE account = ANY(cast(:accounts AS uuid[])) AND state = 'sent' AND sent_at >= :since
GROUP BY account, channel
"""
# Rows are locked in the order of their references, here and where a referral's tellings are dropped.
_SETTLE = """
WITH held AS (SELECT ref FROM telling WHERE ref = ANY(cast(:refs AS uuid[])) ORDER BY ref FOR UPDATE)
UPDATE telling t SET state = one.state, reason = one.reason,
    sent_at = CASE WHEN one.state = 'sent' THEN :now ELSE t.sent_at END,
    next_attempt_at = coalesce(one.again, t.next_attempt_at)
FROM unnest(cast(:refs AS uuid[]), cast(:attempts AS integer[]), cast(:states AS text[]), cast(:reasons AS text[]),
    cast(:again AS timestamptz[])) AS one (ref, attempts, state, reason, again)
WHERE t.ref IN (SELECT ref FROM held) AND t.ref = one.ref AND t.attempts = one.attempts
    AND (t.state = 'sending' OR (t.state = 'suppressed' AND one.state = 'sent'))
"""


async def enter(work: Work, *entries: Entry) -> None:
    """Write tellings, those with a reason already settled; the same fact and account a second time is nothing.

    The mail of each leaves when its account wishes; the bell shows it at once.
    """
    wishes = await wishes_of({one.account for one in entries}, work)
    rows = [row for one in entries for row in _rows_of(one, wishes.get(one.account, Wishes()), work.now)]
    await work.execute(
        _ENTER,
        facts=[row.entry.fact for row in rows],
        accounts=[row.entry.account for row in rows],
        kinds=[str(row.entry.kind) for row in rows],
        referrals=[row.entry.referral for row in rows],
        dues=[row.entry.due_at for row in rows],
        states=[row.state.value for row in rows],
        reasons=[row.reason.value if row.reason else None for row in rows],
        planned=[row.planned for row in rows],
        audiences=[row.entry.audience.value for row in rows],
        channels=[row.channel.value for row in rows],
    )
    for account in {one.account for one in entries}:
        work.hint(f"account.{account}")


@dataclass(frozen=True)
class _Row:
    """A telling as it is written, one a channel."""

    entry: Entry
    state: State
    reason: Reason | None
    planned: datetime
    channel: Way = Way.MAIL


def _rows_of(entry: Entry, wishes: Wishes, now: datetime) -> list[_Row]:
    if entry.failed_because is not None:
        return [_Row(entry, State.FAILED, entry.failed_because, now)]
    if entry.not_because is not None:
        return [_Row(entry, State.SUPPRESSED, entry.not_because, now)]
    wanted, text = when_to_mail(entry.kind, wishes, now), when_to_text(entry.kind, wishes, now)
    mail = _Row(entry, State.SUPPRESSED, wanted, now) if isinstance(wanted, Reason) else (
        _Row(entry, State.PENDING, None, wanted)
    )
    return [mail] if text is None else [mail, _Row(entry, State.PENDING, None, text, Way.SMS)]


async def wishes_of(accounts: Collection[UUID], work: Work) -> dict[UUID, Wishes]:
    """How these accounts want their mail; who never said anything is not in it."""
    rows = await work.execute(_WISHES, accounts=list(accounts))
    return {
        row.account: Wishes(Rhythm(row.rhythm), row.quiet_from, row.quiet_until, row.quiet_weekends, row.sms)
        for row in rows
    }


async def suppress(
    work: Work, referral: UUID, reason: Reason, *, referent: bool, account: UUID | None = None
) -> None:
    """One side (the referent's or the desk's) has nothing to be told of that referral any more, or one account of it
    has not: what has not left does not leave, and what had left is new in the bell no more.
    """
    values = {
        "referral": referral, "referent": referent, "account": account, "reason": reason.value, "now": work.now,
    }  # fmt: skip
    # A request to erase begins where the referral ends: only its answer ends it.
    await work.execute(_SUPPRESS, **values, erasing=False)


async def drop_kind(work: Work, referral: UUID, kind: str, reason: Reason) -> None:
    """Nobody of either side is to be told of that, or shown it as new, any more."""
    await work.execute(_DROP_KIND, referral=referral, kind=kind, reason=reason.value, now=work.now)


async def settle_erasure(work: Work, referral: UUID) -> None:
    """The desk answered: nobody there is to be told of that request to erase any more."""
    done = {"reason": Reason.ALREADY_DONE.value, "now": work.now}
    await work.execute(_SUPPRESS, referral=referral, referent=False, account=None, erasing=True, **done)


async def take_due(work: Work, most: int) -> list[InHand]:
    """What is due for at most `most` accounts, now in hand for LEASE: also what a process had in hand when it died."""
    rows = await work.execute(_TAKE, now=work.now, until=work.now + LEASE, most=most, at_most=MOST_AT_ONCE)
    return [InHand(**row) for row in rows]


async def letters_this_week(accounts: Collection[UUID], work: Work) -> dict[tuple[UUID, str], int]:
    """How many letters each account got in the last seven days, by channel."""
    rows = await work.execute(_MAILS_SENT, accounts=list(accounts), since=work.now - timedelta(days=7))
    return {(row.account, row.channel): row.letters for row in rows}


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
