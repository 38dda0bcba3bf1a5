"""What ends a reading without waiting for the bus: the record of the referral, and the convention with the desk's
organisation; and a question that was refused leaves no text behind.
"""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.lifecycle import State
from contracts.refusals import ReferralAlreadyAnswered, ServiceAway
from contracts.vocabulary import Outcome
from services.partners.demonstration import CONVENTION_ENDS, ref_of
from tests.partners.conftest import World

PHONE = "06 39 98 00 12"
ENDED = [State.DECLINED, State.RECALLED, State.REDIRECTED, State.EXPIRED, State.WITHDRAWN, State.ENTERED_IN_ERROR]


async def arrive(world: World, until, **changed):
    """A referral in the desk's list, known to its neighbours, which intake still discloses."""
    fact = world.sent()
    world.known(fact, **changed)
    await world.publish(fact)

    async def listed():
        return await world.items(ref=fact.ref)

    await until(listed)
    return fact


async def every_way_out(world: World, ref: UUID) -> dict[str, str]:
    browser = await world.at_desk()
    pages = {
        "page": f"/bureau/{ref}", "list": "/bureau", "item": f"/api/desk/items/{ref}", "items": "/api/desk/items",
    }  # fmt: skip
    return {name: (await browser.get(path)).text for name, path in pages.items()}


def says(found: dict[str, str]) -> set[str]:
    return {name for name, text in found.items() if PHONE in text or "Mme K." in text}


@pytest.mark.parametrize("state", ENDED)
async def test_a_decision_ends_reading_at_once_though_intake_has_not_heard_of_it(world: World, until, state):
    fact = await arrive(world, until)
    assert says(await every_way_out(world, fact.ref)) == {"page", "list", "item", "items"}
    # Decided at referral; neither the desk's list nor intake has taken the fact.
    view = world.around.views[fact.ref]
    world.around.views[fact.ref] = view.model_copy(update={"state": state, "ended_at": world.now})
    found = await every_way_out(world, fact.ref)
    assert says(found) == set()
    assert "n’est plus entre vos mains" in found["page"] and "handover-closed" in found["item"]


async def test_a_closed_referral_stays_readable_for_thirty_days_of_the_record(world: World, until):
    fact = await arrive(world, until)
    for days, readable in ((29, True), (31, False)):
        view = world.around.views[fact.ref]
        ended = {"state": State.CLOSED, "ended_at": world.now - timedelta(days=days), "outcome": Outcome.REFUSED}
        world.around.views[fact.ref] = view.model_copy(update=ended)
        assert bool(says(await every_way_out(world, fact.ref))) is readable, days


async def test_without_the_record_nothing_of_the_person_is_shown(world: World, until):
    fact = await arrive(world, until)
    world.around.referral_away = True
    found = await every_way_out(world, fact.ref)
    assert says(found) == set() and "momentanément indisponibles" in found["page"]


async def test_a_referral_that_the_record_denies_is_not_read(world: World, until):
    fact = await arrive(world, until)
    del world.around.views[fact.ref]
    assert says(await every_way_out(world, fact.ref)) == set()


async def test_a_convention_that_has_ended_here_closes_every_way_out_at_once(world: World, until):
    fact = await arrive(world, until)
    assert says(await every_way_out(world, fact.ref))
    dpo, here = await world.as_account(role="dpo"), f"/reseau/conventions/{ref_of('convention', 'caf')}"
    ended = await dpo.post(here, data={"action": "end", "reason": "Dénoncée par la Caf"})
    assert ended.status_code == 303
    try:
        found = await every_way_out(world, fact.ref)
        assert says(found) == set() and "no-convention" in found["item"]
        assert "La convention avec cet organisme n’est pas en vigueur" in found["page"]
        shown = (await dpo.get(here)).text
        assert "Dénoncée par la Caf" in shown and "Écourtée" in shown
    finally:
        last = (CONVENTION_ENDS - timedelta(days=1)).date().isoformat()
        again = await dpo.post(here, data={"ends": last, "reason": "Reprise", "action": "change"})
    assert again.status_code == 303
    assert says(await every_way_out(world, fact.ref))
    facts = await told(world)
    assert [one["revision"] for one in facts][-2:] == [2, 3], "each change is told, in its transaction"


async def told(world: World) -> list[dict]:
    async with world.service.database.worker() as work:
        rows = await work.execute("SELECT envelope FROM fact WHERE type = 'convention.recorded.v1' ORDER BY seq")
        caf = str(ref_of("convention", "caf"))
        return [one["data"] for one in rows.scalars() if one["data"]["ref"] == caf]


async def test_a_convention_is_recorded_with_its_reason_and_warned_about_before_its_end(world: World):
    administrator = await world.as_account(role="administrator")
    organisation = str(ref_of("organisation", "francetravail"))
    today = world.now.date()
    form = {"organisation": organisation, "starts": today.isoformat(), "reason": "Délibération du 12 mars"}
    for wrong, sentence in (
        ({"ends": (today - timedelta(days=3)).isoformat()}, "Cette date est passée"),
        ({"ends": today.replace(year=today.year + 30).isoformat()}, "vérifiez l’année"),
        ({"ends": (today + timedelta(days=9)).isoformat(), "reason": " a "}, "Dites pourquoi"),
        ({"ends": (today + timedelta(days=9)).isoformat(), "organisation": str(uuid4())}, "Choisissez un organisme"),
    ):
        answer = await administrator.post("/reseau/conventions", data=form | wrong)
        assert answer.status_code == 422 and sentence in answer.text, sentence
    form["ends"] = (today + timedelta(days=40)).isoformat()
    assert (await administrator.post("/reseau/conventions", data=form)).status_code == 303
    shown = (await administrator.get("/reseau/conventions")).text
    assert "Fin dans 40 jours" in shown and "se termine dans les 60 jours" in shown
    assert "1 convention finit dans les 60 jours" in (await administrator.get("/reseau")).text
    referent = await world.as_account(role="referent")
    assert (await referent.get("/reseau/conventions")).status_code == 403
    assert "Enregistrer ou prolonger" not in (await referent.get("/reseau")).text
    async with world.service.database.worker() as work:  # the other tests of this service know none with it
        await work.execute("DELETE FROM convention WHERE organisation = :ref", ref=UUID(organisation))


async def test_a_question_that_is_refused_leaves_no_note(world: World, until):
    fact = await arrive(world, until, state=State.ACKNOWLEDGED)
    async with world.service.database.worker() as work:
        await work.execute("UPDATE deskitem SET state = 'acknowledged' WHERE ref = :ref", ref=fact.ref)
    form = {"question": "Quels jours ?", "resume_on": (world.now + timedelta(days=5)).date().isoformat()}
    browser = await world.at_desk()
    for refusal, dropped in ((ReferralAlreadyAnswered(state_label="Rappelée"), 1), (ServiceAway(), 0)):
        world.around.refusal, world.around.dropped = refusal, []
        answer = await browser.post(f"/bureau/{fact.ref}/request_information", data=form)
        assert answer.status_code == refusal.status and "Quels jours ?" in answer.text
        assert len(world.around.dropped) == dropped, "what may have been asked stays"
