"""Referrals that live: what people and clocks do to them, decided by the rules of the referral service at each instant.

Nothing of a database: a life, its moment, the rule, the facts. What a rule refuses is not done, and another thing is.
"""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import count
from typing import Any
from uuid import UUID

from contracts import actions as act
from contracts.envelope import Fact
from contracts.facts import ReferralFact, ReferralManagerAsked
from contracts.lifecycle import Party, State
from contracts.refusals import Refusal
from contracts.vocabulary import (
    AppointmentPlace,
    AttemptChannel,
    AttemptResult,
    Attendee,
    DeclineReason,
    HandoverMode,
    HoldReason,
    ManagerAsk,
    Outcome,
    RecallReason,
    ReopenReason,
    RightReally,
    Turn,
)
from services.referral import domain
from services.referral.business_time import PARIS, is_business_day, paris_day
from services.referral.holding import resume_by_clock
from services.referral.life import Decision, Life, Moment, awaiting, expires_of
from services.referral.redirecting import confirm_redirect
from tests.notify.year_people import Desk, People

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Choice = tuple[float, timedelta, Party, Callable[[], Any]]
REOPEN = partial(act.Reopen, reason=ReopenReason.NEW_ELEMENT)


@dataclass
class Lives:
    """Every referral of a territory; `until` gives the facts of a stretch of time in the order in which they happen."""

    rng: random.Random
    people: People
    lives: dict[UUID, Life] = field(default_factory=dict)
    waiting: list[tuple[datetime, int, UUID, int, Callable[[datetime, Life], list[Fact]] | None]] = field(
        default_factory=list
    )
    refused: int = 0
    number: Iterator[int] = field(default_factory=count)

    def expect(self, referrals: int) -> None:
        """Have that many sent in working hours, over all the days but the last."""
        for _ in range(referrals):
            day = self.people.begins + timedelta(days=self.rng.random() * (self.people.days - 5))
            self._push(self._office_hours(day), self.people.uuid(), 0, None)

    def until(self, now: datetime) -> Iterator[Fact]:
        """What happens up to that instant."""
        while self.waiting and self.waiting[0][0] <= now:
            at, _, ref, version, what = heapq.heappop(self.waiting)
            if what is None:
                yield from self._send(ref, at, self.rng.choice(self.people.desks), None)
            elif (life := self.lives[ref]).version == version:
                try:
                    yield from what(at, life)
                except Refusal:
                    self.refused += 1
                    self._push(at + DAY, ref, version, self._quiet)

    def _send(self, ref: UUID, at: datetime, desk: Desk, parent: Life | None) -> list[Fact]:
        sender = parent.sender if parent else self.rng.choice(list(self.people.referents))
        moment, urgent = Moment(at, sender), self.rng.random() < 0.1
        life = Life(
            ref=ref, right="rsa", urgent=urgent, accompanied=False, sender=sender,
            sender_organisation=self.people.referents[sender], organisation=desk.organisation, desk=desk.ref,
            assignee=self.rng.choice(desk.agents), state=State.SENT, version=1, episode=1, been_at=(
                (*parent.been_at, parent.desk) if parent else ()
            ), hops=parent.hops + 1 if parent else 0, episode_sent_at=at, **awaiting(at, moment, urgent=urgent),
        )  # fmt: skip
        decision = domain.sent(
            life, moment, mode=HandoverMode.DOSSIER_TRANSMIS, redirected_from=parent.ref if parent else None
        )
        return self._moved(decision.after, decision.facts, at)

    def _moved(self, life: Life, facts: tuple[Fact, ...], at: datetime) -> list[Fact]:
        """Keep it, and draw what comes next: something that a person does, or nothing, and what the clock does."""
        self.lives[life.ref] = life
        if life.state is State.SENT:
            self._push(expires_of(life), life.ref, life.version, self._by_clock(domain.expire))
        if life.state is State.ON_HOLD and life.resume_on is not None:
            back = datetime.combine(life.resume_on, time(0, 5), PARIS).astimezone(UTC)
            self._push(back, life.ref, life.version, self._by_clock(resume_by_clock))
        drawn = self.rng.random()
        for share, after, party, make in self._choices(life, at):
            drawn -= share
            if drawn < 0:
                when = self._office_hours(at + after * (0.2 + 2 * self.rng.random()))
                self._push(when, life.ref, life.version, self._doing(party, make))
                break
        return [one for one in facts if isinstance(one, ReferralFact)]

    def _choices(self, life: Life, at: datetime) -> list[Choice]:
        match life.state:
            case State.SENT if life.proposed_desk is not None:
                return [
                    (0.5, 20 * HOUR, Party.REFERENT, self._the_other_desk(life)),
                    (0.4, 20 * HOUR, Party.REFERENT, act.RefuseRedirect),
                ]
            case State.SENT:
                return self._unanswered(life, at)
            case State.ACKNOWLEDGED | State.IN_PROGRESS:
                return self._answered(life, at)
            case State.ON_HOLD:
                answer = (0.5, 3 * DAY, Party.REFERENT, lambda: act.AnswerInformation(note=self.people.uuid()))
                return [answer if life.question else (0.3, 2 * DAY, Party.DESK, act.Resume)]
            case State.CLOSED:
                return self._closed(life)
            case State.DECLINED:
                return [(0.2, 2 * DAY, Party.COORDINATOR, act.ContestDecline), (0.1, 4 * DAY, Party.REFERENT, REOPEN)]
            case State.EXPIRED:
                return [(0.2, 4 * DAY, Party.REFERENT, REOPEN)]
        return []

    def _unanswered(self, life: Life, at: datetime) -> list[Choice]:
        return [
            (0.66, 1.3 * DAY, Party.DESK, lambda: act.Acknowledge(promised_for=paris_day(at) + 10 * DAY)),
            (0.05, 2 * DAY, Party.DESK, lambda: act.Decline(reason=DeclineReason.NO_CAPACITY)),
            (0.07, 1 * DAY, Party.DESK, self._elsewhere(life)),
            (0.05, 1 * DAY, Party.MANAGER, self._to_colleague(life)),
            (0.02, 3 * DAY, Party.REFERENT, lambda: act.Recall(reason=RecallReason.MISTAKE)),
            (0.03, 3 * DAY, Party.CONSENT, _withdrawal),
            (0.04, 6 * DAY, Party.COORDINATOR, _question),
        ]

    def _answered(self, life: Life, at: datetime) -> list[Choice]:
        day, note, reached = paris_day(at), self.people.uuid(), life.first_contact_at is not None
        ends: list[Choice] = [
            (0.40, 7 * DAY, Party.DESK, lambda: act.Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=day)),
            (0.15, 8 * DAY, Party.DESK, lambda: act.Close(outcome=Outcome.NO_SHOW)),
            (0.3, 1 * DAY, Party.REFERENT, self._appointment(at)),
        ]
        if life.appointment is not None and life.appointment["state"] == "proposed":
            agreed = act.AcceptAppointment(appointment=life.appointment["ref"])
            ends = [(0.8, 1 * DAY, Party.DESK, lambda: agreed)]
        tries: list[Choice] = [
            (0.50, 3 * DAY, Party.DESK, lambda: act.LogAttempt(channel=AttemptChannel.PHONE, result=self._result())),
            (0.10, 3 * DAY, Party.DESK, lambda: act.Close(outcome=Outcome.NOT_ELIGIBLE)),
        ]
        return [
            *(ends if reached else tries),
            (0.10, 2 * DAY, Party.DESK, lambda: act.RequestInformation(note=note, resume_on=day + 12 * DAY)),
            (0.10, 2 * DAY, Party.DESK, lambda: act.Hold(
                reason=HoldReason.DOCUMENTS_AWAITED, turn=Turn.PERSON, resume_on=day + 9 * DAY
            )),
            (0.03, 5 * DAY, Party.CONSENT, _withdrawal),
            (0.06, 3 * DAY, Party.MANAGER, self._to_colleague(life)),
            (0.04, 12 * DAY, Party.DESK, act.Resume),  # refused: nothing is on hold, and it stays silent
        ]  # fmt: skip

    def _closed(self, life: Life) -> list[Choice]:
        checked = {"contacted": True, "right_open": RightReally.YES}
        return [
            (0.05, 6 * DAY, Party.PERSON, act.ContradictOutcome),
            (0.15, 6 * DAY, Party.REFERENT, act.ConfirmOutcome),
            (0.30, 32 * DAY, Party.REFERENT, lambda: act.RecordCheck(**checked)),
        ]

    def _doing(self, party: Party, make: Callable[[], Any]) -> Callable[[datetime, Life], list[Fact]]:
        def do(at: datetime, life: Life) -> list[Fact]:
            action, moment = make(), Moment(at, self._actor(party, life), frozenset({party}), assignee_active=True)
            match action:
                case "withdrawal":
                    decision = domain.withdraw(life, moment)
                    assert decision is not None
                case "question":
                    return self._ask(at, life)
                case Desk():
                    child = self.people.uuid()
                    decision = confirm_redirect(life, child, action.ref, moment)
                    return [*self._moved(decision.after, decision.facts, at), *self._send(child, at, action, life)]
                case _:
                    decision = domain.decide(life, action, moment)
            return self._moved(decision.after, decision.facts, at)

        return do

    def _by_clock(self, rule: Callable[[Life, Moment], Decision]) -> Callable[[datetime, Life], list[Fact]]:
        def do(at: datetime, life: Life) -> list[Fact]:
            decision = rule(life, Moment(at))
            return self._moved(decision.after, decision.facts, at)

        return do

    def _ask(self, at: datetime, life: Life) -> list[Fact]:
        """The coordination asks the managers; the referral does not move, and what comes next is drawn again."""
        managers = self.people.behind(life.desk).managers
        self._moved(life, (), at)
        return [ReferralManagerAsked(
            ref=life.ref, what=ManagerAsk.CONTACT, desk=life.desk, managers=managers, episode=life.episode, at=at
        )]  # fmt: skip

    def _quiet(self, _at: datetime, _life: Life) -> list[Fact]:
        """Nothing more is done to it by a person."""
        return []

    def _actor(self, party: Party, life: Life) -> UUID | None:
        match party:
            case Party.REFERENT | Party.PERSON:
                return life.sender
            case Party.COORDINATOR:
                return self.people.coordinators[0]
            case Party.CONSENT:
                return None
        return life.assignee

    def _elsewhere(self, life: Life) -> Callable[[], Any]:
        def make() -> act.ProposeRedirect:
            desk = self.rng.choice(self.people.desks)
            return act.ProposeRedirect(to_desk=desk.ref, to_organisation=desk.organisation)

        return make

    def _the_other_desk(self, life: Life) -> Callable[[], Desk]:
        return lambda: next(one for one in self.people.desks if one.ref == life.proposed_desk)

    def _to_colleague(self, life: Life) -> Callable[[], act.Assign]:
        desk = next(one for one in self.people.desks if one.ref == life.desk)
        return lambda: act.Assign(assignee=self.rng.choice(desk.agents))

    def _appointment(self, at: datetime) -> Callable[[], act.ProposeAppointment]:
        return lambda: act.ProposeAppointment(
            appointment=self.people.uuid(),
            starts=at + 10 * DAY,
            place=AppointmentPlace.DESK,
            attendees=(Attendee.PERSON,),
        )

    def _result(self) -> AttemptResult:
        return AttemptResult.REACHED if self.rng.random() < 0.7 else AttemptResult.NO_ANSWER

    def _push(self, at: datetime, ref: UUID, version: int, what: Any) -> None:
        heapq.heappush(self.waiting, (at, next(self.number), ref, version, what))

    def _office_hours(self, at: datetime) -> datetime:
        """The same instant, or one of the next morning that is worked; to the second, never to the minute."""
        local = at.astimezone(PARIS)
        while local.hour >= 18 or not is_business_day(local.date()):
            local = datetime.combine(local.date() + DAY, time(8), PARIS)
        if local.hour < 8:
            local = datetime.combine(local.date(), time(8), PARIS)
        return (local + timedelta(seconds=self.rng.randrange(5400))).astimezone(UTC)


def _withdrawal() -> str:
    return "withdrawal"


def _question() -> str:
    return "question"
