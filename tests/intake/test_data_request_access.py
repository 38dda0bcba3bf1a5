"""Access: the dossier has everything that is declared of a person, named in French, for who may open it."""

from sqlalchemy import LargeBinary

from contracts.vocabulary import OrganisationKind
from services.intake.data_request_rules import (
    Kind,
)
from services.intake.data_request_tables import DataRequestEvent
from services.intake.data_request_words import COLUMNS, OF_TABLE, coded, label_of
from services.intake.erasable import APART, KEPT, personal_tables
from services.intake.tables import SCHEMA, Base
from tests.intake.data_requests_world import asked, fulfil, the_dpo
from tests.intake.people_world import People, a_desk, referent, text_of

CANARY = "Brunehilde"


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


def test_whatever_is_sealed_of_a_person_has_a_french_name_on_the_page():
    sealed = {
        (table.name, column.name)
        for table in personal_tables(Base.metadata)
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert ("person", "phone") in sealed
    assert {one for one in sealed if one[1] not in COLUMNS} == set()
