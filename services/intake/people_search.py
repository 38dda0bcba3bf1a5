"""Finding people of one's organisation: by name, phone, birth date or file number, and who may be one person twice.

A name is compared by trigrams, misspelt or not: by operators (`%`, `%>`) and not by functions, since only operators
can use the index on `search`; their thresholds are settings of the transaction. A file that was merged is found by what
it says, and leads to the one that is kept.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, func, or_, select

from contracts.viewer import Viewer
from services.intake.domain import Likeness, Looked, what_is_looked_for
from services.intake.person_keys import PersonKeys
from services.intake.tables import Person
from services.runtime.database import Work

MOST_FOUND = 30
# pg_trgm: how near a folded name must be to what was typed; below, two names only share a few letters.
NEAR_NAME = 0.42
# Wider, before `same_person` judges.
NEAR_TWIN = 0.3
_THRESHOLDS = """
SELECT set_config('pg_trgm.word_similarity_threshold', :word, true),
    set_config('pg_trgm.similarity_threshold', :whole, true)
"""


async def look_for(viewer: Viewer, work: Work, typed: str, keys: PersonKeys, limit: int = MOST_FOUND) -> list[Person]:
    """The people that what was typed finds, whatever it is: a name, a phone, a birth date or a file number."""
    looked, value = what_is_looked_for(typed)
    sought = keys.lookup_hash(value) if looked is Looked.PHONE else value
    return await search_people(viewer, work, looked, sought, limit)


async def look_on_a_page(
    viewer: Viewer, work: Work, typed: str, keys: PersonKeys, *, but: UUID | None = None
) -> tuple[list[Person], bool]:
    """The same without `but`, MOST_FOUND of them, and whether there are more: then the page says so."""
    found = [one for one in await look_for(viewer, work, typed, keys, MOST_FOUND + 2) if one.ref != but]
    return found[:MOST_FOUND], len(found) > MOST_FOUND


async def search_people(
    viewer: Viewer, work: Work, looked: Looked, value: str, limit: int = MOST_FOUND
) -> list[Person]:
    """The people that a search finds, the nearest first; `value` for a phone is its keyed hash."""
    query = select(Person).where(Person.organisation == viewer.organisation)
    if looked is Looked.PHONE:
        query = query.where(Person.phone_hash == value)
    elif looked is Looked.BIRTH_DATE:
        query = query.where(Person.birth_date == date.fromisoformat(value))
    elif looked is Looked.FILE_NUMBER:
        query = query.where(Person.file_number == value)
    elif not value:
        return []
    else:
        return await _by_name(viewer, work, query, value, limit)
    found = await work.session.exec(query.order_by(*_hers_first(viewer)).limit(limit))
    return await kept_among(viewer, work, found.all())


async def _by_name(viewer: Viewer, work: Work, query: Any, value: str, limit: int) -> list[Person]:  # noqa: ANN401
    """By its words, misspelt or not; where none is near, letter by letter: a piece from the middle of a name."""
    await _thresholds(work, NEAR_NAME)
    search = col(Person.search)
    nearest = (func.public.word_similarity(value, search).desc(), func.public.similarity(value, search).desc())
    near = query.where(search.op("OPERATOR(public.%>)")(value)).order_by(*nearest)
    piece = query.where(search.contains(value, autoescape=True))
    for one in (near, piece):
        found = (await work.session.exec(one.order_by(*_hers_first(viewer)).limit(limit))).all()
        if found:
            return await kept_among(viewer, work, found)
    return []


def _hers_first(viewer: Viewer) -> tuple[Any, ...]:
    return col(Person.referent) != viewer.account, col(Person.last_contact_at).desc()


async def likely_twins(viewer: Viewer, work: Work, new: Likeness) -> list[Person]:
    """The people of the organisation that share a near name, or the phone, with somebody; not her own file."""
    await _thresholds(work, NEAR_TWIN)
    alike = [col(Person.search).op("OPERATOR(public.%)")(new.name)]
    if new.phone:
        alike.append(col(Person.phone_hash) == new.phone)
    query = select(Person).where(Person.organisation == viewer.organisation, or_(*alike))
    nearness = func.public.similarity(new.name, col(Person.search))
    found = (await work.session.exec(query.order_by(nearness.desc()).limit(30))).all()
    return [one for one in await kept_among(viewer, work, found) if one.ref != new.ref]


async def kept_among(viewer: Viewer, work: Work, found: Sequence[Person]) -> list[Person]:
    """The same people, in that order: for a file that was merged the one that is kept, and each once."""
    away = {one.merged_into for one in found if one.merged_into is not None}
    kept: dict[UUID, Person] = {}
    if away:
        query = select(Person).where(col(Person.ref).in_(away), Person.organisation == viewer.organisation)
        kept = {one.ref: one for one in (await work.session.exec(query)).all()}
    shown = [kept.get(one.merged_into, one) if one.merged_into else one for one in found]
    return list({one.ref: one for one in shown}.values())


def likeness_of(person: Person) -> Likeness:
    """What a file is compared by."""
    return Likeness(person.ref, person.search, person.birth_date, person.phone_hash)


async def _thresholds(work: Work, near: float) -> None:
    await work.execute(_THRESHOLDS, word=str(near), whole=str(near))
