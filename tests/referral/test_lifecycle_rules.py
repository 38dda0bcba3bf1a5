"""The rules of a referral against its table: each row for its parties from its states, and for nobody else."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.lifecycle import BY_ACTION, OPEN, TABLE, Party, State
from contracts.refusals import (
    NotYourAction,
    ReferralAlreadyAnswered,
)
from contracts.replies import AppointmentNow
from contracts.vocabulary import (
    AppointmentPlace,
    AppointmentSide,
    AppointmentState,
    Attendee,
)
from services.referral import domain
from services.referral.holding import resume_by_clock
from services.referral.life import Life
from services.referral.redirecting import confirm_redirect
from tests.referral.lifecycle_world import APPOINTMENT, NOW, OTHER, SAMPLES, TODAY, life, moment

BY_OTHER_MEANS = {"send", "confirm_redirect", "withdraw", "expire"}


def arranged(before: Life, action: str, party: Party) -> Life:
    """With an appointment that this party may speak of: agreed to and over, or proposed by the other side."""
    over = action == "note_appointment_held"
    found = AppointmentNow(
        ref=APPOINTMENT,
        starts=NOW + timedelta(hours=-1 if over else 30),
        place=AppointmentPlace.PHONE,
        attendees=(Attendee.PERSON,),
        by=AppointmentSide.DESK if party is Party.REFERENT else AppointmentSide.REFERENT,
        state=AppointmentState.ACCEPTED if over else AppointmentState.PROPOSED,
    )
    return replace(before, appointment=found.model_dump(mode="json"))


def test_every_row_of_the_table_is_decided_here():
    assert set(SAMPLES) | BY_OTHER_MEANS == set(BY_ACTION)


@pytest.mark.parametrize("state", [state for state in State if state not in (State.DRAFT, State.AWAITING_CONSENT)])
@pytest.mark.parametrize("row", [row for row in TABLE if row.action in SAMPLES], ids=lambda row: row.action)
def test_a_row_allows_its_parties_from_its_states_and_nobody_else_from_nowhere_else(row, state):
    for party in Party:
        before = arranged(life(state), row.action, party)
        if party not in row.parties:
            with pytest.raises(NotYourAction):
                domain.decide(before, SAMPLES[row.action], moment(party))
        elif state not in row.sources:
            with pytest.raises(ReferralAlreadyAnswered) as refused:
                domain.decide(before, SAMPLES[row.action], moment(party))
            assert refused.value.details == {"state_label": state.label}
        else:
            decision = domain.decide(before, SAMPLES[row.action], moment(party))
            returns = before.state_before_hold or state
            same = returns if row.action in ("resume", "answer_information") else state
            assert decision.after.state is (row.target or same)
            assert decision.after.version == before.version + 1
            fact = decision.facts[0]
            assert (type(fact).__name__, fact.version, fact.state) == (row.fact, 8, decision.after.state)
            assert fact.next_due == decision.after.next_due
            assert (decision.after.ended_at is not None) == (decision.after.state not in OPEN)


@pytest.mark.parametrize("state", [state for state in State if state not in (State.DRAFT, State.AWAITING_CONSENT)])
def test_what_no_hand_does_keeps_to_the_table_too(state):
    before = life(state, resume_on=TODAY)
    withdrawn = domain.withdraw(before, moment())
    assert (withdrawn is not None) == (state in BY_ACTION["withdraw"].sources)
    rules = {
        "expire": lambda: domain.expire(before, moment()),
        "confirm_redirect": lambda: confirm_redirect(before, uuid4(), OTHER, moment(Party.REFERENT)),
        "resume": lambda: resume_by_clock(before, moment()),
    }
    for action, rule in rules.items():
        if state in BY_ACTION[action].sources:
            decision = rule()
            assert type(decision.facts[0]).__name__ == BY_ACTION[action].fact
            assert decision.after.state is (BY_ACTION[action].target or State.IN_PROGRESS)
        else:
            with pytest.raises(ReferralAlreadyAnswered):
                rule()
