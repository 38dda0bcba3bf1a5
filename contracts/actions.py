"""What somebody can do to a referral: one frozen model per row of the life cycle, told apart by `kind`.

A page fills them from a form and a partner's system sends them as JSON; the same handler decides.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.envelope import Frozen
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
    NonTakeUpCause,
    Outcome,
    RecallReason,
    RefusalGround,
    ReopenReason,
    RightReally,
    Turn,
    Usefulness,
)


class Acknowledge(Frozen):
    """`promised_for`: the day by which the desk will have contacted the person."""

    kind: Literal["acknowledge"] = "acknowledge"
    promised_for: date


class Assign(Frozen):
    kind: Literal["assign"] = "assign"
    assignee: UUID


class LogAttempt(Frozen):
    kind: Literal["log_attempt"] = "log_attempt"
    channel: AttemptChannel
    result: AttemptResult


class RequestInformation(Frozen):
    """`note` is the reference of the question, which intake keeps; `resume_on` the day it comes back by itself."""

    kind: Literal["request_information"] = "request_information"
    note: UUID
    resume_on: date


class AnswerInformation(Frozen):
    kind: Literal["answer_information"] = "answer_information"
    note: UUID


class Hold(Frozen):
    kind: Literal["hold"] = "hold"
    reason: HoldReason
    turn: Turn
    resume_on: date


class Resume(Frozen):
    kind: Literal["resume"] = "resume"


class RefuseAccompaniment(Frozen):
    kind: Literal["refuse_accompaniment"] = "refuse_accompaniment"
    reason: AccompanimentRefusal


class Decline(Frozen):
    kind: Literal["decline"] = "decline"
    reason: DeclineReason


class ContestDecline(Frozen):
    kind: Literal["contest_decline"] = "contest_decline"


class ProposeRedirect(Frozen):
    kind: Literal["propose_redirect"] = "propose_redirect"
    to_desk: UUID
    to_organisation: UUID


class RefuseRedirect(Frozen):
    kind: Literal["refuse_redirect"] = "refuse_redirect"


class Recall(Frozen):
    kind: Literal["recall"] = "recall"
    reason: RecallReason


class Close(Frozen):
    """`date_of_effect` with right_opened; `ground` with refused; `cause` with person_gave_up."""

    kind: Literal["close"] = "close"
    outcome: Outcome
    date_of_effect: date | None = None
    ground: RefusalGround | None = None
    cause: NonTakeUpCause | None = None


class ConfirmOutcome(Frozen):
    kind: Literal["confirm_outcome"] = "confirm_outcome"


class ContradictOutcome(Frozen):
    kind: Literal["contradict_outcome"] = "contradict_outcome"


class RecordCheck(Frozen):
    """What the person says a month or three after the end: whether she was contacted, whether it was of use (None: she
    does not say), whether the right is really open."""

    kind: Literal["record_check"] = "record_check"
    contacted: bool
    useful: Usefulness | None = None
    right_open: RightReally


class RecordRenewal(Frozen):
    """What became of an opened right at its term."""

    kind: Literal["record_renewal"] = "record_renewal"
    kept: KeptRight


class Reopen(Frozen):
    kind: Literal["reopen"] = "reopen"
    reason: ReopenReason


class MarkInError(Frozen):
    kind: Literal["mark_in_error"] = "mark_in_error"
    reason: ErrorReason


class ProposeAppointment(Frozen):
    """A joint appointment, in the place of what stands; `appointment` is its reference, made by who proposes.

    `permanence` with the place of that name: one of the directory's.
    """

    kind: Literal["propose_appointment"] = "propose_appointment"
    appointment: UUID
    starts: AwareDatetime
    place: AppointmentPlace
    permanence: UUID | None = None
    attendees: tuple[Attendee, ...]


class AcceptAppointment(Frozen):
    kind: Literal["accept_appointment"] = "accept_appointment"
    appointment: UUID


class DeclineAppointment(Frozen):
    kind: Literal["decline_appointment"] = "decline_appointment"
    appointment: UUID


class CancelAppointment(Frozen):
    kind: Literal["cancel_appointment"] = "cancel_appointment"
    appointment: UUID


class NoteAppointmentHeld(Frozen):
    kind: Literal["note_appointment_held"] = "note_appointment_held"
    appointment: UUID


Action = Annotated[
    Acknowledge
    | Assign
    | LogAttempt
    | RequestInformation
    | AnswerInformation
    | Hold
    | Resume
    | RefuseAccompaniment
    | Decline
    | ContestDecline
    | ProposeRedirect
    | RefuseRedirect
    | Recall
    | Close
    | ConfirmOutcome
    | ContradictOutcome
    | Reopen
    | MarkInError,
    Field(discriminator="kind"),
]
Arrangement = Annotated[
    ProposeAppointment | AcceptAppointment | DeclineAppointment | CancelAppointment | NoteAppointmentHeld,
    Field(discriminator="kind"),
]
FollowUp = Annotated[RecordCheck | RecordRenewal, Field(discriminator="kind")]
