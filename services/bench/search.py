"""Fifty thousand people of one organisation, and the searches of a referent among them, under her row-level security.

The people are generated in the database: first names as they are common, names put together from syllables, so that
many look alike. What is asked is drawn from them: the name, also misspelt, the phone, the birth date, the file number.
"""

import random
import time
from uuid import uuid4

import asyncpg

from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.bench.figures import percentile
from services.bench.servers import Bench
from services.intake.domain import Looked, file_number, fold
from services.intake.people_search import search_people
from services.processes import make
from services.runtime.database import Database

PEOPLE, ASKED = 50_000, 60
FIRST = [
    "marie", "jeanne", "francoise", "monique", "catherine", "nathalie", "isabelle", "sylvie", "amina", "fatima",
    "khadija", "elise", "sonia", "nadia", "jean", "pierre", "michel", "andre", "philippe", "alain", "mohamed",
    "karim", "thomas", "nicolas", "julien", "aurelie", "camille", "lea", "manon", "chloe", "ines", "sarah", "anna",
    "maria", "rosa", "luis", "paulo", "ahmed", "youssef", "mamadou", "aissatou", "oumar", "ibrahim", "nguyen",
    "linh",
]  # fmt: skip
BEGINS = [
    "mar", "ber", "du", "le", "val", "cha", "bon", "gar", "pel", "rou", "fer", "mon", "bel", "tor", "mo", "lan",
    "ver", "gra", "po", "ri", "sa", "ca", "do", "bri", "cor", "fau", "gil", "her", "jac", "ker", "lam", "mat",
    "nor", "oli", "per",
]  # fmt: skip
ENDS = [
    "tin", "nard", "pont", "rix", "gne", "din", "let", "rand", "reau", "tier", "sson", "mann", "ot", "et", "eau",
    "in", "ard", "ol", "as", "ez", "ou", "ic",
]  # fmt: skip
_FILL = """
INSERT INTO intake.person (ref, organisation, file_number, civility, first_name, last_name, birth_date, search, scheme,
    language, phone_hash, referent, created_at, last_contact_at, territory)
SELECT gen_random_uuid(), $1, number, 'mme', initcap(first), initcap(last),
    date '1940-01-01' + floor(random() * 25000)::int, first || ' ' || last, 'general', 'fr', md5('p' || number), $2,
    now(), now() - random() * interval '300 days', $3
FROM (SELECT number, f[1 + floor(random() * cardinality(f))::int] AS first,
    b[1 + floor(random() * cardinality(b))::int] || b[1 + floor(random() * cardinality(b))::int]
        || e[1 + floor(random() * cardinality(e))::int] AS last
    FROM unnest($4::text[]) AS number, (SELECT $5::text[] AS f, $6::text[] AS b, $7::text[] AS e) AS syllables) AS made
"""


class NotFoundAgain(Exception):
    """Somebody was not found by what is on record of her."""


async def slowest(bench: Bench) -> dict[str, float]:
    """Milliseconds, the 95th percentile of each kind of search. Raises NotFoundAgain."""
    viewer = Viewer(
        account=uuid4(), display_name="", organisation=uuid4(), organisation_name="",
        organisation_kind=OrganisationKind.CCAS, roles=frozenset({Role.REFERENT}), territory=bench.settings.territory,
    )  # fmt: skip
    rows = await _fill(bench, viewer)
    database = make("intake", bench.settings, bench.ground.servers).database
    try:
        return {kind: await _searches(database, viewer, asked) for kind, asked in _asked(rows).items()}
    finally:
        await database.close()


async def _fill(bench: Bench, viewer: Viewer) -> list[asyncpg.Record]:
    numbers = [file_number(2026, draw) for draw in range(PEOPLE)]
    connection = await asyncpg.connect(bench.ground.owner_url)
    try:
        given = (viewer.organisation, viewer.account, bench.settings.territory, numbers, FIRST, BEGINS, ENDS)
        await connection.execute(_FILL, *given)
        await connection.execute("VACUUM ANALYZE intake.person")
        found: list[asyncpg.Record] = await connection.fetch(
            "SELECT * FROM intake.person WHERE organisation = $1 ORDER BY random() LIMIT $2", viewer.organisation, ASKED
        )
        return found
    finally:
        await connection.close()


def _asked(rows: list[asyncpg.Record]) -> dict[str, list[tuple[Looked, str, asyncpg.Record | None]]]:
    """What is looked for, by kind, and who must be found: one misspelt may be nearer to somebody else."""
    return {
        "name": [(Looked.NAME, row["search"], None) for row in rows],
        "misspelt": [(Looked.NAME, misspelt(row["search"]), None) for row in rows],
        "phone": [(Looked.PHONE, row["phone_hash"], row) for row in rows],
        "birth date": [(Looked.BIRTH_DATE, row["birth_date"].isoformat(), row) for row in rows],
        "file number": [(Looked.FILE_NUMBER, row["file_number"], row) for row in rows],
    }


def misspelt(name: str) -> str:
    """The name with one letter of its last word left out, doubled or another one."""
    *before, word = fold(name).split()
    at = random.randrange(1, max(2, len(word) - 1))
    return " ".join([*before, word[:at] + random.choice(("", word[at : at + 1] * 2, "e")) + word[at + 1 :]])


async def _searches(
    database: Database, viewer: Viewer, asked: list[tuple[Looked, str, asyncpg.Record | None]]
) -> float:
    took = []
    for looked, value, expected in asked:
        began = time.perf_counter()
        async with database.web(viewer) as work:
            found = await search_people(viewer, work, looked, value)
        took.append(1000 * (time.perf_counter() - began))
        if not found or (expected is not None and expected["ref"] not in {one.ref for one in found}):
            raise NotFoundAgain(looked.value)
    return percentile(took, 0.95)
