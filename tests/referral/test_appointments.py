"""A joint appointment: one side proposes, the other answers; its place is the directory’s, nobody is in its file."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from contracts import actions as act
from contracts.lifecycle import Party, State
from contracts.refusals import AppointmentChanged, DateInThePast, InvalidInput, NotYourAction
from contracts.replies import AppointmentNow
from contracts.vocabulary import AppointmentPlace, AppointmentSide, AppointmentState, Attendee, Outcome
from services.referral import domain
from services.referral.appointments import eve_of
from services.referral.business_time import DAY_SECONDS
from services.referral.calendar_rules import Calendar, Version
from services.referral.delays import Sending, delay_of
from services.referral.life import Life, Moment
from services.runtime.web.appointments import Around, calendar

NOW = datetime(2026, 11, 18, 11, tzinfo=UTC)
REFERENT, DESK = frozenset({Party.REFERENT}), frozenset({Party.DESK})


def life() -> Life:
    return Life(
        ref=uuid4(), right="rsa", urgent=False, accompanied=False, sender_organisation=uuid4(), sender=uuid4(),
        organisation=uuid4(), desk=uuid4(), assignee=uuid4(), state=State.ACKNOWLEDGED, version=3, episode=1, hops=0,
        been_at=(), episode_sent_at=NOW, awaiting_since=NOW, acknowledge_due=NOW, contact_due=NOW,
    )


def moment(parties: frozenset[Party], at: datetime = NOW) -> Moment:
    return Moment(now=at, actor=uuid4(), parties=parties)


def proposal(**other: object) -> act.ProposeAppointment:
    given = {
        "appointment": uuid4(), "starts": NOW + timedelta(days=6), "place": AppointmentPlace.DESK,
        "attendees": (Attendee.PERSON, Attendee.DESK),
    }
    return act.ProposeAppointment.model_validate(given | other)


def standing(found: Life) -> AppointmentNow:
    assert found.appointment is not None
    return AppointmentNow.model_validate(found.appointment)


def test_the_other_side_accepts_and_whoever_proposed_cannot_answer_herself():
    wanted = proposal()
    proposed = domain.decide(life(), wanted, moment(REFERENT))
    assert standing(proposed.after).state is AppointmentState.PROPOSED
    assert standing(proposed.after).by is AppointmentSide.REFERENT
    accept = act.AcceptAppointment(appointment=wanted.appointment)
    with pytest.raises(NotYourAction):
        domain.decide(proposed.after, accept, moment(REFERENT))
    accepted = domain.decide(proposed.after, accept, moment(DESK))
    assert standing(accepted.after).state is AppointmentState.ACCEPTED
    assert accepted.facts[0].by is AppointmentSide.DESK
    assert domain.available(proposed.after, moment(DESK)).count("accept_appointment") == 1
    assert "accept_appointment" not in domain.available(proposed.after, moment(REFERENT))


def test_another_proposal_takes_the_place_of_the_first_which_can_no_longer_be_accepted():
    first, second = proposal(), proposal(place=AppointmentPlace.PHONE)
    after = domain.decide(life(), first, moment(REFERENT)).after
    after = domain.decide(after, second, moment(DESK)).after
    with pytest.raises(AppointmentChanged):
        domain.decide(after, act.AcceptAppointment(appointment=first.appointment), moment(DESK))
    accepted = domain.decide(after, act.AcceptAppointment(appointment=second.appointment), moment(REFERENT))
    assert standing(accepted.after).ref == second.appointment


def test_a_place_is_the_desk_a_permanence_or_the_telephone_and_an_hour_is_to_come():
    refused = [
        (DateInThePast, proposal(starts=NOW - timedelta(minutes=1))),
        (InvalidInput, proposal(starts=NOW + timedelta(days=400))),
        (InvalidInput, proposal(place=AppointmentPlace.PERMANENCE)),
        (InvalidInput, proposal(permanence=uuid4())),
        (InvalidInput, proposal(attendees=())),
    ]
    for kind, action in refused:
        with pytest.raises(kind):
            domain.decide(life(), action, moment(DESK))


def test_it_took_place_only_once_its_hour_has_come_and_ends_with_the_referral():
    wanted = proposal()
    after = domain.decide(life(), wanted, moment(REFERENT)).after
    after = domain.decide(after, act.AcceptAppointment(appointment=wanted.appointment), moment(DESK)).after
    held = act.NoteAppointmentHeld(appointment=wanted.appointment)
    with pytest.raises(InvalidInput):
        domain.decide(after, held, moment(DESK))
    later = domain.decide(after, held, moment(DESK, NOW + timedelta(days=7))).after
    assert standing(later).state is AppointmentState.HELD
    closed = domain.decide(after, act.Close(outcome=Outcome.NOT_ELIGIBLE), moment(DESK)).after
    assert closed.appointment is None


def test_nothing_of_a_referral_is_slower_or_faster_for_an_appointment():
    before = life()
    after = domain.decide(before, proposal(), moment(REFERENT)).after
    assert replace(after, version=before.version, appointment=None, next_due=before.next_due) == before


def test_the_calendar_file_holds_an_hour_a_place_and_an_address_and_nobody():
    appointment = AppointmentNow(
        ref=uuid4(), starts=NOW, place=AppointmentPlace.DESK, attendees=(Attendee.PERSON,), by=AppointmentSide.DESK,
        state=AppointmentState.ACCEPTED,
    )
    around = Around(
        ref=uuid4(), here="/x", back=("/x", "x"), title="Rendez-vous — RSA", side=AppointmentSide.DESK,
        desk="Caf de Valbrume, Accueil social",
    )
    answer = calendar(appointment, around, "https://relais.example/bureau/1")
    lines = bytes(answer.body).decode().replace("\r\n ", "").split("\r\n")
    names = {line.split(":")[0].split(";")[0] for line in lines if line}
    assert names == {
        "BEGIN", "END", "PRODID", "VERSION", "METHOD", "UID", "SUMMARY", "DTSTAMP", "DTSTART", "DTEND", "LOCATION",
        "URL", "CLASS", "STATUS",
    }
    assert "SUMMARY:Rendez-vous Relais" in lines and f"UID:{appointment.ref}@relais" in lines
    assert "DTSTART:20261118T110000Z" in lines and "RSA" not in bytes(answer.body).decode()
    assert answer.headers["content-disposition"].endswith('"rendez-vous.ics"')


def test_a_usual_delay_counts_those_that_still_wait():
    desk, at = uuid4(), NOW - timedelta(days=30)
    fast = [Sending(desk, at, "answered", DAY_SECONDS) for _ in range(4)]
    slow = [Sending(desk, at, "open", None) for _ in range(6)]
    alone, both = delay_of(desk, fast, NOW), delay_of(desk, [*fast, *slow], NOW)
    assert (alone.median_days, alone.sent, alone.waiting) == (1.0, 4, 0)
    assert (both.median_days, both.sent, both.waiting) == (None, 10, 6), "the easy ones answered are not the usual"
    withdrawn = [Sending(desk, at, "withdrawn", 60) for _ in range(6)]
    assert delay_of(desk, [*fast, *withdrawn], NOW).median_days == 1.0
    assert delay_of(desk, [Sending(uuid4(), at, "answered", 1)], NOW).sent == 0


def test_both_sides_are_reminded_on_the_last_day_worked_before_it_while_that_lies_ahead():
    friday = datetime(2026, 11, 20, 9, tzinfo=UTC)
    monday, thursday = friday + timedelta(days=3), friday + timedelta(days=6)
    assert eve_of(monday, Calendar()) == datetime(2026, 11, 20, 7, tzinfo=UTC)  # over the week-end, at eight in Paris
    assert eve_of(thursday, Calendar()) == datetime(2026, 11, 25, 7, tzinfo=UTC)
    closed = Version(date(2026, 1, 1), NOW, closures=((date(2026, 11, 23), date(2026, 11, 25)),))
    assert eve_of(thursday, Calendar((closed,))) == datetime(2026, 11, 20, 7, tzinfo=UTC)
    for starts, told in ((thursday, eve_of(thursday, Calendar())), (NOW + timedelta(hours=20), None)):
        wanted = proposal(starts=starts)
        after = domain.decide(life(), wanted, moment(REFERENT)).after
        accepted = domain.decide(after, act.AcceptAppointment(appointment=wanted.appointment), moment(DESK))
        assert accepted.facts[0].eve == told
