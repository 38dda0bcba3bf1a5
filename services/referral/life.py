"""A referral as its rules see it, and the one way in which it moves: version + 1, its due instant, and its fact.

Pure: the instant, the actor and the counts come in as a `Moment`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from contracts.envelope import Fact
from contracts.facts import ReferralFact, ReferralResumed
from contracts.ladder import LadderStep
from contracts.lifecycle import BY_ACTION, ENDED, EXPIRES_AFTER, Party, State, Transition
from contracts.refusals import ReferralAlreadyAnswered
from contracts.vocabulary import (
    AttemptChannel,
    AttemptResult,
    DepartureTask,
    FollowTask,
    Outcome,
    RightReally,
    TaskKind,
    Turn,
    Usefulness,
)
from services.referral.business_time import CLOSES, OPENS, PARIS
from services.referral.calendar_rules import USUALLY, Calendar
from services.referral.ladder import USUAL, Clocks, Ladder, Standing, plan

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
    expires_at: datetime | None = None
    on_hold_since: datetime | None = None
    hold_seconds: Mapping[str, int] = field(default_factory=dict)
    outcome: Outcome | None = None
    date_of_effect: date | None = None
    ground: str | None = None
    cause: str | None = None
    outcome_confirmed: bool | None = None
    checked: LadderStep | None = None
    renews_on: date | None = None
    decline_reason: str | None = None
    decline_contested_episode: int | None = None
    proposed_desk: UUID | None = None
    proposed_organisation: UUID | None = None
    appointment: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Attempts:
    """How often a desk tried in this episode: attempts, different channels, different days in Paris."""

    count: int = 0
    channels: int = 0
    days: int = 0


@dataclass(frozen=True)
class Moment:
    """When, by whom, as which parties; the desk's attempts of this episode; whether the new assignee may be one.

    `withdrawn`: the person took her agreement back after the referral had ended. `calendar` is when its desk works,
    `ladder` what that desk promises on this day.
    """

    now: datetime
    actor: UUID | None = None
    parties: frozenset[Party] = frozenset()
    attempts: Attempts = Attempts()
    assignee_active: bool = False
    withdrawn: bool = False
    calendar: Calendar = USUALLY
    ladder: Ladder = USUAL


@dataclass(frozen=True)
class NewTask:
    """A task to open for the sender; `since`: it is not shown before."""

    kind: TaskKind | DepartureTask | FollowTask
    due: date | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class CheckSaid:
    """What the person said at a check after the end."""

    step: LadderStep
    contacted: bool
    useful: Usefulness | None
    right_open: RightReally


@dataclass(frozen=True)
class Decision:
    """What a rule decided: the referral after it, the facts to write, and what else to keep.

    `verified` says that the outcome of the episode before was confirmed (True) or contradicted (False). `later` are
    tasks for days to come, `settles` kinds of task that are done with it, `said` what the person said at a check.
    """

    after: Life
    facts: tuple[Fact, ...]
    task: NewTask | None = None
    attempt: tuple[AttemptChannel, AttemptResult] | None = None
    verified: bool | None = None
    later: tuple[NewTask, ...] = ()
    settles: frozenset[FollowTask] = frozenset()
    said: CheckSaid | None = None


def moved(
    life: Life, moment: Moment, fact: type[ReferralFact], own: Mapping[str, Any] | None = None, **changes: object
) -> Decision:
    """The referral with these changes, one version further, and the fact that says so with its `own` fields."""
    after = replace(life, version=life.version + 1, **changes)  # type: ignore[arg-type]
    after = _left_hold(life, after, moment.now)
    if after.state not in _REDIRECTABLE:
        after = replace(after, proposed_desk=None, proposed_organisation=None)
    if after.state in ENDED and life.state not in ENDED:
        after = replace(after, ended_at=moment.now, appointment=None)
    after = replace(after, next_due=next_due(after, moment.now, quiet_for(moment.ladder)))
    by_clock = fact is ReferralResumed and moment.actor is None
    reminders = plan(standing(after, moment, resumed_by_clock=by_clock), moment.ladder.rungs, moment.calendar)
    return Decision(after, (fact(**_common(after, moment), reminders=reminders, **(own or {})),))


def _common(life: Life, moment: Moment) -> dict[str, Any]:
    return {
        "ref": life.ref, "version": life.version, "at": moment.now, "state": life.state, "episode": life.episode,
        "sender_organisation": life.sender_organisation, "organisation": life.organisation, "desk": life.desk,
        "assignee": life.assignee, "actor": moment.actor, "turn": life.turn, "next_due": life.next_due,
        "referent": life.sender,
    }


def standing(life: Life, moment: Moment, *, resumed_by_clock: bool = False) -> Standing:
    """What the plan of reminders depends on, after a fact of that moment."""
    return Standing(
        state=life.state, moved_at=moment.now, awaiting_since=life.awaiting_since,
        acknowledge_due=life.acknowledge_due, contact_due=life.contact_due, reached=life.first_contact_at is not None,
        question=life.question is not None, ended_at=life.ended_at, outcome=life.outcome,
        resumed_by_clock=resumed_by_clock, urgent=life.urgent, expires_at=expires_of(life), checked=life.checked,
    )


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


def next_due(life: Life, now: datetime, quiet: timedelta = QUIET) -> datetime | None:
    """When the next step is due: the answer, the first contact (or what was promised, if sooner), the end of the hold.

    Once the person has been reached, so long without anything (`quiet`): a file that nobody moves becomes visible.
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
            return now + quiet
    return None


def quiet_for(ladder: Ladder) -> timedelta:
    """After how long without anything somebody is told."""
    rung = ladder.rung(LadderStep.NO_ACTIVITY) or ladder.rung(LadderStep.NO_ACTIVITY_LONG)
    return timedelta(days=rung.days) if rung else QUIET


def expires_of(life: Life) -> datetime:
    """When it expires without an answer: what was promised, or 30 days for what is older than that promise."""
    return life.expires_at or life.awaiting_since + EXPIRES_AFTER


def acknowledge_due(
    now: datetime, *, urgent: bool, calendar: Calendar = USUALLY, clocks: Clocks = USUAL.clocks
) -> datetime:
    """So many working days of the desk (2), or so many of its working hours (4) when it is urgent."""
    return calendar.add_hours(now, clocks.urgent_hours) if urgent else calendar.add_days(now, clocks.acknowledge_days)


def contact_due(now: datetime, calendar: Calendar = USUALLY, clocks: Clocks = USUAL.clocks) -> datetime:
    """So many working days of the desk (5) after the acknowledgement."""
    return calendar.add_days(now, clocks.contact_days)


def awaiting(now: datetime, moment: Moment, *, urgent: bool) -> dict[str, Any]:
    """What begins with every sending: when the answer is due, and when it expires without one."""
    due = acknowledge_due(now, urgent=urgent, calendar=moment.calendar, clocks=moment.ladder.clocks)
    expires = now + timedelta(days=moment.ladder.clocks.expires_days)
    return {"awaiting_since": now, "acknowledge_due": due, "expires_at": expires}


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
