"""The fictional territory as people find it: something to do today, a board worth reading, nobody’s name on it."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from contracts.asks import ListTasks
from contracts.viewer import Role
from contracts.vocabulary import TaskKind
from services.partners.demonstration import demo_accounts
from services.runtime import telemetry
from services.runtime.clock import system_clock
from services.runtime.settings import Settings
from services.seed import SeedReport, seed
from services.seed.people import draw_person
from services.seed.territory import viewers
from services.whole import Ground, Whole

PEOPLE = 40


@dataclass
class Seeded:
    """The whole application over its own seeded servers, called without a network."""

    whole: Whole
    report: SeedReport

    async def rows(self, service: str, statement: str) -> list[tuple]:
        """What a statement finds under the worker role of a service."""
        async with self.whole.services[service].database.worker() as work:
            return [tuple(row) for row in await work.execute(statement)]

    async def client(self, role: Role | None) -> httpx.AsyncClient:
        """Nobody, or the first demonstration account of that role."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.whole, client=("127.0.0.1", 1)),
            base_url="http://127.0.0.1",
            headers={"sec-fetch-site": "same-origin"},
        )
        if role is not None:
            account = next(one for one in demo_accounts() if one["role"] == role.value)
            answer = await client.post("/connexion/demonstration", data={"account": account["ref"]})
            assert answer.status_code == 303, answer.text
        return client


@pytest.fixture(scope="module")
def seed_folder() -> Iterator[Path]:
    """A data folder of its own: what is seeded must not be in the way of other tests."""
    made = Path(tempfile.mkdtemp(prefix="relais-s-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
async def seeded(seed_folder: Path) -> AsyncIterator[Seeded]:
    """Servers, services, and forty people over six months, all facts carried and taken."""
    settings = Settings(var=seed_folder, port=0, log_level="error")
    telemetry.configure(settings.log_level)
    ground = Ground.start(settings)
    try:
        await ground.prepare(settings.territory)
        whole = Whole(settings, ground)
        await whole.start()
        try:
            steps: list[tuple[int, int]] = []
            report = await seed(
                whole.services,
                people=PEOPLE,
                months=6,
                now=system_clock(),
                progress=lambda done, total: steps.append((done, total)),
            )
            assert steps[-1] == (PEOPLE, PEOPLE)
            found = Seeded(whole, report)
            await _settled(found)
            yield found
        finally:
            await whole.stop()
    finally:
        ground.stop()


async def _settled(seeded: Seeded) -> None:
    """Every hand-over has followed its referral to the last version."""
    until = asyncio.get_running_loop().time() + 60
    while True:
        there = {row[0]: row[1] for row in await seeded.rows("referral", "SELECT ref, version FROM referral")}
        here = {row[0]: row[1] for row in await seeded.rows("intake", "SELECT ref, version FROM handover")}
        met = await seeded.rows("referral", "SELECT count(*) FROM met")
        if there == here and there and met[0][0] == PEOPLE:
            return
        assert asyncio.get_running_loop().time() < until, (len(there), len(here), met)
        await asyncio.sleep(0.05)


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
    assert (await client.post(f"/tableau/orientations/{ref}/recall", data=data)).status_code == 404


def test_the_same_numbers_give_the_same_people():
    from random import Random

    def drawn() -> list[str]:
        rng, taken = Random(7), set()
        return [draw_person(rng, taken).meeting.model_dump_json(exclude={"command_id"}) for _ in range(30)]

    assert drawn() == drawn()
    assert all("06 39 98" in one for one in drawn())
