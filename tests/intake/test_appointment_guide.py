"""The conversation of a rights appointment, without a server: nothing said is lost on the way."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData

from contracts.rights import catalogue
from contracts.vocabulary import Ground
from services.intake.appointment_guide import (
    GOAL,
    RIGHTS,
    SUMMARY,
    Before,
    Talk,
    carried,
    known_answers,
    lines_of,
    page_of,
    pages_of,
    read_talk,
    rights_kept,
    rights_removed,
    situation_said,
    steps_kept,
    topics_of,
    without_ground,
)
from services.intake.appointment_guide_commands import ToPrepare
from services.intake.appointment_guide_words import PICTURES, Helper, Preparation, Readiness, suggested
from services.intake.commands import SituationNow
from services.intake.screening_file import read_screening
from services.runtime.web.pages import icon

SHIPPED = read_screening()


EVERY = pages_of(SHIPPED)


LOW = {"age": frozenset({"25_59"}), "resources_band": frozenset({"under_600"})}


def form(pairs: Iterable[tuple[str, str]]) -> FormData:
    return FormData(list(pairs))


@st.composite
def talks(draw: st.DrawFn) -> Talk:
    answers = {}
    for one in SHIPPED.question:
        codes = st.sampled_from([option.code for option in one.options])
        answers[one.code] = draw(st.frozensets(codes, max_size=3 if one.several else 1))
    rights, steps = st.sampled_from(list(catalogue())), st.sampled_from([one.value for one in Preparation])
    shown = tuple(draw(st.lists(rights, unique=True)))
    ended = draw(st.booleans())
    return Talk(
        goal=draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)),
        confirmed=draw(st.sampled_from([(), ("goal",)])),
        answers={code: given for code, given in answers.items() if given},
        shown=shown,
        ticked=tuple(one for one in shown if draw(st.booleans())),
        grounds=draw(st.dictionaries(rights, st.sampled_from(sorted(Ground)))),
        causes=draw(st.dictionaries(rights, st.just("non_demande"))),
        states=draw(st.dictionaries(steps, st.sampled_from(["todo", "done"]))),
        helpers=draw(st.dictionaries(steps, st.sampled_from(sorted(Helper)))),
        ended_once=ended,
        situation=draw(st.booleans()) if ended else False,
        met=draw(st.booleans()) if ended else True,
        next_at=draw(st.sampled_from(["", "2027-01-04T10:30"])) if ended else "",
    )


@settings(max_examples=60, deadline=None)
@given(talks(), st.sampled_from(EVERY))
def test_what_a_page_does_not_ask_it_carries(talk: Talk, page):
    back = read_talk(form(carried(talk, page, SHIPPED)), SHIPPED)
    own = {one.code for one in SHIPPED.asked_in(page.group)} if page.group else set()
    asked = {
        GOAL: {"goal": "", "confirmed": ()},
        RIGHTS: {"shown": (), "ticked": (), "grounds": {}, "causes": {}},
        "demarches": {"states": {}, "helpers": {}},
        SUMMARY: {"ended_once": True, "situation": False, "met": False, "next_at": ""},
    }.get(page.code, {})
    answers = {code: given for code, given in talk.answers.items() if code not in own}
    assert back == replace(talk, answers=answers, **asked)


def test_the_pages_follow_each_other_and_stop_at_the_ends():
    assert [one.part for one in EVERY] == sorted(one.part for one in EVERY) and EVERY[0].code == GOAL
    assert page_of(EVERY, GOAL, -1) == EVERY[0] and page_of(EVERY, SUMMARY, 1) == EVERY[-1]
    assert page_of(EVERY, "nowhere") == EVERY[0] and page_of(EVERY, "q0", 1).code == "q1"
    asked = [question.code for page in EVERY if page.group for question in SHIPPED.asked_in(page.group)]
    assert sorted(asked) == sorted(SHIPPED.questions)


def test_the_file_answers_what_it_knows_and_nothing_else():
    situation = {"household": "alone", "housing": None, "employment": "student", "resources_band": "nonsense"}
    assert known_answers(SHIPPED, 44, situation) == {
        "age": frozenset({"25_59"}), "household": frozenset({"alone"}), "employment": frozenset({"student"}),
    }  # fmt: skip
    assert known_answers(SHIPPED, None, {}) == {}


def test_a_proposal_is_ticked_at_first_and_then_as_she_left_it():
    talk = Talk(answers=LOW)
    assert {one.code: one.ticked for one in lines_of(talk, SHIPPED, {})} == {"rsa": True, "css": True}
    left = replace(talk, shown=("rsa", "css"), ticked=("css",))
    assert {one.code: one.ticked for one in lines_of(left, SHIPPED, {})} == {"rsa": False, "css": True}
    assert [one.right for one in rights_kept(lines_of(left, SHIPPED, {}))] == ["css"]


def test_what_she_has_already_is_not_ticked_unless_it_was_noted_before():
    talk = Talk(answers={**LOW, "open_rights": frozenset({"rsa"})})
    assert [(one.code, one.ticked, one.already) for one in lines_of(talk, SHIPPED, {})] == [
        ("rsa", False, True), ("css", True, False),
    ]  # fmt: skip
    before = {"rsa": Before(uuid4(), "resources", None)}
    assert next(one for one in lines_of(talk, SHIPPED, before) if one.code == "rsa").ticked


def test_a_right_noted_before_keeps_its_words_and_is_taken_off_when_it_is_unticked():
    before = {"apl": Before(uuid4(), "housing", "non_demande")}
    [line] = lines_of(Talk(), SHIPPED, before)
    assert (line.ticked, line.ground, line.cause) == (True, "housing", "non_demande")
    assert rights_removed([line]) == frozenset()
    [line] = lines_of(Talk(shown=("apl",)), SHIPPED, before)
    assert rights_removed([line]) == {before["apl"].presumed} and rights_kept([line]) == ()


def test_a_right_added_by_hand_waits_for_its_ground():
    talk = Talk().with_right("fsl")
    assert without_ground(lines_of(talk, SHIPPED, {})) == ["fsl"]
    said = replace(talk, grounds={"fsl": "housing"}, causes={"fsl": "non_reception"})
    [noted] = rights_kept(lines_of(said, SHIPPED, {}))
    assert (noted.ground, noted.cause) == ("housing", "non_reception")


def test_the_situation_is_said_only_when_it_is_to_be_noted_and_the_topics_hold_no_answer():
    talk = Talk(answers={**LOW, "bills": frozenset({"rent"})})
    assert situation_said(talk, SHIPPED) == SituationNow()
    assert situation_said(replace(talk, situation=True), SHIPPED) == SituationNow(resources_band="under_600")
    assert topics_of(talk, SHIPPED) == ("Vous et votre foyer", "Votre logement", "Votre travail et vos ressources")


def test_what_is_to_be_ready_is_of_the_list_and_has_a_picture():
    talk = Talk(states={"bank": "todo", "identity": "done"}, helpers={"bank": "relative", "tax": "desk"})
    assert steps_kept(talk) == (
        ToPrepare(preparation=Preparation.BANK, state=Readiness.TODO, helper=Helper.RELATIVE),
        ToPrepare(preparation=Preparation.IDENTITY, state=Readiness.DONE),
    )
    assert all(icon(PICTURES[one]) for one in Preparation)
    assert suggested({"domiciliation"}) == (Preparation.DOMICILIATION, Preparation.IDENTITY)
    assert suggested({"a_local_right"}) == (Preparation.IDENTITY,) and suggested(set()) == ()
