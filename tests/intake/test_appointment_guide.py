"""A rights appointment: nothing said is lost on the way, nothing is kept but what was decided, and it is hers alone."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from html import unescape
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData

from contracts.refusals import DateInThePast, FreeTextToConfirm, NotFound, SocialSecurityNumberRefused
from contracts.rights import catalogue
from contracts.vocabulary import Channel, Ground
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
from services.intake.appointment_guide_commands import KeepAppointment, NoteStep, ToPrepare
from services.intake.appointment_guide_handlers import keep_appointment, note_step
from services.intake.appointment_guide_tables import PreparationStep, RightsAppointment
from services.intake.appointment_guide_words import PICTURES, Helper, Preparation, Readiness, suggested
from services.intake.commands import NotedRight, SituationNow
from services.intake.screening_file import read_screening
from services.intake.tables import Encounter, PresumedRight, Situation
from services.runtime.web.pages import icon
from tests.intake.people_world import People, a_desk, referent, text_of

SHIPPED = read_screening()
EVERY = pages_of(SHIPPED)
LOW = {"age": frozenset({"25_59"}), "resources_band": frozenset({"under_600"})}


def form(pairs: Iterable[tuple[str, str]]) -> FormData:
    return FormData(list(pairs))


# --- the conversation, without a server ------------------------------------------------------------


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


# --- keeping it ------------------------------------------------------------------------------------

GOAL_TEXT = "Pouvoir ouvrir mon courrier sans peur."
RSA = NotedRight(right="rsa", ground=Ground.RESOURCES)


async def keep(people: People, viewer, person: UUID, **values) -> UUID:
    async with people.work(viewer) as work:
        return await keep_appointment(KeepAppointment(person=person, **values), work, people.keys)


async def test_an_appointment_keeps_the_goal_sealed_the_rights_and_what_is_to_be_ready(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    command = {
        "command_id": uuid4(), "goal": GOAL_TEXT, "rights": (RSA,), "met": True, "topics": ("Votre logement",),
        "steps": (ToPrepare(preparation=Preparation.BANK, state=Readiness.TODO, helper=Helper.HERSELF),),
        "situation": SituationNow(resources_band="under_600"),
    }  # fmt: skip
    ref = await keep(people, viewer, person, **command)
    assert await keep(people, viewer, person, **command) == ref, "sent twice, it is kept once"
    [row] = await people.rows(RightsAppointment, RightsAppointment.person == person)
    assert GOAL_TEXT.encode() not in row.goal and people.keys.open(person, "goal", row.goal) == GOAL_TEXT
    assert [one.right for one in await people.rows(PresumedRight, PresumedRight.review == row.review)] == ["rsa"]
    [step] = await people.rows(PreparationStep, PreparationStep.person == person)
    assert (step.preparation, step.helper, step.done_at) == ("bank", "herself", None)
    met = [one.channel for one in await people.rows(Encounter, Encounter.person == person)]
    assert sorted(met) == ["permanence", "rdv_des_droits"] and Channel.RDV_DES_DROITS in met
    [situation] = await people.rows(Situation, Situation.person == person)
    assert situation.resources_band == "under_600"
    facts = await people.facts(row.review)
    assert [one["type"] for one in facts] == ["rights.identified.v1"] and GOAL_TEXT not in str(facts)


async def test_noting_the_situation_leaves_what_was_not_asked_as_it_was(people: People):
    viewer = referent()
    person = await people.meet(viewer, situation=SituationNow(children=2, housing="tenant", household="alone"))
    await keep(people, viewer, person, situation=SituationNow(housing="hosted"))
    [row] = await people.rows(Situation, Situation.person == person)
    assert (row.children, row.housing, row.household) == (2, "hosted", "alone")


async def test_a_right_that_is_unticked_is_presumed_no_longer(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    await keep(people, viewer, person, rights=(RSA,))
    [row] = await people.rows(PresumedRight, PresumedRight.person == person)
    await keep(people, viewer, person, removed=frozenset({row.ref}))
    [row] = await people.rows(PresumedRight, PresumedRight.person == person)
    assert row.removed_at is not None


@pytest.mark.parametrize(
    ("goal", "refusal"),
    [("Mon numéro : 2 91 04 35 238 001 47", SocialSecurityNumberRefused), ("Soigner ma dépression", FreeTextToConfirm)],
)
async def test_her_goal_is_watched_and_a_refusal_keeps_nothing_at_all(people: People, goal: str, refusal: type):
    viewer = referent()
    person = await people.meet(viewer)
    with pytest.raises(refusal):
        await keep(people, viewer, person, goal=goal, rights=(RSA,), met=True)
    assert await people.rows(PresumedRight, PresumedRight.person == person) == []
    assert len(await people.rows(Encounter, Encounter.person == person)) == 1
    if refusal is FreeTextToConfirm:
        await keep(people, viewer, person, goal=goal, confirmed=frozenset({"goal"}))


async def test_a_next_appointment_in_the_past_is_refused(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    async with people.work(viewer) as work:
        yesterday = work.now.replace(year=work.now.year - 1)
    with pytest.raises(DateInThePast):
        await keep(people, viewer, person, next_at=yesterday)


async def test_a_step_is_ticked_off_opened_again_and_taken_away(people: People):
    viewer, stranger = referent(), referent()
    person = await people.meet(viewer)

    async def note(who, **values) -> None:
        async with people.work(who) as work:
            await note_step(NoteStep(person=person, preparation=Preparation.TAX, **values), work)

    with pytest.raises(NotFound):
        await note(stranger, state=Readiness.DONE)
    await note(viewer, state=Readiness.DONE, helper=Helper.RELATIVE)
    [row] = await people.rows(PreparationStep, PreparationStep.person == person)
    assert row.done_at is not None and row.helper == "relative"
    await note(viewer, state=Readiness.TODO)
    [row] = await people.rows(PreparationStep, PreparationStep.person == person)
    assert row.done_at is None and row.helper == "relative"
    await note(viewer, state=None)
    assert await people.rows(PreparationStep, PreparationStep.person == person) == []


async def test_no_desk_and_no_other_organisation_can_read_her_goal(people: People):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    grant = await people.agree(viewer, person, desk)
    await people.hand_over(viewer, person, grant, desk, "sent")
    await keep(people, viewer, person, goal=GOAL_TEXT)
    agent = referent(desk.organisation).model_copy(update={"desks": (desk.desk,)})
    for who, seen in ((viewer, 1), (agent, 0), (referent(), 0)):
        async with people.work(who) as work:
            count = await work.execute("SELECT count(*) FROM rightsappointment WHERE person = :person", person=person)
            assert count.scalar_one() == seen


# --- on the pages ----------------------------------------------------------------------------------


def fields(page: httpx.Response) -> list[tuple[str, str]]:
    """What a browser would send of the guide's form: hidden fields, what is ticked, selected and typed."""
    body = page.text.split('<form class="form guide"')[1].split("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', body)
    for tag in re.findall(r'<input class="ds-input" type="(?:checkbox|radio)"[^>]*checked[^>]*>', body):
        found.append((re.search(r'name="([^"]+)"', tag)[1], re.search(r'value="([^"]*)"', tag)[1]))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', body, re.S):
        found += [(name, value) for value in re.findall(r'value="([^"]*)" selected', options)]
    found += re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', body, re.S)
    found += re.findall(r'name="(next_at)" type="datetime-local" value="([^"]*)"', body)
    return [(unescape(name), unescape(value)) for name, value in found]


async def step(client: httpx.AsyncClient, path: str, page: httpx.Response, action: str, **more: str) -> httpx.Response:
    pairs = [(name, value) for name, value in fields(page) if name not in more] + list(more.items())
    data: dict[str, list[str]] = {}
    for name, value in [*pairs, ("action", action)]:
        data.setdefault(name, []).append(value)
    return await client.post(path, data=data)


async def test_the_whole_conversation_goes_on_and_back_without_loss_and_ends_with_her_summary(people: People):
    viewer = referent()
    person = await people.meet(viewer, civility="mme", birth_date="1957-03-02")
    client, path = await people.client(viewer), f"/personnes/{person}/rendez-vous"
    page = await client.get(path)
    assert "dans ses mots" in page.text
    page = await step(client, path, page, "next", goal="Me soigner, j’ai une maladie")
    assert page.status_code == 422 and "Garder ce texte" in page.text, "her goal is watched at its own page"
    page = await step(client, path, page, "next", goal=GOAL_TEXT)
    assert re.search(r'name="q_age" value="65_over"[^>]*checked', page.text), "her birth date answers for her age"
    page = await step(client, path, page, "next")
    page = await step(client, path, page, "next", q_mail="no", q_housing="hosted")
    page = await step(client, path, page, "back")
    assert re.search(r'name="q_housing" value="hosted"[^>]*checked', page.text)
    assert re.search(r'name="q_mail" value="no"[^>]*checked', page.text)
    page = await step(client, path, page, "next")
    page = await step(client, path, page, "next", q_resources_band="600_1200")
    page = await step(client, path, page, "next")
    seen = text_of(page.text)
    assert "À vérifier : elle a 65 ans ou plus et peu de ressources." in seen and "€" not in seen
    assert "Pas regardé, faute de réponse" in seen
    page = await step(client, path, page, "add", add="fsl")
    page = await step(client, path, page, "next")
    assert page.status_code == 422 and 'href="#ground_fsl"' in page.text
    page = await step(client, path, page, "next", ground_fsl="housing", cause_fsl="non_connaissance")
    page = await step(client, path, page, "next", state_identity="todo", helper_identity="relative")
    page = await step(client, path, page, "back")
    page = await step(client, path, page, "back")
    assert re.search(r'id="rights-fsl"[^>]*checked', page.text) and "non_connaissance\" selected" in page.text
    page = await step(client, path, await step(client, path, page, "next"), "next")
    page = await step(client, path, page, "keep", next_at="demain")
    assert page.status_code == 422 and "Écrivez la date et l’heure." in page.text
    assert await people.rows(PresumedRight, PresumedRight.person == person) == [], "nothing is kept before the end"
    end = await step(client, path, page, "keep", next_at="2031-05-06T10:30")
    assert end.status_code == 303 and end.headers["location"] == f"/personnes/{person}/resume"
    rights = {one.right for one in await people.rows(PresumedRight, PresumedRight.person == person)}
    assert rights == {"aspa", "css", "domiciliation", "fsl"}
    assert await people.rows(Situation, Situation.person == person) == [], "the answers are not kept"
    said = text_of((await client.get(end.headers["location"])).text)
    for words in (GOAL_TEXT, "Ce que nous avons regardé", "Minimum vieillesse", "Une pièce d’identité", "Un proche",
                  "mardi 6 mai 2031", "10 h 30", "pas des décisions"):  # fmt: skip
        assert words.lower() in said.lower(), words
    shown = (await client.get(f"/personnes/{person}")).text
    assert GOAL_TEXT in text_of(shown) and "1 chose encore à préparer" in text_of(shown)
    form_of = re.search(r'action="[^"]*/demarches">(.*?)</form>', shown, re.S)[1]  # type: ignore[index]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form_of))
    assert (await client.post(f"/personnes/{person}/demarches", data=sent)).status_code == 303
    assert "Tout est prêt." in text_of((await client.get(f"/personnes/{person}")).text)


async def test_two_clicks_at_once_keep_one_appointment(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    client, path = await people.client(viewer), f"/personnes/{person}/rendez-vous"
    data = {"command_id": str(uuid4()), "page": "resume", "action": "keep", "goal": GOAL_TEXT, "ended_once": "true"}
    answers = await asyncio.gather(*(client.post(path, data=data) for _ in range(2)))
    assert [one.status_code for one in answers] == [303, 303]
    assert len(await people.rows(RightsAppointment, RightsAppointment.person == person)) == 1
