"""Erasing and keeping to ages, on intake alone: rows, keys, register, retention and purge."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from services.intake import retention
from services.intake.data_request_rules import Kind, Origin
from services.intake.data_requests import open_request
from services.intake.erasable import APART, KEPT, of_person, personal_tables
from services.intake.erasing import erase_again
from services.intake.erasing_register import Line
from services.intake.erasing_tables import Erasure, RetentionRun
from services.intake.person_keys import PersonKeyDestroyed
from services.intake.tables import Base, Person
from services.runtime.purging import Age, count_over_age, purge
from tests.intake.data_requests_world import asked, fulfil, the_dpo
from tests.intake.people_world import People, a_desk, referent


async def left_of(people: People, person: UUID) -> dict[str, int]:
    """Rows of a person by table, those that are kept left out."""
    found = {}
    async with people.service.database.worker() as work:
        for table in personal_tables(Base.metadata):
            if table.name not in KEPT and table.name not in APART:
                statement = f'SELECT count(*) FROM intake."{table.name}" WHERE {of_person(table)}'
                count = (await work.execute(statement, person=person)).scalar_one()
                found |= {table.name: count} if count else {}
    return found


async def everything_of(people: People) -> UUID:
    """A person with something in most tables."""
    nadia, desk = referent(), a_desk()
    person = await people.meet(nadia, phone="06 12 34 56 78", place="Marché")
    grant = await people.agree(nadia, person, desk)
    await people.hand_over(nadia, person, grant, desk, "sent")
    await asked(people, nadia, person, Kind.ACCESS, words="Tout voir")
    return person


async def test_an_erasure_leaves_no_row_no_key_and_a_line_in_the_register(people: People):
    person = await everything_of(people)
    assert len(await left_of(people, person)) >= 5
    nadia = (await people.rows(Person, Person.ref == person))[0]
    ref = await asked(people, referent(nadia.organisation), person, Kind.ERASURE)
    await fulfil(people, ref)
    assert await left_of(people, person) == {}
    with pytest.raises(PersonKeyDestroyed):
        people.keys.seal(person, "phone", "+33612345678")
    (row,) = await people.rows(Erasure, Erasure.subject == person)
    assert (row.why, row.request, row.again, len(row.referrals)) == ("request", ref, 0, 1)
    async with people.service.database.worker() as work:
        statement = "SELECT type FROM fact WHERE envelope::text LIKE :like"
        told = (await work.execute(statement, like=f"%{person}%")).scalars()
    assert told == ["person.erased.v1"]
    register = people.service.app.state.eraser.register.path
    lines = [json.loads(line) for line in register.read_text().splitlines()]
    assert [set(line) for line in lines if line.get("person") == str(person)] == [
        {"person", "organisation", "why", "request", "at"}
    ]


async def test_whoever_the_register_names_is_erased_again_when_she_comes_back(people: People):
    person = await everything_of(people)
    eraser = people.service.app.state.eraser
    organisation = (await people.rows(Person, Person.ref == person))[0].organisation
    eraser.register.append([Line(person, organisation, "request", datetime.now(UTC))])
    assert await erase_again(people.service, eraser) == 1
    assert await left_of(people, person) == {} and not people.keys.holds(person)
    assert await erase_again(people.service, eraser) == 0


async def test_a_lost_register_is_written_again_from_the_table(people: People, tmp_path):
    person = await everything_of(people)
    eraser = people.service.app.state.eraser
    organisation = (await people.rows(Person, Person.ref == person))[0].organisation
    await eraser.erase(people.service, Line(person, organisation, "request", datetime.now(UTC)))
    saved = eraser.register.path.rename(tmp_path / "away.jsonl")
    await erase_again(people.service, eraser)
    assert person in eraser.register.read()
    assert set(eraser.register.read()) >= set(type(eraser.register)(saved).read())


async def test_two_years_after_the_last_contact_a_person_is_erased_and_nobody_else(people: People):
    nadia, now = referent(), datetime.now(UTC)
    long_ago = now - timedelta(days=735)
    gone = await people.meet(nadia, at=long_ago)
    recent = await people.meet(nadia, at=now - timedelta(days=600))
    limited, asking = await people.meet(nadia, at=long_ago), await people.meet(nadia, at=long_ago)
    moving = await people.meet(nadia, at=long_ago)
    await people.hand_over(nadia, moving, await people.agree(nadia, moving, a_desk()), a_desk(), "sent")
    await fulfil(people, await asked(people, nadia, limited, Kind.LIMITATION))
    await asked(people, nadia, asking, Kind.ACCESS)
    before = (await retention.would_go(people.service)).counts[retention.PERSONS]
    assert before >= 1 and await people.rows(Person, Person.ref == gone)
    told: list[str] = []
    report = await retention.keep_to_ages(
        people.service, people.service.app.state.eraser, lambda kind, count: told.extend([kind] * count)
    )
    assert report.counts[retention.PERSONS] == before == told.count(retention.PERSONS)
    kept = await people.rows(Person, Person.organisation == nadia.organisation)
    assert {one.ref for one in kept} == {recent, limited, asking, moving}
    (row,) = await people.rows(Erasure, Erasure.subject == gone)
    assert (row.why, row.request) == ("retention", None)


async def test_a_night_is_kept_once_whoever_begins_it_and_leaves_its_report(people: People):
    eraser = people.service.app.state.eraser
    first, second = [await retention.keep_the_night(people.service, eraser) for _ in range(2)]
    assert first is not None and second is None
    (run,) = await people.rows(RetentionRun)
    assert run.ended_at is not None and set(run.counts) >= {"person", "inbox", "command"}
    page = (await (await people.client(the_dpo())).get("/demandes/conservation")).text
    assert "24 mois" in page and "Les dernières nuits" in page


async def test_old_plumbing_goes_in_batches_and_young_rows_stay(people: People):
    database, old = people.service.database, datetime.now(UTC) - timedelta(days=46)
    ages = (Age("inbox", "at", 45, "Faits"),)
    young = uuid4()
    async with database.worker() as work:
        for _ in range(3):
            await work.execute("INSERT INTO inbox (consumer, fact, at) VALUES ('t', :f, :at)", f=uuid4(), at=old)
        await work.execute("INSERT INTO inbox (consumer, fact, at) VALUES ('t', :f, :at)", f=young, at=work.now)
    assert await count_over_age(database, ages) == {"inbox": 3}
    assert await purge(database, ages) == {"inbox": 3}
    async with database.worker() as work:
        left = (await work.execute("SELECT fact FROM inbox WHERE consumer = 't'")).scalars()
    assert left == [young]


async def test_every_declared_age_names_a_table_and_an_instant_of_its_service():
    from services.processes import schemas
    from services.runtime.purging import PLUMBING_AGES

    for schema in schemas():
        worker = {one.table: one.worker for one in schema.access}
        for age in (*PLUMBING_AGES, *schema.ages):
            table = schema.metadata.tables[f"{schema.service}.{age.table}"]
            assert age.column in table.columns and age.days > 30 - 24 and "DELETE" in worker[age.table], age


async def test_a_limit_of_ages_falls_on_the_same_day_of_the_month():
    at = datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert retention.limit_of(at, 24).isoformat() == "2024-11-22T00:00:00+01:00"


async def test_a_request_can_be_opened_by_nobody_in_particular(people: People):
    person = await everything_of(people)
    async with people.service.database.worker() as work:
        await open_request(work, person, Kind.ACCESS, Origin.PERSON_PAGE)
        await work.session.flush()
        assert (await work.session.exec(select(Person).where(Person.ref == person))).one()
