"""The monthly report: the figures of the referrals first sent in one month, as one list of lines for every form.

What the page prints, the spreadsheet holds and the CSV says is the same list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.viewer import Viewer
from services.referral import board_rates, tally_store
from services.referral import board_view as view
from services.referral.board import Counted, Measure, figure, measures
from services.referral.board_store import ALL_TIMES
from services.referral.business_time import position
from services.referral.definitions import RATES, TIMES
from services.referral.rates import counts_of, rates
from services.referral.spreadsheet import Sheet
from services.referral.tallying import COUNT, began
from services.runtime.database import Work

HEADS = ("Indicateur", "Valeur", "Nombre derrière", "Définition")
DESK_HEADS = ("Guichet", "Envois", "Réponse, la moitié en", "9 sur 10 en", "En attente hors délai")


@dataclass(frozen=True, slots=True)
class Report:
    """`lines` under HEADS, `desks` under DESK_HEADS."""

    month: str
    lines: tuple[tuple[str, ...], ...]
    desks: tuple[tuple[str, ...], ...]


async def read_report(viewer: Viewer, work: Work, month: str, names: view.Names) -> Report:
    """The report of one month of sending, as its referrals stand now. Refusal: RoleNotAllowed."""
    await tally_store.hold_still(viewer, work)
    span = {"since": month, "until": month}
    rows = await tally_store.read_cells(
        viewer, work, split=tally_store.OVERALL, clocks=[*ALL_TIMES, COUNT], by_month=True, **span
    )
    counted = [Counted(*row) for row in rows]
    lines = [line for one in measures(counted, {}, work.now) for line in _time_lines(one)]
    lines += [
        (title, share, number, one.text)
        for (title, share, number), one in zip(
            board_rates.rate_rows(rates(counts_of(counted))), RATES, strict=True
        )
    ]
    found = await tally_store.read_cells(viewer, work, split=tally_store.DESK, clocks=["tta"], **span)
    return Report(month, tuple(lines), _desks([Counted(*row) for row in found], names, began(position(work.now))))


def _time_lines(measure: Measure) -> list[tuple[str, ...]]:
    one, title, text = measure.overall, measure.time.title, measure.time.text
    behind = f"{one.n} suivies, {one.waiting} en attente"
    return [
        (f"{title}, la moitié en", view.duration(one.p50), f"{behind}\u202f; marge {view.between(one)}", text),
        (f"{title}, 9 sur 10 en", view.duration(one.p90), behind, text),
    ]


def _desks(rows: Sequence[Counted], names: view.Names, quarter: int) -> tuple[tuple[str, ...], ...]:
    keys = sorted({row.key for row in rows})
    found = [figure(key, TIMES[0], [row for row in rows if row.key == key], quarter) for key in keys]
    return tuple(
        (names.desk_alone(UUID(one.key)), str(one.n), view.duration(one.p50), view.duration(one.p90),
         str(one.past_target))
        for one in sorted(found, key=lambda one: -one.n)
    )  # fmt: skip


def tables(report: Report) -> tuple[Sheet, ...]:
    """The report as tables to take away."""
    return (
        Sheet("chiffres", "Chiffres", HEADS, report.lines), Sheet("guichets", "Guichets", DESK_HEADS, report.desks),
    )
