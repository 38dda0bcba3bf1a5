"""What happens to a referral: a sequence of dated acts with plausible durations; whoever plays it stops at the present.

Some desks are slow, some decline, some never answer: the board has something to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID

from contracts import actions as do
from contracts.vocabulary import (
    AccompanimentRefusal,
    AttemptChannel,
    AttemptResult,
    DeclineReason,
    HoldReason,
    NonTakeUpCause,
    OrganisationKind,
    Outcome,
    RecallReason,
    RefusalGround,
    ReopenReason,
    Turn,
)
from services.referral.business_time import add_business_hours, business_hours_between, paris_day

DESK, REFERENT, COORDINATOR, CLOCK = "desk", "referent", "coordinator", "clock"
EXPIRES = timedelta(days=30, minutes=5)
# How much slower or faster than the others each kind of organisation answers.
SPEED = {
    OrganisationKind.CPAM: 0.6, OrganisationKind.CCAS: 0.7, OrganisationKind.MSA: 1.0, OrganisationKind.CAF: 1.2,
    OrganisationKind.DEPARTEMENT: 1.9, OrganisationKind.MDPH: 2.2, OrganisationKind.CARSAT: 2.8,
}  # fmt: skip
OUTCOMES = {
    Outcome.RIGHT_OPENED: 58, Outcome.REFUSED: 11, Outcome.NOT_ELIGIBLE: 8, Outcome.PERSON_GAVE_UP: 8,
    Outcome.ALREADY_OPEN: 6, Outcome.NO_SHOW: 4, Outcome.MOVED_AWAY: 2, Outcome.OTHER: 2, Outcome.DECEASED: 1,
}  # fmt: skip
_CHANNELS = (AttemptChannel.PHONE, AttemptChannel.SMS, AttemptChannel.PHONE, AttemptChannel.LETTER)
_MISSED = (AttemptResult.NO_ANSWER, AttemptResult.MESSAGE_LEFT, AttemptResult.CALL_BACK)
_NO_NOTE = UUID(int=0)


@dataclass(frozen=True)
class Act:
    """One thing done at one instant by one side; `action` None with `what` redirect or expire."""

    at: datetime
    by: str
    action: do.Action | do.RecordCheck | None = None
    what: str = "act"


@cache
def ago(now: datetime, hours: float) -> datetime:
    """The instant so many business hours before; within the last quarter of an hour of it."""
    found = now
    while business_hours_between(found, now) < hours:
        found -= timedelta(minutes=15)
    return found


def life(rng: Random, sent: datetime, speed: float, *, redirectable: bool, accompanied: bool) -> Iterator[Act]:
    """Everything that happens to a referral from its sending on."""
    fate = rng.random()
    if fate < 0.04 * speed:
        yield from _expired(rng, sent, speed)
    elif fate < 0.04 * speed + 0.04:
        yield Act(_after(rng, sent, 9), REFERENT, do.Recall(reason=rng.choice(tuple(RecallReason))))
    elif fate < 0.04 * speed + 0.14:
        yield from _declined(rng, sent, speed)
    elif redirectable and fate < 0.55:
        at = _after(rng, sent, 6 * speed)
        yield Act(at, DESK, what="propose")
        yield Act(_after(rng, at, 10), REFERENT, what="redirect")
    else:
        yield from worked(rng, sent, speed, accompanied=accompanied)


def _expired(rng: Random, sent: datetime, speed: float) -> Iterator[Act]:
    at = sent + EXPIRES
    yield Act(at, CLOCK, what="expire")
    if rng.random() < 0.5:
        at = _after(rng, at, 12)
        yield Act(at, REFERENT, do.Reopen(reason=ReopenReason.PERSON_BACK))
        yield from worked(rng, at, speed)


def _declined(rng: Random, sent: datetime, speed: float) -> Iterator[Act]:
    at = _after(rng, sent, 6 * speed)
    yield Act(at, DESK, do.Decline(reason=rng.choice(tuple(DeclineReason))))
    if rng.random() < 0.35:
        at = _after(rng, at, 14)
        yield Act(at, COORDINATOR, do.ContestDecline())
        yield from worked(rng, at, speed)


def worked(
    rng: Random, sent: datetime, speed: float, *, accompanied: bool = False, again: bool = False
) -> Iterator[Act]:
    """What the desk does of it from its sending, or its new beginning (`again`), to its end."""
    at = _after(rng, sent, 6 * speed)
    yield Act(at, DESK, do.Acknowledge(promised_for=paris_day(at) + timedelta(days=rng.randint(1, 6))))
    if accompanied and rng.random() < 0.2:
        at = _after(rng, at, 2)
        yield Act(at, DESK, do.RefuseAccompaniment(reason=rng.choice(tuple(AccompanimentRefusal))))
    for number, channel in enumerate(_CHANNELS):
        at = _after(rng, at, 10 * speed, least=8 if number else 0.5)
        reached = rng.random() < 0.7
        result = AttemptResult.REACHED if reached else rng.choice(_MISSED)
        yield Act(at, DESK, do.LogAttempt(channel=channel, result=result))
        if reached:
            break
    else:
        at = _after(rng, at, 8)
        yield Act(at, DESK, do.Close(outcome=Outcome.UNREACHABLE))
        return
    for act in _studied(rng, at, speed):
        at = act.at
        yield act
    yield from _ended(rng, at, speed, again)


def _studied(rng: Random, at: datetime, speed: float) -> Iterator[Act]:
    if rng.random() < 0.18:
        at = _after(rng, at, 8)
        resume = paris_day(at) + timedelta(days=12)
        yield Act(at, DESK, do.RequestInformation(note=_NO_NOTE, resume_on=resume))
        at = min(_after(rng, at, 12), at + timedelta(days=11))
        yield Act(at, REFERENT, do.AnswerInformation(note=_NO_NOTE))
    if rng.random() < 0.45:
        at = _after(rng, at, 6)
        weeks = rng.randint(2, 7)
        reason, turn = rng.choice(
            (
                (HoldReason.DECISION_AWAITED, Turn.THIRD_PARTY),
                (HoldReason.DECISION_AWAITED, Turn.DESK),
                (HoldReason.DOCUMENTS_AWAITED, Turn.PERSON),
                (HoldReason.APPOINTMENT_SET, Turn.PERSON),
            )
        )
        yield Act(at, DESK, do.Hold(reason=reason, turn=turn, resume_on=paris_day(at) + timedelta(weeks=weeks)))
        # A day before the clock would: what is still on hold today is what comes back tomorrow or later.
        yield Act(at + timedelta(weeks=weeks, days=-1), DESK, do.Resume())


def _ended(rng: Random, at: datetime, speed: float, again: bool) -> Iterator[Act]:
    at = _after(rng, at, 24 * speed)
    yield Act(at, DESK, close(rng, at))
    if rng.random() < 0.7:
        at += timedelta(days=rng.randint(5, 34))
        if rng.random() < 0.06 and not again:
            yield Act(at, REFERENT, do.ContradictOutcome())
            yield from worked(rng, at, speed, again=True)
        else:
            yield Act(at, REFERENT, do.ConfirmOutcome())


def close(rng: Random, at: datetime) -> do.Close:
    """A closing with one of the outcomes, and what that outcome needs."""
    outcome = rng.choices(tuple(OUTCOMES), tuple(OUTCOMES.values()))[0]
    return do.Close(
        outcome=outcome,
        date_of_effect=paris_day(at).replace(day=1) if outcome is Outcome.RIGHT_OPENED else None,
        ground=rng.choice(tuple(RefusalGround)) if outcome is Outcome.REFUSED else None,
        cause=rng.choice(tuple(NonTakeUpCause)) if outcome is Outcome.PERSON_GAVE_UP else None,
    )


def _after(rng: Random, at: datetime, median: float, *, least: float = 0.25) -> datetime:
    """Some business hours later, around that median, sometimes much later."""
    hours = min(max(rng.lognormvariate(0, 0.8) * median, least), 400)
    return add_business_hours(at, hours) + timedelta(minutes=rng.randint(0, 9), seconds=rng.randint(0, 59))


# --- what a referent finds this morning -------------------------------------------------------------------------------

TODAY: tuple[tuple[str, str], ...] = (
    ("question", "rsa"),
    ("redirect", "scolarisation"),
    ("declined", "apl"),
    ("late", "aspa"),
    ("due_today", "css"),
    ("new", "ppa"),
    ("ending", "rsa"),
)


def of_today(story: str, now: datetime) -> tuple[datetime, list[Act]]:
    """The sending and the acts of one of the stories of TODAY, so that it asks something of somebody now."""
    if story == "late":
        return ago(now, 27), []
    if story == "due_today":
        return ago(now, 13), []
    if story == "new":
        return now - timedelta(minutes=6), []
    if story == "declined":
        return ago(now, 20), [Act(ago(now, 3), DESK, do.Decline(reason=DeclineReason.OUT_OF_AREA))]
    if story == "redirect":
        return ago(now, 18), [Act(ago(now, 2), DESK, what="propose")]
    sent, reached = ago(now, 60), ago(now, 40)
    begun = [
        Act(ago(now, 55), DESK, do.Acknowledge(promised_for=paris_day(reached) + timedelta(days=1))),
        Act(reached, DESK, do.LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.REACHED)),
    ]
    if story == "question":
        resume = paris_day(now) + timedelta(days=5)
        begun.append(Act(ago(now, 1.5), DESK, do.RequestInformation(note=_NO_NOTE, resume_on=resume)))
    return sent, begun
