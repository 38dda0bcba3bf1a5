"""What a desk reads: its items, counted and listed, and the names of the professionals around them.

Every reading takes who asks first; row-level security is the second net.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select

from contracts.facts import DeskItemViewed
from contracts.lifecycle import ENDED, State
from contracts.refusals import NotFound
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Turn
from services.partners.domain import PARIS, Tab, today_in_paris
from services.partners.tables import Account, Desk, DeskItem, Organisation
from services.runtime.database import Work

PAGE = 30
_I: Any = DeskItem  # its attributes are SQL columns in a statement
_WAITS = and_(_I.state == State.ON_HOLD.value, _I.turn.is_not(None), _I.turn != Turn.DESK.value)
_TABS: dict[Tab, ColumnElement[bool]] = {
    Tab.TO_ANSWER: _I.state == State.SENT.value,
    Tab.WAITING: _WAITS,
    Tab.IN_PROGRESS: or_(
        _I.state.in_([State.ACKNOWLEDGED.value, State.IN_PROGRESS.value]),
        and_(_I.state == State.ON_HOLD.value, func.coalesce(_I.turn, Turn.DESK.value) == Turn.DESK.value),
    ),
    Tab.ENDED: _I.state.in_([state.value for state in ENDED]),
}
_ORDER: dict[Tab, tuple[Any, ...]] = {
    Tab.TO_ANSWER: (_I.acknowledge_due.asc().nulls_last(), _I.received_at, _I.ref),
    Tab.WAITING: (_I.next_due.asc().nulls_last(), _I.moved_at, _I.ref),
    Tab.IN_PROGRESS: (_I.next_due.asc().nulls_last(), _I.moved_at, _I.ref),
    Tab.ENDED: (_I.ended_at.desc().nulls_last(), _I.ref),
}


@dataclass(frozen=True)
class Counts:
    """How many items each view has, and of those to answer how many are late or due today."""

    tabs: dict[Tab, int]
    late: int
    due: int


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


async def count_items(viewer: Viewer, work: Work, *, mine: bool = False) -> Counts:
    """The counts of the viewer's desks, or of what is in her own hands there."""
    late = and_(_TABS[Tab.TO_ANSWER], _I.acknowledge_due < work.now)
    due = and_(_TABS[Tab.TO_ANSWER], _I.acknowledge_due >= work.now, _I.acknowledge_due < _end_of_day(work.now))
    columns = [func.count().filter(condition) for condition in (*_TABS.values(), late, due)]
    row = (await work.session.execute(select(*columns).where(_reach(viewer, mine)))).one()
    return Counts(dict(zip(_TABS, row[:4], strict=True)), row[4], row[5])


async def list_items(viewer: Viewer, tab: Tab, work: Work, *, mine: bool = False, page: int = 1) -> list[DeskItem]:
    """One page of 30 items of a view, what presses first."""
    statement = select(DeskItem).where(_reach(viewer, mine), _TABS[tab]).order_by(*_ORDER[tab])
    rows = await work.session.execute(statement.limit(PAGE).offset(PAGE * (page - 1)))
    return list(rows.scalars())


async def read_item(viewer: Viewer, ref: UUID, work: Work) -> DeskItem:
    """One item of the viewer's desks. Unknown and another desk's are one answer: NotFound."""
    statement = select(DeskItem).where(_I.ref == ref, _reach(viewer, False))
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


def _reach(viewer: Viewer, mine: bool) -> ColumnElement[bool]:
    at_desk = _I.desk.in_(viewer.desks)
    return and_(at_desk, _I.assignee == viewer.account) if mine else at_desk


def _end_of_day(now: datetime) -> datetime:
    tomorrow = today_in_paris(now) + timedelta(days=1)
    return datetime.combine(tomorrow, time(), PARIS)
