"""A referral as its rules see it, and the one way in which it moves: version + 1, its due instant, and its fact.

Pure: the instant, the actor and the counts come in as a `Moment`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from contracts.envelope import Fact
from contracts.facts import ReferralFact
from contracts.lifecycle import BY_ACTION, ENDED, Party, State, Transition
from contracts.refusals import ReferralAlreadyAnswered
from contracts.vocabulary import AttemptChannel, AttemptResult, Outcome, TaskKind, Turn
from services.referral.business_time import CLOSES, OPENS, PARIS, add_business_days, add_business_hours

ACKNOWLEDGE_DAYS, ACKNOWLEDGE_HOURS_URGENT, CONTACT_DAYS = 2, 4, 5
QUIET = timedelta(days=14)
_REDIRECTABLE = frozenset({State.SENT, State.ACKNOWLEDGED})


@dataclass(frozen=True)
class Life:
    """The columns of `referral` that the rules read or change, under the same names."""

    ref: UUID
    right: str
    urgent: bool
    accompanied: bool
    sender_organisation: UUID
    sender: UUID
    organisation: UUID
    desk: UUID
    assignee: UUID
    state: State
    version: int
    episode: int
    hops: int
    been_at: tuple[UUID, ...]
    episode_sent_at: datetime
    awaiting_since: datetime
    turn: Turn | None = None
    state_before_hold: State | None = None
    question: UUID | None = None
    delivered_at: datetime | None = None
    answered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    first_attempt_at: datetime | None = None
    first_contact_at: datetime | None = None
    ended_at: datetime | None = None
    acknowledge_due: datetime | None = None
    contact_due: datetime | None = None
    promised_for: date | None = None
    resume_on: date | None = None
    next_due: datetime | None = None
    on_hold_since: datetime | None = None
    hold_seconds: Mapping[str, int] = field(default_factory=dict)
    outcome: Outcome | None = None
    date_of_effect: date | None = None
    ground: str | None = None
    cause: str | None = None
    outcome_confirmed: bool | None = None
    decline_reason: str | None = None
    decline_contested_episode: int | None = None
    proposed_desk: UUID | None = None
    proposed_organisation: UUID | None = None


@dataclass(frozen=True)
class Attempts:
    """How often a desk tried in this episode: attempts, different channels, different days in Paris."""

    count: int = 0
    channels: int = 0
    days: int = 0


@dataclass(frozen=True)
class Moment:
    """When, by whom, as which parties; the desk's attempts of this episode; whether the new assignee may be one.

    `withdrawn`: the person took her agreement back after the referral had ended.
    """

    now: datetime
    actor: UUID | None = None
    parties: frozenset[Party] = frozenset()
    attempts: Attempts = Attempts()
    assignee_active: bool = False
    withdrawn: bool = False


@dataclass(frozen=True)
class NewTask:
    """A task to open for the sender."""

    kind: TaskKind
    due: date | None = None


@dataclass(frozen=True)
class Decision:
    """What a rule decided: the referral after it, the facts to write, and what else to keep.

    `verified` says that the outcome of the episode before was confirmed (True) or contradicted (False).
    """

    after: Life
    facts: tuple[Fact, ...]
    task: NewTask | None = None
    attempt: tuple[AttemptChannel, AttemptResult] | None = None
    verified: bool | None = None


def moved(
    life: Life, moment: Moment, fact: type[ReferralFact], own: Mapping[str, Any] | None = None, **changes: object
) -> Decision:
    """The referral with these changes, one version further, and the fact that says so with its `own` fields."""
    after = replace(life, version=life.version + 1, **changes)  # type: ignore[arg-type]
    after = _left_hold(life, after, moment.now)
    if after.state not in _REDIRECTABLE:
        after = replace(after, proposed_desk=None, proposed_organisation=None)
    if after.state in ENDED and life.state not in ENDED:
        after = replace(after, ended_at=moment.now)
    after = replace(after, next_due=next_due(after, moment.now))
    return Decision(after, (fact(**_common(after, moment), **(own or {})),))


def _common(life: Life, moment: Moment) -> dict[str, Any]:
    return {
        "ref": life.ref, "version": life.version, "at": moment.now, "state": life.state, "episode": life.episode,
        "sender_organisation": life.sender_organisation, "organisation": life.organisation, "desk": life.desk,
        "assignee": life.assignee, "actor": moment.actor, "turn": life.turn, "next_due": life.next_due,
    }


def _left_hold(before: Life, after: Life, now: datetime) -> Life:
    """Once off hold nothing of the hold stays, but the time it took, under the one whose turn it was."""
    if before.state is not State.ON_HOLD or after.state is State.ON_HOLD:
        return after
    spent = dict(before.hold_seconds)
    if before.turn is not None and before.on_hold_since is not None:
        spent[before.turn.value] = spent.get(before.turn.value, 0) + int((now - before.on_hold_since).total_seconds())
    return replace(
        after, hold_seconds=spent, turn=None, question=None, state_before_hold=None, on_hold_since=None, resume_on=None
    )


def next_due(life: Life, now: datetime) -> datetime | None:
    """When the next step is due: the answer, the first contact (or what was promised, if sooner), the end of the hold.

    Once the person has been reached, 14 days without anything: a file that nobody moves becomes visible.
    """
    match life.state:
        case State.SENT:
            return life.acknowledge_due
        case State.ON_HOLD:
            return _in_paris(life.resume_on, OPENS) if life.resume_on else None
        case State.ACKNOWLEDGED | State.IN_PROGRESS if life.first_contact_at is None:
            promised = _in_paris(life.promised_for, CLOSES) if life.promised_for else None
            return min((one for one in (life.contact_due, promised) if one), default=None)
        case State.ACKNOWLEDGED | State.IN_PROGRESS:
            return now + QUIET
    return None


def acknowledge_due(now: datetime, *, urgent: bool) -> datetime:
    """Two business days, or four business hours when it is urgent."""
    return add_business_hours(now, ACKNOWLEDGE_HOURS_URGENT) if urgent else add_business_days(now, ACKNOWLEDGE_DAYS)


def contact_due(now: datetime) -> datetime:
    """Five business days after the acknowledgement."""
    return add_business_days(now, CONTACT_DAYS)


def in_state(life: Life, action: str) -> Transition:
    """The row of that action; refuses with the present state when the action does not start from there."""
    row = BY_ACTION[action]
    if life.state not in row.sources:
        raise already_answered(life)
    return row


def already_answered(life: Life) -> ReferralAlreadyAnswered:
    """The refusal that says what the referral is now."""
    return ReferralAlreadyAnswered(state_label=life.state.label)


def _in_paris(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=PARIS).astimezone(UTC)
