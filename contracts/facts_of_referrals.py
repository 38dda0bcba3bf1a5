"""Facts of a referral's life; `ref` is the referral, `version` counts without a gap; and what was told of it."""

from datetime import date, datetime
from uuid import UUID

from contracts.envelope import Fact
from contracts.ladder import Audience, LadderStep, Reminder
from contracts.lifecycle import State
from contracts.vocabulary import (
    AccompanimentRefusal,
    AppointmentPlace,
    AppointmentSide,
    AttemptChannel,
    AttemptResult,
    Attendee,
    DeclineReason,
    DepartureReason,
    ErrorReason,
    HandoverMode,
    HoldReason,
    KeptRight,
    ManagerAsk,
    NonTakeUpCause,
    Outcome,
    RecallReason,
    RefusalGround,
    ReopenReason,
    RightReally,
    Turn,
    Usefulness,
)


class ReferralFact(Fact):
    """What every fact of a referral carries: the state after it, so that a list can be kept from any fact alone.

    `reminders` is the whole plan from here on, and replaces the one before; None, in older facts, leaves it.
    """

    at: datetime
    state: State
    episode: int
    sender_organisation: UUID
    organisation: UUID
    desk: UUID
    assignee: UUID
    actor: UUID | None = None
    turn: Turn | None = None
    next_due: datetime | None = None
    referent: UUID | None = None
    reminders: tuple[Reminder, ...] | None = None


class ReferralSent(ReferralFact):
    """A warm referral reached the record. Due instants are computed here, once, in business time."""

    sender: UUID
    right: str
    mode: HandoverMode
    urgent: bool = False
    accompanied: bool = False
    acknowledge_due: datetime
    redirected_from: UUID | None = None


class ReferralAcknowledged(ReferralFact):
    """The desk confirmed that it received the referral, and promised a first contact."""

    promised_for: date
    contact_due: datetime


class ReferralAssigned(ReferralFact):
    """A manager gave the referral to another member of the desk; the clock is not reset."""

    previous_assignee: UUID


class ReferralInfoRequested(ReferralFact):
    """The desk asked the referent a question; intake keeps its text under `note`."""

    note: UUID
    resume_on: date


class ReferralInfoAnswered(ReferralFact):
    """The referent answered; intake keeps the text under `note`."""

    note: UUID


class ReferralContactAttempted(ReferralFact):
    """The desk tried to reach the person, by which channel and with which result."""

    channel: AttemptChannel
    result: AttemptResult


class ReferralHeld(ReferralFact):
    """The referral waits: for whom (`turn`), why and until when."""

    reason: HoldReason
    resume_on: date


class ReferralResumed(ReferralFact):
    """The referral goes on after a wait."""


class ReferralAccompanimentRefused(ReferralFact):
    """A desk refused the accompanying person and said why; counted."""

    reason: AccompanimentRefusal


class ReferralDeclined(ReferralFact):
    """The desk declined, with a coded reason."""

    reason: DeclineReason


class ReferralDeclineContested(ReferralFact):
    """The coordination contested the decline, once an episode."""


class ReferralRedirectProposed(ReferralFact):
    """The desk proposes another desk; the referent decides with the person."""

    to_organisation: UUID
    to_desk: UUID


class ReferralRedirectRefused(ReferralFact):
    """The referent keeps the present desk."""


class ReferralRedirected(ReferralFact):
    """The referral went to another desk as `child`, which keeps the root."""

    child: UUID


class ReferralRecalled(ReferralFact):
    """The referent took the referral back."""

    reason: RecallReason


class ReferralRecalledByDeparture(ReferralFact):
    """An organisation left the network: what was under way with it is taken back, and its referent has a task."""

    reason: DepartureReason


class ReferralWithdrawn(ReferralFact):
    """The person withdrew the consent on which the referral rests."""


class ReferralExpired(ReferralFact):
    """Nobody acknowledged for 30 days; the referent has a task from the same transaction."""


class ReferralClosed(ReferralFact):
    """The desk closed the referral with a coded outcome."""

    outcome: Outcome
    date_of_effect: date | None = None
    ground: RefusalGround | None = None
    cause: NonTakeUpCause | None = None


class ReferralOutcomeConfirmed(ReferralFact):
    """The person or the referent confirmed the outcome."""


class ReferralOutcomeContradicted(ReferralFact):
    """The person or the referent contradicted the outcome: the referral is open again."""


class ReferralChecked(ReferralFact):
    """A month (`check_30`) or three (`check_90`) after the end, the person said what it is; a fact that follows says
    whether that confirms or contradicts the desk."""

    step: LadderStep
    contacted: bool
    useful: Usefulness | None = None
    right_open: RightReally


class ReferralRenewalRecorded(ReferralFact):
    """What became of an opened right at its term; `renews_on` is its next one."""

    kept: KeptRight
    renews_on: date | None = None


class ReferralReopened(ReferralFact):
    """A new episode begins; the instants of earlier ones do not change."""

    reason: ReopenReason


class ReferralEnteredInError(ReferralFact):
    """The referral was a mistake: its content is erased, its skeleton kept."""

    reason: ErrorReason


class ReferralAppointmentProposed(ReferralFact):
    """One side proposed a joint appointment, in the place of what stood; `permanence` is one of the directory's."""

    appointment: UUID
    starts: datetime
    place: AppointmentPlace
    permanence: UUID | None = None
    attendees: tuple[Attendee, ...]
    by: AppointmentSide


class ReferralAppointmentAccepted(ReferralFact):
    """The other side (`by`) agreed to the appointment.

    At `eve` both sides are reminded of it, as long as it stands; None: that instant had passed.
    """

    appointment: UUID
    starts: datetime
    by: AppointmentSide
    eve: datetime | None = None


class ReferralAppointmentDeclined(ReferralFact):
    """The other side (`by`) cannot come; another may be proposed."""

    appointment: UUID
    starts: datetime
    by: AppointmentSide


class ReferralAppointmentCancelled(ReferralFact):
    """One side (`by`) called the appointment off."""

    appointment: UUID
    starts: datetime
    by: AppointmentSide


class ReferralAppointmentHeld(ReferralFact):
    """The appointment took place, as one side (`by`) says."""

    appointment: UUID
    starts: datetime
    by: AppointmentSide


class RightOpened(Fact):
    """A right was opened or found open; `ref` is the referral. It is no field of the person."""

    right: str
    organisation: UUID
    sender_organisation: UUID
    date_of_effect: date | None
    at: datetime




class ReferralManagerAsked(Fact):
    """The coordination asks the managers of a desk for something about the referral `ref`; it moves no clock."""

    what: ManagerAsk
    desk: UUID
    managers: tuple[UUID, ...]
    episode: int
    at: datetime


class ReminderTold(Fact):
    """A step of the ladder of the referral `ref` was told to `told` people; 0: there was nobody to tell."""

    step: LadderStep
    audience: tuple[Audience, ...]
    desk: UUID
    told: int
    due_at: datetime
    at: datetime
