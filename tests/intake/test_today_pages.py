"""Aujourd’hui, the JSON interface, and the hint that something moved."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.facts import ReferralSent
from contracts.replies import Task, TasksFound
from contracts.viewer import Role
from contracts.vocabulary import OrganisationKind, TaskKind
from services.intake import handover
from services.intake.web_referrals import TABS
from tests.intake.handover_world import World, fact_of, person_at_work
from tests.intake.pages_world import text


async def test_today_starts_with_a_sentence_and_gives_each_task_its_one_next_action(world: World):
    ready = await world.ready(expires_at=datetime.now(UTC) + timedelta(days=9))
    async with world.browser(ready.referent) as browser:
        empty = await browser.get("/aujourdhui")
        assert "1 chose vous attend aujourd’hui" in text(empty) and "Accord bientôt terminé" in text(empty)
        ref = (await world.hand_over(ready)).ref
        late = (await world.hand_over(ready)).ref
        async with world.service.database.worker() as work:
            past = datetime.now(UTC) - timedelta(days=1)
            envelope = work.emit(fact_of(ready, late, ReferralSent, next_due=past))
        await world.service.inbox.take("intake-referral", [envelope])
        world.referrals.tasks = TasksFound(
            tasks=(Task(ref=uuid4(), kind=TaskKind.QUESTION, referral=ref, since=datetime.now(UTC)),)
        )
        try:
            page = await browser.get("/aujourdhui")
        finally:
            world.referrals.tasks = TasksFound(tasks=())
    assert "3 choses vous attendent aujourd’hui, dont 1 en retard." in text(page)
    assert f'href="/orientations/{ref}/answer_information"' in page.text and "devait répondre hier" in text(page)
    assert 'data-live="/aujourdhui/flux"' in page.text


async def test_of_many_referrals_that_are_late_every_one_is_counted_and_the_oldest_are_shown(world: World):
    ready = await world.ready()
    refs = [(await world.hand_over(ready)).ref for _ in range(15)]
    async with world.service.database.worker() as work:
        envelopes = [
            work.emit(fact_of(ready, ref, ReferralSent, next_due=datetime.now(UTC) - timedelta(days=30 - number)))
            for number, ref in enumerate(refs)
        ]
    await world.service.inbox.take("intake-referral", envelopes)
    async with world.browser(ready.referent) as browser:
        page = await browser.get("/aujourdhui")
    group = page.text.partition("Relancer un guichet")[2].partition("</section>")[0]
    assert "15, dont 15 en retard" in group and "et 12 autres" in group and "2 de plus viendront ici" in group
    assert [f'data-key="/orientations/{ref}"' in group for ref in refs] == [True] * 13 + [False] * 2


async def test_a_free_day_says_what_will_appear(world: World):
    nobody = person_at_work(uuid4(), OrganisationKind.CCAS, Role.REFERENT)
    async with world.browser(nobody) as browser:
        shown = text(await browser.get("/aujourdhui"))
        assert "Rien ne vous attend aujourd’hui." in shown and "Voir les personnes" in shown
        for tab in TABS:
            assert "Aucune orientation ici" in text(await browser.get(f"/orientations?liste={tab}"))
        assert (await browser.get("/orientations?liste=autre")).status_code == 404


async def test_the_json_interface_sends_follows_and_repeats_without_harm(world: World):
    ready = await world.ready()
    body = ready.command().model_dump(mode="json", exclude={"command_id", "draft", "confirmed"})
    key = {"Idempotency-Key": str(uuid4())}
    async with world.browser(ready.referent) as client:
        first, again = [await client.post("/api/referrals", json=body, headers=key) for _ in range(2)]
        assert first.status_code == again.status_code == 201 and first.json() == again.json() | {"state": "sent"}
        read = (await client.get(f"/api/referrals/{first.json()['ref']}")).json()
        assert (read["step"], read["state"], read["desk"]) == ("sent", "sent", str(ready.recipient.desk))
        assert "message" not in read and "matin" not in str(read)
        assert (await client.get("/api/people")).json() == {
            "people": [{"ref": str(ready.person), "file_number": "26-AAAAA"}],
            "next": None,
        }
        async with world.away():
            away = await client.post("/api/referrals", json=body)
            assert away.status_code == 202 and away.json()["state"] == "sending"
        for change, status, slug in (
            ({"message": "NIR 290053523812389"}, 422, "social-security-number-refused"),
            ({"right": "apl"}, 409, "no-live-grant"),
            ({"person": str(uuid4())}, 404, "not-found"),
            ({"right": "xxx"}, 422, "invalid-input"),
            ({"purpose": "follow_up"}, 409, "purpose-not-allowed"),
            ({"unknown": 1}, 422, "invalid-input"),
        ):
            refused = await client.post("/api/referrals", json=body | change)
            assert (refused.status_code, refused.json()["slug"]) == (status, slug)
        bad_key = await client.post("/api/referrals", json=body, headers={"Idempotency-Key": "x"})
        assert bad_key.status_code == 422


@pytest.mark.parametrize("address", ["/aujourdhui/flux", "/orientations/flux"])
async def test_a_page_is_told_when_something_of_its_organisation_moved(world: World, address):
    ready = await world.ready()
    route = next(one for one in world.service.app.routes if getattr(one, "path", "") == address)
    assert route.endpoint.relais_roles == frozenset({Role.REFERENT})
    stream = world.service.live.stream([f"organisation.{ready.referent.organisation}"])
    events = stream.body_iterator.__aiter__()
    assert "retry" in await anext(events)
    await handover.hand_over(ready.command(), ready.referent, world.service, world.keys)
    assert "event: moved" in await anext(events)
    await events.aclose()
