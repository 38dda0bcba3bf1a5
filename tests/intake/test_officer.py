"""The role under which an officer's pages read: the journal, the requests and file numbers of the territory, and
nothing else of anybody, whatever a statement asks for.
"""

from uuid import UUID

import asyncpg
import pytest

from contracts.viewer import Role, Viewer
from services.intake.data_request_rules import Kind
from services.intake.officer_tables import REACH
from services.intake.tables import Base
from tests.intake.data_requests_world import asked, the_dpo
from tests.intake.people_world import People, referent


async def run(people: People, viewer: Viewer, statement: str, **values: object):
    async with people.service.app.state.officer.web(viewer) as work:  # type: ignore[union-attr]
        return (await work.execute(statement, **values)).all()


@pytest.fixture
async def person(people: People) -> UUID:
    nadia = referent()
    found = await people.meet(nadia, last_name="Quentavel", phone="06 12 34 56 78")
    await asked(people, nadia, found, Kind.ACCESS)
    return found


async def test_an_officer_sees_numbers_requests_and_journal_of_every_organisation(people: People, person: UUID):
    dpo = the_dpo()
    for statement in (
        "SELECT file_number FROM person WHERE ref = :person",
        "SELECT * FROM datarequest WHERE person = :person",
        "SELECT * FROM datarequestevent WHERE person = :person",
        "SELECT * FROM journalentry WHERE person = :person",
    ):
        assert await run(people, dpo, statement, person=person), statement


@pytest.mark.parametrize("roles", [(Role.REFERENT,), (Role.COORDINATOR,), (Role.ADMINISTRATOR,), ()])
async def test_without_that_role_the_same_statements_show_nothing(people: People, person: UUID, roles):
    viewer = referent(None, *roles).model_copy(update={"roles": frozenset(roles)})
    for table in ("datarequest", "datarequestevent", "journalentry"):
        assert await run(people, viewer, f"SELECT 1 FROM {table} WHERE person = :person", person=person) == []
    assert await run(people, viewer, "SELECT file_number FROM person WHERE ref = :person", person=person) == []


@pytest.mark.parametrize("column", ["first_name", "last_name", "birth_date", "phone", "search", "referent", "*"])
async def test_nothing_else_of_a_person_can_be_asked_for(people: People, column: str):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(people, the_dpo(), f"SELECT {column} FROM person")


async def test_no_other_table_can_be_read_and_none_changed(people: People):
    names = {one.name for one in Base.metadata.tables.values()}
    assert set(REACH) <= names and len(names - set(REACH)) > 30
    for name in sorted(names - set(REACH)):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(people, the_dpo(), f'SELECT 1 FROM "{name}" LIMIT 1')
    for name in sorted(REACH):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(people, the_dpo(), f'UPDATE "{name}" SET territory = territory')
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await run(people, the_dpo(), f'DELETE FROM "{name}"')
