"""Requests of people about their data: delays, decisions, and what a granted one does, on a real database."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import LargeBinary

from contracts.asks import Disclose
from contracts.refusals import DataRequestOver, DateInTheFuture, FileLimited, NotFound, RoleNotAllowed
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind, Scheme
from services.intake import data_request_decisions as decisions
from services.intake.commands import ReviewRights, UpdateSituation
from services.intake.data_request_rules import (
    ExtensionReason,
    Kind,
    Origin,
    RefusalReason,
    days_left,
    due_on,
    months_after,
)
from services.intake.data_request_tables import Correction, DataRequest, DataRequestEvent
from services.intake.data_request_words import COLUMNS, OF_TABLE, coded, label_of
from services.intake.data_requests import list_requests, open_request
from services.intake.disclosure import answer_disclose
from services.intake.erasable import APART, KEPT, personal_tables
from services.intake.handlers import review_rights, update_situation
from services.intake.rectification import CorrectPerson, correct_person
from services.intake.tables import SCHEMA, Base, ConsentGrant, Person
from tests.intake.people_world import People, a_desk, referent, text_of

CANARY = "Brunehilde"


def the_dpo(kind: OrganisationKind = OrganisationKind.EPCI, organisation: UUID | None = None) -> Viewer:
    viewer = referent(organisation, Role.DPO)
    return viewer.model_copy(update={"organisation_kind": kind, "display_name": "Ana Roche"})


async def asked(people: People, viewer: Viewer, person: UUID, kind: Kind, **more: object) -> UUID:
    async with people.work(viewer) as work:
        return await open_request(work, person, kind, Origin.LETTER, keys=people.keys, **more)


async def fulfil(people: People, ref: UUID, dpo: Viewer | None = None) -> None:
    (row,) = await people.rows(DataRequest, DataRequest.ref == ref)
    asks = row.kind == Kind.ERASURE
    number = (await people.rows(Person, Person.ref == row.person))[0].file_number if asks else None
    eraser = people.service.app.state.eraser
    await decisions.fulfil(dpo or the_dpo(), people.service, ref, eraser, file_number=number)


# --- delays -----------------------------------------------------------------------------------------------------------


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


# --- the life of a request --------------------------------------------------------------------------------------------


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


async def test_the_list_begins_with_what_is_late(people: People):
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


# --- access -----------------------------------------------------------------------------------------------------------


async def test_the_dossier_has_everything_and_is_open_only_with_the_request(people: People):
    nadia, desk = referent(), a_desk()
    person = await people.meet(nadia, last_name=CANARY, phone="06 12 34 56 78", place="Marché d’Arvel")
    grant = await people.agree(nadia, person, desk)
    ref = await asked(people, nadia, person, Kind.ACCESS, words="Je veux tout voir")
    erasure = await asked(people, nadia, person, Kind.ERASURE)
    browser = await people.client(the_dpo())
    body = (await browser.get(f"/demandes/{ref}/dossier.json")).json()
    held = {one["name"]: one["rows"] for one in body["sections"]}
    assert held["person"][0]["last_name"] == CANARY and held["person"][0]["phone"] == "+33612345678"
    assert held["encounter"][0]["place"] == "Marché d’Arvel" and held["consentgrant"][0]["ref"] == str(grant)
    assert "Je veux tout voir" in {row.get("words") for row in held["datarequest"]}
    page = text_of((await browser.get(f"/demandes/{ref}/dossier")).text)
    assert CANARY in page and "06 12 34 56 78" in page and "Marché d’Arvel" in page
    assert (await browser.get(f"/demandes/{erasure}/dossier")).status_code == 404
    of_the_caf = await people.client(the_dpo(OrganisationKind.CAF))
    assert (await of_the_caf.get(f"/demandes/{ref}/dossier")).status_code == 404
    await fulfil(people, ref)
    assert (await browser.get(f"/demandes/{ref}/dossier")).status_code == 409
    kinds = [one.kind for one in await people.rows(DataRequestEvent, DataRequestEvent.request == ref)]
    assert "read" in kinds and "exported" in kinds


async def test_no_declared_table_of_a_person_is_missing_from_the_dossier(people: People):
    nadia = referent()
    ref = await asked(people, nadia, await people.meet(nadia), Kind.ACCESS)
    body = (await (await people.client(the_dpo())).get(f"/demandes/{ref}/dossier.json")).json()
    shown = {one["name"] for one in body["sections"]}
    assert {one.name for one in personal_tables(Base.metadata)} - APART <= shown
    reached = {"person"}
    for table in Base.metadata.sorted_tables:  # whatever refers to a person, by whatever way
        if "person" in table.columns or {key.column.table.name for key in table.foreign_keys} & reached:
            reached.add(table.name)
    assert reached == {one.name for one in personal_tables(Base.metadata)}


def test_the_worker_may_delete_from_every_table_of_a_person_that_is_not_kept():
    worker = {one.table: one.worker for one in SCHEMA.access}
    for table in personal_tables(Base.metadata):
        assert "SELECT" in worker[table.name], table.name
        assert table.name in KEPT or "DELETE" in worker[table.name], table.name


def test_a_label_names_one_thing_in_a_table_and_the_right_one():
    for table in personal_tables(Base.metadata):
        said: dict[str, set[str]] = {}
        for column in table.columns:
            if label := label_of(table.name, column.name):
                said.setdefault(label, set()).add(column.name.removesuffix("_name"))
        # A reference and the name that was noted beside it are one thing.
        assert {label: names for label, names in said.items() if len(names) > 1} == {}, table.name
    for (table, column), (_, lists) in OF_TABLE.items():
        assert column in Base.metadata.tables[f"intake.{table}"].columns and lists
    assert "recours" not in label_of("erasurerequest", "cause") and "recours" in label_of("presumedright", "cause")
    assert coded("erasurerequest", "cause", "departure") == "L’organisme a quitté le réseau"
    assert coded("erasurerequest", "state", "kept") == "Conservé, avec un motif"
    assert coded("journalentry", "outcome", "refused") == "refusé"
    assert coded("presumedright", "cause", "non_demande") is not None
    assert coded("consentevent", "kind", "proxy_ended") == "Fin de la représentation"
    assert coded("datarequestevent", "kind", "lifted") == "Limitation levée"
    assert coded("journalentry", "kind", "exported") == "a exporté"


# --- rectification ----------------------------------------------------------------------------------------------------


async def test_a_correction_changes_the_file_and_keeps_which_fields_never_the_values(people: People):
    nadia = referent()
    person = await people.meet(nadia, birth_date=date(1990, 5, 4), phone="06 12 34 56 78")
    ref = await asked(people, nadia, person, Kind.RECTIFICATION)
    command = CorrectPerson(person=person, first_name="Élise", last_name="Valtorie", scheme=Scheme.AGRICULTURAL)
    async with people.work(nadia) as work:
        await correct_person(command, work, people.keys)
    (row,) = await people.rows(Person, Person.ref == person)
    assert (row.last_name, row.search, row.scheme) == ("Valtorie", "elise valtorie", "agricultural")
    assert (row.birth_date, row.phone, row.phone_hash) == (None, None, None)
    rows = await people.rows(Correction, Correction.person == person)
    assert {one.field for one in rows} == {"last_name", "birth_date", "scheme", "phone"}
    assert {one.request for one in rows} == {ref} and all("Valt" not in str(one.model_dump()) for one in rows)
    async with people.work(referent()) as work:
        with pytest.raises(NotFound):
            await correct_person(command.model_copy(update={"command_id": uuid4()}), work, people.keys)


async def test_the_page_of_a_correction_shows_what_is_on_record_and_keeps_what_was_typed(people: People):
    nadia = referent()
    person = await people.meet(nadia, phone="06 12 34 56 78")
    browser = await people.client(nadia)
    page = await browser.get(f"/personnes/{person}/corriger")
    assert 'value="+33612345678"' in page.text or "06 12 34 56 78" in page.text
    typed = {"command_id": str(uuid4()), "first_name": "Élise", "last_name": "Valtorie", "language": "fr",
             "scheme": "general", "birth_date": "2099-01-01"}  # fmt: skip
    refused = await browser.post(f"/personnes/{person}/corriger", data=typed)
    assert refused.status_code == 422 and "Valtorie" in refused.text and "pas encore arrivée" in text_of(refused.text)
    done = await browser.post(f"/personnes/{person}/corriger", data={**typed, "birth_date": "04/05/1990"})
    assert done.status_code == 303
    corrected = (await browser.get(f"/personnes/{person}/corriger")).text
    assert 'value="Valtorie"' in corrected and "Corrections passées" in text_of(corrected)


# --- limitation and opposition ----------------------------------------------------------------------------------------


async def test_a_limited_file_is_read_and_nothing_changes_or_leaves(people: People):
    nadia, desk = referent(), a_desk()
    person = await people.meet(nadia)
    grant = await people.agree(nadia, person, desk)
    handover = await people.hand_over(nadia, person, grant, desk, "sent")
    ref = await asked(people, nadia, person, Kind.LIMITATION)
    await fulfil(people, ref)
    for command, act in (
        (UpdateSituation(person=person, situation={"children": 2}), update_situation),
        (ReviewRights(person=person, rights=({"right": "rsa", "ground": "resources"},)), review_rights),
    ):
        async with people.work(nadia) as work:
            with pytest.raises(FileLimited):
                await act(command, work)
    agent = referent(desk.organisation, Role.DESK_AGENT).model_copy(update={"desks": (desk.desk,)})
    async with people.work(agent) as work:
        told = await answer_disclose(Disclose(viewer=agent, referrals=(handover,)), work, people.keys)
    assert told.rows[0].disclosure is None and told.rows[0].refusal["slug"] == "file-limited"
    assert (await (await people.client(nadia)).get(f"/personnes/{person}")).status_code == 200
    (kept,) = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert kept.withdrawn_at is None
    await decisions.lift(the_dpo(), people.service, ref)
    async with people.work(nadia) as work:
        await update_situation(UpdateSituation(person=person, situation={"children": 2}), work)


async def test_an_opposition_ends_agreements_and_what_rests_on_them(people: People):
    nadia, desk = referent(), a_desk()
    person = await people.meet(nadia)
    grant = await people.agree(nadia, person, desk)
    handover = await people.hand_over(nadia, person, grant, desk, "sent")
    await fulfil(people, await asked(people, nadia, person, Kind.OPPOSITION))
    (row,) = await people.rows(ConsentGrant, ConsentGrant.ref == grant)
    assert row.withdrawn_at is not None
    withdrawn = [one for one in await people.facts(grant) if one["type"] == "consent.withdrawn.v1"]
    assert withdrawn[0]["data"]["referrals"] == [str(handover)]
    async with people.work(nadia) as work:
        with pytest.raises(FileLimited):
            await update_situation(UpdateSituation(person=person, situation={"children": 2}), work)


def test_whatever_is_sealed_of_a_person_has_a_french_name_on_the_page():
    sealed = {
        (table.name, column.name)
        for table in personal_tables(Base.metadata)
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert ("person", "phone") in sealed
    assert {one for one in sealed if one[1] not in COLUMNS} == set()
