"""Reading people. Every reading says who asks and keeps to her organisation; row-level security is the second net."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased
from sqlmodel import col, func, or_, select

from contracts.lifecycle import OPEN, State
from contracts.refusals import FileMerged, NotFound
from contracts.viewer import Viewer
from services.intake import handover_store
from services.intake.domain import ENDS_SOON
from services.intake.tables import (
    ConsentEvent,
    ConsentGrant,
    Encounter,
    Handover,
    Person,
    PresumedRight,
    Situation,
)
from services.intake.united_files import files_of
from services.runtime.database import Work

FILTERS = ("toutes", "mes-personnes", "en-attente", "accord-bientot-fini")
PAGE = 40
_WAITING = (State.DRAFT.value, State.SENT.value)
_OPEN = tuple(state.value for state in OPEN)


async def person_of(viewer: Viewer, work: Work, ref: UUID, *, lock: bool = False, merged: bool = False) -> Person:
    """A person of the viewer's organisation. Refusals: NotFound, FileMerged (unless `merged`: for what stays hers)."""
    query = select(Person).where(Person.ref == ref, Person.organisation == viewer.organisation)
    found = (await work.session.exec(query.with_for_update() if lock else query)).first()
    if found is None:
        raise NotFound
    if found.merged_into is not None and not merged:
        raise FileMerged(kept=str(found.merged_into), merged=str(found.ref))
    return found


def _ends() -> Any:  # noqa: ANN401 - an expression
    """The end of an agreement: its own, or that of whoever spoke for the person."""
    return func.least(col(ConsentGrant.expires_at), col(ConsentGrant.represented_until))


def _where(viewer: Viewer, work: Work, which: str, soon: timedelta) -> list[Any]:
    where: list[Any] = [Person.organisation == viewer.organisation, col(Person.merged_into).is_(None)]
    if which == "mes-personnes":
        where.append(Person.referent == viewer.account)
    elif which == "en-attente":
        waiting = _kept_among(
            Handover,
            Handover.organisation == viewer.organisation,
            col(Handover.step).in_(("sending", "sent")),
            col(Handover.state).in_(_WAITING),
        )
        where.append(col(Person.ref).in_(waiting))
    elif which == "accord-bientot-fini":
        ending = _kept_among(
            ConsentGrant,
            ConsentGrant.organisation == viewer.organisation,
            col(ConsentGrant.withdrawn_at).is_(None),
            _ends() > work.now,
            _ends() <= work.now + soon,
        )
        where.append(col(Person.ref).in_(ending))
    return where


def _kept_among(table: type[Handover] | type[ConsentGrant], *where: Any) -> Any:  # noqa: ANN401 - a query
    """The people of these rows; where the file of a row was merged, the one that is kept, which stands in the list."""
    merged = aliased(Person)
    kept = select(merged.merged_into).join(table, col(table.person) == col(merged.ref))
    return select(table.person).where(*where).union_all(kept.where(col(merged.merged_into).is_not(None), *where))


async def list_people(
    viewer: Viewer, work: Work, which: str, page: int = 1, *, soon: timedelta = ENDS_SOON, size: int = PAGE
) -> list[Person]:
    """One page of the people of a filter: the viewer's own first, then her colleagues', the last met first.

    `soon` is how long before its end an agreement counts as ending, `size` how many a page has.
    """
    query = (
        select(Person)
        .where(*_where(viewer, work, which, soon))
        .order_by((col(Person.referent) != viewer.account), col(Person.last_contact_at).desc(), col(Person.ref))
    )
    return list((await work.session.exec(query.offset((page - 1) * size).limit(size))).all())


async def count_people(viewer: Viewer, work: Work, *, soon: timedelta = ENDS_SOON) -> dict[str, int]:
    """How many people each filter holds; `soon` as in `list_people`."""
    counts = [func.count().filter(*_where(viewer, work, which, soon)) for which in FILTERS]
    row = (await work.session.execute(select(*counts).where(Person.organisation == viewer.organisation))).one()
    return dict(zip(FILTERS, row, strict=True))


@dataclass(frozen=True)
class Standing:
    """What a row of the list says besides who: the latest hand-over, presumed rights and live grants."""

    handovers: dict[UUID, Handover]
    rights: dict[UUID, list[PresumedRight]]
    grants: dict[UUID, list[ConsentGrant]]


async def standing_of(viewer: Viewer, work: Work, people: Sequence[Person]) -> Standing:
    """Where each of these people stands, with all her files."""
    kept = await _files_of_all(work, [person.ref for person in people])
    refs = list(kept)
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
    newest = sorted((await work.session.exec(latest)).all(), key=lambda row: row.created_at)
    return Standing(
        {kept[row.person]: row for row in newest},
        _by_person((await work.session.exec(rights)).all(), kept),
        _by_person((await work.session.exec(grants)).all(), kept),
    )


async def _files_of_all(work: Work, people: Sequence[UUID]) -> dict[UUID, UUID]:
    """Every file of these people, each with the one that is kept."""
    merged = select(Person.ref, Person.merged_into).where(col(Person.merged_into).in_(people))
    more = {ref: kept for ref, kept in (await work.session.exec(merged)).all() if kept is not None}
    return {**{ref: ref for ref in people}, **more}


def _by_person(rows: Iterable[Any], kept: dict[UUID, UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(kept[row.person], []).append(row)
    return found


@dataclass(frozen=True)
class PersonFile:
    """Everything on record of one person, for the people of her referent's organisation.

    `merged` are her other files, by reference: what is of one of them says so by its `person`.
    """

    person: Person
    situation: Situation | None
    grants: list[ConsentGrant]
    refusals: list[ConsentEvent]
    rights: list[PresumedRight]
    handovers: list[Handover]
    encounters: list[Encounter]
    merged: dict[UUID, Person] = field(default_factory=dict)


async def person_file(viewer: Viewer, work: Work, ref: UUID) -> PersonFile:
    """The whole file, newest first. Refusal: NotFound."""
    person = await person_of(viewer, work, ref)
    merged = await merged_into(viewer, work, ref)
    files = [ref, *merged]

    async def rows(table: Any, *conditions: Any, newest: Any) -> list[Any]:  # noqa: ANN401 - any table of a person
        here = (col(table.person).in_(files), table.organisation == viewer.organisation)
        query = select(table).where(*here, *conditions)
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
        merged,
    )


async def merged_into(viewer: Viewer, work: Work, ref: UUID) -> dict[UUID, Person]:
    """The files that were merged into this one, by reference."""
    query = select(Person).where(Person.merged_into == ref, Person.organisation == viewer.organisation)
    return {one.ref: one for one in (await work.session.exec(query.order_by(col(Person.ref)))).all()}


async def presumed_rights(viewer: Viewer, work: Work, person: UUID) -> list[PresumedRight]:
    """The rights presumed now, in the order in which they were noted; of several files each right once, this one's
    first.
    """
    query = select(PresumedRight).where(
        col(PresumedRight.person).in_(await files_of(work, person)),
        PresumedRight.organisation == viewer.organisation,
        col(PresumedRight.removed_at).is_(None),
    )
    rows = (await work.session.exec(query.order_by(col(PresumedRight.identified_at)))).all()
    own = {row.right for row in rows if row.person == person}
    others = {row.right: row for row in rows if row.person != person and row.right not in own}
    return [row for row in rows if row.person == person or row is others.get(row.right)]


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
