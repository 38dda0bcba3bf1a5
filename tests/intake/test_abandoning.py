"""A draft or a refused hand-over can be given up: its texts are erased, and nothing already sent is touched."""

from uuid import UUID, uuid4

import pytest

from contracts.viewer import Role
from contracts.vocabulary import OrganisationKind
from services.intake import people_list, store
from services.intake.web_referrals import TABS
from tests.intake.handover_world import World, person_at_work
from tests.intake.pages_world import fields, hidden_of, only, prepared, text


@pytest.mark.parametrize("step", ["draft", "awaiting_consent", "refused"])
async def test_what_was_not_sent_can_be_abandoned_and_its_texts_are_erased(world: World, step: str):
    ready = await world.ready()
    only(world, ready)
    async with world.browser(ready.referent) as browser:
        ref = await prepared(world, ready, browser, step)
        shown = await browser.get(f"/orientations/{ref}", follow_redirects=True)
        assert f'href="/orientations/{ref}/abandonner"' in shown.text
        assert "Ce que vous avez écrit sera effacé" in text(await browser.get(f"/orientations/{ref}/abandonner"))
        assert (await world.row(ref)).step == step, "looking changes nothing"
        for _ in range(2):
            answer = await browser.post(f"/orientations/{ref}/abandonner")
            assert (answer.status_code, answer.headers["location"]) == (303, f"/personnes/{ready.person}")
            assert answer.cookies.get("relais_flash") == "abandoned"
        lists = ["/aujourdhui", *(f"/orientations?liste={tab}" for tab in TABS)]
        for address in lists:
            assert str(ref) not in (await browser.get(address)).text, address
        assert (await browser.get(f"/orientations/{ref}")).headers["location"] == f"/personnes/{ready.person}"
    row = await world.row(ref)
    assert (row.step, row.need_summary, row.accompaniment) == ("abandoned", None, None)
    async with world.service.database.web(ready.referent) as work:
        assert (await store.person_file(ready.referent, work, ready.person)).handovers == []
        person = await store.person_of(ready.referent, work, ready.person)
        assert (await people_list.standing_of(ready.referent, work, [person])).handovers == {}


async def test_what_has_left_is_not_abandoned(world: World):
    ready = await world.ready()
    ref = (await world.hand_over(ready)).ref
    async with world.browser(ready.referent) as browser:
        for step in ("sending", "sent"):
            await world.change(ref, step=step)
            for ask in (browser.get, browser.post):
                answer = await ask(f"/orientations/{ref}/abandonner")
                assert (answer.status_code, answer.headers["location"]) == (303, f"/orientations/{ref}")
                assert answer.cookies.get("relais_flash") == "left_already"
    row = await world.row(ref)
    assert row.step == "sent" and row.need_summary is not None


async def test_only_a_referent_of_the_organisation_abandons(world: World):
    ready = await world.ready()
    only(world, ready)
    colleague = person_at_work(ready.referent.organisation, OrganisationKind.CCAS, Role.REFERENT)
    agent = person_at_work(ready.referent.organisation, OrganisationKind.CCAS, Role.DESK_AGENT)
    stranger = person_at_work(uuid4(), OrganisationKind.CCAS, Role.REFERENT)
    async with world.browser(ready.referent) as browser:
        ref = await prepared(world, ready, browser, "draft")
    for viewer, status in ((stranger, 404), (agent, 403), (colleague, 303)):
        async with world.browser(viewer) as browser:
            said = {"caseload_reason": "covers_colleague"}
            assert (await browser.post(f"/orientations/{ref}/abandonner", data=said)).status_code == status
        assert (await world.row(ref)).step == ("abandoned" if status == 303 else "draft")


async def test_a_draft_abandoned_in_another_window_leaves_what_is_typed_and_a_new_hand_over(world: World):
    ready = await world.ready()
    only(world, ready)
    here = f"/personnes/{ready.person}/confier"
    async with world.browser(ready.referent) as browser:
        ref = await prepared(world, ready, browser, "draft")
        await browser.post(f"/orientations/{ref}/abandonner")
        assert 'name="draft"' not in (await browser.get(here, params={"brouillon": str(ref)})).text
        typed = fields(ready, draft=str(ref), message="Toujours le matin")
        again = await browser.post(here, data=typed)
        assert again.status_code == 409 and "abandonné" in text(again) and "Toujours le matin" in again.text
        sent = await browser.post(here, data=hidden_of(again) | {
            "mode": "appel_a_trois", "message": "Toujours le matin", "action": "send",
        })  # fmt: skip
    assert sent.status_code == 303 and UUID(sent.headers["location"].rsplit("/", 1)[1]) != ref
    assert (await world.row(ref)).step == "abandoned"
