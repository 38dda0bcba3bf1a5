"""The check with the person after the end, and the term of an opened right: what each answer does, by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.actions import Close, RecordCheck, RecordRenewal
from contracts.ladder import LadderStep
from contracts.lifecycle import Party, State
from contracts.refusals import CheckTooEarly, NoRenewalAwaited, NotYourAction, ReferralAlreadyAnswered
from contracts.rights import renewed_after_months
from contracts.vocabulary import FollowTask, KeptRight, Outcome, RefusalGround, RightReally, Usefulness
from services.referral import domain
from services.referral.closing import months_after
from services.referral.ladder_versions import changed
from services.referral.life import Life, Moment

CLOSED = datetime(2026, 6, 4, 8, tzinfo=UTC)
YES, NO, NOT_YET = RightReally.YES, RightReally.NO, RightReally.NOT_YET


def life(**changes) -> Life:
    return replace(Life(
        ref=uuid4(), right="rsa", urgent=False, accompanied=False, sender_organisation=uuid4(), sender=uuid4(),
        organisation=uuid4(), desk=uuid4(), assignee=uuid4(), state=State.IN_PROGRESS, version=4, episode=1, hops=0,
        been_at=(), episode_sent_at=CLOSED, awaiting_since=CLOSED, first_contact_at=CLOSED,
    ), **changes)  # fmt: skip


def at(days: int, *parties: Party, **changes) -> Moment:
    return Moment(CLOSED + timedelta(days=days), uuid4(), frozenset(parties or {Party.REFERENT}), **changes)


def closed(outcome: Outcome = Outcome.RIGHT_OPENED, **changes) -> Life:
    action = Close(outcome=outcome, date_of_effect=date(2026, 6, 1), ground=RefusalGround.RESIDENCE)
    return domain.decide(life(**changes), action, at(0, Party.DESK)).after


def check(before: Life, days: int, right: RightReally, contacted: bool = True, **changes):
    action = RecordCheck(contacted=contacted, right_open=right, useful=Usefulness.PARTLY)
    return domain.decide(before, action, at(days, **changes))


def names(decision) -> list[str]:
    return [type(fact).__name__.removeprefix("Referral") for fact in decision.facts]


def test_closing_opens_the_tasks_of_the_checks_for_their_days_and_that_of_the_term():
    decision = domain.decide(life(), Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=date(2026, 6, 1)),
                             at(0, Party.DESK))  # fmt: skip
    later = {task.kind: task for task in decision.later}
    assert later[FollowTask.CHECK_30].since == CLOSED + timedelta(days=30)
    assert later[FollowTask.CHECK_90].since == CLOSED + timedelta(days=90)
    assert decision.after.renews_on == later[FollowTask.RIGHT_TO_RENEW].due == date(2027, 6, 1)
    # Nine in Paris, a month before.
    assert later[FollowTask.RIGHT_TO_RENEW].since == datetime(2027, 5, 1, 7, tzinfo=UTC)


def test_the_days_of_the_checks_are_those_of_the_desk():
    ladder = changed({}, {LadderStep.CHECK_30: 45})
    action = Close(outcome=Outcome.NO_SHOW)
    later = domain.decide(life(), action, at(0, Party.DESK, ladder=ladder)).later
    assert [task.since for task in later] == [CLOSED + timedelta(days=45), CLOSED + timedelta(days=90)]


def test_nobody_is_asked_about_somebody_who_died_and_a_refused_right_has_no_term():
    assert domain.decide(life(), Close(outcome=Outcome.DECEASED), at(0, Party.DESK)).later == ()
    assert closed(Outcome.REFUSED).renews_on is None


@pytest.mark.parametrize(("right", "contacted", "then", "state"), [
    (YES, True, ["Checked", "OutcomeConfirmed"], State.CLOSED),
    (YES, False, ["Checked", "OutcomeConfirmed"], State.CLOSED),
    (NOT_YET, True, ["Checked"], State.CLOSED),
    (NOT_YET, False, ["Checked", "OutcomeContradicted"], State.SENT),
    (NO, True, ["Checked", "OutcomeContradicted"], State.SENT),
])  # fmt: skip
def test_what_she_says_of_a_right_that_the_desk_calls_open(right, contacted, then, state):
    decision = check(closed(), 30, right, contacted)
    assert (names(decision), decision.after.state) == (then, state)
    assert [fact.version for fact in decision.facts] == list(range(6, 6 + len(then)))
    assert decision.after.episode == (2 if state is State.SENT else 1)
    if state is State.SENT:
        assert decision.after.checked is None and decision.after.renews_on is None and decision.verified is False


@pytest.mark.parametrize(("right", "contacted", "then"), [
    (NO, True, ["Checked", "OutcomeConfirmed"]),
    (NO, False, ["Checked", "OutcomeContradicted"]),
    (YES, True, ["Checked"]),
])  # fmt: skip
def test_what_she_says_of_a_right_that_was_refused(right, contacted, then):
    assert names(check(closed(Outcome.REFUSED), 30, right, contacted)) == then


def test_a_contradiction_reopens_nothing_once_she_took_her_agreement_back():
    decision = check(closed(), 30, NO, withdrawn=True)
    assert (names(decision), decision.after.state) == (["Checked"], State.CLOSED)


def test_there_are_two_checks_each_once_the_second_from_sixty_days_on():
    before = closed()
    with pytest.raises(CheckTooEarly):
        check(before, 13, YES)
    first = check(before, 30, NOT_YET).after
    assert first.checked is LadderStep.CHECK_30
    with pytest.raises(ReferralAlreadyAnswered):
        check(first, 31, YES)
    assert not domain.task_stands(FollowTask.CHECK_30, first) and domain.task_stands(FollowTask.CHECK_90, first)
    second = check(first, 90, YES).after
    assert second.checked is LadderStep.CHECK_90 and not domain.task_stands(FollowTask.CHECK_90, second)
    with pytest.raises(ReferralAlreadyAnswered):
        check(second, 91, YES)
    assert check(before, 61, YES).after.checked is LadderStep.CHECK_90  # the first was missed


def test_a_check_that_was_made_is_not_reminded_of_and_the_other_still_is():
    fact = check(closed(), 29, NOT_YET).facts[0]
    assert [one.step for one in fact.reminders] == [LadderStep.CHECK_90]


def test_it_is_offered_when_it_can_be_made_to_her_and_her_referent_alone():
    before = closed()
    for days, offered in ((1, False), (14, True), (300, True)):
        assert ("record_check" in domain.available(before, at(days, Party.PERSON))) is offered
    with pytest.raises(NotYourAction):
        domain.decide(before, RecordCheck(contacted=True, right_open=YES), at(30, Party.DESK))


def test_a_renewed_right_has_its_next_term_and_one_that_ended_has_none():
    before = closed()
    near = (date(2027, 5, 1) - CLOSED.date()).days
    with pytest.raises(NoRenewalAwaited):
        domain.decide(before, RecordRenewal(kept=KeptRight.RENEWED), at(100))
    renewed = domain.decide(before, RecordRenewal(kept=KeptRight.RENEWED), at(near))
    assert renewed.after.renews_on == date(2028, 6, 1) and renewed.settles == {FollowTask.RIGHT_TO_RENEW}
    assert [task.due for task in renewed.later] == [date(2028, 6, 1)]
    waiting = domain.decide(before, RecordRenewal(kept=KeptRight.UNDER_WAY), at(near))
    assert waiting.after.renews_on == date(2027, 6, 1)
    assert [task.since for task in waiting.later] == [at(near).now + timedelta(days=30)]
    ended = domain.decide(before, RecordRenewal(kept=KeptRight.ENDED), at(near))
    assert ended.after.renews_on is None and ended.later == ()
    assert not domain.task_stands(FollowTask.RIGHT_TO_RENEW, ended.after)


def test_a_right_that_was_open_for_long_comes_to_its_term_ahead_and_months_end_where_they_end():
    action = Close(outcome=Outcome.ALREADY_OPEN, date_of_effect=date(2023, 2, 1))
    assert domain.decide(life(), action, at(0, Party.DESK)).after.renews_on == date(2027, 2, 1)
    assert months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_after(date(2026, 1, 15), -1) == date(2025, 12, 15)
    assert (renewed_after_months("css"), renewed_after_months("aspa"), renewed_after_months("?")) == (12, None, None)
