"""The four times of a referral, folded from its facts one by one: where each clock starts, how it ends, what never
resets it.

Pure. The same fold runs in the transaction of the fact and in `relais replay`, which rebuilds the rows from the record.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts import facts as said
from contracts.facts import ReferralFact
from contracts.ladder import LadderStep
from contracts.lifecycle import State
from contracts.vocabulary import AttemptResult, Outcome
from services.referral.estimators import OPEN

ANSWER, CONTACT, RESOLUTION, RIGHT = "tta", "ttc", "ttr", "tto"
OF_A_SENDING, OF_A_ROOT = (ANSWER, CONTACT), (RESOLUTION, RIGHT)
# The word for what each clock waits for; every other end competes with it.
EVENTS = {ANSWER: "answered", CONTACT: "reached", RESOLUTION: "closed", RIGHT: "opened"}
ASKS_FOR_AN_ANSWER = frozenset({LadderStep.ACKNOWLEDGE_SOON, LadderStep.ACKNOWLEDGE_DUE, LadderStep.ACKNOWLEDGE_LATE})
_TAKEN_BACK = {State.RECALLED: "recalled", State.WITHDRAWN: "withdrawn"}
Measure = Callable[[datetime, datetime], int]
Key = tuple[str, UUID, int]


class Place(NamedTuple):
    """Where something is counted: desk and organisation that have it now, the right, the organisation that sent it."""

    desk: UUID
    organisation: UUID
    right: str
    sender_organisation: UUID


@dataclass(frozen=True, slots=True)
class Wait:
    """One clock: of a sending (`subject` the referral) or of a root. `seconds` of business time once it has ended.

    `number` is the episode in which the clock began; `hops` the last hand-over of the root that it has seen.
    """

    clock: str
    subject: UUID
    number: int
    place: Place
    start: datetime
    end: datetime | None = None
    how: str = OPEN
    seconds: int | None = None
    hops: int = 0

    @property
    def key(self) -> Key:
        """What makes it the same clock."""
        return self.clock, self.subject, self.number


@dataclass(frozen=True, slots=True)
class Course:
    """What is counted of one referral besides its clocks; `held` is business time on hold by whose turn it was.

    `due` is when its next step is expected: the answer, the first contact, the end of a hold; None once it has ended.
    """

    ref: UUID
    root: UUID
    root_sent_at: datetime
    hops: int
    place: Place
    sent_at: datetime
    state: State
    episode: int
    version: int
    awaiting_since: datetime
    due: datetime | None = None
    answers: tuple[datetime, ...] = ()
    accepted: bool = False
    outcome: str | None = None
    ended_at: datetime | None = None
    confirmed: bool | None = None
    contradicted: int = 0
    accompaniment_refused: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    turn: str | None = None
    held_since: datetime | None = None
    reminded: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Followed:
    """A referral and every clock that its facts may move: its own and those of its root."""

    course: Course
    waits: Mapping[Key, Wait]


def begin(fact: said.ReferralSent, parent: Followed | None) -> Followed:
    """The first fact of a referral. A redirected one begins its own answer; the clocks of the root go on at the new
    desk.
    """
    place = Place(fact.desk, fact.organisation, fact.right, fact.sender_organisation)
    before = parent.course if parent else None
    course = Course(
        ref=fact.ref, root=before.root if before else fact.ref,
        root_sent_at=before.root_sent_at if before else fact.at, hops=before.hops + 1 if before else 0, place=place,
        sent_at=fact.at, state=fact.state, episode=fact.episode, version=fact.version, awaiting_since=fact.at,
        due=fact.next_due,
    )
    own = [Wait(clock, fact.ref, 1, place, fact.at, hops=course.hops) for clock in OF_A_SENDING]
    if parent is None:
        own += [Wait(clock, fact.ref, 0, place, fact.at) for clock in OF_A_ROOT]
    else:
        own += [
            replace(one, place=place, hops=course.hops) for one in parent.waits.values() if one.clock in OF_A_ROOT
        ]
    return Followed(course, {one.key: one for one in own})


def advance(before: Followed, fact: ReferralFact, measure: Measure) -> Followed:
    """The referral after its next fact; one that it has seen changes nothing. `measure` is business seconds between."""
    course = before.course
    if fact.version <= course.version or course.state is State.ENTERED_IN_ERROR:
        return before
    last = course.state is not State.REDIRECTED
    after = _course(course, fact, measure)
    if after.state is State.ENTERED_IN_ERROR:
        kept = {key: one for key, one in before.waits.items() if one.clock in OF_A_ROOT and not last}
        return Followed(after, kept)
    waits = dict(before.waits)
    for clock in (*OF_A_SENDING, *(OF_A_ROOT if last else ())):
        found = _latest(waits.values(), clock)
        if found is not None:
            moved = _moved(found, fact, after, measure)
            waits[moved.key] = moved
    return Followed(after, waits)


def reminded(before: Followed, step: str, at: datetime) -> Followed:
    """A reminder that asked for an answer was told at that instant; in any order, and once each."""
    course = before.course
    if step not in ASKS_FOR_AN_ANSWER or at in course.reminded:
        return before
    return replace(before, course=replace(course, reminded=tuple(sorted((*course.reminded, at)))))


def _course(course: Course, fact: ReferralFact, measure: Measure) -> Course:
    after = replace(course, state=fact.state, episode=fact.episode, version=fact.version, due=fact.next_due)
    if course.turn is not None and fact.state is not State.ON_HOLD and course.held_since is not None:
        spent = measure(course.held_since, fact.at)
        held = {**course.held, course.turn: course.held.get(course.turn, 0) + spent}
        after = replace(after, held=held, turn=None, held_since=None)
    if fact.state is State.ON_HOLD and course.turn is None:
        after = replace(after, turn=fact.turn.value if fact.turn else None, held_since=fact.at)
    match fact:
        case said.ReferralAcknowledged():
            after = replace(after, accepted=course.accepted or fact.episode == 1)
        case said.ReferralDeclined() | said.ReferralRedirected():
            after = replace(after, accepted=course.accepted and fact.episode > 1)
        case said.ReferralDeclineContested() | said.ReferralReopened():
            after = replace(after, outcome=None, confirmed=None, ended_at=None, awaiting_since=fact.at)
        case said.ReferralClosed():
            after = replace(after, outcome=fact.outcome.value, confirmed=None)
        case said.ReferralOutcomeConfirmed():
            after = replace(after, confirmed=True)
        case said.ReferralOutcomeContradicted():
            again = {"outcome": None, "confirmed": None, "ended_at": None, "awaiting_since": fact.at}
            after = replace(after, contradicted=course.contradicted + 1, **again)
        case said.ReferralAccompanimentRefused():
            after = replace(after, accompaniment_refused=course.accompaniment_refused + 1)
    if isinstance(fact, _ANSWERS):
        after = replace(after, answers=(*course.answers, fact.at))
    ended = fact.state in _ENDS and course.ended_at is None
    return replace(after, ended_at=fact.at) if ended else after


def _moved(one: Wait, fact: ReferralFact, course: Course, measure: Measure) -> Wait:
    """The clock after that fact. Reopening goes on with the clock that had no answer, and never sets one back."""
    if isinstance(fact, _AGAIN):
        return _again(one, fact)
    how = _end(one.clock, fact)
    if how is None or one.how != OPEN:
        return one
    return replace(one, end=fact.at, how=how, seconds=measure(one.start, fact.at))


def _again(one: Wait, fact: ReferralFact) -> Wait:
    begun = one.how == EVENTS[one.clock]
    if one.clock in OF_A_SENDING and begun:
        if isinstance(fact, said.ReferralDeclineContested):
            return one  # the desk has answered, and that instant stays
        return Wait(one.clock, one.subject, fact.episode, one.place, fact.at, hops=one.hops)
    return replace(one, end=None, how=OPEN, seconds=None)


def _end(clock: str, fact: ReferralFact) -> str | None:
    """How that fact ends that clock; None when it does not. An expired or declined referral is not resolved."""
    if fact.state in _TAKEN_BACK:
        return _TAKEN_BACK[fact.state]
    match clock, fact:
        case "tta", said.ReferralAcknowledged() | said.ReferralDeclined() | said.ReferralRedirected():
            return EVENTS[ANSWER]
        case "ttc", said.ReferralContactAttempted(result=AttemptResult.REACHED):
            return EVENTS[CONTACT]
        case "ttc", said.ReferralDeclined() | said.ReferralRedirected():
            return "passed_on"
        case "ttc", said.ReferralClosed():
            return "closed_unreached"
        case "ttr", said.ReferralClosed():
            return EVENTS[RESOLUTION]
        case "tto", said.ReferralClosed(outcome=Outcome.RIGHT_OPENED):
            return EVENTS[RIGHT]
        case "tto", said.ReferralClosed(outcome=Outcome.ALREADY_OPEN):
            return "already_open"
        case "tto", said.ReferralClosed():
            return "closed_otherwise"
    return None


def _latest(waits: Iterable[Wait], clock: str) -> Wait | None:
    return max((one for one in waits if one.clock == clock), key=lambda one: one.number, default=None)


_ANSWERS = (said.ReferralAcknowledged, said.ReferralDeclined, said.ReferralRedirected)
_AGAIN = (said.ReferralReopened, said.ReferralOutcomeContradicted, said.ReferralDeclineContested)
_ENDS = frozenset({
    State.CLOSED, State.DECLINED, State.REDIRECTED, State.RECALLED, State.EXPIRED, State.WITHDRAWN,
})
