"""Reading people. Every reading says who asks and keeps to her organisation; row-level security is the second net."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, func, or_, select

from contracts.lifecycle import OPEN, State
from contracts.refusals import NotFound
from contracts.viewer import Viewer
from services.intake import handover_store
from services.intake.domain import Likeness, Looked
from services.intake.tables import (
    ConsentEvent,
    ConsentGrant,
    Encounter,
    Handover,
    Person,
    PresumedRight,
    Situation,
)
from services.runtime.database import Work

FILTERS = ("toutes", "mes-personnes", "en-attente", "accord-bientot-fini")
PAGE = 40
ENDING_SOON = timedelta(days=15)
_WAITING = (State.DRAFT.value, State.SENT.value)
_OPEN = tuple(state.value for state in OPEN)
# pg_trgm: how near a folded name must be to what was typed; below, two names only share a few letters.
NEAR_NAME = 0.42


async def person_of(viewer: Viewer, work: Work, ref: UUID, *, lock: bool = False) -> Person:
    """A person of the viewer's organisation. Refusal: NotFound."""
    query = select(Person).where(Person.ref == ref, Person.organisation == viewer.organisation)
    found = (await work.session.exec(query.with_for_update() if lock else query)).first()
    if found is None:
        raise NotFound
    return found


def _ends() -> Any:  # noqa: ANN401 - an expression
    """The end of an agreement: its own, or that of whoever spoke for the person."""
    return func.least(col(ConsentGrant.expires_at), col(ConsentGrant.represented_until))


def _where(viewer: Viewer, work: Work, which: str) -> list[Any]:
    waiting = select(Handover.person).where(
        col(Handover.step).in_(("sending", "sent")), col(Handover.state).in_(_WAITING)
    )
    ending = select(ConsentGrant.person).where(
        col(ConsentGrant.withdrawn_at).is_(None),
        _ends() > work.now,
        _ends() <= work.now + ENDING_SOON,
    )
    extra: dict[str, list[Any]] = {
        "mes-personnes": [Person.referent == viewer.account],
        "en-attente": [col(Person.ref).in_(waiting)],
        "accord-bientot-fini": [col(Person.ref).in_(ending)],
    }
    return [Person.organisation == viewer.organisation, *extra.get(which, [])]


async def list_people(viewer: Viewer, work: Work, which: str, page: int = 1) -> list[Person]:
    """One page of the people of a filter: the viewer's own first, then her colleagues', the last met first."""
    query = (
        select(Person)
        .where(*_where(viewer, work, which))
        .order_by((col(Person.referent) != viewer.account), col(Person.last_contact_at).desc(), col(Person.ref))
    )
    return list((await work.session.exec(query.offset((page - 1) * PAGE).limit(PAGE))).all())


async def count_people(viewer: Viewer, work: Work) -> dict[str, int]:
    """How many people each filter holds."""
    counts = [func.count().filter(*_where(viewer, work, which)) for which in FILTERS]
    row = (await work.session.execute(select(*counts).where(Person.organisation == viewer.organisation))).one()
    return dict(zip(FILTERS, row, strict=True))


async def search_people(viewer: Viewer, work: Work, looked: Looked, value: str, limit: int = 30) -> list[Person]:
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
        nearness = func.greatest(
            func.public.word_similarity(value, col(Person.search)), func.public.similarity(value, col(Person.search))
        )
        query = query.where(or_(nearness >= NEAR_NAME, col(Person.search).contains(value, autoescape=True)))
        query = query.order_by(nearness.desc())
    query = query.order_by((col(Person.referent) != viewer.account), col(Person.last_contact_at).desc())
    return list((await work.session.exec(query.limit(limit))).all())


async def likely_twins(viewer: Viewer, work: Work, new: Likeness) -> list[Person]:
    """The people of the organisation that share a near name, or the phone, with somebody new."""
    nearness = func.public.similarity(new.name, col(Person.search))
    alike = [nearness >= 0.3]
    if new.phone:
        alike.append(col(Person.phone_hash) == new.phone)
    query = select(Person).where(Person.organisation == viewer.organisation, or_(*alike))
    return list((await work.session.exec(query.order_by(nearness.desc()).limit(30))).all())


@dataclass(frozen=True)
class Standing:
    """What a row of the list says besides who: the latest hand-over, presumed rights and live grants."""

    handovers: dict[UUID, Handover]
    rights: dict[UUID, list[PresumedRight]]
    grants: dict[UUID, list[ConsentGrant]]


