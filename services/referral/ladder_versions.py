"""Ladders over time: which clocks and rungs hold for a desk on a day, and what a change of them may not do.

Pure. A version has a day from which it applies; the one that began last counts, and of two that begin on the same day
the one made last. A desk without a version of its own, or with one that says so, follows the territory.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.ladder import Audience, LadderStep
from contracts.refusals import ClockOutOfBounds, RungNeeded, RungsOutOfOrder
from services.referral.business_time import HOURS_A_DAY
from services.referral.ladder import DEFAULT, USUAL, Clocks, Ladder, Rung
from services.referral.ladder_audiences import check_hearers, with_hearers

TERRITORY = UUID(int=0)
CLOCK_BOUNDS: dict[str, tuple[int, int]] = {
    "acknowledge_days": (1, 15), "urgent_hours": (1, 16), "contact_days": (1, 30), "expires_days": (10, 90),
    "consent_days": (5, 60),
}
# No desk has its own: nothing is kept of them with its versions.
OF_TERRITORY = frozenset({"consent_days"})
# From, to, and whether the rung may be taken out: the last ones of each wait may not.
RUNG_BOUNDS: dict[LadderStep, tuple[int, int, bool]] = {
    LadderStep.ACKNOWLEDGE_SOON: (-10, -1, True),
    LadderStep.ACKNOWLEDGE_DUE: (0, 0, False),
    LadderStep.ACKNOWLEDGE_LATE: (1, 20, False),
    LadderStep.EXPIRES_SOON: (-15, -1, False),
    LadderStep.CONTACT_SOON: (-10, -1, True),
    LadderStep.CONTACT_DUE: (0, 0, False),
    LadderStep.CONTACT_LATE: (1, 20, False),
    LadderStep.NO_ACTIVITY: (3, 60, True),
    LadderStep.NO_ACTIVITY_LONG: (7, 120, False),
    LadderStep.HOLD_ENDED: (0, 10, True),
    LadderStep.QUESTION_WAITS: (1, 20, True),
    LadderStep.CHECK_30: (14, 59, False),
    LadderStep.CHECK_90: (60, 180, False),
}
# Hours of work before (negative) and after the due instant of an urgent referral; the due instant itself is no choice.
URGENT_BOUNDS: dict[LadderStep, tuple[int, int, bool]] = {
    LadderStep.ACKNOWLEDGE_SOON: (-15, -1, True),
    LadderStep.ACKNOWLEDGE_LATE: (1, 40, False),
}
URGENT_PREFIX = "urgent_"
_BEFORE_IT_IS_SENT = "le rappel d’une urgente viendrait avant qu’elle ne soit confiée."
_NOT_IN_TIME = "la coordination doit être prévenue avant que l’orientation ne soit close sans réponse."
_SILENCE = "le second rappel d’une orientation qui ne bouge plus vient après le premier."


@dataclass(frozen=True)
class Version:
    """`ladder` None: as the territory from that day on."""

    ref: UUID
    owner: UUID
    applies_from: date
    made_at: datetime
    ladder: Ladder | None
    made_by: UUID
    reason: str


@dataclass(frozen=True)
class Ladders:
    """Every version of one desk, and those of the territory."""

    own: tuple[Version, ...] = ()
    territory: tuple[Version, ...] = ()

    def on(self, day: date) -> Ladder:
        """What holds there on that day (of Paris)."""
        own = version_on(self.own, day)
        return own.ladder if own is not None and own.ladder is not None else self.of_territory(day)

    def of_territory(self, day: date) -> Ladder:
        """What holds that day where no desk has its own."""
        found = version_on(self.territory, day)
        return found.ladder if found is not None and found.ladder is not None else USUAL


def version_on(versions: Iterable[Version], day: date) -> Version | None:
    """The version in force that day, or None before the first."""
    begun = [one for one in versions if one.applies_from <= day]
    return max(begun, key=lambda one: (one.applies_from, one.made_at, one.ref), default=None)


def check(ladder: Ladder) -> None:
    """Refusals: ClockOutOfBounds, RungNeeded, RungsOutOfOrder, each with the field of the form that it is about."""
    for name, (least, most) in CLOCK_BOUNDS.items():
        _within(name, getattr(ladder.clocks, name), least, most)
    for step, (least, most, may_go) in RUNG_BOUNDS.items():
        rung = ladder.rung(step)
        if rung is None and not may_go:
            raise RungNeeded(field=step.value)
        if rung is not None:
            _within(step.value, abs(rung.days), *sorted((abs(least), abs(most))))
            if not least <= rung.days <= most:
                raise ClockOutOfBounds(field=step.value, least=str(least), most=str(most))
            check_hearers(rung)
            _check_urgent(rung)
    _check_order(ladder)


def _check_urgent(rung: Rung) -> None:
    if rung.step not in URGENT_BOUNDS:
        return
    (least, most, may_go), field = URGENT_BOUNDS[rung.step], URGENT_PREFIX + rung.step.value
    if rung.urgent_hours is None and not may_go:
        raise RungNeeded(field=field)
    if rung.urgent_hours is not None and not least <= rung.urgent_hours <= most:
        low, high = sorted((abs(least), abs(most)))
        raise ClockOutOfBounds(field=field, least=str(low), most=str(high))


def _check_order(ladder: Ladder) -> None:
    late = ladder.rung(LadderStep.ACKNOWLEDGE_LATE)
    soon = ladder.rung(LadderStep.ACKNOWLEDGE_SOON)
    if soon is not None and soon.urgent_hours is not None and -soon.urgent_hours >= ladder.clocks.urgent_hours:
        raise RungsOutOfOrder(field=URGENT_PREFIX + soon.step.value, why=_BEFORE_IT_IS_SENT)
    hours = ladder.clocks.urgent_hours + (late.urgent_hours or 0 if late is not None else 0)
    if 2 * -(-hours // HOURS_A_DAY) > ladder.clocks.expires_days:
        raise RungsOutOfOrder(field=URGENT_PREFIX + LadderStep.ACKNOWLEDGE_LATE.value, why=_NOT_IN_TIME)
    # Two calendar days for each working one: enough for any week.
    if late is not None and 2 * (ladder.clocks.acknowledge_days + late.days) > ladder.clocks.expires_days:
        raise RungsOutOfOrder(field="expires_days", why=_NOT_IN_TIME)
    first, second = ladder.rung(LadderStep.NO_ACTIVITY), ladder.rung(LadderStep.NO_ACTIVITY_LONG)
    if first is not None and second is not None and first.days >= second.days:
        raise RungsOutOfOrder(field=LadderStep.NO_ACTIVITY_LONG.value, why=_SILENCE)


def _within(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ClockOutOfBounds(field=field, least=str(least), most=str(most))


def changed(
    clocks: Mapping[str, int], days: Mapping[LadderStep, int | None],
    hearers: Mapping[LadderStep, Collection[Audience]] | None = None,
    urgent: Mapping[LadderStep, int | None] | None = None,
) -> Ladder:  # fmt: skip
    """A ladder with these clocks and these days; a step that is not in `days` keeps its usual ones, None takes it out.

    `hearers` are who is told at a step, `urgent` the hours of work of one that is urgent (None: no reminder of it); a
    step in neither keeps what is usual.
    """
    rungs = []
    for rung in DEFAULT:
        found = days.get(rung.step, rung.days)
        if found is None:
            continue
        audience = with_hearers(rung, hearers[rung.step]) if hearers and rung.step in hearers else rung.audience
        hours = urgent[rung.step] if urgent and rung.step in urgent else rung.urgent_hours
        rungs.append(replace(rung, days=found, audience=audience, urgent_hours=hours))
    return Ladder(Clocks(**clocks), tuple(rungs))


def clocks_as_data(ladder: Ladder, owner: UUID = TERRITORY) -> dict[str, int]:
    """The clocks as they are kept of that owner: a desk has none of those that are OF_TERRITORY."""
    left_out = frozenset() if owner == TERRITORY else OF_TERRITORY
    return {name: number for name, number in asdict(ladder.clocks).items() if name not in left_out}


def rungs_as_data(ladder: Ladder) -> list[dict[str, Any]]:
    """The rungs as they are kept."""
    return [
        {"step": one.step.value, "days": one.days, "audience": [who.value for who in one.audience],
         "business": one.business, "urgent_hours": one.urgent_hours}
        for one in ladder.rungs
    ]  # fmt: skip


def ladder_from(clocks: Mapping[str, int] | None, rungs: Sequence[Mapping[str, Any]] | None) -> Ladder | None:
    """The ladder of what is kept; None where nothing is."""
    if clocks is None or rungs is None:
        return None
    return Ladder(Clocks(**clocks), tuple(
        Rung(LadderStep(one["step"]), one["days"], tuple(map(Audience, one["audience"])), one["business"],
             one["urgent_hours"])
        for one in rungs
    ))  # fmt: skip
