"""Today's rows by what they ask for: one heading a gesture, the most pressing first, a long one folded. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from contracts.replies import MoreTasks, Task
from contracts.vocabulary import DepartureTask, FollowTask, TaskKind

Item = dict[str, Any]
SHOWN, FOLDED = 3, 10
# So many rows of a kind can be shown; of the rest a group says how many they are.
IN_FULL = SHOWN + FOLDED
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


def kind_of(task: Task | MoreTasks) -> TaskKind | DepartureTask | FollowTask:
    """What a task asks for: what somebody's leaving or the time after the end says of it, before its kind."""
    return task.departure or task.follow or task.kind


def groups_of(items: Iterable[Item]) -> list[Item]:
    """The groups that have rows: `title`, `count`, `late` (how many are), `first` rows, `more`, which is folded,
    and `beyond`: how many come when these are done.

    Groups keep their order, rows that are late come first, else as they were given; a single row is not worth folding.
    A row with `more` stands for so many that are only counted, and comes after those of its kind that are shown.
    What no group knows stands under a last one, so that nothing is lost.
    """
    rows = list(items)
    unknown = tuple({one["group"] for one in rows} - _NAMED)
    found = []
    for title, kinds in (*_GROUPS, (_ELSE, unknown)):
        here = [one for one in rows if one["group"] in kinds]
        if here:
            count = count_of(here)
            shown = sorted((one for one in here if "more" not in one), key=lambda one: _RANK.get(one["kind"], 2))
            first = SHOWN if count > SHOWN + 1 else count
            found.append(
                {
                    "title": title,
                    "count": count,
                    "late": count_of(one for one in here if one["kind"] == "late"),
                    "first": shown[:first],
                    "more": shown[first:IN_FULL],
                    "beyond": count - len(shown[:IN_FULL]),
                }
            )
    return found


def count_of(items: Iterable[Item]) -> int:
    """How many these are, with those that are only counted."""
    return sum(one.get("more", 1) for one in items)


def lead_of(items: Sequence[Item]) -> str:
    """The sentence that the page starts with."""
    if not items:
        return "Rien ne vous attend aujourd’hui."
    count, late = count_of(items), count_of(item for item in items if item["kind"] == "late")
    one = "1 chose vous attend" if count == 1 else f"{count} choses vous attendent"
    if not late:
        return f"{one} aujourd’hui."
    return (
        f"{one} aujourd’hui, dont {late} en retard."
        if late < count
        else f"{one} et {'est' if late == 1 else 'sont'} en retard."
    )