async def standing_of(viewer: Viewer, work: Work, people: Sequence[Person]) -> Standing:
    """Where each of these people stands, in three statements."""
    refs = [person.ref for person in people]
    latest = (
        select(Handover)
        .where(
            col(Handover.person).in_(refs),
            Handover.organisation == viewer.organisation,
            Handover.step != handover_store.ABANDONED,
        )
        .order_by(col(Handover.person), col(Handover.created_at).desc())
        .ext(distinct_on(col(Handover.person)))
    )
    rights = select(PresumedRight).where(
        col(PresumedRight.person).in_(refs),
        PresumedRight.organisation == viewer.organisation,
        col(PresumedRight.removed_at).is_(None),
    )
    grants = select(ConsentGrant).where(
        col(ConsentGrant.person).in_(refs),
        ConsentGrant.organisation == viewer.organisation,
        col(ConsentGrant.withdrawn_at).is_(None),
        _ends() > work.now,
    )
    return Standing(
        {row.person: row for row in (await work.session.exec(latest)).all()},
        _by_person((await work.session.exec(rights)).all()),
        _by_person((await work.session.exec(grants)).all()),
    )


def _by_person(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row.person, []).append(row)
    return found


@dataclass(frozen=True)
class PersonFile:
    """Everything on record of one person, for the people of her referent's organisation."""

    person: Person
    situation: Situation | None
    grants: list[ConsentGrant]
    refusals: list[ConsentEvent]
    rights: list[PresumedRight]
    handovers: list[Handover]
    encounters: list[Encounter]


async def person_file(viewer: Viewer, work: Work, ref: UUID) -> PersonFile:
    """The whole file, newest first. Refusal: NotFound."""
    person = await person_of(viewer, work, ref)

    async def rows(table: Any, *conditions: Any, newest: Any) -> list[Any]:  # noqa: ANN401 - any table of a person
        query = select(table).where(table.person == ref, table.organisation == viewer.organisation, *conditions)
        return list((await work.session.exec(query.order_by(newest.desc()))).all())

    situation = await work.session.exec(
        select(Situation).where(Situation.person == ref, Situation.organisation == viewer.organisation)
    )
    return PersonFile(
        person,
        situation.first(),
        await rows(ConsentGrant, newest=col(ConsentGrant.given_at)),
        await rows(ConsentEvent, ConsentEvent.kind == "refused", newest=col(ConsentEvent.at)),
        await presumed_rights(viewer, work, ref),
        await rows(Handover, Handover.step != handover_store.ABANDONED, newest=col(Handover.created_at)),
        await rows(Encounter, newest=col(Encounter.met_on)),
    )


async def presumed_rights(viewer: Viewer, work: Work, person: UUID) -> list[PresumedRight]:
    """The rights presumed now, in the order in which they were noted."""
    query = select(PresumedRight).where(
        PresumedRight.person == person,
        PresumedRight.organisation == viewer.organisation,
        col(PresumedRight.removed_at).is_(None),
    )
    return list((await work.session.exec(query.order_by(col(PresumedRight.identified_at)))).all())


async def grant_of(viewer: Viewer, work: Work, ref: UUID, *, lock: bool = False) -> ConsentGrant:
    """A grant that the viewer's organisation recorded, locked when it is to change. Refusal: NotFound."""
    query = select(ConsentGrant).where(ConsentGrant.ref == ref, ConsentGrant.organisation == viewer.organisation)
    found = (await work.session.exec(query.with_for_update() if lock else query)).first()
    if found is None:
        raise NotFound
    return found


async def resting_on(viewer: Viewer, work: Work, grant: UUID) -> list[Handover]:
    """The hand-overs that left, or are leaving, on that grant."""
    query = select(Handover).where(
        Handover.grant == grant,
        Handover.organisation == viewer.organisation,
        col(Handover.step).in_(("sending", "sent")),
    )
    return list((await work.session.exec(query.order_by(col(Handover.ref)))).all())


async def open_on(viewer: Viewer, work: Work, grants: Iterable[UUID]) -> list[Handover]:
    """The hand-overs that rest on these grants and are not over, locked in one order."""
    query = select(Handover).where(
        col(Handover.grant).in_(list(grants)),
        Handover.organisation == viewer.organisation,
        or_(col(Handover.step) == "sending", (col(Handover.step) == "sent") & col(Handover.state).in_(_OPEN)),
    )
    return list((await work.session.exec(query.order_by(col(Handover.ref)).with_for_update())).all())


async def file_number_taken(viewer: Viewer, work: Work, number: str) -> bool:
    """Whether a person of the organisation has that number."""
    query = select(Person.ref).where(Person.organisation == viewer.organisation, Person.file_number == number)
    return (await work.session.exec(query)).first() is not None
