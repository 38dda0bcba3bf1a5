"""Today by gesture: every task has its place, what is late comes first, and a long group is folded."""


from contracts.vocabulary import DepartureTask, FollowTask, TaskKind
from services.intake.today_groups import ENDING, LATE, UNFINISHED, groups_of, lead_of
from services.intake.web_today import _NEXT

EVERY = (*TaskKind, *DepartureTask, *FollowTask, LATE, ENDING, UNFINISHED)


def item(group: str, kind: str = "due", who: str = "") -> dict[str, str]:
    return {"group": group, "kind": kind, "who": who}


def test_every_task_has_its_heading_and_its_next_action() -> None:
    groups = groups_of(item(kind) for kind in EVERY)
    assert sum(group["count"] for group in groups) == len(EVERY)
    assert "À regarder" not in {group["title"] for group in groups}
    assert set(_NEXT) == {*TaskKind, *DepartureTask, *FollowTask}


def test_a_task_that_nobody_named_yet_is_shown_all_the_same() -> None:
    [group] = groups_of([item("something_new")])
    assert (group["title"], group["count"]) == ("À regarder", 1)


def test_what_is_late_comes_first_and_a_long_group_is_folded_after_three() -> None:
    rows = [item(TaskKind.QUESTION, who=str(n)) for n in range(11)] + [item(TaskKind.QUESTION, "late", "late")]
    [group] = groups_of(rows)
    assert [one["who"] for one in group["first"]] == ["late", "0", "1"]
    assert (len(group["more"]), group["count"], group["late"]) == (9, 12, 1)


def test_of_a_very_long_group_the_rest_is_counted_and_waits() -> None:
    [group] = groups_of([item(LATE)] * 30)
    assert (len(group["first"]), len(group["more"]), group["beyond"], group["count"]) == (3, 10, 17, 30)


def test_every_row_that_a_group_shows_is_one_that_is_read_in_full() -> None:
    kinds = [TaskKind.DECLINED, TaskKind.EXPIRED, TaskKind.QUESTION]
    rows = [item(kind, "late") for kind in kinds for _ in range(13)]
    rows += [{"group": kind, "kind": "late", "more": 27} for kind in kinds]
    groups = groups_of(rows)
    assert [(len(one["first"]), len(one["more"]), one["beyond"]) for one in groups] == [(3, 10, 27), (3, 10, 67)]
    assert [(group["count"], group["late"]) for group in groups] == [(40, 40), (80, 80)]
    assert lead_of(rows) == "120 choses vous attendent et sont en retard."


def test_a_single_row_is_not_worth_folding() -> None:
    [group] = groups_of([item(LATE)] * 4)
    assert (len(group["first"]), group["more"]) == (4, [])


def test_the_sentence_counts_every_row() -> None:
    assert lead_of([]) == "Rien ne vous attend aujourd’hui."
    assert lead_of([item(LATE, "late"), item(ENDING)]) == "2 choses vous attendent aujourd’hui, dont 1 en retard."
    assert lead_of([item(LATE, "late")]) == "1 chose vous attend et est en retard."
