"""The figures as people and as programs read them: each a ratio of two things measured in the same run."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One row. `ratio` is ours ÷ beside; with `beside` None, ours itself is held against `hold` and `aim`.

    `least`: the ratio must reach `hold` and `aim`; otherwise it must not exceed them. `also` is an upper limit of ours.
    """

    row: int
    what: str
    ours: float
    unit: str
    hold: float
    aim: float
    beside: float | None = None
    beside_what: str = ""
    least: bool = True
    also: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours ÷ beside."""
        return self.ours / self.beside if self.beside else None

    @property
    def holds(self) -> bool:
        """True when the figure is what we promise to hold."""
        found = self.ours if self.ratio is None else self.ratio
        within = found >= self.hold if self.least else found <= self.hold
        return within and (self.also is None or self.ours < self.also)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, round(share * len(ranked)) - 1))]


def machine() -> dict[str, Any]:
    """Where it was measured, and how busy the machine was when it began."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_1_minute": round(os.getloadavg()[0], 2),
    }


def as_json(figures: Sequence[Figure], **also: Any) -> dict[str, Any]:  # noqa: ANN401 - what else the run says
    """The figures for a program."""
    rows = [{**asdict(one), "ratio": one.ratio, "holds": one.holds} for one in figures]
    return {**also, "figures": rows}


def table(figures: Sequence[Figure], title: str) -> Table:
    """The figures for a person."""
    shown = Table(title=title, title_justify="left", caption_justify="left")
    for name in ("n°", "mesure", "Relais", "à côté", "rapport", "à tenir", "visé", ""):
        shown.add_column(name, justify="left" if name in ("mesure", "") else "right")
    for one in figures:
        shown.add_row(
            str(one.row), one.what, _shown(one.ours, one.unit),
            f"{_shown(one.beside, one.unit)} {one.beside_what}" if one.beside is not None else "–",
            f"{one.ratio:.3g}" if one.ratio is not None else "–",
            _limit(one, one.hold), _limit(one, one.aim), "tenu" if one.holds else "non tenu",
        )  # fmt: skip
    return shown


def _limit(one: Figure, limit: float) -> str:
    unit = f" {one.unit}" if one.beside is None else ""
    also = f", < {one.also:g} {one.unit}" if one.also is not None and limit == one.hold else ""
    return f"{'≥' if one.least else '≤'} {limit:g}{unit}{also}"


def _shown(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}".replace(",", " ") if value >= 100 else f"{value:.3g} {unit}"
