"""Every fact that a service publishes, in the past tense. References and coded words only; the map is in `README.md`.

A new optional field keeps the version; anything else is a new class (`ReferralSentV2`), both published until nobody
listens to the first.
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from contracts.envelope import Fact
from contracts.lifecycle import State
from contracts.vocabulary import (
    AccompanimentRefusal,
    AttemptChannel,
    AttemptResult,
    Channel,
    DeclineReason,
    ErrorReason,
    HandoverMode,
    HoldReason,
    NonTakeUpCause,
    Outcome,
    Purpose,
    RecallReason,
    RefusalGround,
    ReopenReason,
    Turn,
)

# --- intake: people, consent, rights; `ref` is the encounter, the grant or the review -------------


class PersonMet(Fact):
    """A referent met a person. `person` is a random reference that only the referral service receives."""

    person: UUID
    organisation: UUID
    channel: Channel
    at: datetime


class ConsentGiven(Fact):
    """A grant exists for one desk; `epoch` counts the changes of that grant."""

    organisation: UUID
    desk: UUID
    purpose: Purpose
    expires_at: datetime
    epoch: int
    at: datetime


class ConsentRefused(Fact):
    """The person was asked and said no; recorded so that nobody asks again tomorrow."""

    organisation: UUID
    desk: UUID
    purpose: Purpose
    at: datetime


class ConsentWithdrawn(Fact):
    """The person withdrew; `referrals` are all that rest on that grant, also those not yet known to the referral
    service.
    """

    referrals: tuple[UUID, ...]
    epoch: int
    at: datetime


class RightsIdentified(Fact):
    """A rights review noted presumed rights, by code."""

    person: UUID
    organisation: UUID
    rights: tuple[str, ...]
    causes: tuple[NonTakeUpCause, ...] = ()
    at: datetime


# --- referral: its life; `ref` is the referral, `version` counts without a gap --------------------


class ReferralFact(Fact):
    """What every fact of a referral carries: the state after it, so that a list can be kept from any fact alone."""

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


class ReferralReopened(ReferralFact):
    """A new episode begins; the instants of earlier ones do not change."""

    reason: ReopenReason


class ReferralEnteredInError(ReferralFact):
    """The referral was a mistake: its content is erased, its skeleton kept."""

    reason: ErrorReason


class RightOpened(Fact):
    """A right was opened or found open; `ref` is the referral. It is no field of the person."""

    right: str
    organisation: UUID
    sender_organisation: UUID
    date_of_effect: date | None
    at: datetime


# --- partners -------------------------------------------------------------------------------------


class DeskItemDelivered(Fact):
    """The referral `ref` is in the list of its desk."""

    object_words: ClassVar[int] = 2
    desk: UUID
    at: datetime


class DeskItemViewed(Fact):
    """Somebody of the desk opened the referral `ref` for the first time."""

    object_words: ClassVar[int] = 2
    desk: UUID
    at: datetime


def _leaves(kind: type[Fact]) -> list[type[Fact]]:
    below = [leaf for child in kind.__subclasses__() for leaf in _leaves(child)]
    return below if kind in (Fact, ReferralFact) else [kind, *below]


FACTS: dict[str, type[Fact]] = {kind.type_name(): kind for kind in _leaves(Fact) if kind.__module__ == __name__}
