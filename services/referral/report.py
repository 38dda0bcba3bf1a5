"""The monthly report: the figures of the referrals first sent in one month, as one list of lines for every form.

What the page prints, the spreadsheet holds and the CSV says is the same list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.viewer import Viewer
from services.referral import board_rates, tally_store
from services.referral import board_view as view
from services.referral.backlog import DREES_YARDSTICK, funnel
from services.referral.board import Counted, Measure, figure, measures, month_start, months_before
from services.referral.board_store import ALL_TIMES
from services.referral.business_time import position
from services.referral.definitions import HOLD, PEOPLE, RATES, SAID, TIMES
from services.referral.durations import RESOLUTION
from services.referral.rates import Hold, counts_of, hold, rates
from services.referral.said_after import read_said
from services.referral.spreadsheet import Sheet
from services.referral.tallying import COUNT, HOLDING, began
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
        viewer, work, split=tally_store.OVERALL, clocks=[*ALL_TIMES, COUNT, HOLDING], by_month=True, **span
    )
    counted = [Counted(*row) for row in rows]
    lines = [line for one in measures(counted, {}, work.now) for line in _time_lines(one)]
    lines += [
        (title, share, number, one.text)
        for (title, share, number), one in zip(
            board_rates.rate_rows(rates(counts_of(counted))), RATES, strict=True
        )
    ]
    lines += [
        _hold_line(hold([row for row in counted if row.clock in (COUNT, HOLDING, RESOLUTION)], work.now)),
        await _opened_line(viewer, work, month),
        await _said_line(viewer, work, month),
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


def _hold_line(found: Hold) -> tuple[str, ...]:
    share = "–" if found.share is None else view.percent(found.share)
    behind = f"{round(sum(found.by_turn.values()))} heures ouvrées sur {round(found.hours)}"
    return HOLD.title, share, behind, HOLD.text


async def _opened_line(viewer: Viewer, work: Work, month: str) -> tuple[str, ...]:
    """Beside the yardstick, of whom was first met in that month."""
    people = await tally_store.read_people(viewer, work, since=month)
    found = funnel({cell: number for cell, number in people.items() if cell.month == month}, work.now)
    share = "–" if found.share_opened is None else view.percent(found.share_opened / 100)
    behind = f"{found.mature_opened} sur {found.mature} personnes\u202f; repère de la Drees {DREES_YARDSTICK}\u202f%"
    return PEOPLE.title, share, behind, PEOPLE.text


async def _said_line(viewer: Viewer, work: Work, month: str) -> tuple[str, ...]:
    """What people answered in that month."""
    said = await read_said(viewer, work, month_start(month), month_start(months_before(month, -1)))
    share = "–" if not said.spoken else view.percent(said.of_use / said.spoken)
    answers = view.count(said.answers, "réponse donnée", "réponses données")
    return SAID.title, share, f"{said.of_use} sur {said.spoken} avis\u202f; {answers} ce mois-là", SAID.text


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
