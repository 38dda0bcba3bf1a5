"""The life of a person's request about her data: received, due, decided, done, each step kept."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.refusals import DataRequestOver, DateInTheFuture, NotFound, RoleNotAllowed
from contracts.vocabulary import OrganisationKind
from services.intake import data_request_decisions as decisions
from services.intake import data_requests
from services.intake.data_request_rules import (
    ExtensionReason,
    Kind,
    RefusalReason,
    days_left,
    due_on,
    months_after,
)
from services.intake.data_request_tables import DataRequest, DataRequestEvent
from services.intake.data_requests import list_requests
from tests.intake.data_requests_world import asked, fulfil, the_dpo
from tests.intake.people_world import People, referent, text_of


@pytest.mark.parametrize(
    ("received", "due", "extended"),
    [
        (date(2026, 11, 22), date(2026, 12, 22), date(2027, 2, 22)),
        (date(2027, 1, 31), date(2027, 2, 28), date(2027, 4, 30)),
        (date(2026, 12, 31), date(2027, 1, 31), date(2027, 3, 31)),
    ],
)
def test_an_answer_is_due_in_a_month_and_in_three_when_extended(received: date, due: date, extended: date):
    assert due_on(received, extended=False) == due
    assert due_on(received, extended=True) == extended


@given(st.dates(date(2020, 1, 1), date(2090, 1, 1)), st.integers(1, 24))
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(day: date, months: int):
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


def test_days_left_are_said_in_words():
    today = date(2026, 11, 22)
    assert days_left(today + timedelta(days=12), today) == "encore 12 jours"
    assert days_left(today + timedelta(days=1), today) == "encore 1 jour"
    assert days_left(today, today) == "dernier jour aujourd’hui"
    assert days_left(today - timedelta(days=2), today) == "en retard de 2 jours"


async def test_a_request_goes_from_received_to_done_and_every_step_is_kept(people: People):
    nadia, dpo = referent(), the_dpo()
    ref = await asked(people, nadia, await people.meet(nadia), Kind.RECTIFICATION)
    await decisions.take_up(dpo, people.service, ref)
    await decisions.extend(dpo, people.service, ref, ExtensionReason.COMPLEX)
    with pytest.raises(DataRequestOver):
        await decisions.extend(dpo, people.service, ref, ExtensionReason.COMPLEX)
    await fulfil(people, ref, dpo)
    with pytest.raises(DataRequestOver):
        await decisions.refuse(dpo, people.service, ref, RefusalReason.UNFOUNDED)
    (row,) = await people.rows(DataRequest, DataRequest.ref == ref)
    assert (row.state, row.extension) == ("done", "complex") and row.due_on == months_after(row.received_on, 3)
    events = await people.rows(DataRequestEvent, DataRequestEvent.request == ref)
    assert sorted(one.kind for one in events) == ["done", "extended", "in_progress", "received"]
    assert {one.actor for one in events} == {nadia.account, dpo.account}


async def test_the_same_form_sent_twice_is_one_request(people: People):
    nadia, command = referent(), uuid4()
    person = await people.meet(nadia)
    assert await asked(people, nadia, person, Kind.ACCESS, ref=command) == command
    assert await asked(people, nadia, person, Kind.ACCESS, ref=command) == command
    assert len(await people.rows(DataRequest, DataRequest.person == person)) == 1
    assert len(await people.rows(DataRequestEvent, DataRequestEvent.request == command)) == 1


async def test_a_request_is_opened_by_who_accompanies_her_and_never_for_tomorrow(people: People):
    nadia = referent()
    person = await people.meet(nadia)
    with pytest.raises(NotFound):
        await asked(people, referent(), person, Kind.ERASURE)
    with pytest.raises(DateInTheFuture):
        await asked(people, nadia, person, Kind.ERASURE, received_on=date(2099, 1, 1))


async def test_only_the_dpo_of_the_territory_or_of_her_organisation_decides(people: People):
    nadia = referent()
    ref = await asked(people, nadia, await people.meet(nadia), Kind.ACCESS)
    with pytest.raises(RoleNotAllowed):
        await decisions.take_up(nadia, people.service, ref)
    with pytest.raises(NotFound):
        await decisions.take_up(the_dpo(OrganisationKind.CAF), people.service, ref)
    await decisions.take_up(the_dpo(OrganisationKind.CCAS, nadia.organisation), people.service, ref)


async def test_the_list_begins_with_what_is_late_and_says_when_it_is_cut(
    people: People, monkeypatch: pytest.MonkeyPatch
):
    nadia = referent()
    person = await people.meet(nadia)
    today = datetime.now(UTC).date()
    late = await asked(people, nadia, person, Kind.ACCESS, received_on=today - timedelta(days=60))
    await asked(people, nadia, person, Kind.ERASURE)
    dpo = the_dpo(organisation=nadia.organisation)
    async with decisions.decision_of(dpo, people.service) as work:
        assert (await list_requests(dpo, work, ended=False))[0].due_on <= months_after(today - timedelta(days=60), 1)
    browser = await people.client(dpo)
    shown = (await browser.get("/demandes")).text
    assert 'href="/tableau/ouvert"' in shown
    page = text_of(shown)
    assert "en retard" in page and "Accès à ses données" in page and "Valtorix" not in page
    assert "J’ai remis le dossier" in text_of((await browser.get(f"/demandes/{late}")).text)
    monkeypatch.setattr(data_requests, "MOST", 1)
    assert "demandes en cours qui pressent le plus, 1 en retard" in text_of((await browser.get("/demandes")).text)
