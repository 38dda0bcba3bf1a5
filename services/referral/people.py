"""How far people came, as counted cells: met, a right noted, handed over, a right opened; people and not referrals.

Pure. A person's cells follow from four instants, so in whatever order the facts arrive the count is the same.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from services.referral.business_time import paris_day
from services.referral.tallying import month_of

PEOPLE, CAUSE = "people", "cause_"
WITHIN_MONTHS = 3  # Drees, Études et résultats 1058


class Steps(NamedTuple):
    """The first instant of each step of one person; `sent`: some referral of hers stands; `causes` that were noted."""

    met_at: datetime | None = None
    identified_at: datetime | None = None
    sent: bool = False
    opened_at: datetime | None = None
    causes: Sequence[str] = ()


class PersonCell(NamedTuple):
    """A cell of the people: the month of the first meeting, the step, and for `noted…` the day on which three months
    have passed since the right was noted (proleptic ordinal), else 0."""

    month: str
    how: str
    bucket: int


def person_cells(steps: Steps) -> Counter[PersonCell]:
    """Each step is part of the one before; somebody never met is not counted."""
    found: Counter[PersonCell] = Counter()
    if steps.met_at is None:
        return found
    month = month_of(steps.met_at)
    found[PersonCell(month, "met", 0)] += 1
    if steps.identified_at is None:
        return found
    found[PersonCell(month, "identified", 0)] += 1
    found.update(PersonCell(month, f"{CAUSE}{one}", 0) for one in set(steps.causes))
    if steps.sent:
        found[PersonCell(month, "sent", 0)] += 1
    opened = steps.opened_at if steps.sent else None
    if opened is not None:
        found[PersonCell(month, "opened", 0)] += 1
    full = later(paris_day(steps.identified_at))
    in_time = opened is not None and paris_day(opened) <= full
    found[PersonCell(month, "noted_opened" if in_time else "noted", full.toordinal())] += 1
    return found


def later(day: date, months: int = WITHIN_MONTHS) -> date:
    """The same day so many months later, or the last of that month."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
