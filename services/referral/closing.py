"""The end of a referral with a coded outcome, its check with the person, and every way to begin again."""

from dataclasses import replace
from datetime import date, timedelta

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
from contracts.vocabulary import Outcome, TaskKind
from services.referral.business_time import paris_day
from services.referral.life import Attempts, Decision, Life, Moment, NewTask, acknowledge_due, already_answered, moved

EFFECT_AHEAD = timedelta(days=92)  # a right may begin the first of a coming month; further ahead it is a typing error
CHECK_AFTER = timedelta(days=30)
UNREACHABLE = Attempts(count=3, channels=2, days=2)
OPENED = frozenset({Outcome.RIGHT_OPENED, Outcome.ALREADY_OPEN})


def close(life: Life, action: Close, moment: Moment) -> Decision:
    """Ends with a coded outcome; what the outcome needs is required, what it does not need is dropped.

    A right that opened or was open is said by `RightOpened` beside the closing. The sender gets a task.
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
        cause=cause, outcome_confirmed=None,
    )
    return replace(decision, facts=decision.facts + _right_opened(decision.after, moment), task=_task(outcome, moment))


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
        decline_reason=None, ended_at=None, awaiting_since=moment.now, delivered_at=None,
        acknowledge_due=acknowledge_due(moment.now, urgent=life.urgent),
    )


def _new_episode(life: Life, moment: Moment) -> dict[str, object]:
    return {
        "state": State.SENT, "episode": life.episode + 1, "episode_sent_at": moment.now, "awaiting_since": moment.now,
        "acknowledge_due": acknowledge_due(moment.now, urgent=life.urgent), "delivered_at": None, "answered_at": None,
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
