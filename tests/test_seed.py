"""The fictional territory as people find it: something to do today, a board worth reading, nobody’s name on it."""

import html
import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from contracts.asks import ListTasks
from contracts.facts import PersonErased, ReminderTold
from contracts.ladder import Audience, LadderStep
from contracts.viewer import Role
from contracts.vocabulary import TaskKind
from services.partners.demonstration import demo_accounts
from services.referral import comparison, publishing
from services.referral.business_time import paris_day
from services.replaying import REBUILDS, replay_over
from services.runtime.clock import system_clock
from services.seed import SownBefore, seed
from services.seed.neighbours import NEIGHBOURS
from services.seed.territory import viewers
from tests.seeded_world import PEOPLE, Seeded, Watched, is_quiet, rows_of, seeded_in, typed_in


@pytest.fixture(scope="module")
def seed_folder() -> Iterator[Path]:
    """A data folder of its own: what is seeded must not be in the way of other tests."""
    made = Path(tempfile.mkdtemp(prefix="relais-s-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
async def seeded(seed_folder: Path) -> AsyncIterator[Seeded]:
    """Forty people over six months, seeded once: every test of it stands in this file, which one worker runs."""
    async with seeded_in(seed_folder) as found:
        yield found


async def test_every_person_met_is_there_and_most_were_handed_over(seeded: Seeded):
    assert seeded.report.people == PEOPLE
    people = await seeded.rows(
        "intake", "SELECT count(*), count(phone), count(*) FILTER (WHERE search = '') FROM person"
    )
    assert people == [(PEOPLE, PEOPLE, 0)]
    assert seeded.report.referrals >= PEOPLE // 2
    assert await seeded.rows("referral", "SELECT count(*) FROM referral") == [(seeded.report.referrals,)]


async def test_the_past_is_in_the_past_and_in_order(seeded: Seeded):
    (found,) = await seeded.rows(
        "referral",
        "SELECT count(*) FILTER (WHERE time > now()), count(*) FILTER (WHERE time < now() - interval '1 month'),"
        " count(*) FROM fact",
    )
    assert found[0] == 0 and found[1] > 50
    backwards = await seeded.rows(
        "referral",
        "SELECT count(*) FROM (SELECT time - lag(time) OVER (PARTITION BY ref ORDER BY version) AS gap FROM fact"
        " WHERE version > 0) t WHERE gap < interval '0'",
    )
    assert backwards == [(0,)]


async def test_many_states_and_outcomes_occur(seeded: Seeded):
    states = {row[0] for row in await seeded.rows("referral", "SELECT DISTINCT state FROM referral")}
    assert {"sent", "in_progress", "on_hold", "closed", "declined"} <= states
    outcomes = await seeded.rows("referral", "SELECT DISTINCT outcome FROM referral WHERE outcome IS NOT NULL")
    assert len(outcomes) >= 4


async def test_the_first_referent_has_something_to_do_today(seeded: Seeded):
    account = next(one for one in demo_accounts() if one["role"] == "referent")
    viewer = viewers("valbrume")[UUID(account["ref"])]
    found = await seeded.whole.services["intake"].bus.ask(ListTasks(viewer=viewer))
    kinds = {task.kind for task in found.tasks}
    assert {TaskKind.QUESTION, TaskKind.REDIRECT, TaskKind.DECLINED} <= kinds
    mine = f"SELECT count(*) FROM referral WHERE sender = '{viewer.account}' AND "
    assert await seeded.rows("referral", mine + "state = 'sent' AND acknowledge_due < now()") >= [(1,)]
    assert await seeded.rows("referral", mine + "sent_at > now() - interval '1 hour'") >= [(1,)]


async def test_no_fact_was_given_up(seeded: Seeded):
    for name in seeded.whole.services:
        assert await seeded.rows(name, "SELECT count(*) FROM dead_letter") == [(0,)]


async def test_people_said_afterwards_what_it_was_worth_and_one_had_her_referral_begin_again(seeded: Seeded):
    answers, useful = (await seeded.rows("referral", "SELECT count(*), count(useful) FROM checkanswer"))[0]
    assert answers == seeded.report.opinions >= useful > 0
    again = (
        "SELECT r.ref FROM checkanswer c JOIN referral r ON r.ref = c.referral"
        " WHERE c.right_open = 'no' AND c.useful = 'no' AND r.episode > c.episode AND r.episode_sent_at = c.at"
        " AND r.state = 'sent'"
    )
    ((ref,),) = await seeded.rows("referral", again)
    told = await seeded.rows("referral", f"SELECT type FROM fact WHERE ref = '{ref}' ORDER BY version DESC LIMIT 2")
    assert told == [("referral.outcome_contradicted.v1",), ("referral.checked.v1",)]
    client = await seeded.client(Role.COORDINATOR)
    page = (await client.get("/tableau")).text
    assert "aux vérifications d’un et trois mois" in page and "a contredit l’issue" in page
    assert "Trop peu d’orientations pour juger" in page and "Les nombres, par guichet" in page
    assert str(ref)[:8] in (await client.get("/tableau/liste?quoi=contredites")).text
    figures, file = (await client.get("/api/board")).json(), (await client.get("/tableau/donnees/csv")).text
    assert figures["said_after"]["answers"] == answers and figures["said_after"]["contradicted"] > 0
    assert sum(one["sent"] for one in figures["desks"]) > 0
    assert f"Réponses aux vérifications,Réponses,{answers}" in file and "Nombres par guichet" in file


async def test_nobody_is_written_to_about_what_is_long_past(seeded: Seeded):
    past = (
        "SELECT count(*), count(*) FILTER (WHERE state = 'suppressed') FROM telling"
        " WHERE due_at < now() - interval '2 days'"
    )
    ((told, suppressed),) = await seeded.rows("notify", past)
    assert told == suppressed > 0


async def test_the_coordinator_reads_the_board(seeded: Seeded):
    client = await seeded.client(Role.COORDINATOR)
    for code in ("tta", "ttc", "ttr"):
        page = await client.get(f"/tableau/temps/{code}")
        assert page.status_code == 200 and "Caf de Valbrume" in page.text
    home = (await client.get("/tableau")).text
    assert re.search("orientations? atten(d|dent) une réponse", home) and "Repère de la Drees" in home
    figures = (await client.get("/api/board")).json()
    assert figures["funnel"]["met"] == PEOPLE
    assert figures["funnel"]["met"] >= figures["funnel"]["identified"] >= figures["funnel"]["sent"]
    assert figures["times"]["ttr"]["overall"]["n"] > 10


async def test_no_name_of_a_person_is_on_any_page_of_the_coordination(seeded: Seeded):
    names = await seeded.rows("intake", "SELECT first_name, last_name, ref::text FROM person")
    client = await seeded.client(Role.COORDINATOR)
    referrals = await seeded.rows("referral", "SELECT ref FROM referral ORDER BY sent_at DESC LIMIT 12")
    pages = ["/tableau", "/api/board", *(f"/tableau/orientations/{row[0]}" for row in referrals)]
    for address in pages:
        answer = await client.get(address)
        assert answer.status_code == 200, address
        for first, last, ref in names:
            assert last not in answer.text and f"{first} " not in answer.text and ref not in answer.text


@pytest.mark.parametrize("role", [Role.REFERENT, Role.DESK_AGENT, Role.DESK_MANAGER, Role.DPO, Role.ADMINISTRATOR])
async def test_the_board_is_the_coordination_s_alone(seeded: Seeded, role: Role):
    client = await seeded.client(role)
    assert (await client.get("/api/board")).status_code == 403
    assert (await client.get("/tableau")).status_code == 403
    (ref,) = (await seeded.rows("referral", "SELECT ref FROM referral LIMIT 1"))[0]
    assert (await client.get(f"/tableau/orientations/{ref}")).status_code == 403


async def test_nobody_signed_in_sees_no_board(seeded: Seeded):
    client = await seeded.client(None)
    assert (await client.get("/api/board")).status_code == 401
    assert (await client.get("/tableau")).status_code == 303


async def test_the_coordinator_contests_a_decline_once(seeded: Seeded):
    (ref,) = (await seeded.rows("referral", "SELECT ref FROM referral WHERE state = 'declined' LIMIT 1"))[0]
    client = await seeded.client(Role.COORDINATOR)
    page = await client.get(f"/tableau/orientations/{ref}")
    assert "Contester le refus" in page.text
    command = {"command_id": "0b3f5c1e-5d5e-4b8f-9d0e-5a6b7c8d9e0f"}
    for _ in range(2):  # sent twice, done once
        answer = await client.post(f"/tableau/orientations/{ref}/contest_decline", data=command)
        assert answer.status_code == 303, answer.text
    assert await seeded.rows("referral", f"SELECT state FROM referral WHERE ref = '{ref}'") == [("sent",)]
    answer = await client.post(f"/tableau/orientations/{ref}/contest_decline", data={**command, "command_id": str(ref)})
    assert answer.status_code == 409 and "a changé entre-temps" in answer.text


async def test_a_reason_left_out_comes_back_at_its_field(seeded: Seeded):
    (ref,) = (await seeded.rows("referral", "SELECT ref FROM referral WHERE state = 'sent' LIMIT 1"))[0]
    client = await seeded.client(Role.COORDINATOR)
    data = {"command_id": str(ref)}
    answer = await client.post(f"/tableau/orientations/{ref}/mark_in_error", data=data)
    assert answer.status_code == 422
    assert "Ce champ est nécessaire" in answer.text
    assert answer.text.index("</h1>") < answer.text.index("ds-error-summary") < answer.text.index('class="lead"')
    assert (await client.post(f"/tableau/orientations/{ref}/recall", data=data)).status_code == 404


async def test_every_read_model_replayed_from_the_record_is_the_live_one(seeded: Seeded, capsys, until):
    await until(lambda: is_quiet(seeded), within=60)
    databases = {name: one.database for name, one in seeded.whole.services.items()}
    assert await replay_over(databases, list(REBUILDS)) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    for table in ("partners.deskitem", "intake.handover", "notify.reminder", "referral.met", "referral.course"):
        assert f"{table} : identique" in said, said
    assert "notify.telling : non refait" in said and "readable_until" in said


@pytest.mark.parametrize(
    ("service", "table", "harm"),
    [
        ("partners", "partners.deskitem", "UPDATE deskitem SET attempts = attempts + 1, state = 'sent' WHERE {one}"),
        ("partners", "partners.deskitem", "DELETE FROM deskitem WHERE {one}"),
        ("intake", "intake.handover", "UPDATE handover SET state = 'sent', next_due = now() WHERE {one}"),
        ("intake", "intake.handover", "UPDATE handover SET viewed_at = now() WHERE {unseen}"),
        ("intake", "intake.note", "UPDATE note SET carried_at = NULL WHERE {first}"),
        ("intake", "intake.knownconvention", "UPDATE knownconvention SET ends = now() WHERE {first}"),
        ("notify", "notify.reminder", "DELETE FROM reminder WHERE {coming}"),
        ("notify", "notify.reminder", "UPDATE reminder SET audience = '{{manager}}' WHERE {coming}"),
        ("referral", "referral.met", "UPDATE met SET channel = 'maraude', at = now() WHERE {first}"),
    ],
)
async def test_a_row_that_is_wrong_is_found_put_right_and_then_the_same(seeded: Seeded, capsys, service, table, harm):
    databases = {name: one.database for name, one in seeded.whole.services.items()}
    lowest = f"ref = (SELECT min(ref::text)::uuid FROM {table} WHERE"
    marks = {"one": f"{lowest} version > 4)", "first": f"{lowest} true)",
             "unseen": f"{lowest} viewed_at IS NULL AND version > 0)",
             "coming": f"{lowest} state = 'armed' AND due_at > now())"}  # fmt: skip
    async with databases[service].worker() as work:
        before = await rows_of(work, table)
        await work.execute(harm.format(**marks))
        assert await rows_of(work, table) != before
    assert await replay_over(databases, [service]) == 1
    assert f"{table} : corrigé, lignes : 1 " in capsys.readouterr().out
    async with databases[service].worker() as work:
        assert await rows_of(work, table) == before
    assert await replay_over(databases, [service]) == 0


async def test_the_record_is_read_by_pages_and_page_by_page_the_result_is_the_same(seeded: Seeded):
    databases = {name: one.database for name, one in seeded.whole.services.items()}
    # Its clock counts what is harmed here while it is compared.
    await seeded.whole.services["referral"].jobs.stop()
    wrong = {
        "partners": "UPDATE deskitem SET attempts = attempts + 1",
        "intake": "UPDATE knownconvention SET ends = now()",
        "notify": "DELETE FROM reminder WHERE state = 'armed' AND due_at > now()",
        "referral": "UPDATE met SET channel = 'maraude', at = now() + '1 day'; UPDATE identified SET causes = '{}',"
        " at = now() + '1 day'; DELETE FROM remindergiven; DELETE FROM course;"
        " UPDATE tally SET n = n + 1; INSERT INTO touched (person) SELECT person FROM met;"
        " UPDATE businesscalendar SET said_at = now()",
    }
    found = {}
    # The first round, whose figures the last one replaces, leaves the same empty cells to both that are compared.
    for at_once in (100_000, 3, 100_000):
        watched = Watched(databases, at_once)
        for service, harm in wrong.items():
            async with databases[service].worker() as work:
                for statement in harm.split("; "):
                    await work.execute(statement)
            compared = await REBUILDS[service][0](databases[service], watched, lambda _done, _all: None)
            found[at_once, service] = [replace(one, rows=0) for one in compared]
            assert not all(one.identical for one in compared)
        assert 0 < watched.most <= at_once
    for service in wrong:
        assert found[3, service] == found[100_000, service], service
        again = await REBUILDS[service][0](databases[service], Watched(databases, 3), lambda _done, _all: None)
        assert all(one.identical for one in again), again
    seeded.whole.services["referral"].jobs.start()


async def test_the_same_draw_is_refused_a_second_time(seeded: Seeded):
    with pytest.raises(SownBefore):
        await seed(seeded.whole.services, people=5, months=1, now=system_clock(), progress=lambda _done, _all: None)


async def test_a_reminder_that_was_shown_is_shown_again(seeded: Seeded, until):
    databases = {name: one.database for name, one in seeded.whole.services.items()}
    ((ref, desk),) = await seeded.rows("referral", "SELECT ref, desk FROM referral ORDER BY ref LIMIT 1")
    async with databases["notify"].worker() as work:
        work.emit(ReminderTold(
            ref=ref, step=LadderStep.NO_ACTIVITY, audience=(Audience.ASSIGNEE,), desk=desk, told=2, due_at=work.now,
            at=work.now,
        ))  # fmt: skip

    async def shown() -> list[tuple]:
        kept = "referral, step, due_at, desk, sender_organisation, told, at"
        return await seeded.rows("referral", f"SELECT {kept} FROM remindergiven WHERE referral = '{ref}'")

    await until(shown)
    before = await shown()
    async with databases["referral"].worker() as work:
        await work.execute("DELETE FROM remindergiven WHERE referral = :ref", ref=ref)
    assert await replay_over(databases, ["referral"]) == 1
    assert await shown() == before
    assert await replay_over(databases, ["referral"]) == 0


async def test_nothing_of_somebody_who_was_erased_is_made_again(seeded: Seeded):
    databases = {name: one.database for name, one in seeded.whole.services.items()}
    ((ref, person),) = await seeded.rows("referral", "SELECT ref, person FROM met ORDER BY ref LIMIT 1")
    async with databases["referral"].worker() as work:
        await work.execute("UPDATE met SET ref = gen_random_uuid() WHERE ref = :ref", ref=ref)
    async with databases["intake"].worker() as work:
        work.emit(PersonErased(ref=person, at=work.now))
    await replay_over(databases, ["referral"])
    assert await seeded.rows("referral", f"SELECT FROM met WHERE ref = '{ref}'") == []


async def test_open_data_is_prepared_by_one_published_by_another_and_then_never_again(seeded: Seeded):
    coordinator, dpo, referent = [
        await seeded.client(role) for role in (Role.COORDINATOR, Role.DPO, Role.REFERENT)
    ]  # fmt: skip
    assert (await referent.post("/tableau/ouvert")).status_code == 403
    assert (await dpo.post("/tableau/ouvert")).status_code == 403
    assert (await coordinator.post("/tableau/ouvert")).status_code == 303
    waiting = re.findall(r"/tableau/ouvert/([0-9a-f-]{36})/publication", (await dpo.get("/tableau/ouvert")).text)
    approve = f"/tableau/ouvert/{waiting[0]}/publication"
    assert (await coordinator.post(approve)).status_code == 403
    assert (await dpo.post(f"/tableau/ouvert/{UUID(int=1)}/publication")).status_code == 404
    assert (await dpo.post(approve)).status_code == 303
    again = await coordinator.post("/tableau/ouvert")
    assert again.status_code == 409 and "publié" in again.text
    address = re.search(r"/ouvert/[a-z]+/20\d\d-\d\d", (await (await seeded.client(None)).get("/ouvert")).text)
    assert address and (await coordinator.get(address[0] + ".csv")).status_code == 200


async def test_the_coordination_sees_its_territory_among_imaginary_others(seeded: Seeded):
    page = (await (await seeded.client(Role.COORDINATOR)).get("/tableau/comparaison")).text
    assert f"{NEIGHBOURS} autres territoires" in page and "Pas encore de comparaison" not in page
    assert "Tous les droits" in page


async def test_a_comparison_file_is_taken_whole_or_not_at_all(seeded: Seeded, tmp_path: Path):
    coordinator, dpo = await seeded.client(Role.COORDINATOR), await seeded.client(Role.DPO)
    kept = "SELECT count(*) FROM comparisonfile"
    before = await seeded.rows("referral", kept)
    nothing = await coordinator.post("/tableau/comparaison", data={})
    assert nothing.status_code == 422 and "Choisissez au moins un fichier" in nothing.text
    own = (await coordinator.get("/tableau/comparaison/fichier")).content
    other = comparison.signed(comparison.Signer(tmp_path), "2026-03", publishing.table_of([]))
    good, forged = json.dumps(other).encode(), json.dumps(other | {"month": "2026-06"}).encode()
    for bad, said in ((forged, "Signature fausse"), (own, "votre propre territoire"), (b"[]", "pas un fichier")):
        sent = [("file", ("a.json", good)), ("file", ("b.json", bad))]
        refused = await coordinator.post("/tableau/comparaison", files=sent)
        assert refused.status_code == 422 and said in refused.text
        assert await seeded.rows("referral", kept) == before
    assert (await dpo.post("/tableau/comparaison", files=sent[:1])).status_code == 403
    for _ in range(2):
        assert (await coordinator.post("/tableau/comparaison", files=sent[:1])).status_code == 303
    assert await seeded.rows("referral", kept) == [(before[0][0] + 1,)]


async def test_public_holidays_are_chosen_for_days_to_come_by_the_coordination(seeded: Seeded):
    coordinator, manager = await seeded.client(Role.COORDINATOR), await seeded.client(Role.DESK_MANAGER)
    tomorrow = (paris_day(system_clock()) + timedelta(days=1)).isoformat()
    assert (await manager.post("/tableau/calendrier", data={})).status_code == 403
    for wrong, said in (
        ({"holidays": "FR-AM", "valid_from": "2020-01-01"}, "2020-01-01"),
        ({"holidays": "MARS", "valid_from": tomorrow}, tomorrow),
        ({"holidays": "FR-AM", "valid_from": "demain"}, "demain"),
    ):
        answer = await coordinator.post("/tableau/calendrier", data=wrong)
        assert answer.status_code == 422 and said in answer.text and "corriger" in answer.text
    right = {"holidays": "FR-AM", "valid_from": tomorrow}
    assert (await coordinator.post("/tableau/calendrier", data=right)).status_code == 303
    assert "Alsace et Moselle" in (await coordinator.get("/tableau/calendrier")).text


async def test_who_is_told_and_what_is_urgent_are_tried_before_they_are_kept(seeded: Seeded):
    coordinator, manager = await seeded.client(Role.COORDINATOR), await seeded.client(Role.DESK_MANAGER)
    form = typed_in((await coordinator.get("/tableau/reperes/changer")).text) | {"reason": "agreed"}
    assert form["who_acknowledge_late"] == ["coordinator"] and form["urgent_acknowledge_late"] == ["4"]

    async def post(client=coordinator, **changes) -> httpx.Response:
        return await client.post("/tableau/reperes/changer", data={**form, **changes})

    assert (await post(manager)).status_code == 403
    for field, wrong, said in (
        ("who_acknowledge_late", ["manager"], "La coordination doit être prévenue"),
        ("who_acknowledge_due", ["coordinator"], "Quelqu’un du guichet"),
        ("who_contact_due", [], "Quelqu’un du guichet"),
        ("who_question_waits", ["referent", "manager"], "de la liste"),
        ("who_expires_soon", ["chef"], "de la liste"),
        ("urgent_acknowledge_soon", "4", "avant qu’elle ne soit confiée"),
        ("urgent_acknowledge_late", "", "ne peut pas être retiré"),
        ("urgent_acknowledge_late", "41", "entre 1 et 40"),
        ("consent_days", "4", "entre 5 et 60"),
        ("consent_days", "", "entre 5 et 60"),
    ):
        answer = await post(**{field: wrong, "act": "keep"})
        assert answer.status_code == 422 and said in html.unescape(answer.text), (field, answer.status_code)
    changes = {"who_acknowledge_soon": ["assignee", "manager"], "urgent_acknowledge_soon": "2",
               "who_no_activity": ["assignee", "referent"]}  # fmt: skip
    tried = await post(**changes)
    assert tried.status_code == 200 and "Garder ces délais" in tried.text
    assert await seeded.rows("referral", "SELECT count(*) FROM ladderversion") == [(0,)]
    assert (await post(**changes, act="keep")).status_code == 303
    ((rungs,),) = await seeded.rows("referral", "SELECT rungs FROM ladderversion")
    kept = {one["step"]: one for one in rungs}
    assert kept["acknowledge_soon"]["audience"] == ["assignee", "manager"]
    assert kept["acknowledge_soon"]["urgent_hours"] == -2
    assert kept["acknowledge_due"]["audience"] == ["assignee", "deputy", "manager"]
    assert kept["no_activity"]["audience"] == ["assignee", "referent"]
