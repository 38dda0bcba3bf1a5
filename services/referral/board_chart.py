"""The medians by month of sending as a small drawing, whose table stands beside it."""

from dataclasses import dataclass

from services.referral.board import Figure
from services.referral.board_view import duration, month_name
from services.referral.business_time import HOURS_A_DAY

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 200, 56, 30, 16


@dataclass(frozen=True, slots=True)
class Mark:
    """One month: where its median and its band stand, in the drawing's own units; `y` None is not reached."""

    x: float
    label: str
    y: float | None
    low: float | None
    high: float | None
    said: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing; `ticks` are (y, label)."""

    title: str
    marks: tuple[Mark, ...]
    ticks: tuple[tuple[float, str], ...]
    target_y: float
    line: str
    width: int = WIDTH
    height: int = HEIGHT


def chart(title: str, months: tuple[Figure, ...], target_days: int) -> Chart | None:
    """None when there is nothing to draw."""
    if not months:
        return None
    target = target_days * HOURS_A_DAY
    known = [one.p50 for one in months if one.p50 is not None] + [one.band[1] or 0 for one in months]
    top = _round_days(max([target * 1.25, *known, 1]) / HOURS_A_DAY) * HOURS_A_DAY

    def y(hours: float) -> float:
        return round(TOP + (HEIGHT - BOTTOM - TOP) * (1 - min(hours, top) / top), 1)

    step = (WIDTH - LEFT - 64) / max(len(months) - 1, 1)
    def mark(place: int, one: Figure) -> Mark:
        low, high = one.band
        return Mark(
            round(LEFT + 24 + place * step, 1), month_name(one.key).split(" ")[0],
            None if one.p50 is None else y(one.p50), None if low is None else y(low),
            float(TOP) if high is None else y(high), f"{month_name(one.key)}\u202f: {duration(one.p50)}",
        )  # fmt: skip

    marks = tuple(mark(place, one) for place, one in enumerate(months))
    points = [f"{one.x},{one.y}" for one in marks if one.y is not None]
    ticks = tuple((y(hours), duration(hours)) for hours in sorted({0.0, top / 2, top}) if hours)
    return Chart(title, marks, ticks, y(target), " ".join(points) if len(points) > 1 else "")


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The medians of the months in a box of 120 × 32; a month whose median is not reached is left out."""

    line: str
    last: tuple[float, float]


def sparkline(months: tuple[Figure, ...]) -> Sparkline | None:
    """None below two months with a median."""
    known = [(place, one.p50) for place, one in enumerate(months) if one.p50 is not None]
    if len(known) < 2:
        return None
    top, step = max(max(hours for _, hours in known), 0.25), 112 / max(len(months) - 1, 1)
    points = [(round(4 + place * step, 1), round(28 - 24 * hours / top, 1)) for place, hours in known]
    return Sparkline(" ".join(f"{x},{y}" for x, y in points), points[-1])



def _round_days(days: float) -> float:
    """The next round number of days above."""
    return next((one for one in (1, 2, 4, 6, 10, 20, 30, 40, 60, 80, 100, 150, 200) if one >= days), round(days))
