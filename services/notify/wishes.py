"""When a telling leaves: the rhythm and the quiet hours that somebody asked for. Pure: the instant is an argument."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from contracts.ladder import LadderStep
from contracts.paris import PARIS, paris_day
from services.notify.domain import Kind, Reason, Rhythm

DIGEST_AT = time(8, 30)
MONDAY = 0
# These can wait for the mail of the day, unless somebody asked for each; every other is worth a mail of its own.
CAN_WAIT = frozenset({
    Kind.REFERRAL_EXPIRED.value, Kind.REFERRAL_CLOSED.value, Kind.APPOINTMENT_EVE.value, Kind.CONVENTION_ENDING.value,
    *(step.value for step in LadderStep if step not in (LadderStep.ACKNOWLEDGE_DUE, LadderStep.CONTACT_DUE)),
})  # fmt: skip


@dataclass(frozen=True)
class Wishes:
    """What an account asked for; without a word of hers: important things at once, the rest once a day.

    `quiet_from` and `quiet_until` are hours of Paris between which no mail leaves (both None: none); weekends are quiet
    when `quiet_weekends`. `sms`: a text message too, for what cannot wait.
    """

    rhythm: Rhythm = Rhythm.DAILY
    quiet_from: time | None = None
    quiet_until: time | None = None
    quiet_weekends: bool = False
    sms: bool = False


def when_to_mail(kind: str, wishes: Wishes, now: datetime) -> datetime | Reason:
    """The instant at which the mail of that kind may leave, or why none does.

    What is said of the next day worked leaves today or never: a day later it is not true any more.
    """
    leaves = _wished(kind, wishes, now)
    if kind == Kind.APPOINTMENT_EVE and isinstance(leaves, datetime) and paris_day(leaves) > paris_day(now):
        return Reason.STALE
    return leaves


def _wished(kind: str, wishes: Wishes, now: datetime) -> datetime | Reason:
    match wishes.rhythm:
        case Rhythm.NEVER:
            return Reason.PREFERS_NOT
        case Rhythm.WEEKLY:
            wanted = _next_digest(now, weekly=True)
        case Rhythm.DAILY if kind in CAN_WAIT:
            wanted = _next_digest(now, weekly=False)
            if kind == Kind.APPOINTMENT_EVE and paris_day(wanted) > paris_day(now):
                wanted = now
        case _:
            wanted = now
    return _after_quiet(wanted, wishes)


def when_to_text(kind: str, wishes: Wishes, now: datetime) -> datetime | None:
    """The instant at which the text message of that kind may leave, None when none does."""
    return _after_quiet(now, wishes) if wishes.sms and kind not in CAN_WAIT else None


def _next_digest(now: datetime, *, weekly: bool) -> datetime:
    local = now.astimezone(PARIS)
    day = local.date() if local.time() <= DIGEST_AT else local.date() + timedelta(days=1)
    while day.weekday() > 4 or (weekly and day.weekday() != MONDAY):
        day += timedelta(days=1)
    return datetime.combine(day, DIGEST_AT, tzinfo=PARIS)


def _after_quiet(at: datetime, wishes: Wishes) -> datetime:
    """The first instant from `at` on that is not quiet; a week at most is looked through."""
    for _ in range(16):
        local = at.astimezone(PARIS)
        if wishes.quiet_weekends and local.weekday() > 4:
            at = datetime.combine(local.date() + timedelta(days=7 - local.weekday()), time.min, tzinfo=PARIS)
        elif (ends := _quiet_until(local, wishes)) is not None:
            at = ends
        else:
            break
    return at


def _quiet_until(local: datetime, wishes: Wishes) -> datetime | None:
    begins, ends = wishes.quiet_from, wishes.quiet_until
    if begins is None or ends is None or begins == ends:
        return None
    clock = local.time()
    over_midnight = begins > ends
    inside = clock >= begins or clock < ends if over_midnight else begins <= clock < ends
    if not inside:
        return None
    tomorrow = over_midnight and clock >= begins
    return datetime.combine(local.date() + timedelta(days=int(tomorrow)), ends, tzinfo=PARIS)
