"""What somebody can do to a referral: one frozen model per row of the life cycle, told apart by `kind`.

A page fills them from a form and a partner's system sends them as JSON; the same handler decides.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.envelope import Frozen
from contracts.vocabulary import (
    AccompanimentRefusal,
    AttemptChannel,
    AttemptResult,
    DeclineReason,
    ErrorReason,
    HoldReason,
    NonTakeUpCause,
    Outcome,
    RecallReason,
    RefusalGround,
    ReopenReason,
    Turn,
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


class Reopen(Frozen):
    kind: Literal["reopen"] = "reopen"
    reason: ReopenReason


class MarkInError(Frozen):
    kind: Literal["mark_in_error"] = "mark_in_error"
    reason: ErrorReason


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
