"""The question that every page of a person asks first is answered by indexes, with row-level security and as it runs:
prepared once, its values unknown to the planner.
"""

import re

from services.intake import caseload

NAMES = {
    "account": "uuid", "since": "timestamptz", "now": "timestamptz", "organisation": "uuid", "person": "uuid",
    "handover": "uuid",
}  # fmt: skip


async def test_whose_person_it_is_is_asked_of_indexes_alone(world):
    ready = await world.ready()
    statement = caseload._STANDING
    for number, name in enumerate(NAMES, 1):
        statement = re.sub(rf"(?<!:):{name}\b", f"${number}", statement)
    async with world.service.database.web(ready.referent) as work:
        await work.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await work.execute("SET LOCAL enable_seqscan = off")  # the tables of a test are small: only where it can
        await work.execute(f"PREPARE standing ({', '.join(NAMES.values())}) AS {statement}")
        try:
            rows = await work.execute(f"EXPLAIN EXECUTE standing ({', '.join(['NULL'] * len(NAMES))})")
            plan = "\n".join(rows.scalars())
        finally:
            await work.execute("DEALLOCATE standing")
    assert "person_pkey" in plan and "Seq Scan on person" not in plan, plan
