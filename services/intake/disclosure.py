"""Answering `Disclose`: what a desk may read now of the persons behind its referrals, journalled as it is read.

One statement reads hand-overs, grants, persons and situations of the whole page, so that all is of one instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from contracts.asks import Disclose
from contracts.consent import Category, Disclosure, disclose
from contracts.paris import paris_day
from contracts.refusals import FileLimited, NotFound, Refusal
from contracts.replies import Disclosed, DisclosedAll, HandoverNote
from contracts.viewer import Role
from services.intake import erasure_requests, journal, leaving, notes
from services.intake import handover_store as store
from services.intake.dossier import Known, dossier_of, handover_of
from services.intake.journal_kinds import Kind, Thing
from services.intake.limiting import limited_among
from services.intake.locks import Frame, frame_of, standing_of
from services.intake.person_keys import PersonKeys
from services.intake.tables import Note
from services.runtime.database import Work
from services.runtime.process import Service


@dataclass(frozen=True)
class _Page:
    """Everything read for one ask."""

    rows: dict[UUID, store.Reading]
    presumed: dict[tuple[UUID, str], Any]
    frame: Frame
    notes: dict[UUID, list[Note]]
    limited: frozenset[UUID] = frozenset()


async def answer_disclose(ask: Disclose, work: Work, keys: PersonKeys) -> DisclosedAll:
    """One row for each reference, in the order asked: a disclosure (with notes when asked), or a refusal."""
    refs = list(dict.fromkeys(ask.referrals))
    page = await _read(ask, work, refs)
    reading = uuid4()
    answers, entries = [], []
    for ref in refs:
        found = page.rows.get(ref)
        result = _decide(ask, work, page, found, keys)
        answers.append(_answer(ref, result, page.notes.get(ref, []), keys))
        entries.append(_entry(reading, ref, ask, work, found, result))
    await journal.record_all(work, entries)
    return DisclosedAll(rows=tuple(answers))


async def _read(ask: Disclose, work: Work, refs: Sequence[UUID]) -> _Page:
    viewer = ask.viewer
    if not refs or not viewer.desks or not viewer.has(Role.DESK_AGENT, Role.DESK_MANAGER):
        return _Page({}, {}, Frame(()), {})
    rows = {row[0].ref: row for row in await store.read_for_desk(viewer, work, refs)}
    handovers = [row[0] for row in rows.values()]
    if not handovers:
        return _Page({}, {}, Frame(()), {})
    return _Page(
        rows,
        await store.presumed_for_desk(viewer, work, handovers) if _asks_for(ask, Category.RIGHT_STATUS) else {},
        await frame_of(viewer, work, handovers),
        await store.notes_of(viewer, work, rows) if ask.with_notes else {},
        await limited_among(work, [one.person for one in handovers]),
    )


def _asks_for(ask: Disclose, category: Category) -> bool:
    return ask.only is None or category in ask.only


def _decide(
    ask: Disclose, work: Work, page: _Page, found: store.Reading | None, keys: PersonKeys
) -> Disclosure | Refusal:
    if found is None:
        return NotFound()
    handover, granted, person, situation = found
    if handover.person in page.limited:
        return FileLimited()
    standing = standing_of(handover, granted, page.frame, work.now)
    categories: frozenset[Category] = standing.grant.categories if standing.grant else frozenset()
    if ask.only is not None:
        categories &= ask.only
    known = Known(
        person,
        situation,
        page.presumed.get((handover.person, handover.right)),
        handover.need_summary,
        handover.accompaniment,
    )
    dossier = dossier_of(known, categories, paris_day(work.now), keys)
    return disclose(dossier, handover_of(handover), standing.grant, standing.route, ask.viewer, standing.at, ask.only)


def _answer(ref: UUID, result: Disclosure | Refusal, kept: list[Note], keys: PersonKeys) -> Disclosed:
    if isinstance(result, Refusal):
        return Disclosed(referral=ref, refusal=result.wire())
    return Disclosed(
        referral=ref,
        disclosure=result,
        notes=tuple(
            HandoverNote(ref=note.ref, kind=note.kind, at=note.at, author=note.author, text=notes.text_of(note, keys))
            for note in kept
        ),
    )


def _entry(
    reading: UUID, ref: UUID, ask: Disclose, work: Work, found: store.Reading | None, result: Disclosure | Refusal
) -> dict[str, Any]:
    # A refused reading of what the viewer cannot reach is journalled too, without a person: there is none for her.
    handover = found[0] if found is not None else None
    read = result if isinstance(result, Disclosure) else None
    return journal.row_of(
        work,
        ask.viewer,
        Kind.DISCLOSED,
        object=Thing.HANDOVER,
        ref=ref,
        reading=reading,
        person=handover.person if handover else None,
        organisation=handover.organisation if handover else ask.viewer.organisation,
        desk=handover.desk if handover else next(iter(ask.viewer.desks), None),
        grant=handover.grant if handover else None,
        epoch=read.epoch if read else 0,
        route_version=read.route_version if read else 0,
        categories=[one.category.value for one in read.shared] if read else (),
        refusal=result.slug if isinstance(result, Refusal) else None,
    )


def answers(service: Service, keys: PersonKeys) -> dict[Any, Any]:
    """The asks about a person that intake answers to the desks."""

    async def disclosed(ask: Disclose) -> DisclosedAll:
        async with service.database.web(ask.viewer) as work:
            return await answer_disclose(ask, work, keys)

    more = (notes.answers(service, keys), leaving.answers(service), erasure_requests.answers(service))
    return {Disclose: disclosed, **{ask: answer for found in more for ask, answer in found.items()}}
