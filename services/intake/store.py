"""Reading people. Every reading says who asks and keeps to her organisation; row-level security is the second net."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import col, or_, select

from contracts.lifecycle import OPEN
from contracts.refusals import FileMerged, NotFound
from contracts.viewer import Viewer
from services.intake import handover_store
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
