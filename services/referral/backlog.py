"""What is open now, by state and age, and how far people came from the first meeting to an opened right.

Pure: sums of counted cells; nothing of a person is in one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.lifecycle import OPEN, State
from contracts.vocabulary import NonTakeUpCause
from services.referral.board import Counted
from services.referral.business_time import paris_day, position
from services.referral.definitions import TIME
from services.referral.people import CAUSE, PersonCell
from services.referral.tallying import DAY_QUARTERS, began

# Percent; Drees, Études et résultats 1058: rights opened within 3 months of a rights appointment.
DREES_YARDSTICK = 63
AGE_CLASSES = ((2, "2 jours ou moins"), (5, "3 à 5 jours"), (10, "6 à 10 jours"), (20, "11 à 20 jours"))
OLDEST = "plus de 20 jours"


@dataclass(frozen=True, slots=True)
class Backlog:
    """Open referrals by state and age class; `unanswered` await a first answer, `late` of them for over 2 days."""

    classes: tuple[str, ...]
    cells: dict[State, tuple[int, ...]]
    unanswered: int
    late: int

    @property
    def total(self) -> int:
        """All open referrals."""
        return sum(map(sum, self.cells.values()))

    @property
    def by_age(self) -> tuple[int, ...]:
        """Open referrals by age class, whatever their state."""
        return tuple(map(sum, zip(*self.cells.values(), strict=True)))


@dataclass(frozen=True, slots=True)
class Funnel:
    """People, not referrals, of the cohort first met in the window; each count is part of the one before.

    `mature` had a right identified at least three months ago; `mature_opened` of them had one opened within three.
    """

    met: int
    identified: int
    sent: int
    opened: int
    mature: int
    mature_opened: int

    @property
    def share_opened(self) -> float | None:
        """Percent opened within three months of the identification; None while nobody has had three months."""
        return 100 * self.mature_opened / self.mature if self.mature else None


@dataclass(frozen=True, slots=True)
class Cause:
    """People of the cohort for whom that cause of non-take-up was noted; somebody may have several."""

    cause: NonTakeUpCause
    people: int


def causes(cells: Mapping[PersonCell, int]) -> tuple[Cause, ...]:
    """Every cause, the most frequent first."""
    found: Counter[str] = Counter()
    for cell, number in cells.items():
        found[cell.how] += number
    every = (Cause(one, found[f"{CAUSE}{one.value}"]) for one in NonTakeUpCause)
    return tuple(sorted(every, key=lambda one: -one.people))


def backlog(rows: Iterable[Counted], now: datetime) -> Backlog:
    """Age classes in business days since the first sending, of referrals that are open now."""
    quarter = began(position(now))
    cells = {state: [0] * (len(AGE_CLASSES) + 1) for state in State if state in OPEN}
    unanswered = late = 0
    for row in rows:
        waited = quarter - row.bucket
        if row.how == "awaiting":
            unanswered += row.n
            late += row.n if waited > TIME["tta"].target_days * DAY_QUARTERS else 0
        else:
            cells[State(row.how)][_age_class(waited / DAY_QUARTERS)] += row.n
    labels = (*(label for _, label in AGE_CLASSES), OLDEST)
    return Backlog(labels, {state: tuple(counts) for state, counts in cells.items()}, unanswered, late)


def funnel(cells: Mapping[PersonCell, int], now: datetime) -> Funnel:
    """The steps of the people of these cells; three months have passed when that day is over or is today."""
    steps: Counter[str] = Counter()
    today = paris_day(now).toordinal()
    for cell, number in cells.items():
        if not cell.how.startswith("noted"):
            steps[cell.how] += number
        elif cell.bucket <= today:
            steps["mature"] += number
            steps["mature_opened"] += number if cell.how == "noted_opened" else 0
    return Funnel(*(steps[name] for name in ("met", "identified", "sent", "opened", "mature", "mature_opened")))


def _age_class(days: float) -> int:
    return next((index for index, (most, _) in enumerate(AGE_CLASSES) if days <= most), len(AGE_CLASSES))
