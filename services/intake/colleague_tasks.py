"""What absent colleagues had to do: the tasks of those who are away today, or have left, for who is here to see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """Open tasks by absent colleague, those whom the viewer stands in for first; `away` when it could not be asked."""

    found: tuple[tuple[Absent, tuple[Task, ...]], ...] = ()
    away: bool = False

    def shown(self) -> list[Task]:
        """The tasks of which the page has a row: MOST of each colleague."""
        return [task for _, tasks in self.found for task in tasks[:MOST]]


async def read_colleague_tasks(service: Service, viewer: Viewer) -> ColleagueTasks:
    """Ask who is away, and only then for the tasks of the organisation."""
    try:
        absences = (await service.bus.ask(ListAbsences(viewer=viewer))).absences
        if not absences:
            return ColleagueTasks()
        tasks = (await service.bus.ask(ListTasks(viewer=viewer, whole_organisation=True))).tasks
    except ServiceAway:
        return ColleagueTasks(away=True)
    return ColleagueTasks(by_colleague(viewer.account, absences, tasks))


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
            beyond = max(0, len(tasks) - MOST)
            said = said_of(absent, viewer, today)
            sections.append({"name": absent.name, "said": said, "items": rows, "beyond": beyond})
    return sections
