"""Keeping a rights appointment: only what was decided, her goal sealed, and hers alone."""

from uuid import UUID, uuid4

import pytest

from contracts.refusals import DateInThePast, FreeTextToConfirm, NotFound, SocialSecurityNumberRefused
from contracts.vocabulary import Channel, Ground
from services.intake.appointment_guide_commands import KeepAppointment, NoteStep, ToPrepare
from services.intake.appointment_guide_handlers import keep_appointment, note_step
from services.intake.appointment_guide_tables import PreparationStep, RightsAppointment
from services.intake.appointment_guide_words import Helper, Preparation, Readiness
from services.intake.commands import NotedRight, SituationNow
from services.intake.tables import Encounter, PresumedRight, Situation
from tests.intake.people_world import People, a_desk, referent

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
