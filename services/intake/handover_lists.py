"""The lists of hand-overs that a referent sees: the tabs of her organisation, and what needs her today."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import col, func, or_, select

from contracts.lifecycle import ENDED, OPEN
from contracts.viewer import Viewer
from contracts.vocabulary import Turn
from services.intake.handover_store import BEFORE, READABLE_STEPS
from services.intake.tables import ConsentGrant, Handover, Person
from services.runtime.database import Work

PAGE = 40
TABS = ("guichet", "en-cours", "a-moi", "closes", "brouillons")
_LAST_MOVED = """
SELECT ref FROM handover WHERE organisation = :organisation AND referent = :account AND step = ANY(:steps)
ORDER BY moved_at DESC LIMIT :most
"""
_KNOWN = "SELECT ref FROM handover WHERE organisation = :organisation AND ref = ANY(:refs)"


def _where_tab(viewer: Viewer, tab: str) -> list[Any]:
    mine = Handover.organisation == viewer.organisation
    state, turn = col(Handover.state), col(Handover.turn)
    open_now = col(Handover.step).in_(READABLE_STEPS)
    referent = Turn.REFERENT.value
    return {
        "guichet": [mine, open_now, state.in_(("draft", "sent"))],
        "en-cours": [
            mine,
            open_now,
            state.in_([one.value for one in OPEN if one.value != "sent"]),
            or_(turn.is_(None), turn != referent),
        ],
        "a-moi": [mine, or_((col(Handover.step) == "refused"), (open_now & (turn == referent)))],
        "closes": [mine, col(Handover.step) == "sent", state.in_([one.value for one in ENDED])],
        "brouillons": [mine, col(Handover.step).in_(BEFORE)],
    }[tab]


async def list_tab(viewer: Viewer, work: Work, tab: str, page: int = 1) -> list[tuple[Handover, Person]]:
    """Forty hand-overs of the viewer's organisation in one tab, the most pressing first, then the last moved."""
    found = await work.session.exec(
        select(Handover, Person)
        .join(Person, col(Person.ref) == col(Handover.person))
        .where(*_where_tab(viewer, tab))
        .order_by(
            col(Handover.next_due).asc().nulls_last()
            if tab in ("guichet", "en-cours")
            else col(Handover.moved_at).desc(),
            col(Handover.moved_at).desc(),
            col(Handover.ref),
        )
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )
    return [(row[0], row[1]) for row in found.all()]


async def count_tabs(viewer: Viewer, work: Work) -> dict[str, int]:
    """How many hand-overs each tab holds."""
    counts = [func.count().filter(*_where_tab(viewer, tab)).label(tab) for tab in TABS]
    row = (await work.session.execute(select(*counts).where(Handover.organisation == viewer.organisation))).one()
    return dict(zip(TABS, row, strict=True))


async def to_finish(viewer: Viewer, work: Work) -> list[tuple[Handover, Person]]:
    """The viewer's own drafts, those awaiting consent, and those that were refused on the way."""
    found = await work.session.exec(
        select(Handover, Person)
        .join(Person, col(Person.ref) == col(Handover.person))
        .where(
            Handover.organisation == viewer.organisation,
            Handover.referent == viewer.account,
            col(Handover.step).in_((*BEFORE, "refused")),
        )
        .order_by(col(Handover.moved_at).desc())
        .limit(50)
    )
    return [(row[0], row[1]) for row in found.all()]


async def late_at_desk(viewer: Viewer, work: Work) -> list[tuple[Handover, Person]]:
    """The viewer's open referrals whose next due instant is past, the oldest first."""
    found = await work.session.exec(
        select(Handover, Person)
        .join(Person, col(Person.ref) == col(Handover.person))
        .where(
            Handover.organisation == viewer.organisation,
            Handover.referent == viewer.account,
            col(Handover.step).in_(READABLE_STEPS),
            col(Handover.state).in_([one.value for one in OPEN]),
            col(Handover.next_due) < work.now,
        )
        .order_by(col(Handover.next_due))
        .limit(50)
    )
    return [(row[0], row[1]) for row in found.all()]


async def last_moved(viewer: Viewer, work: Work, limit: int = 8) -> list[tuple[Handover, Person]]:
    """The viewer's referrals that moved last."""
    asked = {"organisation": viewer.organisation, "account": viewer.account, "steps": list(READABLE_STEPS)}
    refs = (await work.execute(_LAST_MOVED, **asked, most=limit)).scalars()
    found = await by_refs(viewer, work, refs)
    return [found[ref] for ref in refs]


async def grants_ending(viewer: Viewer, work: Work, before: datetime) -> list[tuple[ConsentGrant, Person]]:
    """Grants of the viewer's own people that end before that instant and are not renewed, the first to end first; the
    end of whoever spoke for the person is an end, too.

    One that has ended stays here for as long as a referral under way rests on it: nothing of it is readable any more.
    """
    newer = aliased(ConsentGrant)
    ends = func.least(col(ConsentGrant.expires_at), col(ConsentGrant.represented_until))
    followed = exists().where(newer.renews == ConsentGrant.ref, col(newer.withdrawn_at).is_(None))
    renewed = exists().where(
        newer.person == ConsentGrant.person,
        newer.desk == ConsentGrant.desk,
        newer.purpose == ConsentGrant.purpose,
        col(newer.withdrawn_at).is_(None),
        func.least(newer.expires_at, newer.represented_until) > ends,
        col(newer.rights).op("@>")(col(ConsentGrant.rights)),
    )
    awaited = exists().where(
        col(Handover.grant) == col(ConsentGrant.ref),
        col(Handover.step) == "sent",
        col(Handover.state).in_([one.value for one in OPEN]),
    )
    found = await work.session.exec(
        select(ConsentGrant, Person)
        .join(Person, col(Person.ref) == col(ConsentGrant.person))
        .where(
            ConsentGrant.organisation == viewer.organisation,
            Person.referent == viewer.account,
            col(ConsentGrant.withdrawn_at).is_(None),
            or_((ends > work.now) & ~followed, awaited),
            ends <= before,
            ~renewed,
        )
        .order_by(ends)
        .limit(50)
    )
    return [(row[0], row[1]) for row in found.all()]


async def known_of(viewer: Viewer, work: Work, refs: Iterable[UUID]) -> set[UUID]:
    """Which of these hand-overs the viewer's organisation has."""
    asked = {"organisation": viewer.organisation, "refs": list(set(refs))}
    return set((await work.execute(_KNOWN, **asked)).scalars())


async def by_refs(viewer: Viewer, work: Work, refs: Iterable[UUID]) -> dict[UUID, tuple[Handover, Person]]:
    """Hand-overs of the viewer's organisation by reference, with their persons."""
    found = await work.session.exec(
        select(Handover, Person)
        .join(Person, col(Person.ref) == col(Handover.person))
        .where(Handover.organisation == viewer.organisation, col(Handover.ref).in_(set(refs)))
    )
    return {row[0].ref: (row[0], row[1]) for row in found.all()}
