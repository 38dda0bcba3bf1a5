"""The three times of the coordinators’ board, over compact rows, with the open referrals counted.

Pure arithmetic; a row holds references, coded words and instants, and nothing of a person.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from contracts.lifecycle import OPEN, State
from services.referral.business_time import PARIS
from services.referral.times import PERCENTILES, BusinessAxis, survival

HOURS_A_DAY = 8
MONTHS_SHOWN = 6
_WAITING = frozenset({*OPEN, State.DECLINED, State.EXPIRED})
_HOURS, _STILL, _ORGANISATION, _RIGHT, _MONTH = map(itemgetter, (0, 2, 3, 4, 5))


class EpisodeRow(NamedTuple):
    """One sending of a referral; instants are POSIX seconds or None. `last` is true for its present episode."""

    root: str
    hops: int
    last: bool
    organisation: str
    right: str
    state: str
    ended_how: str | None
    root_sent: float
    sent: float
    answered: float | None
    contacted: float | None
    ended: float | None


class Wait(NamedTuple):
    """One observation: business hours waited, whether the event came, whether it is still awaited now."""

    hours: float
    event: bool
    waiting: bool
    organisation: str
    right: str
    month: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A time with what it counts: `p50`, `p75`, `p90` in business hours (None: not reached yet).

    `followed` is the number at risk at the median, `past_target` those still waiting beyond the target.
    """

    key: str
    n: int
    events: int
    waiting: int
    past_target: int
    p50: float | None
    p75: float | None
    p90: float | None
    followed: int | None

    @property
    def share_past_target(self) -> float:
        """Share, 0 to 1, of all `n` that still wait beyond the target."""
        return self.past_target / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the three times, overall and by organisation, right and month of sending. Targets in business days."""

    code: str
    title: str
    definition: str
    target_days: int
    overall: Figure
    by_partner: tuple[Figure, ...]
    by_right: tuple[Figure, ...]
    by_month: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a time counts, in words for the page."""

    code: str
    title: str
    text: str
    target_days: int


TIMES = (
    Definition(
        "tta",
        "Temps de réponse",
        "De l’envoi à la première réponse du guichet : réception confirmée, déclinée ou réorientée. "
        "Une orientation rappelée ou dont l’accord est retiré compte jusqu’à ce moment ; "
        "une orientation restée sans réponse attend toujours.",
        2,
    ),
    Definition(
        "ttc",
        "Temps jusqu’au premier contact",
        "De l’envoi au premier contact qui a joint la personne. "
        "Une orientation finie sans contact compte jusqu’à sa fin.",
        7,
    ),
    Definition(
        "ttr",
        "Temps de résolution",
        "Du tout premier envoi à la clôture, à travers les réorientations et les réouvertures. "
        "Une orientation déclinée ou restée sans réponse n’est pas résolue : la personne attend encore.",
        60,
    ),
)


def measures(rows: Sequence[EpisodeRow], now: datetime) -> tuple[Measure, ...]:
    """The three times of these episodes at that instant: TTA and TTC of each sending, TTR of each root."""
    first = min((row.root_sent for row in rows), default=now.timestamp())
    axis = BusinessAxis(datetime.fromtimestamp(first, UTC), now)
    at = axis.position(now.timestamp())
    latest = _latest_of_each_root(rows)
    waits = {
        "tta": [_wait(row, row.sent, row.answered, _left_unanswered(row), axis, at) for row in rows],
        "ttc": [_wait(row, row.sent, row.contacted, _left_uncontacted(row), axis, at) for row in rows],
        "ttr": [_wait(row, row.root_sent, _resolved(row), _left_unresolved(row), axis, at) for row in latest],
    }
    return tuple(_measure(one, sorted(waits[one.code], key=_HOURS)) for one in TIMES)


def window_start(now: datetime) -> datetime:
    """The first instant of the cohort: the first of the month, in Paris, five months before the present one."""
    local = now.astimezone(PARIS)
    months = local.year * 12 + local.month - 1 - (MONTHS_SHOWN - 1)
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=PARIS)


def _left_unanswered(row: EpisodeRow) -> float | None:
    return row.ended if row.ended_how in (State.RECALLED, State.WITHDRAWN) else None


def _left_uncontacted(row: EpisodeRow) -> float | None:
    return None if row.ended_how == State.EXPIRED else row.ended


def _resolved(row: EpisodeRow) -> float | None:
    return row.ended if row.state == State.CLOSED else None


def _left_unresolved(row: EpisodeRow) -> float | None:
    return None if row.state in _WAITING else row.ended


def _wait(
    row: EpisodeRow, start: float, event: float | None, left: float | None, axis: BusinessAxis, now: float
) -> Wait:
    """One observation; `now` is a position on the axis, the other instants are POSIX seconds."""
    end = event if event is not None else left
    hours = (now if end is None else axis.position(end)) - axis.position(start)
    return Wait(hours if hours > 0 else 0.0, event is not None, end is None, row.organisation, row.right, _month(start))


def _latest_of_each_root(rows: Sequence[EpisodeRow]) -> Iterable[EpisodeRow]:
    latest: dict[str, EpisodeRow] = {}
    for row in rows:
        if row.last and (row.root not in latest or row.hops > latest[row.root].hops):
            latest[row.root] = row
    return latest.values()


def _measure(one: Definition, waits: list[Wait]) -> Measure:
    return Measure(
        code=one.code,
        title=one.title,
        definition=one.text,
        target_days=one.target_days,
        overall=_figure("", waits, one.target_days),
        by_partner=tuple(sorted(_split(one, waits, _ORGANISATION), key=lambda figure: -figure.n)),
        by_right=tuple(sorted(_split(one, waits, _RIGHT), key=lambda figure: -figure.n)),
        by_month=tuple(sorted(_split(one, waits, _MONTH), key=lambda figure: figure.key)),
    )


def _split(one: Definition, waits: list[Wait], key: Callable[[Wait], str]) -> list[Figure]:
    groups: defaultdict[str, list[Wait]] = defaultdict(list)
    for wait in waits:
        groups[key(wait)].append(wait)
    return [_figure(name, group, one.target_days) for name, group in groups.items()]


def _figure(key: str, waits: list[Wait], target_days: int) -> Figure:
    curve = survival(waits)
    p50, p75, p90 = (curve.percentile(one) for one in PERCENTILES)
    beyond = bisect_right(waits, target_days * HOURS_A_DAY, key=_HOURS)
    return Figure(
        key=key,
        n=curve.n,
        events=curve.events,
        waiting=sum(map(_STILL, waits)),
        past_target=sum(map(_STILL, waits[beyond:])),
        p50=p50,
        p75=p75,
        p90=p90,
        followed=curve.followed(50),
    )


def _month(at: float) -> str:
    return _month_of_hour(int(at // 3600))


@lru_cache(maxsize=20_000)
def _month_of_hour(hour: int) -> str:
    return datetime.fromtimestamp(hour * 3600, PARIS).strftime("%Y-%m")
