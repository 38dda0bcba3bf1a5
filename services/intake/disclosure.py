"""Answering `Disclose`: what a desk may read now of the persons behind its referrals, journalled as it is read.

One statement reads hand-overs, grants, persons and situations of the whole page, so that all is of one instant.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from contracts.asks import Disclose
from contracts.consent import Category, Disclosure, disclose
from contracts.refusals import NotFound, Refusal
from contracts.replies import Disclosed, DisclosedAll, HandoverNote
from contracts.viewer import Role
from contracts.vocabulary import Purpose
from services.intake import handover_store as store
from services.intake import notes
from services.intake.dossier import (
    Convention,
    Known,
    choose_route,
    decided_at,
    dossier_of,
    grant_of,
    handover_of,
    route_of,
)
from services.intake.person_keys import PersonKeys
from services.intake.tables import DisclosureEntry, Handover, Note, SharingRoute
from services.runtime.database import Work
from services.runtime.process import Service
from services.runtime.web.dates import PARIS

# A refused reading of what the viewer cannot reach is journalled too, without a person: there is none for her.
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class _Page:
    """Everything read for one ask."""

    rows: dict[UUID, store.Reading]
    presumed: dict[tuple[UUID, str], Any]
    routes: list[SharingRoute]
    notes: dict[UUID, list[Note]]


async def answer_disclose(ask: Disclose, work: Work, keys: PersonKeys) -> DisclosedAll:
    """One row for each reference, in the order asked: a disclosure (with notes when asked), or a refusal."""
    refs = list(dict.fromkeys(ask.referrals))
    page = await _read(ask, work, refs)
    reading = uuid4()
    answers, journal = [], []
    for ref in refs:
        found = page.rows.get(ref)
        result = _decide(ask, work, page, found, keys)
        answers.append(_answer(ref, result, page.notes.get(ref, []), keys))
        journal.append(_entry(reading, ref, ask, work, found, result))
    if journal:
        await work.session.execute(insert(DisclosureEntry), journal)
    return DisclosedAll(rows=tuple(answers))


async def _read(ask: Disclose, work: Work, refs: Sequence[UUID]) -> _Page:
    viewer = ask.viewer
    if not refs or not viewer.desks or not viewer.has(Role.DESK_AGENT, Role.DESK_MANAGER):
        return _Page({}, {}, [], {})
    rows = {row[0].ref: row for row in await store.read_for_desk(viewer, work, refs)}
    handovers = [row[0] for row in rows.values()]
    if not handovers:
        return _Page({}, {}, [], {})
    return _Page(
        rows,
        await store.presumed_for_desk(viewer, work, handovers),
        await store.routes_now(
            viewer, work, {one.recipient_kind for one in handovers}, {one.sender_kind for one in handovers}
        ),
        await store.notes_of(viewer, work, rows) if ask.with_notes else {},
    )


def _decide(
    ask: Disclose, work: Work, page: _Page, found: store.Reading | None, keys: PersonKeys
) -> Disclosure | Refusal:
    if found is None:
        return NotFound()
    handover, granted, person, situation = found
    grant = grant_of(granted) if granted is not None else None
    categories: frozenset[Category] = grant.categories if grant else frozenset()
    known = Known(
        person,
        situation,
        page.presumed.get((handover.person, handover.right)),
        handover.need_summary,
        handover.accompaniment,
    )
    dossier = dossier_of(known, categories, work.now.astimezone(PARIS).date(), keys)
    return disclose(
        dossier, handover_of(handover), grant, _route(page.routes, handover), ask.viewer, decided_at(granted, work.now)
    )


def _route(routes: list[SharingRoute], handover: Handover) -> Any:  # noqa: ANN401 - a Route or None
    pair = [
        one
        for one in routes
        if (one.sender_kind, one.recipient_kind) == (handover.sender_kind, handover.recipient_kind)
    ]
    convention = Convention(handover.convention, handover.convention_starts, handover.convention_ends)
    return route_of(choose_route(pair, Purpose(handover.purpose)), convention)


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
    handover = found[0] if found is not None else None
    read = result if isinstance(result, Disclosure) else None
    return {
        "ref": uuid4(),
        "reading": reading,
        "handover": ref,
        "at": work.now,
        "viewer": ask.viewer.account,
        "viewer_organisation": ask.viewer.organisation,
        "person": handover.person if handover else NOBODY,
        "organisation": handover.organisation if handover else NOBODY,
        "desk": handover.desk if handover else (ask.viewer.desks[0] if ask.viewer.desks else NOBODY),
        "grant": handover.grant if handover else None,
        "epoch": read.epoch if read else 0,
        "route_version": read.route_version if read else 0,
        "categories": list(dict.fromkeys(one.category.value for one in read.shared)) if read else [],
        "refusal": result.slug if isinstance(result, Refusal) else None,
    }


def answers(service: Service, keys: PersonKeys) -> dict[Any, Any]:
    """The asks about a person that intake answers to the desks."""

    async def disclosed(ask: Disclose) -> DisclosedAll:
        async with service.database.web(ask.viewer) as work:
            return await answer_disclose(ask, work, keys)

    return {Disclose: disclosed, **notes.answers(service, keys)}
