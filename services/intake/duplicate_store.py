"""Reading what a comparison of two files needs, the merges of a person, and who may be on file twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, or_, select

from contracts.refusals import NotFound
from contracts.viewer import Viewer
from services.intake.domain import POSSIBLE, same_person
from services.intake.duplicate_tables import FileMerge, FilesApart
from services.intake.duplicates import ordered
from services.intake.people_search import likeness_of
from services.intake.tables import Person
from services.runtime.database import Work

LOOKED_AT, MOST_PAIRS = 20, 50
# Whoever has neither the birth date nor the phone of somebody must have nearly her name to be as likely as POSSIBLE.
NEAR_NAME = 0.45
_ALIKE = ("search OPERATOR(public.%) mine.search", "birth_date = mine.birth_date", "phone_hash = mine.phone_hash")
# One index for each likeness, whatever the planner expects of them together.
_NEAR = f"""
WITH mine AS (
    SELECT ref, search, birth_date, phone_hash FROM intake.person
    WHERE organisation = :organisation AND referent = :account AND merged_into IS NULL
    ORDER BY last_contact_at DESC, ref LIMIT :most OFFSET :skipped
)
SELECT mine.ref AS mine, other.ref AS other FROM mine, LATERAL ({" UNION ".join(
    f"SELECT ref, search FROM intake.person WHERE {one} AND organisation = :organisation AND merged_into IS NULL"
    for one in _ALIKE
)}) other WHERE other.ref <> mine.ref
ORDER BY public.similarity(other.search, mine.search) DESC, mine.ref, other.ref LIMIT {10 * LOOKED_AT}
"""
# What a file holds, in the order of the page; each is asked of its own table.
HELD = {
    "encounter": ("rencontre", "rencontres"),
    "consentgrant": ("accord", "accords"),
    "presumedright": ("droit potentiel", "droits potentiels"),
    "handover": ("orientation", "orientations"),
    "note": ("échange avec un guichet", "échanges avec les guichets"),
    "rightsappointment": ("rendez-vous des droits", "rendez-vous des droits"),
    "datarequest": ("demande sur ses données", "demandes sur ses données"),
}
_COUNTS = " UNION ALL ".join(
    f"SELECT '{name}' AS name, count(*) AS held FROM intake.{name} WHERE person = :person AND {since} >= :since"
    for name, since in (
        ("encounter", "at"),
        ("consentgrant", "given_at"),
        ("presumedright", "identified_at"),
        ("handover", "created_at"),
        ("note", "at"),
        ("rightsappointment", "held_at"),
        ("datarequest", "opened_at"),
    )
)
_CORRECTED = """
SELECT field, max(at) AS at FROM intake.correction WHERE person = :person GROUP BY field
"""
_EVER = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


async def held_of(viewer: Viewer, work: Work, person: UUID, since: datetime = _EVER) -> list[str]:
    """What a file holds, in words with its number: `2 rencontres`; from that instant on."""
    assert viewer.territory == work.territory
    rows = {row.name: row.held for row in await work.execute(_COUNTS, person=person, since=since)}
    return [f"{rows[name]} {words[rows[name] > 1]}" for name, words in HELD.items() if rows[name]]


async def corrected_at(viewer: Viewer, work: Work, person: UUID) -> dict[str, datetime]:
    """When each field of a file was last corrected."""
    assert viewer.territory == work.territory
    return {row.field: row.at for row in await work.execute(_CORRECTED, person=person)}


async def merges_of(viewer: Viewer, work: Work, person: UUID) -> list[FileMerge]:
    """Every merge into this file, undone ones too, the last first."""
    query = select(FileMerge).where(FileMerge.person == person, FileMerge.organisation == viewer.organisation)
    return list((await work.session.exec(query.order_by(col(FileMerge.merged_at).desc(), col(FileMerge.ref)))).all())


async def merge_of(viewer: Viewer, work: Work, person: UUID, ref: UUID, *, lock: bool = False) -> FileMerge:
    """A merge into this file. Refusal: NotFound."""
    query = select(FileMerge).where(
        FileMerge.ref == ref, FileMerge.person == person, FileMerge.organisation == viewer.organisation
    )
    found = (await work.session.exec(query.with_for_update() if lock else query)).first()
    if found is None:
        raise NotFound
    return found


async def keeps_others(viewer: Viewer, work: Work, person: UUID) -> bool:
    """Whether another file was merged into this one."""
    query = select(Person.ref).where(Person.merged_into == person, Person.organisation == viewer.organisation)
    return (await work.session.exec(query.limit(1))).first() is not None


async def numbers_of(viewer: Viewer, work: Work, files: Iterable[UUID]) -> dict[UUID, str]:
    """The file numbers of these files of the viewer's organisation."""
    query = select(Person.ref, Person.file_number).where(
        col(Person.ref).in_(set(files)), Person.organisation == viewer.organisation
    )
    return dict((await work.session.exec(query)).all())


async def apart_of(viewer: Viewer, work: Work, person: UUID) -> set[UUID]:
    """The files of which somebody said that they are another person's than this one."""
    query = select(FilesApart.person, FilesApart.other).where(
        or_(FilesApart.person == person, FilesApart.other == person), FilesApart.organisation == viewer.organisation
    )
    return {other if one == person else one for one, other in (await work.session.exec(query)).all()}


@dataclass(frozen=True)
class Pair:
    """Two files that may be one person's, with how likely it is (0 to 100); `mine` is one of the viewer's caseload."""

    mine: Person
    other: Person
    score: int


async def likely_pairs(viewer: Viewer, work: Work, page: int = 1) -> list[Pair]:
    """Who of the viewer's caseload may be on file twice, the likeliest first; the rule of the warning.

    A page looks at LOOKED_AT of her people, those last met first; pairs that somebody said to be two persons are left
    out.
    """
    found = {}
    for mine, other in await _near_ones(viewer, work, page):
        score = same_person(likeness_of(mine), likeness_of(other))
        if score >= POSSIBLE:
            found.setdefault(ordered(mine.ref, other.ref), Pair(mine, other, score))
    apart = await _apart_among(viewer, work, found)
    pairs = [pair for key, pair in found.items() if key not in apart]
    return sorted(pairs, key=lambda one: (-one.score, str(one.mine.ref)))[:MOST_PAIRS]


async def _near_ones(viewer: Viewer, work: Work, page: int) -> list[tuple[Person, Person]]:
    """Each of them with whoever has a near name, her birth date or her phone, the nearest names first."""
    await work.execute("SELECT set_config('pg_trgm.similarity_threshold', :near, true)", near=str(NEAR_NAME))
    asked = {"organisation": viewer.organisation, "account": viewer.account}
    asked |= {"most": LOOKED_AT, "skipped": (page - 1) * LOOKED_AT}
    pairs = [(row.mine, row.other) for row in await work.execute(_NEAR, **asked)]
    named = {ref for pair in pairs for ref in pair}
    query = select(Person).where(Person.organisation == viewer.organisation, col(Person.ref).in_(named))
    people = {one.ref: one for one in (await work.session.exec(query)).all()}
    # Between the two queries somebody may have been erased.
    return [(people[mine], people[other]) for mine, other in pairs if {mine, other} <= people.keys()]


async def _apart_among(viewer: Viewer, work: Work, pairs: Iterable[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    asked = {one for one, _ in pairs}
    query = select(FilesApart.person, FilesApart.other).where(
        col(FilesApart.person).in_(asked), FilesApart.organisation == viewer.organisation
    )
    return {(one, other) for one, other in (await work.session.exec(query)).all()}
