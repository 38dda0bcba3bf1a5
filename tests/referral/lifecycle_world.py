"""Lives and moments of a referral, as the tests of the rules make them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from contracts import actions as act
from contracts.lifecycle import OPEN, Party, State
from contracts.vocabulary import (
    AccompanimentRefusal,
    AppointmentPlace,
    AttemptChannel,
    AttemptResult,
    Attendee,
    DeclineReason,
    ErrorReason,
    HoldReason,
    KeptRight,
    Outcome,
    RecallReason,
    ReopenReason,
    RightReally,
    Turn,
)
from services.referral.business_time import paris_day
from services.referral.life import Life, Moment

NOW = datetime(2026, 11, 18, 11, tzinfo=UTC)


TODAY = paris_day(NOW)


TOMORROW = TODAY + timedelta(days=1)


OTHER = uuid4()


APPOINTMENT = uuid4()


SAMPLES = {
    action.kind: action
    for action in (
        act.Acknowledge(promised_for=TOMORROW),
        act.Assign(assignee=uuid4()),
        act.LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.REACHED),
        act.RequestInformation(note=uuid4(), resume_on=TOMORROW),
        act.AnswerInformation(note=uuid4()),
        act.Hold(reason=HoldReason.DECISION_AWAITED, turn=Turn.PERSON, resume_on=TOMORROW),
        act.Resume(),
        act.RefuseAccompaniment(reason=AccompanimentRefusal.SPACE),
        act.Decline(reason=DeclineReason.DUPLICATE),
        act.ContestDecline(),
        act.ProposeRedirect(to_desk=uuid4(), to_organisation=uuid4()),
        act.RefuseRedirect(),
        act.Recall(reason=RecallReason.MISTAKE),
        act.Close(outcome=Outcome.NOT_ELIGIBLE),
        act.ConfirmOutcome(),
        act.ContradictOutcome(),
        act.RecordCheck(contacted=True, right_open=RightReally.YES),
        act.RecordRenewal(kept=KeptRight.ENDED),
        act.Reopen(reason=ReopenReason.NEW_ELEMENT),
        act.MarkInError(reason=ErrorReason.TEST),
        act.ProposeAppointment(
            appointment=uuid4(),
            starts=NOW + timedelta(days=2),
            place=AppointmentPlace.DESK,
            attendees=(Attendee.PERSON, Attendee.DESK),
        ),
        act.AcceptAppointment(appointment=APPOINTMENT),
        act.DeclineAppointment(appointment=APPOINTMENT),
        act.CancelAppointment(appointment=APPOINTMENT),
        act.NoteAppointmentHeld(appointment=APPOINTMENT),
    )
}


def life(state: State = State.SENT, **changes) -> Life:
    """A referral in that state, in which everything that a rule may need is there."""
    made = Life(
        ref=uuid4(),
        right="rsa",
        urgent=False,
        accompanied=True,
        sender_organisation=uuid4(),
        sender=uuid4(),
        organisation=uuid4(),
        desk=uuid4(),
        assignee=uuid4(),
        state=state,
        version=7,
        episode=1,
        hops=0,
        been_at=(),
        episode_sent_at=NOW - timedelta(days=31),
        awaiting_since=NOW - timedelta(days=31),
        acknowledge_due=NOW,
        contact_due=NOW,
    )
    if state is State.ON_HOLD:
        made = replace(
            made,
            state_before_hold=State.IN_PROGRESS,
            turn=Turn.REFERENT,
            question=uuid4(),
            resume_on=TODAY,
            on_hold_since=NOW - timedelta(hours=1),
        )
    if state in (State.SENT, State.ACKNOWLEDGED):
        made = replace(made, proposed_desk=OTHER, proposed_organisation=uuid4())
    if state not in OPEN:
        made = replace(made, ended_at=NOW - timedelta(days=1))
    if state is State.CLOSED:
        made = replace(made, ended_at=NOW - timedelta(days=31), renews_on=TODAY + timedelta(days=20))
    return replace(made, **changes)


def moment(*parties: Party, **changes) -> Moment:
    return Moment(**{"now": NOW, "actor": uuid4(), "parties": frozenset(parties), "assignee_active": True, **changes})
