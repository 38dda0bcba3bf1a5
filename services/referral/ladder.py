"""The plan of reminders of a referral as it stands: which step, when, for whom. Pure: the rungs are data.

A rung is measured in working days of the desk from an instant that the referral already has: what was promised is never
moved, and a plan made twice from the same state is the same plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contracts.ladder import Audience, LadderStep, Reminder
from contracts.lifecycle import EXPIRES_AFTER, State
from contracts.vocabulary import Outcome
from services.referral.business_time import PARIS, paris_day
from services.referral.calendar_rules import LONGEST, USUALLY, Calendar

_BEHIND_THE_DESK = (Audience.ASSIGNEE, Audience.DEPUTY, Audience.MANAGER)


@dataclass(frozen=True)
class Rung:
    """`days` after (before, when negative) the instant of its step: working days, or calendar days when not `business`.

    `urgent_hours`, in hours of work, takes their place when the referral is urgent.
    """

    step: LadderStep
    days: int
    audience: tuple[Audience, ...]
    business: bool = True
    urgent_hours: int | None = None


@dataclass(frozen=True)
class Clocks:
    """What is promised: working days until the answer, or hours of work when urgent; working days from the answer to
    the first contact; calendar days without an answer after which a referral expires; calendar days before the end of
    an agreement, when its referent is told (of the territory alone: an agreement is a person’s, not a desk’s)."""

    acknowledge_days: int = 2
    urgent_hours: int = 4
    contact_days: int = 5
    expires_days: int = EXPIRES_AFTER.days
    consent_days: int = 15


DEFAULT: tuple[Rung, ...] = (
    Rung(LadderStep.ACKNOWLEDGE_SOON, -1, (Audience.ASSIGNEE,), urgent_hours=-1),
    Rung(LadderStep.ACKNOWLEDGE_DUE, 0, _BEHIND_THE_DESK, urgent_hours=0),
    Rung(LadderStep.ACKNOWLEDGE_LATE, 3, (Audience.COORDINATOR,), urgent_hours=4),
    Rung(LadderStep.EXPIRES_SOON, -5, (Audience.REFERENT,), business=False),
    Rung(LadderStep.CONTACT_SOON, -1, (Audience.ASSIGNEE,)),
    Rung(LadderStep.CONTACT_DUE, 0, _BEHIND_THE_DESK),
    Rung(LadderStep.CONTACT_LATE, 3, (Audience.COORDINATOR,)),
    Rung(LadderStep.NO_ACTIVITY, 14, (Audience.ASSIGNEE,), business=False),
    Rung(LadderStep.NO_ACTIVITY_LONG, 30, (Audience.COORDINATOR,), business=False),
    Rung(LadderStep.HOLD_ENDED, 0, (Audience.ASSIGNEE,)),
    Rung(LadderStep.QUESTION_WAITS, 2, (Audience.REFERENT,)),
    Rung(LadderStep.CHECK_30, 30, (Audience.REFERENT,), business=False),
    Rung(LadderStep.CHECK_90, 90, (Audience.REFERENT,), business=False),
)
_ACKNOWLEDGE = (LadderStep.ACKNOWLEDGE_SOON, LadderStep.ACKNOWLEDGE_DUE, LadderStep.ACKNOWLEDGE_LATE)
_CONTACT = (LadderStep.CONTACT_SOON, LadderStep.CONTACT_DUE, LadderStep.CONTACT_LATE)
_QUIET = (LadderStep.NO_ACTIVITY, LadderStep.NO_ACTIVITY_LONG)
CHECKS = (LadderStep.CHECK_30, LadderStep.CHECK_90)


@dataclass(frozen=True)
class Ladder:
    """What a desk promises and who is told when: the clocks and the rungs that hold there on a day."""

    clocks: Clocks = Clocks()
    rungs: tuple[Rung, ...] = DEFAULT

    def rung(self, step: LadderStep) -> Rung | None:
        """The rung of that step, or None where nobody is told of it."""
        return next((one for one in self.rungs if one.step is step), None)


USUAL = Ladder()


@dataclass(frozen=True)
class Standing:
    """What the plan depends on; `moved_at` is the instant of the fact that carries the plan."""

    state: State
    moved_at: datetime
    awaiting_since: datetime
    acknowledge_due: datetime | None = None
    contact_due: datetime | None = None
    reached: bool = False
    question: bool = False
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    resumed_by_clock: bool = False
    urgent: bool = False
    expires_at: datetime | None = None
    checked: LadderStep | None = None


def plan(
    standing: Standing, rungs: tuple[Rung, ...] = DEFAULT, calendar: Calendar = USUALLY
) -> tuple[Reminder, ...]:
    """Every reminder from here on, the earliest first; those whose instant has passed already are left out.

    `calendar` is when the desk works. Empty once the referral has ended in a way that nobody needs to come back to.
    """
    by_step = {rung.step: rung for rung in rungs}
    found = [
        Reminder(step=step, at=at, audience=by_step[step].audience)
        for step, base in _bases(standing, calendar) if step in by_step
        if (at := _instant(base, by_step[step], calendar, urgent=standing.urgent)) >= standing.moved_at
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.step)))


def _bases(standing: Standing, calendar: Calendar) -> Iterator[tuple[LadderStep, datetime]]:
    """Each step that can still come about from here, with the instant from which its rung counts."""
    match standing.state:
        case State.SENT if standing.acknowledge_due is not None:
            yield from ((step, standing.acknowledge_due) for step in _ACKNOWLEDGE)
            yield LadderStep.EXPIRES_SOON, standing.expires_at or standing.awaiting_since + EXPIRES_AFTER
        case State.ACKNOWLEDGED | State.IN_PROGRESS:
            if standing.resumed_by_clock:
                yield LadderStep.HOLD_ENDED, _opening(standing.moved_at, calendar)
            if not standing.reached and standing.contact_due is not None:
                yield from ((step, standing.contact_due) for step in _CONTACT)
            yield from ((step, standing.moved_at) for step in _QUIET)
        case State.ON_HOLD:
            if standing.question:
                yield LadderStep.QUESTION_WAITS, standing.moved_at
        case State.CLOSED if standing.outcome is not Outcome.DECEASED and standing.ended_at is not None:
            yield from ((step, standing.ended_at) for step in checks_to_come(standing.checked))


def checks_to_come(checked: LadderStep | None) -> tuple[LadderStep, ...]:
    """The checks after closing that are still to be made, `checked` being the last one made."""
    return CHECKS[CHECKS.index(checked) + 1 :] if checked in CHECKS else CHECKS


def _instant(base: datetime, rung: Rung, calendar: Calendar, *, urgent: bool) -> datetime:
    if urgent and rung.urgent_hours is not None:
        hours = rung.urgent_hours
        return calendar.add_hours(base, hours) if hours > 0 else _hours_back(base, -hours, calendar)
    if not rung.business:
        return base + timedelta(days=rung.days)
    if rung.days > 0:
        return calendar.add_days(base, rung.days)
    return _days_back(base, -rung.days, calendar)


def _days_back(instant: datetime, days: int, calendar: Calendar) -> datetime:
    """The same hour so many working days earlier, not before the desk opens nor after it closes."""
    if not days:
        return instant
    local = instant.astimezone(PARIS)
    day, first = local.date(), local.date() - LONGEST
    while days > 0:
        day -= timedelta(days=1)
        if day < first:
            return _days_back(instant, days, Calendar((), calendar.territory)) if calendar.versions else instant
        days -= bool(calendar.stretches(day))
    opens, closes = calendar.stretches(day)[0][0], calendar.stretches(day)[-1][1]
    return datetime.combine(day, min(max(local.time(), opens), closes), tzinfo=PARIS).astimezone(UTC)


def _hours_back(instant: datetime, hours: int, calendar: Calendar) -> datetime:
    """The instant from which that many hours of work have passed."""
    left, day = float(hours * 3600), paris_day(instant)
    first = day - LONGEST
    while left > 0 and day >= first:
        for opens, closes in reversed(calendar.stretches(day)):
            end = min(datetime.combine(day, closes, PARIS).astimezone(UTC), instant)
            spent = (end - datetime.combine(day, opens, PARIS).astimezone(UTC)).total_seconds()
            if 0 < left <= spent:
                return end - timedelta(seconds=left)
            left -= max(spent, 0)
        day -= timedelta(days=1)
    return instant


def _opening(instant: datetime, calendar: Calendar) -> datetime:
    """The next opening from then on: nobody is told of the end of a pause at midnight."""
    day = paris_day(instant)
    last = day + LONGEST
    while day <= last:
        worked = calendar.stretches(day)
        if worked and (opens := datetime.combine(day, worked[0][0], tzinfo=PARIS)) >= instant:
            return opens.astimezone(UTC)
        day += timedelta(days=1)
    return _opening(instant, Calendar((), calendar.territory)) if calendar.versions else instant
