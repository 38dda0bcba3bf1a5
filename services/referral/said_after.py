"""What people said of it after the end, at the checks of one and three months: whether they were contacted, whether it
was of use, whether the right is really open. Counts of answers, by desk where there are enough; never who said it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from contracts.refusals import RoleNotAllowed
from contracts.viewer import Role, Viewer
from contracts.vocabulary import RightReally, Usefulness
from services.runtime.database import Work

ENOUGH = 5  # below, a desk is not shown by itself: an answer would be somebody’s
_COUNTED = """
SELECT desk, contacted, useful, right_open, count(*) AS n FROM checkanswer
WHERE at >= :since AND at < :until GROUP BY desk, contacted, useful, right_open
"""


class Answered(NamedTuple):
    """So many answers that said the same of one desk; `useful` None: she did not say."""

    desk: UUID
    contacted: bool
    useful: str | None
    right_open: str
    n: int


@dataclass(frozen=True, slots=True)
class Said:
    """All the answers of a stretch; `by_desk` has (answers, of use at least in part) where there are ENOUGH."""

    answers: int = 0
    contacted: int = 0
    useful: Mapping[Usefulness, int] = field(default_factory=dict)
    really: Mapping[RightReally, int] = field(default_factory=dict)
    by_desk: Mapping[UUID, tuple[int, int]] = field(default_factory=dict)

    @property
    def of_use(self) -> int:
        """Those who said yes or in part."""
        return self.useful.get(Usefulness.YES, 0) + self.useful.get(Usefulness.PARTLY, 0)

    @property
    def spoken(self) -> int:
        """Those who said whether it was of use."""
        return sum(self.useful.values())


async def read_said(viewer: Viewer, work: Work, since: datetime, until: datetime) -> Said:
    """The answers given in that stretch. Refusal: RoleNotAllowed for whoever is no coordinator."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    rows = await work.execute(_COUNTED, since=since, until=until)
    return said_of(Answered(*row) for row in rows)


def said_of(rows: Iterable[Answered]) -> Said:
    """The counts of these answers."""
    useful: Counter[Usefulness] = Counter()
    really: Counter[RightReally] = Counter()
    spoken: Counter[UUID] = Counter()
    of_use: Counter[UUID] = Counter()
    answers = contacted = 0
    for row in rows:
        answers += row.n
        contacted += row.n if row.contacted else 0
        really[RightReally(row.right_open)] += row.n
        if row.useful is not None:
            useful[Usefulness(row.useful)] += row.n
            spoken[row.desk] += row.n
            of_use[row.desk] += row.n if row.useful != Usefulness.NO else 0
    shown = {desk: (spoken[desk], of_use[desk]) for desk in _shown(spoken)}
    return Said(answers, contacted, dict(useful), dict(really), shown)


def _shown(spoken: Mapping[UUID, int]) -> list[UUID]:
    """The desks with ENOUGH, without the smallest of them where all less those shown would tell of one alone."""
    most_first = sorted(spoken, key=lambda desk: (-spoken[desk], desk))
    shown = [desk for desk in most_first if spoken[desk] >= ENOUGH]
    if len(most_first) - len(shown) == 1:
        shown = shown[:-1]
    return shown
