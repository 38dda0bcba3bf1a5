"""What a desk reads: its items, and the names of the professionals around them.

Every reading takes who asks first; row-level security is the second net.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from contracts.facts import DeskItemViewed
from contracts.refusals import NotFound
from contracts.viewer import Role, Viewer
from services.partners.desk_counts import DUE, kept_by
from services.partners.domain import Tab, end_of_day
from services.partners.tables import STILL_OPEN, Account, DeskItem
from services.partners.wanted import Wanted
from services.runtime.database import Work

PAGE = 30
_I: Any = DeskItem  # its attributes are SQL columns in a statement
_NEW = "state = 'sent'"
_OURS = "(state IN ('acknowledged', 'in_progress') OR state = 'on_hold' AND coalesce(turn, 'desk') = 'desk')"
_VIEWS = {
    Tab.TO_ANSWER: _NEW,
    Tab.TODAY: f"({_NEW} OR {_OURS}) AND :now <= {DUE} AND :tomorrow > {DUE}",
    Tab.LATE: f"({_NEW} OR {_OURS}) AND :now > {DUE}",
    Tab.IN_PROGRESS: _OURS,
    Tab.WAITING: "state = 'on_hold' AND turn <> 'desk'",
    Tab.ENDED: "true",
}
_ORDER = {
    Tab.TO_ANSWER: "acknowledge_due NULLS LAST, received_at, ref",
    Tab.TODAY: f"{DUE}, ref",
    Tab.LATE: f"{DUE}, ref",
    Tab.IN_PROGRESS: "next_due NULLS LAST, moved_at, ref",
    Tab.WAITING: "next_due NULLS LAST, moved_at, ref",
    Tab.ENDED: "ended_at DESC NULLS LAST, ref",
}
_ITEMS = f"""
SELECT {", ".join(f'"{name}"' for name in DeskItem.model_fields)} FROM partners.deskitem
WHERE desk = ANY(:desks) AND {{still}} AND {{view}} AND {{kept}} ORDER BY {{order}} LIMIT :size OFFSET :skipped
"""
_ORGANISATIONS = "SELECT ref, name FROM partners.organisation WHERE ref = ANY(:refs)"
_DESKS = "SELECT ref, name FROM partners.desk"


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


async def list_items(viewer: Viewer, wanted: Wanted, work: Work, *, page: int = 1) -> list[DeskItem]:
    """One page of 30 items of a view, what presses first. Rows to read, not models to change."""
    kept, values = kept_by(viewer, wanted)
    statement = _ITEMS.format(
        still=f"NOT ({STILL_OPEN})" if wanted.tab is Tab.ENDED else STILL_OPEN,
        view=_VIEWS[wanted.tab],
        kept=kept,
        order=_ORDER[wanted.tab],
    )
    values |= {"desks": list(viewer.desks), "now": work.now, "tomorrow": end_of_day(work.now)}
    rows = await work.execute(statement, size=PAGE, skipped=PAGE * (page - 1), **values)
    return [cast(DeskItem, row) for row in rows]


async def read_items(viewer: Viewer, refs: Sequence[UUID], work: Work) -> list[DeskItem]:
    """Those of these items that are at the viewer's desks, in the order in which they were asked for."""
    rows = await work.session.execute(select(DeskItem).where(_I.ref.in_(refs), _at_desks(viewer)))
    found = {one.ref: one for one in rows.scalars()}
    return [found[one] for one in dict.fromkeys(refs) if one in found]


async def unattended_items(viewer: Viewer, work: Work) -> tuple[list[DeskItem], int]:
    """The open referrals of the desks she manages that nobody follows any more, the oldest first, a page at most; and
    how many more there are.
    """
    if not viewer.manages:
        return [], 0
    where = _I.desk.in_(viewer.manages) & _I.unattended_since.is_not(None)
    found = await work.session.execute(select(DeskItem).where(where).order_by(_I.unattended_since).limit(PAGE))
    items = list(found.scalars())
    if len(items) < PAGE:
        return items, 0
    every = (await work.session.execute(select(func.count()).select_from(DeskItem).where(where))).scalar_one()
    return items, every - len(items)


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
    _viewer: Viewer,
    work: Work,
    *,
    organisations: Iterable[UUID | None] = (),
    accounts: Iterable[UUID | None] = (),
    desks: bool = False,
) -> Names:
    """The names that a page needs; everybody of the territory may read the directory. `desks` brings those of all
    desks: there are few.
    """
    wanted = {one for one in organisations if one}
    people = {one for one in accounts if one}
    found = Names()
    found.organisations = dict(await work.execute(_ORGANISATIONS, refs=list(wanted))) if wanted else {}
    found.desks = dict(await work.execute(_DESKS)) if desks else {}
    if people:
        statement: Any = select(Account).where(Account.ref.in_(people))  # type: ignore[attr-defined]
        found.accounts = {one.ref: one for one in (await work.session.execute(statement)).scalars()}
    return found


def _at_desks(viewer: Viewer) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _I.desk.in_(viewer.desks)
    return found
