"""Cells as the database hands them over in bulk: all that ended one way in one month, looked at once. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.referral.business_time import position
from services.referral.estimators import OPEN, Steps
from services.referral.tallying import began, rounded


class Lump(NamedTuple):
    """All the cells of a month and clock that ended the same way: `counts` of each of `buckets`, which may repeat."""

    month: str
    clock: str
    how: str
    buckets: Sequence[int]
    counts: Sequence[int]


def gathered(
    lumps: Iterable[Lump], event: str, target: int, quarter: int
) -> tuple[Steps, int, int, Mapping[str, int]]:
    """What came by time, as `estimators.by_time`; how many wait, and of them beyond the target; and every end by word.

    `quarter` is now, `target` a wait, both in quarter hours of business time. Raises ValueError when more was taken
    back than was counted.
    """
    steps: Steps = {}
    waiting = late = 0
    ends: defaultdict[str, int] = defaultdict(int)
    for _, _, how, buckets, counts in lumps:
        if how == OPEN:
            waits: Counter[int] = Counter()
            for bucket, n in zip(buckets, counts, strict=True):
                waits[bucket] += n
            for bucket, n in waits.items():
                wait = rounded(max(0, quarter - bucket))
                steps.setdefault(wait, [0, 0, 0])[2] += n
                late += n if wait > target else 0
            waiting += sum(counts)
            continue
        came = how == event
        for bucket, n in zip(buckets, counts, strict=True):
            at = steps.setdefault(bucket, [0, 0, 0])
            at[0] += n if came else 0
            at[1] += n
            at[2] += n
        ends[how] += sum(counts)
    if any(number < 0 for at in steps.values() for number in at):
        raise ValueError("more was taken back than was counted")
    return (
        {wait: at for wait, at in steps.items() if at[2]}, waiting, late,
        {how: number for how, number in ends.items() if number},
    )  # fmt: skip


def time_behind(lumps: Iterable[Lump], now: datetime) -> int:
    """The quarter hours that these waits took or take, not rounded."""
    quarter = began(position(now))
    total = 0
    for _, _, how, buckets, counts in lumps:
        for bucket, n in zip(buckets, counts, strict=True):
            total += n * (max(0, quarter - bucket) if how == OPEN else bucket)
    return total
