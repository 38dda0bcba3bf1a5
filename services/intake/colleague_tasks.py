"""What absent colleagues had to do: the tasks of those who are away today, or have left, for who is here to see."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from contracts.asks import ListAbsences, ListTasks
from contracts.refusals import ServiceAway
from contracts.replies import Absent, Task
from contracts.viewer import Viewer
from services.runtime.process import Service
from services.runtime.web.dates import until

MOST = 10


@dataclass(frozen=True)
class ColleagueTasks:
    """Open tasks by absent colleague, those whom the viewer stands in for first, and how many more each has; `away`
    when it could not be asked.
    """

    found: tuple[tuple[Absent, tuple[Task, ...]], ...] = ()
    away: bool = False
    beyond: Mapping[UUID, int] = field(default_factory=dict)

    def shown(self) -> list[Task]:
        """The tasks of which the page has a row: MOST of each colleague."""
        return [task for _, tasks in self.found for task in tasks[:MOST]]


async def read_colleague_tasks(service: Service, viewer: Viewer) -> ColleagueTasks:
    """Ask who is away, and only then for the tasks of the organisation."""
    try:
        absences = (await service.bus.ask(ListAbsences(viewer=viewer))).absences
        if not absences:
            return ColleagueTasks()
        whose = tuple({one.account for one in absences} - {viewer.account})
        if not whose:
            return ColleagueTasks()
        ask = ListTasks(viewer=viewer, whole_organisation=True, accounts=whose, at_most=MOST)
        found = await service.bus.ask(ask)
    except ServiceAway:
        return ColleagueTasks(away=True)
    beyond: Counter[UUID] = Counter()
    for more in found.beyond:
        beyond[more.account] += len(more.referrals)
    return ColleagueTasks(by_colleague(viewer.account, absences, found.tasks), beyond=beyond)


def by_colleague(
    viewer: UUID, absences: Sequence[Absent], tasks: Sequence[Task]
) -> tuple[tuple[Absent, tuple[Task, ...]], ...]:
    """The tasks of each absent colleague who has some: whom the viewer stands in for, then who left, then by name."""
    mine = {one.account: tuple(task for task in tasks if task.account == one.account) for one in absences}
    order = sorted(absences, key=lambda one: (one.deputy != viewer, not one.left, one.name))
    return tuple((one, mine[one.account]) for one in order if mine[one.account] and one.account != viewer)


def said_of(one: Absent, viewer: UUID, today: date) -> str:
    """`en absence jusqu’à lundi, vous la remplacez`, or that she has left."""
    if one.left:
        return "n’est plus là\u202f: ses tâches attendent une reprise"
    text = f"en absence {until(one.until, today)}" if one.until else "en absence"
    if one.deputy == viewer:
        return f"{text}, vous assurez son relais"
    return f"{text}, relais\u202f: {one.deputy_name}" if one.deputy_name else f"{text}, sans relais"


def sections_of(
    found: ColleagueTasks, items: Mapping[UUID, dict[str, Any]], viewer: UUID, today: date
) -> list[dict[str, Any]]:
    """The parts of the page: who, until when, her rows, and how many come when these are done; `items` are the rows by
    reference of the task.
    """
    sections = []
    for absent, tasks in found.found:
        rows = [items[task.ref] for task in tasks if task.ref in items]
        if rows:
            beyond = max(0, len(tasks) - MOST) + found.beyond.get(absent.account, 0)
            said = said_of(absent, viewer, today)
            sections.append({"name": absent.name, "said": said, "items": rows, "beyond": beyond})
    return sections
