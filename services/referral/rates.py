"""The shares beside the times, the time on hold by whose turn it was, and the desks that a rule would look at.

Pure: sums of counted cells. A share is always shown with what stands behind it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.vocabulary import Turn
from services.referral.board import Counted
from services.referral.business_time import position
from services.referral.definitions import RATES
from services.referral.durations import RESOLUTION
from services.referral.estimators import OPEN
from services.referral.tallying import COUNT, HOLDING, QUARTER, began

# What is counted of what, by the code of its definition.
_PARTS: dict[str, tuple[str, str]] = {
    "loop": ("loop", "roots"), "verified": ("verified", "roots"), "accepted": ("accepted", "first"),
    "redirected": ("redirected", "roots"), "unreachable": ("unreachable", "roots"),
    "withdrawn": ("state_withdrawn", "roots"), "declined": ("declined", "sent"),
    "reminder": ("reminder_worked", "reminded"), "confirmed": ("confirmed", "checked"),
}  # fmt: skip

# From how many referrals in three months, and outcomes checked in twelve, a rule applies.
MANY, MANY_CHECKED = 50, 100


@dataclass(frozen=True, slots=True)
class Rate:
    """A share: `part` of `whole`."""

    code: str
    title: str
    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Hold:
    """Business hours on hold by whose turn it was, of all the business hours that the roots took or take."""

    by_turn: Mapping[Turn, float]
    hours: float

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return sum(self.by_turn.values()) / self.hours if self.hours else None


@dataclass(frozen=True, slots=True)
class Health:
    """A rule that fired for a desk, and the count behind it."""

    rule: str
    desk: str
    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What the rules look at of one desk: in the last three months of sending, and for `confirmed` of `checked` in
    twelve."""

    desk: str
    sent: int
    declined: int
    roots: int
    opened: int
    confirmed: int
    checked: int


def counts_of(rows: Iterable[Counted]) -> Counter[str]:
    """What was counted, by word; `redirected` and `checked` are sums of others."""
    found: Counter[str] = Counter()
    for row in rows:
        if row.clock == COUNT:
            found[row.how] += row.n
    found["redirected"] = sum(number for how, number in found.items() if how.startswith("hops_") and how != "hops_0")
    found["checked"] = found["confirmed"] + found["contradicted"]
    return found


def rates(counted: Mapping[str, int]) -> tuple[Rate, ...]:
    """Every share, in the order of its definitions."""
    return tuple(
        Rate(one.code, one.title, counted.get(_PARTS[one.code][0], 0), counted.get(_PARTS[one.code][1], 0))
        for one in RATES
    )


def hold(rows: Iterable[Counted], now: datetime, beside: int = 0) -> Hold:
    """Pauses that have ended and those that go on, beside the time that the roots of the same cells take: as they are
    among `rows`, and `beside` quarter hours that were added up already."""
    quarter, total = began(position(now)), beside
    by_turn: Counter[Turn] = Counter()
    for row in rows:
        since = max(0, quarter - row.bucket) * row.n if row.quarters is None else row.quarters
        if row.clock == COUNT and row.how.startswith("held_"):
            by_turn[Turn(row.how.removeprefix("held_"))] += row.n
        elif row.clock == HOLDING:
            by_turn[Turn(row.how)] += since * QUARTER
        elif row.clock == RESOLUTION:
            total += since if row.how == OPEN or row.quarters is not None else row.bucket * row.n
    return Hold({turn: by_turn[turn] / 3600 for turn in Turn}, total * QUARTER / 3600)


def looked_at(
    quarter: Mapping[str, Mapping[str, int]], year: Mapping[str, Mapping[str, int]]
) -> tuple[Looked, ...]:
    """What the rules look at, by desk of what was counted in the last three and twelve months; busiest desk first."""
    found = []
    for desk in {*quarter, *year}:
        now, long = quarter.get(desk, {}), year.get(desk, {})
        one = Looked(
            desk, now.get("sent", 0), now.get("declined", 0), now.get("roots", 0), now.get("right_opened", 0),
            long.get("confirmed", 0), long.get("confirmed", 0) + long.get("contradicted", 0),
        )
        if one.sent or one.checked:
            found.append(one)
    return tuple(sorted(found, key=lambda one: (-one.sent, one.desk)))


def health(desks: Iterable[Looked]) -> tuple[Health, ...]:
    """The desks that a rule would look at.

    A peer's rules: ≥ 50 referrals in the quarter and ≥ 30 % declined; ≥ 50 and ≤ 25 % opened; ≥ 100 answers in the
    year and ≤ 45 % satisfying, an answer being an outcome that was confirmed or contradicted.
    """
    found = []
    for one in sorted(desks, key=lambda one: one.desk):
        if one.sent >= MANY and one.declined * 100 >= 30 * one.sent:
            found.append(Health("declines", one.desk, one.declined, one.sent))
        if one.roots >= MANY and one.opened * 100 <= 25 * one.roots:
            found.append(Health("opens_little", one.desk, one.opened, one.roots))
        if one.checked >= MANY_CHECKED and one.confirmed * 100 <= 45 * one.checked:
            found.append(Health("contradicted", one.desk, one.confirmed, one.checked))
    return tuple(found)
