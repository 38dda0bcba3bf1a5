"""The check with the person a month and three months after the end, and what becomes of an opened right at its term.

What she says is written as it is; where it confirms or contradicts the desk, the rules of `closing` go on from there.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from contracts.actions import ConfirmOutcome, ContradictOutcome, RecordCheck, RecordRenewal
from contracts.facts import ReferralChecked, ReferralRenewalRecorded
from contracts.ladder import LadderStep
from contracts.lifecycle import State
from contracts.refusals import CheckTooEarly, NoRenewalAwaited
from contracts.rights import renewed_after_months
from contracts.vocabulary import FollowTask, KeptRight, Outcome, RightReally
from services.referral.business_time import paris_day
from services.referral.closing import OPENED, confirm_outcome, contradict_outcome, months_after, renewal_task
from services.referral.ladder import checks_to_come
from services.referral.life import CheckSaid, Decision, Life, Moment, NewTask, already_answered, moved

EARLIEST, SECOND_FROM = timedelta(days=14), timedelta(days=60)
RENEWAL_WITHIN = timedelta(days=62)
ASK_AGAIN = timedelta(days=30)


def record_check(life: Life, action: RecordCheck, moment: Moment) -> Decision:
    """What the person says two weeks after the end at the earliest; from 60 days on it is the second check.

    A contradiction reopens, unless she took her agreement back. Refusals: CheckTooEarly, ReferralAlreadyAnswered.
    """
    step = _step(life, moment.now)
    said = CheckSaid(step, action.contacted, action.useful, action.right_open)
    own = {"step": step, **action.model_dump(exclude={"kind"})}
    first = replace(moved(life, moment, ReferralChecked, own, checked=step), said=said)
    agrees = agreement(life, action)
    if agrees is None or (agrees and life.outcome_confirmed is not None) or (not agrees and moment.withdrawn):
        return first
    then = (
        confirm_outcome(first.after, ConfirmOutcome(), moment) if agrees
        else contradict_outcome(first.after, ContradictOutcome(), moment)
    )
    return replace(then, facts=first.facts + then.facts, said=said)


def agreement(life: Life, action: RecordCheck) -> bool | None:
    """Whether what she says confirms (True) or contradicts (False) the desk; None: neither.

    A right that is said open and is not, or a contact that the desk noted and she never had, contradicts.
    """
    if life.outcome in OPENED:
        said = {RightReally.YES: True, RightReally.NO: False, RightReally.NOT_YET: None}[action.right_open]
        return said if said is not None or action.contacted or life.first_contact_at is None else False
    if not action.contacted and life.first_contact_at is not None:
        return False
    return True if action.contacted and action.right_open is not RightReally.YES else None


def may_check(life: Life, moment: Moment) -> bool:
    """Whether a check can be recorded now."""
    return (
        life.state is State.CLOSED and life.outcome is not Outcome.DECEASED and bool(checks_to_come(life.checked))
        and life.ended_at is not None and moment.now >= life.ended_at + EARLIEST
        and not (life.checked is LadderStep.CHECK_30 and moment.now < life.ended_at + SECOND_FROM)
    )


def record_renewal(life: Life, action: RecordRenewal, moment: Moment) -> Decision:
    """Renewed: the next term is as far away again; under way: asked again in a month. Refusal: NoRenewalAwaited."""
    if not may_record_renewal(life, moment):
        raise NoRenewalAwaited()
    assert life.renews_on is not None
    months = renewed_after_months(life.right)
    term: date | None = life.renews_on
    if action.kept is KeptRight.RENEWED:
        term = months_after(life.renews_on, months) if months else None
    elif action.kept is KeptRight.ENDED:
        term = None
    own = {"kept": action.kept, "renews_on": term}
    decision = moved(life, moment, ReferralRenewalRecorded, own, renews_on=term)
    task = renewal_task(term)
    if action.kept is KeptRight.UNDER_WAY and term is not None:
        task = NewTask(FollowTask.RIGHT_TO_RENEW, term, moment.now + ASK_AGAIN)
    return replace(decision, later=(task,) if task else (), settles=frozenset({FollowTask.RIGHT_TO_RENEW}))


def may_record_renewal(life: Life, moment: Moment) -> bool:
    """Whether an opened right is so near its term that somebody may say what became of it."""
    return (
        life.state is State.CLOSED and life.renews_on is not None
        and paris_day(moment.now) >= life.renews_on - RENEWAL_WITHIN
    )


def _step(life: Life, now: datetime) -> LadderStep:
    if life.ended_at is None or life.outcome is Outcome.DECEASED or not checks_to_come(life.checked):
        raise already_answered(life)
    if now < life.ended_at + EARLIEST:
        raise CheckTooEarly()
    if now >= life.ended_at + SECOND_FROM:
        return LadderStep.CHECK_90
    if life.checked is LadderStep.CHECK_30:
        raise already_answered(life)
    return LadderStep.CHECK_30
