"""The numbers of a desk's list: what is open is read once, in groups, and every view is counted from that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.lifecycle import State
from contracts.viewer import Viewer
from contracts.vocabulary import Turn
from services.partners.domain import Tab, end_of_day, tab_of
from services.partners.tables import STILL_OPEN
from services.partners.wanted import MOST_ENDED, Wanted
from services.runtime.database import Work

DUE = "CASE WHEN state = 'sent' THEN acknowledge_due ELSE next_due END"
_OPEN = f"""
SELECT state, turn, CASE WHEN :now > {DUE} THEN '{Tab.LATE}' WHEN :tomorrow > {DUE} THEN '{Tab.TODAY}' END AS presses,
    assignee = :account AS mine, "right", sender_organisation AS sender, urgent, count(*) AS n
FROM partners.deskitem WHERE desk = ANY(:desks) AND {STILL_OPEN} GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_ENDED = f"""
SELECT count(*) FROM (
    SELECT FROM partners.deskitem WHERE desk = ANY(:desks) AND NOT ({STILL_OPEN}) AND {{kept}} LIMIT {MOST_ENDED}
) AS ended
"""


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


@dataclass(frozen=True)
class Group:
    """`n` open items that no view tells apart. `tab` is where they stand, `presses` the other view that shows them."""

    tab: Tab
    presses: Tab | None
    mine: bool
    right: str
    sender: UUID
    urgent: bool
    n: int


async def open_groups(viewer: Viewer, work: Work) -> list[Group]:
    """What is open at the viewer's desks."""
    rows = await work.execute(
        _OPEN, now=work.now, tomorrow=end_of_day(work.now), account=viewer.account, desks=list(viewer.desks)
    )
    found = []
    for state, turn, presses, mine, right, sender, urgent, n in rows:
        tab = tab_of(State(state), Turn(turn) if turn else None)
        pressing = Tab(presses) if presses and tab is not Tab.WAITING else None
        found.append(Group(tab, pressing, mine, right, sender, urgent, n))
    return found


async def count_ended(viewer: Viewer, wanted: Wanted, work: Work) -> int:
    """How many closed items of the viewer's desks `wanted` keeps, MOST_ENDED at most."""
    kept, values = kept_by(viewer, wanted)
    statement = _ENDED.format(kept=kept)
    found: int = (await work.execute(statement, desks=list(viewer.desks), **values)).scalar_one()
    return found


def kept_by(viewer: Viewer, wanted: Wanted) -> tuple[str, dict[str, object]]:
    """The condition on `deskitem` by which `wanted` narrows any view, and its values."""
    given = {
        "assignee = :account": ("account", viewer.account if wanted.mine else None),
        '"right" = :right': ("right", wanted.right),
        "sender_organisation = :sender": ("sender", wanted.sender),
    }
    kept = [one for one, (_, value) in given.items() if value is not None] + (["urgent"] if wanted.urgent else [])
    return " AND ".join(kept) or "true", {name: value for name, value in given.values() if value is not None}


def counts_of(groups: Iterable[Group], ended: int, wanted: Wanted, saved: Sequence[Wanted] = ()) -> Counts:
    """The counts of what `wanted` keeps, whatever its view, and of some saved views. Pure."""
    groups = list(groups)
    tabs, of_new = dict.fromkeys(Tab, 0) | {Tab.ENDED: ended}, {Tab.LATE: 0, Tab.TODAY: 0}
    for one in groups:
        if not _keeps(wanted, one):
            continue
        tabs[one.tab] += one.n
        if one.presses is not None:
            tabs[one.presses] += one.n
            of_new[one.presses] += one.n if one.tab is Tab.TO_ANSWER else 0
    return Counts(tabs, of_new[Tab.LATE], of_new[Tab.TODAY], tuple(_of_view(groups, one) for one in saved))


def choices_of(groups: Iterable[Group]) -> list[tuple[str, UUID]]:
    """The pairs of right and sending organisation among the open items: what the list can be narrowed to."""
    return list(dict.fromkeys((one.right, one.sender) for one in groups))


def _of_view(groups: Iterable[Group], view: Wanted) -> int | None:
    if view.tab is Tab.ENDED:
        return None
    return sum(one.n for one in groups if view.tab in (one.tab, one.presses) and _keeps(view, one))


def _keeps(wanted: Wanted, one: Group) -> bool:
    return (
        (one.mine or not wanted.mine)
        and wanted.right in (None, one.right)
        and wanted.sender in (None, one.sender)
        and (one.urgent or not wanted.urgent)
    )
