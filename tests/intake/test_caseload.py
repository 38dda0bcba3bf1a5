"""Opening a colleague's file: asked why, journalled with the reason, and the DPO is told when there are many."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx

from contracts.viewer import Role, Viewer
from services.intake import caseload, caseload_watch
from services.intake.caseload_tables import CaseloadAlert
from services.intake.journal_kinds import Kind, Reason
from services.intake.journal_tables import JournalEntry
from tests.intake.people_world import People, referent, text_of


async def entries(people: People, viewer: Viewer, *kinds: Kind) -> list[JournalEntry]:
    found = await people.rows(JournalEntry, JournalEntry.viewer == viewer.account)
    return [one for one in found if one.kind in kinds]


async def test_a_colleagues_file_opens_only_once_one_has_said_why(people: People):
    viewer = referent()
    colleague = referent(viewer.organisation)
    person = await people.meet(viewer, last_name="Quentavel")
    client = await people.client(colleague)
    for page in ("", "/rencontre", "/situation", "/accord", "/bilan?droit=rsa"):
        asked = await client.get(f"/personnes/{person}{page}")
        then = {"suite": f"/personnes/{person}{page}"} if page else {}
        location = httpx.URL(asked.headers["location"])
        assert (asked.status_code, location.path, dict(location.params)) == (303, f"/personnes/{person}/motif", then)
    page = await client.get(f"/personnes/{person}/motif")
    assert page.status_code == 200 and "Quentavel" not in page.text
    assert await entries(people, colleague, Kind.READ_FILE) == []
    wrong = await client.post(f"/personnes/{person}/motif", data={"caseload_reason": "curiosity"})
    assert wrong.status_code == 422 and "Choisissez une réponse" in text_of(wrong.text)
    answer = await client.post(f"/personnes/{person}/motif", data={"caseload_reason": Reason.COVERS_COLLEAGUE.value})
    assert answer.headers["location"] == f"/personnes/{person}"
    assert "Quentavel" in (await client.get(f"/personnes/{person}")).text
    [read] = await entries(people, colleague, Kind.READ_FILE)
    assert (read.person, read.reason) == (person, Reason.COVERS_COLLEAGUE.value)
    [given] = await entries(people, colleague, Kind.REASON_GIVEN)
    assert given.person == person


async def test_ones_own_file_is_never_asked_for_and_a_reason_ends_after_some_hours(people: People):
    viewer = referent()
    colleague = referent(viewer.organisation)
    person = await people.meet(viewer)
    own = await (await people.client(viewer)).get(f"/personnes/{person}")
    assert own.status_code == 200
    async with people.work(colleague) as work:
        await caseload.give_reason(colleague, work, person, Reason.SUPERVISION)
        began = work.now
    for later, open_still in ((timedelta(hours=1), True), (caseload.OPEN_FOR + timedelta(seconds=1), False)):
        async with people.work(colleague, began + later) as work:
            assert bool(await caseload.reason_now(colleague, work, person)) is open_still
    async with people.work(colleague) as work:
        assert not await caseload.is_hers(colleague, work, person)
    await people.meet(colleague, person=person, first_name="", last_name="")
    async with people.work(colleague) as work:
        assert await caseload.is_hers(colleague, work, person), "she met her: the person is of her caseload now"


async def test_another_organisation_learns_nothing_from_the_question(people: People):
    person = await people.meet(referent())
    client = await people.client(referent())
    for method in ("GET", "POST"):
        answer = await client.request(method, f"/personnes/{person}/motif")
        unknown = await client.request(method, f"/personnes/{uuid4()}/motif")
        assert answer.status_code == unknown.status_code == 404


async def test_fifty_files_of_a_colleague_make_one_alert_that_the_dpo_reads(people: People):
    viewer = referent()
    colleague = referent(viewer.organisation)
    folk = [await people.meet(viewer, last_name=f"Aubry{number}") for number in range(50)]
    client = await people.client(colleague)
    most = people.service.settings.caseload_alert
    for number, person in enumerate(folk, 1):
        await client.post(f"/personnes/{person}/motif", data={"caseload_reason": "supervision"})
        if number in (most, most + 1, len(folk)):
            assert (await client.get(f"/personnes/{person}")).status_code == 200
            alerts = await people.rows(CaseloadAlert, CaseloadAlert.account == colleague.account)
            assert len(alerts) == (number > most), number
    [alert] = alerts
    assert (alert.organisation, alert.opened) == (viewer.organisation, most + 1)
    dpo = await people.client(referent(None, Role.DPO))
    page = text_of((await dpo.get("/journal?vue=alertes")).text)
    assert f"a ouvert {most + 1} dossiers de collègues" in page
    assert "Aubry" not in page


async def test_ones_own_files_make_no_alert_however_many(people: People):
    viewer = referent()
    client = await people.client(viewer)
    for _ in range(people.service.settings.caseload_alert + 2):
        await client.get(f"/personnes/{await people.meet(viewer)}")
    async with people.work(viewer) as work:
        assert await caseload.opened_outside(viewer, work) == 0
    await caseload_watch.watch_all(people.service)
    assert await people.rows(CaseloadAlert, CaseloadAlert.account == viewer.account) == []


async def test_a_colleagues_referral_asks_as_her_file_does_and_counts_with_it(people: People):
    viewer = referent()
    colleague = referent(viewer.organisation)
    client = await people.client(colleague)
    for _ in range(people.service.settings.caseload_alert + 1):
        person = await people.meet(viewer)
        ref = await _handover(people, viewer, person)
        asked = await client.get(f"/orientations/{ref}")
        assert asked.headers["location"] == f"/personnes/{person}/motif?suite=/orientations/{ref}"
        said = {"caseload_reason": "supervision", "suite": f"/orientations/{ref}"}
        there = (await client.post(f"/personnes/{person}/motif", data=said)).headers["location"]
        assert there == f"/orientations/{ref}" and (await client.get(there)).status_code == 200
    await caseload_watch.watch_all(people.service)
    [alert] = await people.rows(CaseloadAlert, CaseloadAlert.account == colleague.account)
    assert alert.opened == people.service.settings.caseload_alert + 1
    opened = await entries(people, colleague, Kind.READ_REFERRAL)
    assert {one.reason for one in opened} == {"supervision"}


async def test_nobody_is_sent_to_a_page_elsewhere_afterwards(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    client = await people.client(referent(viewer.organisation))
    inside = f"/personnes/{person}"
    for elsewhere in ("https://ailleurs.example", "//ailleurs.example", "/deconnexion", f"{inside}\\@a.example"):
        said = {"caseload_reason": "supervision", "suite": elsewhere}
        answer = await client.post(f"/personnes/{person}/motif", data=said)
        assert answer.headers["location"] == f"/personnes/{person}"


async def _handover(people: People, viewer: Viewer, person: UUID) -> UUID:
    from tests.intake.people_world import a_desk

    desk = a_desk()
    return await people.hand_over(viewer, person, await people.agree(viewer, person, desk), desk, "sent")
