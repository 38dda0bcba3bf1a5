"""What a desk answers to a referral, and its work until the person is reached: acknowledge, assign, try, decline."""

from dataclasses import replace
from datetime import timedelta

from contracts.actions import Acknowledge, Assign, Decline, LogAttempt, RefuseAccompaniment
from contracts.facts import (
    ReferralAccompanimentRefused,
    ReferralAcknowledged,
    ReferralAssigned,
    ReferralContactAttempted,
    ReferralDeclined,
)
from contracts.lifecycle import State
from contracts.refusals import AssigneeNotOfDesk, DateInThePast, InvalidInput, PromisedDateTooLate
from contracts.vocabulary import AttemptResult, TaskKind
from services.referral.business_time import paris_day
from services.referral.life import Decision, Life, Moment, NewTask, contact_due, moved

PROMISED_WITHIN = timedelta(days=30)


def acknowledge(life: Life, action: Acknowledge, moment: Moment) -> Decision:
    """Promises a day of first contact: not in the past, within 30 days. The desk's first answer is kept for good."""
    today = paris_day(moment.now)
    if action.promised_for < today:
        raise DateInThePast(field="promised_for")
    if action.promised_for > today + PROMISED_WITHIN:
        raise PromisedDateTooLate(field="promised_for")
    due = contact_due(moment.now, moment.calendar, moment.ladder.clocks)
    return moved(
        life, moment, ReferralAcknowledged, {"promised_for": action.promised_for, "contact_due": due},
        state=State.ACKNOWLEDGED, answered_at=life.answered_at or moment.now, contact_due=due,
        acknowledged_at=life.acknowledged_at or moment.now, promised_for=action.promised_for,
    )


def assign(life: Life, action: Assign, moment: Moment) -> Decision:
    """To an active member of the desk; no clock is reset."""
    if not moment.assignee_active:
        raise AssigneeNotOfDesk(field="assignee")
    return moved(life, moment, ReferralAssigned, {"previous_assignee": life.assignee}, assignee=action.assignee)


def log_attempt(life: Life, action: LogAttempt, moment: Moment) -> Decision:
    """The first attempt moves the referral to in_progress; only one that reached the person is a first contact."""
    reached = moment.now if action.result is AttemptResult.REACHED else None
    decision = moved(
        life, moment, ReferralContactAttempted, {"channel": action.channel, "result": action.result},
        state=State.IN_PROGRESS, first_attempt_at=life.first_attempt_at or moment.now,
        first_contact_at=life.first_contact_at or reached,
    )
    return replace(decision, attempt=(action.channel, action.result))


def decline(life: Life, action: Decline, moment: Moment) -> Decision:
    """Coded; the sender gets a task."""
    decision = moved(
        life, moment, ReferralDeclined, {"reason": action.reason}, state=State.DECLINED,
        answered_at=life.answered_at or moment.now, decline_reason=action.reason.value,
    )
    return replace(decision, task=NewTask(TaskKind.DECLINED))


def refuse_accompaniment(life: Life, action: RefuseAccompaniment, moment: Moment) -> Decision:
    """The desk says why the person may not be accompanied; it is counted. Only where somebody accompanies her."""
    if not life.accompanied:
        raise InvalidInput(field="reason", reason="Personne ne l’accompagne dans cette orientation.")
    return moved(life, moment, ReferralAccompanimentRefused, {"reason": action.reason})
