"""Reading the coordinators’ board: counted cells, and never a walk over referrals.

Whoever asks comes first and must be a coordinator; row-level security is second. No reference of a person leaves here.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.lifecycle import State
from contracts.viewer import Viewer
from services.referral import tally_store
from services.referral.backlog import Backlog, Cause, Funnel, backlog, causes, funnel
from services.referral.board import Counted, Measure, measures, measures_of, month_key, months_before, window_start
from services.referral.business_time import position
from services.referral.definitions import TIMES
from services.referral.durations import RESOLUTION
from services.referral.lumps import Lump, time_behind
from services.referral.rates import Health, Hold, Looked, Rate, counts_of, health, hold, looked_at, rates
from services.referral.said_after import Said, read_said
from services.referral.tallying import BACKLOG, COUNT, DUE_SECONDS, HOLDING, began
from services.runtime.database import Work

ALL_TIMES = tuple(one.code for one in TIMES)
SPLITS = (tally_store.ORGANISATION, tally_store.DESK, tally_store.RIGHT)
_OF_HEALTH = ("sent", "declined", "roots", "right_opened", "confirmed", "contradicted")


@dataclass(frozen=True, slots=True)
class Late:
    """Open referrals of one desk, right or step whose next step is past its date; the first since `since`."""

    key: str
    n: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Stuck:
    """Where it is stuck, the largest first: `by_step` by state. Exact to the hour."""

    by_desk: tuple[Late, ...]
    by_right: tuple[Late, ...]
    by_step: tuple[Late, ...]

    @property
    def total(self) -> int:
        """All that are late."""
        return sum(one.n for one in self.by_step)


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that the board shows, for referrals first sent from `since` on, as of `at`.

    `ended` counts root referrals of the cohort by the state in which they ended; `contradicted` how often a person, or
    her referent, said that an outcome was not so.
    """

    at: datetime
    since: datetime
    measures: tuple[Measure, ...]
    rates: tuple[Rate, ...]
    hold: Hold
    health: tuple[Health, ...]
    desks: tuple[Looked, ...]
    backlog: Backlog
    funnel: Funnel
    causes: tuple[Cause, ...]
    stuck: Stuck
    ended: Mapping[State, int]
    said: Said
    contradicted: int


async def read_board(viewer: Viewer, work: Work, split: Sequence[str] = ALL_TIMES) -> Board:
    """The board as this coordinator may see it now; `split` are the times read by organisation, desk and right too.

    Refusal: RoleNotAllowed.
    """
    await tally_store.hold_still(viewer, work)
    since, now = month_key(window_start(work.now)), began(position(work.now))
    until = month_key(work.now)
    lumps = [
        Lump(*row) for row in await tally_store.read_lumps(viewer, work, clocks=ALL_TIMES, since=since, until=until)
    ]
    rows = await _cells(viewer, work, clocks=(COUNT, HOLDING), since=since)
    splits = {
        name: await _cells(viewer, work, clocks=split, since=since, split=name, quarter=now)
        for name in (SPLITS if split else ())
    }
    people = await tally_store.read_people(viewer, work, since=since)
    counted, desks = counts_of(rows), await _looked_at(viewer, work)
    return Board(
        at=work.now,
        since=window_start(work.now),
        measures=measures_of(lumps, splits, work.now, whole=bool(split)),
        rates=rates(counted),
        hold=hold(rows, work.now, time_behind([one for one in lumps if one.clock == RESOLUTION], work.now)),
        health=health(desks),
        desks=desks,
        backlog=backlog(await _cells(viewer, work, clocks=[BACKLOG], since="", quarter=now), work.now),
        funnel=funnel(people, work.now),
        causes=causes(people),
        stuck=_stuck(await tally_store.read_late(viewer, work)),
        ended={state: counted[f"state_{state.value}"] for state in (State.DECLINED, State.EXPIRED)},
        said=await read_said(viewer, work, window_start(work.now), window_start(work.now, 0)),
        contradicted=counted["contradicted"],
    )


async def read_times(viewer: Viewer, work: Work, code: str) -> Measure:
    """One of the four times by month, organisation, desk and right. Refusal: RoleNotAllowed."""
    await tally_store.hold_still(viewer, work)
    since, now = month_key(window_start(work.now)), began(position(work.now))
    overall = await _cells(viewer, work, clocks=[code], since=since, by_month=True, quarter=now)
    splits = {
        name: await _cells(viewer, work, clocks=[code], since=since, split=name, quarter=now) for name in SPLITS
    }
    return next(one for one in measures(overall, splits, work.now) if one.code == code)


async def _cells(viewer: Viewer, work: Work, **what: Any) -> list[Counted]:  # noqa: ANN401 - of read_cells
    what = {"split": tally_store.OVERALL, "until": month_key(work.now), **what}
    return [Counted(*row) for row in await tally_store.read_cells(viewer, work, **what)]


async def _looked_at(viewer: Viewer, work: Work) -> tuple[Looked, ...]:
    now = month_key(work.now)
    rows = await tally_store.read_health(
        viewer, work, _OF_HEALTH, quarter=months_before(now, 2), year=months_before(now, 11)
    )
    quarter: defaultdict[str, Counter[str]] = defaultdict(Counter)
    year: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        quarter[row.key][row.how], year[row.key][row.how] = row.quarter, row.year
    return looked_at(quarter, year)


def _stuck(rows: Sequence[Any]) -> Stuck:
    found: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        found[row.split, row.how if row.split == tally_store.OVERALL else row.key].append(row)
    split: defaultdict[str, list[Late]] = defaultdict(list)
    for (name, key), own in found.items():
        since = datetime.fromtimestamp(min(row.since for row in own) * DUE_SECONDS, UTC)
        split[name].append(Late(key, sum(row.n for row in own), since))

    def ranked(name: str) -> tuple[Late, ...]:
        return tuple(sorted(split[name], key=lambda one: (-one.n, one.since, one.key)))

    return Stuck(ranked(tally_store.DESK), ranked(tally_store.RIGHT), ranked(tally_store.OVERALL))
