"""Ladders over time, what a change of them may not do, and the simulation held against what was planned live."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.ladder import Audience, LadderStep
from contracts.lifecycle import State
from contracts.refusals import ClockOutOfBounds, InvalidInput, RungNeeded, RungsOutOfOrder
from services.referral.calendar_rules import Calendar, week_of
from services.referral.calendar_rules import Version as Hours
from services.referral.desk_terms import Terms
from services.referral.ladder import DEFAULT, USUAL, Ladder, Standing, plan
from services.referral.ladder_form import fields
from services.referral.ladder_simulation import happened, replay, simulate
from services.referral.ladder_versions import (
    RUNG_BOUNDS,
    TERRITORY,
    Ladders,
    Version,
    changed,
    check,
    clocks_as_data,
    ladder_from,
    rungs_as_data,
)
from services.referral.life import acknowledge_due
from tests.referral.fact_lives import START, lives

DESK, ME = UUID(int=1), UUID(int=9)
SLOW = changed({"acknowledge_days": 6, "urgent_hours": 8, "contact_days": 12, "expires_days": 60}, {})


def version(day: int, ladder: Ladder | None, made: int = 1, owner: UUID = DESK) -> Version:
    at = datetime(2026, 1, made, tzinfo=UTC)
    return Version(UUID(int=day * 100 + made), owner, date(2026, 3, day), at, ladder, ME, "rule")


def test_the_version_that_began_last_holds_and_of_the_same_day_the_one_made_last():
    quick = changed({"acknowledge_days": 1}, {})
    both = Ladders((version(10, SLOW), version(5, quick, made=2), version(5, USUAL, made=1)))
    assert both.on(date(2026, 3, 4)) == USUAL
    assert both.on(date(2026, 3, 5)) == both.on(date(2026, 3, 9)) == quick
    assert both.on(date(2026, 3, 10)) == SLOW


def test_a_desk_without_a_version_or_that_follows_again_has_that_of_the_territory():
    territory = (version(1, SLOW, owner=TERRITORY),)
    assert Ladders((), territory).on(date(2026, 3, 2)) == SLOW
    own = (version(1, USUAL), version(8, None))
    assert Ladders(own, territory).on(date(2026, 3, 7)) == USUAL
    assert Ladders(own, territory).on(date(2026, 3, 8)) == SLOW


def test_the_end_of_an_agreement_is_told_as_the_territory_says_wherever_a_desk_has_its_own_ladder():
    early = changed({"consent_days": 40}, {})
    both = Ladders((version(1, SLOW),), (version(5, early, owner=TERRITORY),))
    told = {day: both.of_territory(date(2026, 3, day)).clocks.consent_days for day in (4, 5)}
    assert told == {4: 15, 5: 40} and both.on(date(2026, 3, 5)) == SLOW
    assert clocks_as_data(early)["consent_days"] == 40 and "consent_days" not in clocks_as_data(early, DESK)
    assert ladder_from(clocks_as_data(early, DESK), rungs_as_data(early)) == USUAL, "also one kept before it was asked"
    asked = {territory: {one["name"] for one in fields("clocks", territory=territory)} for territory in (True, False)}
    assert asked[True] - asked[False] == {"consent_days"}


@pytest.mark.parametrize(("clocks", "days", "refusal", "field"), [
    ({"acknowledge_days": 0}, {}, ClockOutOfBounds, "acknowledge_days"),
    ({"expires_days": 91}, {}, ClockOutOfBounds, "expires_days"),
    ({"consent_days": 4}, {}, ClockOutOfBounds, "consent_days"),
    ({"consent_days": 61}, {}, ClockOutOfBounds, "consent_days"),
    ({}, {LadderStep.ACKNOWLEDGE_LATE: None}, RungNeeded, "acknowledge_late"),
    ({}, {LadderStep.ACKNOWLEDGE_SOON: 1}, ClockOutOfBounds, "acknowledge_soon"),
    ({}, {LadderStep.CHECK_30: 60}, ClockOutOfBounds, "check_30"),
    ({"acknowledge_days": 10, "expires_days": 20}, {}, RungsOutOfOrder, "expires_days"),
    ({}, {LadderStep.NO_ACTIVITY: 40}, RungsOutOfOrder, "no_activity_long"),
])  # fmt: skip
def test_a_ladder_on_which_a_silence_could_pass_is_refused_by_name(clocks, days, refusal, field):
    with pytest.raises(refusal) as refused:
        check(changed(clocks, days))
    assert refused.value.field == field


_A, _S = Audience, LadderStep


@pytest.mark.parametrize(("hearers", "urgent", "refusal", "field"), [
    ({_S.ACKNOWLEDGE_LATE: (_A.MANAGER,)}, {}, InvalidInput, "who_acknowledge_late"),
    ({_S.CONTACT_DUE: ()}, {}, InvalidInput, "who_contact_due"),
    ({_S.CHECK_30: (_A.REFERENT, _A.ASSIGNEE)}, {}, InvalidInput, "who_check_30"),
    ({}, {_S.ACKNOWLEDGE_LATE: None}, RungNeeded, "urgent_acknowledge_late"),
    ({}, {_S.ACKNOWLEDGE_SOON: 1}, ClockOutOfBounds, "urgent_acknowledge_soon"),
    ({}, {_S.ACKNOWLEDGE_SOON: -4}, RungsOutOfOrder, "urgent_acknowledge_soon"),
])  # fmt: skip
def test_a_rung_that_nobody_hears_who_can_act_or_that_comes_before_the_sending_is_refused(
    hearers, urgent, refusal, field
):
    with pytest.raises(refusal) as refused:
        check(changed({}, {}, hearers, urgent))
    assert refused.value.field == field


def test_chosen_hearers_and_hours_are_planned_and_kept():
    ladder = changed({}, {}, {_S.ACKNOWLEDGE_DUE: (_A.COORDINATOR, _A.ASSIGNEE)}, {_S.ACKNOWLEDGE_SOON: None})
    check(ladder)
    assert ladder_from(clocks_as_data(ladder), rungs_as_data(ladder)) == ladder
    sent = datetime(2026, 6, 4, 8, tzinfo=UTC)
    told = plan(Standing(State.SENT, sent, sent, acknowledge_due(sent, urgent=True), urgent=True), ladder.rungs)
    audiences = {one.step: one.audience for one in told}
    assert audiences[_S.ACKNOWLEDGE_DUE] == (_A.ASSIGNEE, _A.DEPUTY, _A.COORDINATOR)
    assert _S.ACKNOWLEDGE_SOON not in audiences


def test_the_usual_ladder_and_one_with_what_may_go_taken_out_are_taken():
    check(USUAL)
    check(changed({}, {step: None for step, (_, _, may_go) in RUNG_BOUNDS.items() if may_go}))
    assert {one.step for one in DEFAULT} >= set(RUNG_BOUNDS)


def test_what_is_kept_is_read_back():
    assert ladder_from(clocks_as_data(SLOW), rungs_as_data(SLOW)) == SLOW
    assert ladder_from(None, None) is None


def test_the_plan_keeps_to_the_days_and_hours_of_the_desk():
    # Open Tuesday and Thursday, 10:00 to 12:00 alone.
    week = week_of([(2, datetime(2026, 1, 1, 10).time(), datetime(2026, 1, 1, 12).time()),
                    (4, datetime(2026, 1, 1, 10).time(), datetime(2026, 1, 1, 12).time())])
    times = tuple(tuple((datetime.strptime(a, "%H:%M").time(), datetime.strptime(b, "%H:%M").time()) for a, b in day)
                  for day in week)
    calendar = Calendar((Hours(date(2026, 1, 1), START, week=times),))
    sent = datetime(2026, 6, 4, 8, 30, tzinfo=UTC)  # Thursday, 10:30
    due = acknowledge_due(sent, urgent=False, calendar=calendar)
    assert due == datetime(2026, 6, 11, 8, 30, tzinfo=UTC)  # two of its days later: Tuesday, Thursday
    told = {one.step: one.at for one in plan(Standing(State.SENT, sent, sent, due), DEFAULT, calendar)}
    assert told[LadderStep.ACKNOWLEDGE_SOON] == datetime(2026, 6, 9, 8, 30, tzinfo=UTC)
    assert told[LadderStep.ACKNOWLEDGE_LATE] == datetime(2026, 6, 23, 8, 30, tzinfo=UTC)


def test_what_is_urgent_is_told_in_hours_of_work():
    sent = datetime(2026, 6, 4, 8, tzinfo=UTC)  # Thursday, 10:00
    due = acknowledge_due(sent, urgent=True)
    told = {one.step: one.at for one in plan(Standing(State.SENT, sent, sent, due, urgent=True))}
    assert due == told[LadderStep.ACKNOWLEDGE_DUE] == sent + timedelta(hours=4)
    assert told[LadderStep.ACKNOWLEDGE_SOON] == due - timedelta(hours=1)
    assert told[LadderStep.ACKNOWLEDGE_LATE] == datetime(2026, 6, 5, 8, tzinfo=UTC)  # 3 hours that day, 1 the next


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_with_the_clocks_that_were_in_force_the_simulation_plans_what_was_planned(data):
    facts = data.draw(st.sampled_from(lives()))
    terms = Terms(Calendar(), Ladders())
    seen = [happened(fact.type_name(), fact.model_dump(mode="json")) for fact in facts]
    for fact, planned in zip(facts, replay(seen, lambda _: terms), strict=True):
        live = [one for one in fact.reminders or () if one.step in RUNG_BOUNDS]
        assert list(planned.reminders) == live, fact.type_name()
        for name in ("acknowledge_due", "contact_due"):
            if getattr(fact, name, None) is not None:
                assert getattr(planned.standing, name) == getattr(fact, name)


def test_slower_clocks_make_fewer_late_and_no_more_referrals_than_there_are():
    seen = [[happened(one.type_name(), one.model_dump(mode="json")) for one in facts] for facts in lives()]
    usual, slow = (Terms(Calendar(), Ladders((version(1, one),))) for one in (USUAL, SLOW))
    until = START + timedelta(days=400)
    now, then = (simulate(seen, lambda _, t=t: t, START - timedelta(days=1), until) for t in (usual, slow))
    assert sum(then.late_answers.values()) < sum(now.late_answers.values()) <= sum(now.sendings.values())
    assert now.sendings == then.sendings and now.contacts == then.contacts
    assert {audience for _, _, audience in now.told} >= {Audience.ASSIGNEE, Audience.MANAGER, Audience.COORDINATOR}
    assert sum(simulate(seen, lambda _: usual, until, until + timedelta(days=1)).sendings.values()) == 0


def test_a_step_is_counted_once_for_each_audience_and_not_after_what_answered_it():
    sent = lives()[0][0]
    one = happened(sent.type_name(), sent.model_dump(mode="json"))
    terms = Terms(Calendar(), Ladders())
    answered = one._replace(what="acknowledged", at=one.at + timedelta(hours=1), state=State.ACKNOWLEDGED)
    until = one.at + timedelta(days=40)
    alone, met = (simulate([life], lambda _: terms, one.at, until) for life in ([one], [one, answered]))
    assert alone.told[one.desk, LadderStep.ACKNOWLEDGE_DUE, Audience.MANAGER] == 1 == sum(alone.expired.values())
    assert not any(step.value.startswith("acknowledge") for _, step, _ in met.told) and not sum(met.expired.values())
