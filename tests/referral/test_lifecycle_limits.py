"""What each action needs: promises, holds, outcomes, attempts, redirects, reopening, expiry."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts import actions as act
from contracts.lifecycle import BY_ACTION, REOPEN_WITHIN, Party, State
from contracts.refusals import (
    AssigneeNotOfDesk,
    DateInTheFuture,
    DateInThePast,
    DateOfEffectRequired,
    DeclineAlreadyContested,
    GroundRequired,
    InvalidInput,
    NoRedirectProposed,
    NotYourAction,
    OutcomeNotFromHere,
    PromisedDateTooLate,
    RedirectLoop,
    ReferralAlreadyAnswered,
    ResumeDateRequired,
    TooLateToReopen,
    TooManyRedirects,
    UnreachableTooEarly,
)
from contracts.viewer import Role
from contracts.vocabulary import (
    NonTakeUpCause,
    Outcome,
    RefusalGround,
    TaskKind,
)
from services.referral import domain
from services.referral.life import Attempts, Moment, next_due
from services.referral.redirecting import confirm_redirect
from tests.referral.lifecycle_world import NOW, OTHER, SAMPLES, TODAY, life, moment


def by(action: act.Action, **changes) -> Moment:
    return moment(*BY_ACTION[action.kind].parties, **changes)


def refused(refusal, before, action, field=None, **changes):
    with pytest.raises(refusal) as found:
        domain.decide(before, action, by(action, **changes))
    assert found.value.field == field


def test_a_promise_is_within_thirty_days_and_not_in_the_past():
    refused(DateInThePast, life(), act.Acknowledge(promised_for=TODAY - timedelta(days=1)), "promised_for")
    refused(PromisedDateTooLate, life(), act.Acknowledge(promised_for=TODAY + timedelta(days=31)), "promised_for")
    for days in (0, 30):
        action = act.Acknowledge(promised_for=TODAY + timedelta(days=days))
        assert domain.decide(life(), action, by(action)).after.promised_for == action.promised_for


def test_the_promise_is_due_before_the_clock_when_it_is_sooner():
    action = act.Acknowledge(promised_for=TODAY)
    after = domain.decide(life(), action, by(action)).after
    assert after.next_due == datetime(2026, 11, 18, 16, tzinfo=UTC) and after.contact_due > after.next_due
    action = act.Acknowledge(promised_for=TODAY + timedelta(days=30))
    after = domain.decide(life(), action, by(action)).after
    assert after.next_due == after.contact_due == datetime(2026, 11, 25, 11, tzinfo=UTC)


def test_what_is_due_once_the_person_is_reached_is_that_the_file_moves():
    quiet = life(State.IN_PROGRESS, first_contact_at=NOW)
    assert next_due(quiet, NOW) == NOW + timedelta(days=14)
    assert next_due(life(State.IN_PROGRESS), NOW) == NOW  # not reached: the contact is still due
    assert next_due(life(State.CLOSED), NOW) is None


def test_a_hold_names_a_day_to_come():
    for sample in (SAMPLES["hold"], SAMPLES["request_information"]):
        for days, refusal in ((-1, DateInThePast), (0, ResumeDateRequired), (367, InvalidInput)):
            action = sample.model_copy(update={"resume_on": TODAY + timedelta(days=days)})
            refused(refusal, life(State.ACKNOWLEDGED), action, "resume_on")


def test_a_hold_returns_to_the_state_before_it_and_its_time_is_counted_by_turn():
    before = life(State.ON_HOLD, state_before_hold=State.ACKNOWLEDGED, hold_seconds={"referent": 60, "desk": 5})
    after = domain.decide(before, act.Resume(), by(act.Resume())).after
    assert after.state is State.ACKNOWLEDGED and after.hold_seconds == {"referent": 3660, "desk": 5}
    assert (after.turn, after.question, after.resume_on, after.on_hold_since) == (None, None, None, None)


def test_only_an_open_question_is_answered():
    refused(ReferralAlreadyAnswered, life(State.ON_HOLD, question=None), SAMPLES["answer_information"])


def test_without_a_first_contact_only_some_outcomes_are_possible_also_through_a_hold():
    held = life(State.ON_HOLD, state_before_hold=State.ACKNOWLEDGED)
    for outcome in Outcome:
        action = act.Close(
            outcome=outcome, date_of_effect=TODAY, ground=RefusalGround.RESIDENCE, cause=NonTakeUpCause.NON_DEMANDE
        )
        for before in (life(State.ACKNOWLEDGED), held):
            if outcome in (Outcome.ALREADY_OPEN, Outcome.NOT_ELIGIBLE, Outcome.DECEASED, Outcome.MOVED_AWAY):
                assert domain.decide(before, action, by(action)).after.outcome is outcome
            else:
                refused(OutcomeNotFromHere, before, action, "outcome")


def test_an_outcome_comes_with_what_it_needs_and_with_nothing_else():
    before = life(State.IN_PROGRESS)
    refused(DateOfEffectRequired, before, act.Close(outcome=Outcome.RIGHT_OPENED), "date_of_effect")
    far = act.Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=TODAY + timedelta(days=93))
    refused(DateInTheFuture, before, far, "date_of_effect")
    refused(GroundRequired, before, act.Close(outcome=Outcome.REFUSED), "ground")
    refused(GroundRequired, before, act.Close(outcome=Outcome.PERSON_GAVE_UP), "cause")
    full = act.Close(
        outcome=Outcome.OTHER, date_of_effect=TODAY, ground=RefusalGround.RESIDENCE, cause=NonTakeUpCause.NON_DEMANDE
    )
    after = domain.decide(before, full, by(full)).after
    assert (after.date_of_effect, after.ground, after.cause) == (None, None, None)


@pytest.mark.parametrize("tried", [Attempts(2, 2, 2), Attempts(3, 1, 2), Attempts(3, 2, 1), Attempts()])
def test_unreachable_needs_enough_attempts_means_and_days(tried):
    action = act.Close(outcome=Outcome.UNREACHABLE)
    refused(UnreachableTooEarly, life(State.IN_PROGRESS), action, "outcome", attempts=tried)
    decision = domain.decide(life(State.IN_PROGRESS), action, by(action, attempts=Attempts(3, 2, 2)))
    assert decision.task is not None and decision.task.kind is TaskKind.UNREACHABLE


@pytest.mark.parametrize("outcome", [Outcome.RIGHT_OPENED, Outcome.ALREADY_OPEN, Outcome.REFUSED])
def test_an_open_right_is_said_beside_the_closing(outcome):
    action = act.Close(outcome=outcome, date_of_effect=TODAY, ground=RefusalGround.RESIDENCE)
    names = [type(fact).__name__ for fact in domain.decide(life(State.IN_PROGRESS), action, by(action)).facts]
    assert names == ["ReferralClosed", *(["RightOpened"] if outcome is not Outcome.REFUSED else [])]


def test_a_referral_is_reopened_within_ninety_days():
    action = SAMPLES["reopen"]
    refused(TooLateToReopen, life(State.CLOSED, ended_at=NOW - REOPEN_WITHIN - timedelta(seconds=1)), action)
    known = {"first_attempt_at": NOW, "first_contact_at": NOW, "answered_at": NOW}
    before = life(State.CLOSED, ended_at=NOW - REOPEN_WITHIN, **known)
    after = domain.decide(before, action, by(action)).after
    assert (after.episode, after.awaiting_since, after.ended_at) == (2, NOW, None)
    assert (after.first_attempt_at, after.first_contact_at, after.answered_at) == (None, None, None)


def test_a_decline_is_contested_once_an_episode():
    contest = SAMPLES["contest_decline"]
    refused(DeclineAlreadyContested, life(State.DECLINED, decline_contested_episode=1), contest)
    assert domain.decide(life(State.DECLINED), contest, by(contest)).after.episode == 1
    earlier = life(State.DECLINED, episode=2, decline_contested_episode=1)
    assert domain.decide(earlier, contest, by(contest)).after.decline_contested_episode == 2


def test_an_answer_after_a_contest_does_not_replace_the_first_one():
    early = NOW - timedelta(days=3)
    before = life(answered_at=early, acknowledged_at=early)
    for action in (SAMPLES["acknowledge"], SAMPLES["decline"]):
        assert domain.decide(before, action, by(action)).after.answered_at == early
    assert domain.decide(before, SAMPLES["acknowledge"], by(SAMPLES["acknowledge"])).after.acknowledged_at == early


def test_a_proposal_does_not_outlive_the_states_from_which_it_is_confirmed():
    for action in (SAMPLES["decline"], SAMPLES["recall"]):
        assert domain.decide(life(), action, by(action)).after.proposed_desk is None
    assert domain.decide(life(), SAMPLES["acknowledge"], by(SAMPLES["acknowledge"])).after.proposed_desk == OTHER


def test_a_redirect_has_three_hops_no_loop_and_a_proposal():
    before, sample = life(), SAMPLES["propose_redirect"]
    refused(TooManyRedirects, replace(before, hops=3), sample)
    refused(RedirectLoop, before, sample.model_copy(update={"to_desk": before.desk}), "to_desk")
    refused(RedirectLoop, replace(before, been_at=(sample.to_desk,)), sample, "to_desk")
    refused(NoRedirectProposed, replace(before, proposed_desk=None), act.RefuseRedirect())
    for to_desk, found in ((uuid4(), before), (OTHER, replace(before, proposed_desk=None))):
        with pytest.raises(NoRedirectProposed):
            confirm_redirect(found, uuid4(), to_desk, moment(Party.REFERENT))
    with pytest.raises(NotYourAction):
        confirm_redirect(before, uuid4(), OTHER, moment(Party.COORDINATOR))


def test_an_assignee_is_an_active_member_and_no_clock_is_reset():
    assign, before = SAMPLES["assign"], life(State.ACKNOWLEDGED)
    refused(AssigneeNotOfDesk, before, assign, "assignee", assignee_active=False)
    after = domain.decide(before, assign, by(assign)).after
    assert (after.acknowledge_due, after.contact_due) == (before.acknowledge_due, before.contact_due)


def test_an_outcome_is_confirmed_once_and_an_accompaniment_refused_only_where_there_is_one():
    refused(ReferralAlreadyAnswered, life(State.CLOSED, outcome_confirmed=True), act.ConfirmOutcome())
    refused(InvalidInput, life(State.ACKNOWLEDGED, accompanied=False), SAMPLES["refuse_accompaniment"], "reason")


def test_nothing_expires_before_thirty_days_and_expiry_gives_a_task():
    with pytest.raises(ReferralAlreadyAnswered):
        domain.expire(life(awaiting_since=NOW - timedelta(days=30) + timedelta(seconds=1)), moment())
    decision = domain.expire(life(awaiting_since=NOW - timedelta(days=30)), moment())
    assert decision.task is not None and decision.task.kind is TaskKind.EXPIRED


def test_pages_are_offered_what_means_something_now():
    def offered(before, *parties):
        return set(domain.available(before, moment(*parties)))

    plain = replace(life(), proposed_desk=None)
    assert offered(plain, Party.REFERENT) == {"recall", "mark_in_error", "propose_appointment"}
    always = {"recall", "mark_in_error", "propose_appointment"}
    assert offered(life(), Party.REFERENT) == {"confirm_redirect", "refuse_redirect", *always}
    assert "propose_redirect" in offered(plain, Party.DESK)
    assert "propose_redirect" not in offered(replace(plain, hops=3), Party.DESK)
    assert offered(life(State.ON_HOLD, question=None), Party.REFERENT) == always
    assert "answer_information" in offered(life(State.ON_HOLD), Party.REFERENT)
    assert "refuse_accompaniment" not in offered(life(State.ACKNOWLEDGED, accompanied=False), Party.DESK)
    assert offered(life(State.DECLINED, decline_contested_episode=1), Party.COORDINATOR) == {"reopen", "mark_in_error"}
    assert "reopen" not in offered(life(State.EXPIRED, ended_at=NOW - timedelta(days=91)), Party.REFERENT)
    assert offered(life(State.ENTERED_IN_ERROR), *Party) == set()


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("acknowledge", Role.DESK_AGENT),
        ("assign", Role.DESK_MANAGER),
        ("recall", Role.REFERENT),
        ("contest_decline", Role.COORDINATOR),
    ],
)
def test_a_fact_says_under_which_role_it_was_made(action, role):
    roles = frozenset({Role.DESK_AGENT, Role.DESK_MANAGER, Role.REFERENT, Role.COORDINATOR})
    asked = roles - {Role.DESK_MANAGER} if role is Role.DESK_AGENT else roles
    assert domain.actor_kind(action, moment(*Party), asked) == role.value
