"""What a desk reads: its items, counted and listed, and the names of the professionals around them.

Every reading takes who asks first; row-level security is the second net.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, text, true

from contracts.facts import DeskItemViewed
from contracts.lifecycle import State
from contracts.refusals import NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Turn
from services.partners.domain import PARIS, Tab, tab_of, today_in_paris
from services.partners.tables import STILL_OPEN, Account, Desk, DeskItem, Organisation
from services.partners.wanted import MOST_ENDED, Wanted
from services.runtime.database import Work

PAGE = 30
_I: Any = DeskItem  # its attributes are SQL columns in a statement
_OPEN = text(f"deskitem.{STILL_OPEN}")
_ENDED = text(f"NOT (deskitem.{STILL_OPEN})")
_WAITS = and_(_I.state == State.ON_HOLD.value, _I.turn.is_not(None), _I.turn != Turn.DESK.value)
_OURS = or_(
    _I.state.in_([State.ACKNOWLEDGED.value, State.IN_PROGRESS.value]),
    and_(_I.state == State.ON_HOLD.value, func.coalesce(_I.turn, Turn.DESK.value) == Turn.DESK.value),
)
_NEW = _I.state == State.SENT.value
_DUE = case((_NEW, _I.acknowledge_due), else_=_I.next_due)
_ORDER: dict[Tab, tuple[Any, ...]] = {
    Tab.TO_ANSWER: (_I.acknowledge_due.asc().nulls_last(), _I.received_at, _I.ref),
    Tab.TODAY: (_DUE.asc(), _I.ref),
    Tab.LATE: (_DUE.asc(), _I.ref),
    Tab.IN_PROGRESS: (_I.next_due.asc().nulls_last(), _I.moved_at, _I.ref),
    Tab.WAITING: (_I.next_due.asc().nulls_last(), _I.moved_at, _I.ref),
    Tab.ENDED: (_I.ended_at.desc().nulls_last(), _I.ref),
}


@dataclass(frozen=True)
class Counts:
    """How many items each view has, and of those to answer how many are late or due today.

    What is closed is counted up to MOST_ENDED. `saved` are the counts of the saved views that were asked for, in their
    order; None for one of closed items.
    """

    tabs: dict[Tab, int]
    late: int
    due: int
    saved: tuple[int | None, ...] = ()


@dataclass
class Names:
    """Names of organisations, desks and professionals by reference; an unknown one reads as a plain word."""

    organisations: dict[UUID, str] = field(default_factory=dict)
    accounts: dict[UUID, Account] = field(default_factory=dict)
    desks: dict[UUID, str] = field(default_factory=dict)

    def organisation(self, ref: UUID | None) -> str:
        """The organisation's name."""
        return self.organisations.get(ref, "un organisme") if ref else "un organisme"

    def account(self, ref: UUID | None) -> str:
        """The professional's name."""
        return self.accounts[ref].name if ref in self.accounts else ""

    def desk(self, ref: UUID | None) -> str:
        """The desk's name."""
        return self.desks.get(ref, "un guichet") if ref else "un guichet"


async def count_items(
    viewer: Viewer, work: Work, *, wanted: Wanted | None = None, saved: Sequence[Wanted] = ()
) -> Counts:
    """The counts of the viewer's desks, of what `wanted` keeps of them, and of some saved views.

    One reading of what is open, grouped: a condition a view, row by row, would cost five times as much.
    """
    kept, now = _kept(viewer, wanted or Wanted()), work.now
    pressing = case((now > _DUE, Tab.LATE.value), (_end_of_day(now) > _DUE, Tab.TODAY.value), else_=None)
    open_ones = select(_I.state, _I.turn, pressing, func.count()).where(_at_desks(viewer), _OPEN, kept)
    tabs, of_new = dict.fromkeys(Tab, 0), {Tab.LATE: 0, Tab.TODAY: 0}
    for state, turn, presses, count in (await work.session.execute(open_ones.group_by(text("1, 2, 3")))).all():
        tab = tab_of(State(state), Turn(turn) if turn else None)
        tabs[tab] += count
        if presses and tab is not Tab.WAITING:
            tabs[Tab(presses)] += count
            of_new[Tab(presses)] += count if tab is Tab.TO_ANSWER else 0
    ended = select(_I.ref).where(_at_desks(viewer), kept, _ENDED).limit(MOST_ENDED).subquery()
    tabs[Tab.ENDED] = (await work.session.execute(select(func.count()).select_from(ended))).scalar_one()
    return Counts(tabs, of_new[Tab.LATE], of_new[Tab.TODAY], await _count_saved(viewer, saved, work))


async def _count_saved(viewer: Viewer, saved: Sequence[Wanted], work: Work) -> tuple[int | None, ...]:
    still = [and_(_kept(viewer, one), _view(one.tab, work.now)) for one in saved if one.tab is not Tab.ENDED]
    if not still:
        return (None,) * len(saved)
    statement = select(*(func.count().filter(one) for one in still)).where(_at_desks(viewer), _OPEN)
    found = iter((await work.session.execute(statement)).one())
    return tuple(None if one.tab is Tab.ENDED else next(found) for one in saved)


