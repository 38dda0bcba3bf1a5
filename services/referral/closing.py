"""The end of a referral with a coded outcome, its check with the person, and every way to begin again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from contracts.actions import Close, ConfirmOutcome, ContestDecline, ContradictOutcome, Reopen
from contracts.facts import (
    ReferralClosed,
    ReferralDeclineContested,
    ReferralOutcomeConfirmed,
    ReferralOutcomeContradicted,
    ReferralReopened,
    RightOpened,
)
from contracts.lifecycle import OUTCOMES_WITHOUT_CONTACT, REOPEN_WITHIN, State
from contracts.refusals import (
    DateInTheFuture,
    DateOfEffectRequired,
    DeclineAlreadyContested,
    GroundRequired,
    OutcomeNotFromHere,
    TooLateToReopen,
    UnreachableTooEarly,
)
from contracts.rights import renewed_after_months
from contracts.vocabulary import FollowTask, Outcome, TaskKind
from services.referral.business_time import OPENS, PARIS, paris_day
from services.referral.ladder import CHECKS
from services.referral.life import Attempts, Decision, Life, Moment, NewTask, already_answered, awaiting, moved

EFFECT_AHEAD = timedelta(days=92)  # a right may begin the first of a coming month; further ahead it is a typing error
CHECK_AFTER = timedelta(days=30)
BEFORE_RENEWAL = 1  # month
UNREACHABLE = Attempts(count=3, channels=2, days=2)
OPENED = frozenset({Outcome.RIGHT_OPENED, Outcome.ALREADY_OPEN})


def close(life: Life, action: Close, moment: Moment) -> Decision:
    """Ends with a coded outcome; what the outcome needs is required, what it does not need is dropped.

    A right that opened or was open is said by `RightOpened` beside the closing, and has a day on which it comes to its
    term. The sender gets a task now, and others for the checks and before that term.
    """
    outcome = action.outcome
    _check_contact(life, outcome)
    effect = _date_of_effect(action, moment)
    ground = _required(outcome is Outcome.REFUSED, action.ground, "ground")
    cause = _required(outcome is Outcome.PERSON_GAVE_UP, action.cause, "cause")
    if outcome is Outcome.UNREACHABLE:
        _check_unreachable(moment.attempts)
    own = {"outcome": outcome, "date_of_effect": effect, "ground": ground, "cause": cause}
    decision = moved(
        life, moment, ReferralClosed, own, state=State.CLOSED, outcome=outcome, date_of_effect=effect, ground=ground,
        cause=cause, outcome_confirmed=None, checked=None, renews_on=_renews_on(life.right, outcome, effect, moment),
    )
    return replace(
        decision, facts=decision.facts + _right_opened(decision.after, moment), task=_task(outcome, moment),
        later=_later(decision.after, moment),
    )


def confirm_outcome(life: Life, _action: ConfirmOutcome, moment: Moment) -> Decision:
    """The person or her referent says that it is so; once."""
    if life.outcome_confirmed is not None:
        raise already_answered(life)
    return replace(moved(life, moment, ReferralOutcomeConfirmed, outcome_confirmed=True), verified=True)


def contradict_outcome(life: Life, _action: ContradictOutcome, moment: Moment) -> Decision:
    """It is not so: the referral begins again at the desk, as a new episode."""
    return replace(moved(life, moment, ReferralOutcomeContradicted, **_new_episode(life, moment)), verified=False)


def reopen(life: Life, action: Reopen, moment: Moment) -> Decision:
    """Begins again as a new episode, within 90 days of the end."""
    if not may_reopen(life, moment):
        raise TooLateToReopen()
    return moved(life, moment, ReferralReopened, {"reason": action.reason}, **_new_episode(life, moment))


def may_reopen(life: Life, moment: Moment) -> bool:
    """Whether the end is not older than 90 days."""
    return life.ended_at is not None and moment.now - life.ended_at <= REOPEN_WITHIN


def contest_decline(life: Life, _action: ContestDecline, moment: Moment) -> Decision:
    """The coordination sends it back to the desk, once an episode; the desk has answered, and that instant stays."""
    if life.decline_contested_episode == life.episode:
        raise DeclineAlreadyContested()
    return moved(
        life, moment, ReferralDeclineContested, state=State.SENT, decline_contested_episode=life.episode,
        decline_reason=None, ended_at=None, delivered_at=None,
        **awaiting(moment.now, moment, urgent=life.urgent),
    )


def _new_episode(life: Life, moment: Moment) -> dict[str, object]:
    return {
        "state": State.SENT, "episode": life.episode + 1, "episode_sent_at": moment.now,
        **awaiting(moment.now, moment, urgent=life.urgent), "checked": None, "renews_on": None,
        "delivered_at": None, "answered_at": None,
        "acknowledged_at": None, "first_attempt_at": None, "first_contact_at": None, "ended_at": None,
        "contact_due": None, "promised_for": None,
        "outcome": None, "date_of_effect": None, "ground": None, "cause": None, "outcome_confirmed": None,
        "decline_reason": None,
    }


def _check_contact(life: Life, outcome: Outcome) -> None:
    """A hold is no way round the first contact."""
    reached = life.state_before_hold if life.state is State.ON_HOLD else life.state
    if reached is State.ACKNOWLEDGED and outcome not in OUTCOMES_WITHOUT_CONTACT:
        raise OutcomeNotFromHere(field="outcome")


def _date_of_effect(action: Close, moment: Moment) -> date | None:
    if action.outcome not in OPENED:
        return None
    if action.outcome is Outcome.RIGHT_OPENED and action.date_of_effect is None:
        raise DateOfEffectRequired(field="date_of_effect")
    if action.date_of_effect and action.date_of_effect > paris_day(moment.now) + EFFECT_AHEAD:
        raise DateInTheFuture(field="date_of_effect")
    return action.date_of_effect


def _required(needed: bool, value: str | None, name: str) -> str | None:
    if needed and value is None:
        raise GroundRequired(field=name)
    return value if needed else None


def _check_unreachable(tried: Attempts) -> None:
    enough = (
        tried.count >= UNREACHABLE.count and tried.channels >= UNREACHABLE.channels and tried.days >= UNREACHABLE.days
    )
    if not enough:
        raise UnreachableTooEarly(
            field="outcome", attempts=str(tried.count), channels=str(tried.channels), days=str(tried.days)
        )


def _right_opened(life: Life, moment: Moment) -> tuple[RightOpened, ...]:
    if life.outcome not in OPENED:
        return ()
    return (RightOpened(
        ref=life.ref, right=life.right, organisation=life.organisation, sender_organisation=life.sender_organisation,
        date_of_effect=life.date_of_effect, at=moment.now,
    ),)


def _task(outcome: Outcome, moment: Moment) -> NewTask | None:
    if outcome is Outcome.UNREACHABLE:
        return NewTask(TaskKind.UNREACHABLE)
    if outcome is Outcome.DECEASED:
        return None
    return NewTask(TaskKind.OUTCOME_TO_CHECK, paris_day(moment.now + CHECK_AFTER))


def _later(life: Life, moment: Moment) -> tuple[NewTask, ...]:
    """The checks with the person, on the days of the desk's ladder, and what is to be done before the right's term."""
    if life.outcome is Outcome.DECEASED:
        return ()
    found = []
    for step in CHECKS:
        rung = moment.ladder.rung(step)
        if rung is not None:
            at = moment.now + timedelta(days=rung.days)
            found.append(NewTask(FollowTask(step.value), paris_day(at), at))
    renewal = renewal_task(life.renews_on)
    return (*found, renewal) if renewal else tuple(found)


def _renews_on(right: str, outcome: Outcome, effect: date | None, moment: Moment) -> date | None:
    months = renewed_after_months(right) if outcome in OPENED else None
    if months is None:
        return None
    term = months_after(effect or paris_day(moment.now), months)
    while term <= paris_day(moment.now):  # it was opened long ago, and has been renewed since
        term = months_after(term, months)
    return term


def renewal_task(term: date | None) -> NewTask | None:
    """What the referent is asked a month before that day; None without one."""
    if term is None:
        return None
    at = datetime.combine(months_after(term, -BEFORE_RENEWAL), OPENS, tzinfo=PARIS).astimezone(UTC)
    return NewTask(FollowTask.RIGHT_TO_RENEW, term, at)


def months_after(day: date, months: int) -> date:
    """The same day so many months later (earlier, when negative), or the last of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return first.replace(day=min(day.day, last))
