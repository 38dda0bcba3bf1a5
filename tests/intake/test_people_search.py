"""A search by name goes by its index under row-level security, and finds what is misspelt or only a piece."""

import pytest

from services.intake import people_search
from services.intake.domain import what_is_looked_for
from tests.intake.people_world import People, referent

_PLAN = "EXPLAIN SELECT ref FROM intake.person WHERE search OPERATOR(public.{}) 'valtorix'"


@pytest.mark.parametrize("operator", ["%>", "%"])
async def test_a_search_by_name_uses_its_index_under_row_level_security(people: People, operator: str):
    async with people.work(referent()) as work:
        await work.execute("SELECT set_config('enable_seqscan', 'off', true)")  # there are few people in a test
        plan = "\n".join((await work.execute(_PLAN.format(operator))).scalars())
    assert "person_search" in plan, plan


@pytest.mark.parametrize(
    "typed",
    ["Valtorix", "valtorrix", "Élise Valtorix", "elise-valtorix", "VALTORIX Elise", "alise valtorix", "lto", "torix"],
)
async def test_a_name_is_found_misspelt_in_any_order_or_by_a_piece(people: People, typed: str):
    viewer = referent()
    ref = await people.meet(viewer)
    async with people.work(viewer) as work:
        found = await people_search.search_people(viewer, work, *what_is_looked_for(typed))
    assert [one.ref for one in found] == [ref]
