"""Today's rows by what they ask for: one heading a gesture, the most pressing first, a long one folded. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from contracts.replies import Task
from contracts.vocabulary import DepartureTask, FollowTask, TaskKind

Item = dict[str, Any]
SHOWN, FOLDED = 3, 10
LATE, UNFINISHED, ENDING = "late", "unfinished", "ending"
# What it is called, and which rows belong under it: kinds of tasks, or the words above. First what somebody waits for.
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Répondre à un guichet", (TaskKind.QUESTION,)),
    ("Confirmer un autre guichet", (TaskKind.REDIRECT,)),
    ("Rappeler la personne", (TaskKind.UNREACHABLE,)),
    (
        "Trouver une autre voie",
        (TaskKind.DECLINED, TaskKind.EXPIRED, DepartureTask.UNATTENDED, DepartureTask.DESK_LEFT),
    ),
    ("Relancer un guichet", (LATE,)),
    ("Renouveler un accord", (ENDING, TaskKind.CONSENT_ENDING)),
    ("Vérifier une issue", (TaskKind.OUTCOME_TO_CHECK, FollowTask.CHECK_30, FollowTask.CHECK_90)),
    ("Préparer un renouvellement", (FollowTask.RIGHT_TO_RENEW,)),
    ("Finir un envoi", (UNFINISHED,)),
)
_ELSE = "À regarder"
_NAMED = frozenset(kind for _, kinds in _GROUPS for kind in kinds)
_RANK = {"late": 0, "due": 1}


def kind_of(task: Task) -> TaskKind | DepartureTask | FollowTask:
    """What a task asks for: what somebody's leaving or the time after the end says of it, before its kind."""
    return task.departure or task.follow or task.kind


def in_full(tasks: Iterable[Task]) -> set[UUID]:
    """The tasks whose rows the page shows, as many of each kind as a group can hold; the rest is only counted."""
    kinds: Counter[str] = Counter()
    shown = set()
    for one in tasks:
        kind = kind_of(one)
        kinds[kind] += 1
        if kinds[kind] <= SHOWN + FOLDED:
            shown.add(one.ref)
    return shown


def groups_of(items: Iterable[Item]) -> list[Item]:
    """The groups that have rows: `title`, `count`, `late` (how many are), `first` rows, `more`, which is folded,
    and `beyond`: how many come when these are done.

    Groups keep their order, rows that are late come first, else as they were given; a single row is not worth folding.
    What no group knows stands under a last one, so that nothing is lost.
    """
    rows = list(items)
    unknown = tuple({one["group"] for one in rows} - _NAMED)
    found = []
    for title, kinds in (*_GROUPS, (_ELSE, unknown)):
        here = sorted((one for one in rows if one["group"] in kinds), key=lambda one: _RANK.get(one["kind"], 2))
        if here:
            shown = SHOWN if len(here) > SHOWN + 1 else len(here)
            late = sum(one["kind"] == "late" for one in here)
            found.append(
                {
                    "title": title,
                    "count": len(here),
                    "late": late,
                    "first": here[:shown],
                    "more": here[shown : shown + FOLDED],
                    "beyond": max(0, len(here) - shown - FOLDED),
                }
            )
    return found


def lead_of(items: Sequence[Item]) -> str:
    """The sentence that the page starts with."""
    if not items:
        return "Rien ne vous attend aujourd’hui."
    late = sum(item["kind"] == "late" for item in items)
    one = "1 chose vous attend" if len(items) == 1 else f"{len(items)} choses vous attendent"
    if not late:
        return f"{one} aujourd’hui."
    return (
        f"{one} aujourd’hui, dont {late} en retard."
        if late < len(items)
        else f"{one} et {'est' if late == 1 else 'sont'} en retard."
    )
