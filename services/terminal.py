"""How a command speaks on the terminal: one console, and a bar while something long goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

console = Console(highlight=False)


@dataclass(frozen=True)
class Bar:
    """A bar that is shown now."""

    progress: Progress
    task: TaskID

    def reached(self, done: int, total: int | None) -> None:
        """So many of so many; `total` None where nobody knows yet."""
        self.progress.update(self.task, completed=done, total=total)

    def advance(self, by: int = 1) -> None:
        """So many more."""
        self.progress.advance(self.task, by)


@contextmanager
def bar(what: str, total: int | None = None) -> Iterator[Bar]:
    """A bar under that name, gone at the end."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress, progress.add_task("", total=total))
