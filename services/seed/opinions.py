"""What people say a month and three months after the end, when their referent asks: most are content, some are not, and
one says that the right which the desk noted as open is not.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from contracts import actions as do
from contracts.vocabulary import Outcome, RightReally, Usefulness
from services.referral.business_time import add_business_hours
from services.seed.lives import REFERENT, Act, ago, worked

# So many days after the end, that share of the people answers.
ASKED = ((30, 0.75), (90, 0.6))
_OPENED = frozenset({Outcome.RIGHT_OPENED, Outcome.ALREADY_OPEN})
_NOT_ASKED = frozenset({Outcome.DECEASED, Outcome.UNREACHABLE})
_USEFUL = {Usefulness.YES: 57, Usefulness.PARTLY: 24, Usefulness.NO: 11, None: 8}
_REALLY = {
    True: {RightReally.YES: 90, RightReally.NOT_YET: 7, RightReally.NO: 3},
    False: {RightReally.YES: 6, RightReally.NOT_YET: 20, RightReally.NO: 74},
}
_SINCE = timedelta(days=31)
Drawn = TypeVar("Drawn")


def with_opinions(rng: Random, life: Sequence[Act], speed: float) -> list[Act]:
    """That whole life, and what the person says after its end; where she contradicts, the desk begins again."""
    found, closed = list(life), ended(life)
    if closed is None or closed[1] in _NOT_ASKED:
        return found
    end, opened = closed[0], closed[1] in _OPENED
    for days, share in ASKED:
        at = add_business_hours(max(end + timedelta(days=days), found[-1].at), rng.uniform(0.5, 36))
        contacted = opened or rng.random() < 0.95
        said = do.RecordCheck(contacted=contacted, useful=_of(rng, _USEFUL), right_open=_of(rng, _REALLY[opened]))
        if rng.random() < share:
            found.append(Act(at, REFERENT, said))
            if not contacted or (opened and said.right_open is RightReally.NO):
                return [*found, *worked(rng, at, speed, again=True)]
    return found


def ended(acts: Sequence[Act]) -> tuple[datetime, Outcome] | None:
    """When it was closed, and how; None while it goes on."""
    for act in reversed(acts):
        if isinstance(act.action, do.Close):
            return act.at, act.action.outcome
        if not isinstance(act.action, do.ConfirmOutcome | do.RecordCheck):
            return None
    return None


def may_be_contradicted(acts: Sequence[Act], now: datetime) -> bool:
    """Whether the desk noted an opened right more than a month ago."""
    closed = ended(acts)
    return closed is not None and closed[1] is Outcome.RIGHT_OPENED and closed[0] < now - _SINCE


def contradicted(acts: Sequence[Act], now: datetime) -> list[Act]:
    """The same life, but that the person, asked for the first time half a day ago, says that it is not open."""
    last = max(place for place, act in enumerate(acts) if isinstance(act.action, do.Close))
    said = do.RecordCheck(contacted=True, useful=Usefulness.NO, right_open=RightReally.NO)
    return [*acts[: last + 1], Act(ago(now, 4), REFERENT, said)]


def _of(rng: Random, weights: Mapping[Drawn, int]) -> Drawn:
    return rng.choices(tuple(weights), tuple(weights.values()))[0]
