"""What is open now, by state and age, and how far people came from the first meeting to an opened right.

Pure: counts of referrals and of people; a person is a random reference that never leaves this service.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from contracts.lifecycle import OPEN, State
from services.referral.board import HOURS_A_DAY, TIMES
from services.referral.times import BusinessAxis

# Percent; Drees, Études et résultats 1058: rights opened within 3 months of a rights appointment.
DREES_YARDSTICK = 63
AGE_CLASSES = ((2, "2 jours ou moins"), (5, "3 à 5 jours"), (10, "6 à 10 jours"), (20, "11 à 20 jours"))
OLDEST = "plus de 20 jours"


class OpenRow(NamedTuple):
    """One open referral: its state, when its root was sent, and since when it awaits an answer (POSIX seconds)."""

    state: str
    root_sent: float
    awaiting: float


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


def backlog(rows: Iterable[OpenRow], now: datetime) -> Backlog:
    """Age classes in business days since the first sending, of referrals that are open now."""
    found = list(rows)
    at = now.timestamp()
    first = min((min(row.root_sent, row.awaiting) for row in found), default=at)
    axis = BusinessAxis(datetime.fromtimestamp(first, UTC), now)
    cells = {state: [0] * (len(AGE_CLASSES) + 1) for state in State if state in OPEN}
    unanswered = late = 0
    for row in found:
        days = axis.hours(row.root_sent, at) / HOURS_A_DAY
        cells[State(row.state)][_age_class(days)] += 1
        if row.state == State.SENT:
            unanswered += 1
            late += axis.hours(row.awaiting, at) > TIMES[0].target_days * HOURS_A_DAY
    labels = (*(label for _, label in AGE_CLASSES), OLDEST)
    return Backlog(labels, {state: tuple(counts) for state, counts in cells.items()}, unanswered, late)


def _age_class(days: float) -> int:
    return next((index for index, (most, _) in enumerate(AGE_CLASSES) if days <= most), len(AGE_CLASSES))
