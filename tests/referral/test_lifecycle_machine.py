"""Random lives of a referral: whatever is asked, by whomever, in whatever order, what must never happen does not."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts import actions as act
from contracts.facts import ReferralFact, RightOpened
from contracts.lifecycle import BY_ACTION, ENDED, MAX_HOPS, OPEN, Party, State
from contracts.refusals import Refusal
from contracts.vocabulary import (
    AttemptChannel,
    AttemptResult,
    Attendee,
    FollowTask,
    Outcome,
    TaskKind,
    Turn,
    Usefulness,
)
from services.referral import domain
from services.referral.business_time import paris_day
from services.referral.holding import resume_by_clock
from services.referral.life import Attempts, Decision, Life, Moment, acknowledge_due
from services.referral.redirecting import confirm_redirect

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
APPOINTMENTS = [UUID(int=number) for number in range(50, 52)]
DESKS = [UUID(int=number) for number in range(1, 7)]
BEGIN_AGAIN = {"ReferralReopened", "ReferralOutcomeContradicted", "ReferralDeclineContested"}
words = st.sampled_from
days = st.integers(-2, 40)


def _shapes(today, note):
    """One strategy a kind of action, with dates around today."""
    around = days.map(lambda number: today + timedelta(days=number))
    fields = {
        "promised_for": around, "resume_on": around, "date_of_effect": st.none() | around, "note": st.just(note),
        "assignee": st.builds(uuid4), "to_desk": words(DESKS), "to_organisation": st.just(note),
        "contacted": st.booleans(), "useful": st.none() | words(list(Usefulness)),
        "appointment": words(APPOINTMENTS), "permanence": st.none() | words(APPOINTMENTS),
        "starts": days.map(lambda number: datetime.combine(today, time(9), UTC) + timedelta(days=number)),
        "attendees": st.lists(words(list(Attendee)), unique=True).map(tuple),
        "ground": st.none() | words(["residence"]), "cause": st.none() | words(["non_demande"]),
    }
    kinds = [one for one in vars(act).values() if isinstance(one, type) and "kind" in getattr(one, "model_fields", {})]
    return st.one_of(*(
        st.builds(kind, **{
            name: fields[name] if name in fields else words(list(field.annotation))
            for name, field in kind.model_fields.items() if name != "kind"
        })
        for kind in kinds
    ))


class Lives(RuleBasedStateMachine):
    """Applies every decision as the store does, and keeps a history to compare with."""

    @initialize(urgent=st.booleans(), accompanied=st.booleans())
    def send(self, urgent, accompanied):
        self.now, self.tries, self.facts, self.decisions, self.lives = START, [], [], [], []
        due = acknowledge_due(START, urgent=urgent)
        self.life = Life(
            ref=uuid4(), right="rsa", urgent=urgent, accompanied=accompanied, sender_organisation=uuid4(),
            sender=uuid4(), organisation=uuid4(), desk=DESKS[0], assignee=uuid4(), state=State.SENT, version=1,
            episode=1, hops=0, been_at=(), episode_sent_at=START, awaiting_since=START, acknowledge_due=due,
            next_due=due,
        )

    def _moment(self, parties):
        here = [one for one in self.tries if one[0] == self.life.episode]
        counted = Attempts(len(here), len({one[1] for one in here}), len({one[2] for one in here}))
        return Moment(self.now, uuid4(), parties, counted, assignee_active=True)

    def _apply(self, decision: Decision):
        before, self.life = self.life, decision.after
        if decision.attempt:
            self.tries.append((self.life.episode, decision.attempt[0], paris_day(self.now)))
        self.facts += [fact for fact in decision.facts if isinstance(fact, ReferralFact)]
        self.decisions.append((before, decision))

    def _try(self, decide):
        before = self.life
        try:
            decision = decide()
        except Refusal:
            assert self.life == before
            return
        if decision is not None:
            self._apply(decision)

    @rule(data=st.data(), parties=st.frozensets(words(list(Party)), max_size=4), often=words([1, 1, 1, 2, 3]))
    def act_on_it(self, data, parties, often):
        action = data.draw(_shapes(paris_day(self.now), uuid4()))
        for _ in range(often):
            self._try(lambda: domain.decide(self.life, action, self._moment(parties)))

    @rule(data=st.data())
    def act_as_the_table_allows(self, data):
        startable = [row for row in BY_ACTION.values() if self.life.state in row.sources]
        shapes = _shapes(paris_day(self.now), uuid4()).filter(lambda one: BY_ACTION[one.kind] in startable)
        if {row.action for row in startable} - {"withdraw", "expire", "confirm_redirect"}:
            action = data.draw(shapes)
            parties = BY_ACTION[action.kind].parties
            self._try(lambda: domain.decide(self.life, action, self._moment(parties)))

    @rule(channel=words(list(AttemptChannel)), result=words(list(AttemptResult)))
    def try_to_reach_the_person(self, channel, result):
        action = act.LogAttempt(channel=channel, result=result)
        self._try(lambda: domain.decide(self.life, action, self._moment(frozenset({Party.DESK}))))

    @rule(outcome=words(list(Outcome)))
    def close_with(self, outcome):
        action = act.Close(
            outcome=outcome, date_of_effect=paris_day(self.now), ground="residence", cause="non_demande"
        )
        self._try(lambda: domain.decide(self.life, action, self._moment(frozenset({Party.DESK}))))

    @rule(to_desk=words(DESKS), decline=st.booleans())
    def propose_another_desk(self, to_desk, decline):
        desk = self._moment(frozenset({Party.DESK}))
        proposal = act.ProposeRedirect(to_desk=to_desk, to_organisation=uuid4())
        self._try(lambda: domain.decide(self.life, proposal, desk))
        if decline:
            self._try(lambda: domain.decide(self.life, act.Decline(reason="no_capacity"), desk))

    @rule(hours=st.integers(1, 24 * 40))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)
        self._try(lambda: resume_by_clock(self.life, self._moment(frozenset())))
        self._try(lambda: domain.expire(self.life, self._moment(frozenset())))

    @precondition(lambda self: self.life.state in OPEN and self.now > START + timedelta(days=60))
    @rule()
    def the_person_withdraws(self):
        self._try(lambda: domain.withdraw(self.life, self._moment(frozenset())))

    @rule(to_desk=words(DESKS))
    def confirm_the_redirect(self, to_desk):
        self._try(lambda: confirm_redirect(self.life, uuid4(), to_desk, self._moment(frozenset({Party.REFERENT}))))

    @invariant()
    def versions_have_no_gap_and_every_version_has_its_fact(self):
        assert [fact.version for fact in self.facts] == list(range(2, self.life.version + 1))
        for before, decision in self.decisions[-1:]:
            assert decision.after.version == before.version + 1
            counted = [fact for fact in decision.facts if isinstance(fact, ReferralFact)]
            assert len(counted) == 1 and counted[0].state is decision.after.state

    @invariant()
    def instants_once_known_do_not_change_within_an_episode(self):
        for before, decision in self.decisions[-1:]:
            after = decision.after
            if after.episode == before.episode:
                names = ["answered_at", "acknowledged_at", "first_attempt_at", "first_contact_at", "delivered_at"]
                if type(decision.facts[0]).__name__ in BEGIN_AGAIN:
                    assert after.delivered_at is None
                    names.remove("delivered_at")
                for name in names:
                    assert getattr(before, name) in (None, getattr(after, name)), name
            assert (before.ref, before.desk, before.sender) == (after.ref, after.desk, after.sender)

    @invariant()
    def what_has_ended_changes_only_by_beginning_again(self):
        for before, decision in self.decisions[-1:]:
            name = type(decision.facts[0]).__name__
            if before.state in ENDED and decision.after.state in OPEN:
                assert name in BEGIN_AGAIN
            if before.state in ENDED and decision.after.state in ENDED:
                assert decision.after.ended_at == before.ended_at
            if decision.after.episode != before.episode:
                assert decision.after.episode == before.episode + 1 and before.state in ENDED

    @invariant()
    def a_state_has_what_belongs_to_it(self):
        life = self.life
        assert (life.ended_at is None) == (life.state in OPEN)
        assert (life.turn is None) == (life.resume_on is None) == (life.state is not State.ON_HOLD)
        assert life.question is None or life.turn is Turn.REFERENT
        assert life.proposed_desk is None or life.state in (State.SENT, State.ACKNOWLEDGED)
        assert life.proposed_desk not in (life.desk, *life.been_at) and life.hops <= MAX_HOPS
        assert (life.next_due is None) == (life.state in ENDED)
        assert life.state is not State.CLOSED or life.outcome is not None
        assert all(seconds >= 0 for seconds in life.hold_seconds.values())

    @invariant()
    def nobody_is_unreachable_too_early_and_nothing_ends_in_silence(self):
        for before, decision in self.decisions[-1:]:
            fact, here = decision.facts[0], [one for one in self.tries if one[0] == before.episode]
            name = type(fact).__name__
            if name == "ReferralClosed" and fact.outcome is Outcome.UNREACHABLE:
                assert len(here) >= 3 and len({one[1] for one in here}) >= 2 and len({one[2] for one in here}) >= 2
            if name in ("ReferralExpired", "ReferralDeclined"):
                assert decision.task is not None
            if decision.task is not None:
                assert domain.task_stands(decision.task.kind, decision.after)
            opened = [one for one in decision.facts if isinstance(one, RightOpened)]
            closed_open = name == "ReferralClosed" and fact.outcome in (Outcome.RIGHT_OPENED, Outcome.ALREADY_OPEN)
            assert bool(opened) == closed_open

    @invariant()
    def every_fact_is_of_the_table(self):
        for before, decision in self.decisions[-1:]:
            name = type(decision.facts[0]).__name__
            rows = [row for row in BY_ACTION.values() if row.fact == name]
            assert any(before.state in row.sources for row in rows)


def test_a_task_stands_in_no_state_for_every_kind():
    ended = replace(_any_life(), state=State.ENTERED_IN_ERROR)
    assert not any(domain.task_stands(kind, ended) for kind in (*TaskKind, *FollowTask))


def _any_life():
    machine = Lives()
    machine.send(urgent=False, accompanied=False)
    return machine.life


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
