"""Finding somebody by what one remembers, and being warned before a second file is made."""

from datetime import date
from uuid import UUID

import pytest

from contracts.vocabulary import Channel
from services.intake.commands import MeetPerson
from services.intake.handlers import find_twins
from services.intake.tables import Person
from tests.intake.people_world import People, referent
from tests.intake.search_world import search


@pytest.mark.parametrize(
    "typed",
    [
        "élise valtorix",
        "ELISE VALTORIX",
        "valtoriks",
        "Valtorix Elise",
        "Elyse Valtorics",
        "06 12 34 56 78",
        "+33 6 12 34 56 78",
        "04/05/1992",
        "4.5.1992",
        "valto",
    ],
)
async def test_a_person_is_found_by_what_one_remembers(people: People, typed: str):
    viewer = referent()
    ref = await people.meet(viewer, phone="0612345678", birth_date=date(1992, 5, 4))
    await people.meet(viewer, first_name="Bruno", last_name="Chastel", phone="0187654321", birth_date=date(1960, 1, 2))
    assert await search(people, viewer, typed) == [ref]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Jean-Baptiste Œuvrard", "jean baptiste oeuvrard"),
        ("Zoë Łukasz", "zoe lukasz"),
        ("Søren D’Aboville", "soren d aboville"),
        ("Анна Петрова", "анна"),
        ("Nguyễn Thị Hoa", "nguyen thi hoa"),
    ],
)
async def test_names_are_found_without_their_accents(people: People, name: str, typed: str):
    viewer = referent()
    first, last = name.split(" ", 1)
    ref = await people.meet(viewer, first_name=first, last_name=last)
    assert await search(people, viewer, typed) == [ref]


async def test_a_person_is_found_by_her_file_number(people: People):
    viewer = referent()
    ref = await people.meet(viewer)
    [person] = await people.rows(Person, Person.ref == ref)
    for typed in (person.file_number, person.file_number.lower(), person.file_number.replace("-", "")):
        assert await search(people, viewer, typed) == [ref]


async def test_somebody_who_may_be_on_file_is_warned_of(people: People):
    viewer = referent()
    ref = await people.meet(viewer, birth_date=date(1992, 5, 4), phone="0612345678")
    await people.meet(viewer, first_name="Bruno", last_name="Chastel")

    async def twins(**values) -> list[UUID]:
        async with people.work(viewer) as work:
            command = MeetPerson(channel=Channel.TELEPHONE, **values)
            return [one.ref for one in await find_twins(command, work, people.keys)]

    assert await twins(first_name="Elise", last_name="Valtoriks", birth_date=date(1992, 5, 4)) == [ref]
    assert await twins(first_name="Élise", last_name="Valtorix") == [ref]
    assert await twins(first_name="Paul", last_name="Berger", phone="06 12 34 56 78") == []
    assert await twins(first_name="Bruna", last_name="Dupont") == []