async def list_items(viewer: Viewer, wanted: Wanted, work: Work, *, page: int = 1) -> list[DeskItem]:
    """One page of 30 items of a view, what presses first."""
    where = (_at_desks(viewer), _view(wanted.tab, work.now), _kept(viewer, wanted))
    still = _ENDED if wanted.tab is Tab.ENDED else _OPEN
    statement = select(DeskItem).where(*where, still).order_by(*_ORDER[wanted.tab])
    rows = await work.session.execute(statement.limit(PAGE).offset(PAGE * (page - 1)))
    return list(rows.scalars())


async def read_items(viewer: Viewer, refs: Sequence[UUID], work: Work) -> list[DeskItem]:
    """Those of these items that are at the viewer's desks, in the order in which they were asked for."""
    rows = await work.session.execute(select(DeskItem).where(_I.ref.in_(refs), _at_desks(viewer)))
    found = {one.ref: one for one in rows.scalars()}
    return [found[one] for one in dict.fromkeys(refs) if one in found]


async def unattended_items(viewer: Viewer, work: Work) -> list[DeskItem]:
    """The open referrals of the desks she manages that nobody follows any more, the oldest first; a page at most."""
    if not viewer.manages:
        return []
    where = _I.desk.in_(viewer.manages) & _I.unattended_since.is_not(None)
    found = await work.session.execute(select(DeskItem).where(where).order_by(_I.unattended_since).limit(PAGE))
    return list(found.scalars())


async def read_choices(viewer: Viewer, work: Work) -> list[tuple[str, UUID]]:
    """The pairs of right and sending organisation among the open items: what the list can be narrowed to."""
    statement = select(_I.right, _I.sender_organisation).where(_at_desks(viewer), _OPEN).distinct()
    return [(right, sender) for right, sender in (await work.session.execute(statement)).all()]


async def read_item(viewer: Viewer, ref: UUID, work: Work) -> DeskItem:
    """One item of the viewer's desks. Unknown and another desk's are one answer: NotFound."""
    statement = select(DeskItem).where(_I.ref == ref, _at_desks(viewer))
    found = (await work.session.execute(statement)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def mark_viewed(viewer: Viewer, item: DeskItem, work: Work) -> None:
    """The first time that somebody of the desk opens it: noted once, and told to the sender's side."""
    row = await work.execute(
        "UPDATE partners.deskitem SET viewed_at = :now WHERE ref = :ref AND viewed_at IS NULL RETURNING 1",
        now=work.now,
        ref=item.ref,
    )
    if row.first() is not None:
        fact = DeskItemViewed(ref=item.ref, desk=item.desk, at=work.now)
        work.emit(fact, actor_kind=role_at_desk(viewer, item.desk).value)
        work.hint(f"desk.{item.desk}")


def role_at_desk(viewer: Viewer, desk: UUID) -> Role:
    """In which role she acts at that desk, for the journal."""
    return Role.DESK_MANAGER if desk in viewer.manages else Role.DESK_AGENT


async def read_names(
    _viewer: Viewer, work: Work, *, organisations: Iterable[UUID | None] = (), accounts: Iterable[UUID | None] = ()
) -> Names:
    """The names that a page needs; everybody of the territory may read the directory. Desks all come: there are few."""
    wanted = {one for one in organisations if one}
    people = {one for one in accounts if one}
    found = Names()
    statement: Any = select(Organisation).where(Organisation.ref.in_(wanted))  # type: ignore[attr-defined]
    found.organisations = {one.ref: one.name for one in (await work.session.execute(statement)).scalars()}
    statement = select(Account).where(Account.ref.in_(people))  # type: ignore[attr-defined]
    found.accounts = {one.ref: one for one in (await work.session.execute(statement)).scalars()}
    statement = select(Desk.ref, Desk.name)  # type: ignore[call-overload]
    found.desks = dict((await work.session.execute(statement)).all())
    return found


def _at_desks(viewer: Viewer) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _I.desk.in_(viewer.desks)
    return found


def _kept(viewer: Viewer, wanted: Wanted) -> ColumnElement[bool]:
    conditions = [true()]
    if wanted.mine:
        conditions.append(_I.assignee == viewer.account)
    if wanted.right is not None:
        conditions.append(_I.right == wanted.right)
    if wanted.sender is not None:
        conditions.append(_I.sender_organisation == wanted.sender)
    if wanted.urgent:
        conditions.append(_I.urgent)
    return and_(*conditions)


def _view(tab: Tab, now: datetime) -> ColumnElement[bool]:
    match tab:
        case Tab.TO_ANSWER:
            return _NEW
        case Tab.LATE:
            return and_(or_(_NEW, _OURS), now > _DUE)
        case Tab.TODAY:
            return and_(or_(_NEW, _OURS), now <= _DUE, _end_of_day(now) > _DUE)
        case Tab.IN_PROGRESS:
            return _OURS
        case Tab.WAITING:
            return _WAITS
    return true()


def _end_of_day(now: datetime) -> datetime:
    tomorrow = today_in_paris(now) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), PARIS)
