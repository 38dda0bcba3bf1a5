"""Searching as the tests do it, and the words of a person that must not appear."""

from uuid import UUID

from services.intake import people_search
from services.intake.domain import what_is_looked_for
from tests.intake.people_world import People


async def search(people: People, viewer, typed: str) -> list[UUID]:
    looked, value = what_is_looked_for(typed)
    if looked == "phone":
        value = people.keys.lookup_hash(value)
    async with people.work(viewer) as work:
        return [one.ref for one in await people_search.search_people(viewer, work, looked, value)]
