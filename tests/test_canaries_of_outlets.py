"""No outlet says a word of hers: dead letters, logs, spans, measures, addresses, refusals, backups."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from contracts.dossier import Category
from contracts.facts import ReferralAcknowledged
from services.runtime.settings import Settings
from services.whole import Ground
from tests import canary_world as hers
from tests.canary_world import Pages, found_in
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import AGENT, REFERENT, act, in_days
from tests.test_canaries import Reaction, Watched, watch, watched  # noqa: F401 - a fixture

DPO = story.first(story.Role.DPO, "agglo")


ALL_WORDS = " ".join(one for forms in hers.FORMS.values() for one in forms)


KEPT_FORM = re.compile(r'<form class="bar" method="post" action="[^"]*" id="typed">.*?</form>', re.S)


@dataclass
class World:
    """What was made of her, and what was read of it by whom."""

    sent: story.Sent
    request: UUID
    referents: Pages
    desks: Pages
    officers: Pages
    surprises: list[httpx.Response]
    refused: list[httpx.Response]
    letters: list[str]
    measures: str


@asynccontextmanager
async def owner(ground: Ground) -> AsyncIterator[asyncpg.Connection]:
    link = await asyncpg.connect(ground.owner_url)
    try:
        yield link
    finally:
        await link.close()


@pytest.fixture(scope="module")
async def world(relais: Running, ground: Ground, watched: Watched, until) -> World:  # noqa: F811
    referent, agent, dpo = [watch(await relais.sign_in(story.login(one)), watched) for one in (REFERENT, AGENT, DPO)]
    refused = await refusals(referent)
    surprises = await surprise(ground, referent)
    sent = await hers.handed_over(referent, tuple(one.value for one in Category))
    grant, request = await hers.grant_of(referent, sent.person), uuid4()
    asked = {"command_id": str(request), "kind": "access", "origin": "referent", "words": hers.ASKED}
    assert (await referent.post(f"/personnes/{sent.person}/demandes", data=asked)).status_code == 303

    async def readable() -> bool:
        page = await agent.get(f"/bureau/{sent.ref}")
        return page.status_code == 200 and hers.MESSAGE in page.text

    await until(readable, within=30)
    letters = await dead_letter(relais, ground, agent, sent, until)
    here = f"/personnes/{sent.person}"
    read = await hers.read_all(
        referent, [here, f"{here}/accords/{grant}/recu", f"/orientations/{sent.ref}", "/personnes", "/orientations"],
        (here, f"/orientations/{sent.ref}"), most=70,
    )  # fmt: skip
    desks = await hers.read_all(agent, ["/bureau", f"/bureau/{sent.ref}"], (f"/bureau/{sent.ref}",), most=30)
    officers = await hers.read_all(dpo, [f"/demandes/{request}", "/demandes", "/journal"], (f"/demandes/{request}",))
    measures = (await relais.nobody().get("/metrics")).text
    return World(sent, request, read, desks, officers, surprises, refused, letters, measures)


async def refusals(referent: httpx.AsyncClient) -> list[httpx.Response]:
    """Forms that cannot be taken, each with a word of hers in the wrong place; the pages give back what was typed."""
    wrong = [
        {"place": f"{hers.REFUSED} {hers.NIR}"}, {"birth_date": f"vers le {hers.BIRTH}"}, {"channel": hers.REFUSED},
        {"phone": hers.PHONE[:11]}, {"met_on": hers.BIRTH + "x"}, {"household": hers.LAST},
    ]  # fmt: skip
    found = []
    for bad in wrong:
        form = {"command_id": str(uuid4()), **hers.PERSON.form(), **bad}
        found.append(await referent.post("/personnes/nouvelle", data=form))
        assert found[-1].status_code == 422, bad
    body = {"person": hers.LAST, "right": hers.FIRST, "message": hers.MESSAGE, hers.REFUSED: hers.ADDRESS}
    found.append(await referent.post("/api/referrals", json=body))
    found.append(await referent.get("/api/referrals/none-of-hers"))
    return found


async def surprise(ground: Ground, referent: httpx.AsyncClient) -> list[httpx.Response]:
    """The database refuses what no code expects: as a page and to a program, with all her words in the statement."""
    async with owner(ground) as link:
        await link.execute("REVOKE INSERT ON intake.person FROM relais_intake_web")
        try:
            form = {"command_id": str(uuid4()), **hers.PERSON.form()}
            page = await referent.post("/personnes/nouvelle", data=form)
            told = await referent.post("/personnes/nouvelle", data=form, headers={"accept": "application/json"})
        finally:
            await link.execute("GRANT INSERT ON intake.person TO relais_intake_web")
    assert [page.status_code, told.status_code] == [500, 500]
    return [page, told]


async def dead_letter(relais: Running, ground: Ground, agent: httpx.AsyncClient, sent: story.Sent, until) -> list[str]:
    """A reaction that fails with all her words in its error until it is given up; then what is kept of it."""
    inbox = relais.service("intake").inbox
    kind, reaction = inbox.reactions[ReferralAcknowledged.type_name()]

    async def fail(fact: ReferralAcknowledged, work: object) -> None:
        if fact.ref == sent.ref:
            raise Reaction(ALL_WORDS)
        await reaction(fact, work)

    inbox.reactions[ReferralAcknowledged.type_name()] = (kind, fail)
    letters = "SELECT id, t::text AS said FROM intake.dead_letter t WHERE envelope->>'subject' = $1"
    try:
        await act(agent, sent.ref, "acknowledge", promised_for=in_days(2))
        async with owner(ground) as link:

            async def given_up() -> bool:
                await link.execute("UPDATE intake.failure SET attempts = 7 WHERE error = 'Reaction'")
                return bool(await link.fetch(letters, str(sent.ref)))

            await until(given_up, within=30)
            rows = await link.fetch(letters, str(sent.ref))
    finally:
        inbox.reactions[ReferralAcknowledged.type_name()] = (kind, reaction)
    for row in rows:
        await inbox.replay_dead_letter(row["id"])
    async with owner(ground) as link:
        await link.execute("DELETE FROM intake.dead_letter WHERE id = any($1)", [row["id"] for row in rows])
    return [row["said"] for row in rows]


async def test_the_pages_that_should_say_her_words_do(world: World) -> None:
    """The control: what the other tests look for is there to be found."""
    said = " ".join(one.text for one in world.referents.answers.values())
    assert found_in(said) >= {"first_name", "last_name", "phone", "postal_address", "safe_times", "place", "present"}
    assert found_in(" ".join(one.text for one in world.desks.answers.values())) >= {"last_name", "need_summary"}
    assert len(world.referents.answers) > 15


async def test_a_dead_letter_holds_references_and_the_class_of_the_error(world: World) -> None:
    assert world.letters and all("Reaction" in one for one in world.letters)
    assert [found_in(one) for one in world.letters] == [set() for _ in world.letters]


async def test_what_nobody_expected_is_told_without_a_word_of_hers(world: World, watched: Watched) -> None:  # noqa: F811
    # What she typed is given back to her in the form that sends it again, and stands nowhere else on the page.
    said = [KEPT_FORM.subn("", answer.text) for answer in world.surprises]
    assert [found_in(text) for text, _ in said] == [set() for _ in said]
    assert any(kept for _, kept in said), "the control: there is such a form"
    assert '"event": "surprise"' in watched.logs.getvalue()  # the control: it was logged, by its class
    assert "InsufficientPrivilege" in watched.logs.getvalue() or "ProgrammingError" in watched.logs.getvalue()
    assert found_in(watched.logs.getvalue()) == set()


async def test_the_logs_of_the_servers_hold_no_word_of_hers(world: World, settings: Settings) -> None:
    logs = [one for one in Path(settings.var).rglob("*.log") if one.is_file()]
    content = "".join(one.read_text("utf-8", "replace") for one in logs)
    assert "permission denied" in content  # the control: the refused statement is there, without its values
    assert found_in(content) == set()


async def test_no_measure_is_named_after_her(world: World) -> None:
    assert "relais_http_seconds" in world.measures and 'status="500"' in world.measures
    assert found_in(world.measures) == set()
    assert str(world.sent.person) not in world.measures and str(world.sent.ref) not in world.measures


async def test_no_span_holds_a_word_of_hers(world: World, watched: Watched) -> None:  # noqa: F811
    spans = watched.spans.get_finished_spans()
    assert any(one.attributes and one.attributes.get("error.type") for one in spans)  # the control: one went wrong
    assert found_in(" ".join(one.to_json() for one in spans)) == set()


async def test_no_file_name_holds_a_word_of_hers(world: World) -> None:
    answers = [one for read in (world.referents, world.desks, world.officers) for one in read.answers.values()]
    names = [one.headers["content-disposition"] for one in answers if "content-disposition" in one.headers]
    assert len(names) >= 4  # the receipt twice, the record of the agreement, the dossier
    assert [one for one in names if found_in(one)] == []
    files = " ".join(re.findall(r'filename="([^"]*)"', " ".join(names)))
    assert files and str(world.sent.person) not in files


async def test_no_address_that_a_page_leads_to_holds_a_word_of_hers(world: World, watched: Watched) -> None:  # noqa: F811
    for read in (world.referents, world.desks, world.officers):
        assert len(read.addresses) > 5
        assert [one for one in read.addresses if found_in(one)] == []
    moved = [one.headers["location"] for one in watched.exchanges if "location" in one.headers]
    assert len(moved) > 4
    assert [one for one in moved if found_in(one)] == []
    said = [f"{one.request.url} {one.headers}" for one in watched.exchanges]
    assert [one for one in said if found_in(one)] == []


async def test_a_refusal_gives_a_form_back_to_who_typed_it_and_nothing_to_a_program(world: World) -> None:
    pages = [one for one in world.refused if not one.request.url.path.startswith("/api/")]
    told = [one for one in world.refused if one.request.url.path.startswith("/api/")]
    assert [
        one.request.content for one in pages if hers.FIRST not in one.text
    ] == []  # the control: nothing typed is lost
    assert all(one.status_code in (404, 422) and found_in(one.text) == set() for one in told)


async def test_a_desk_learns_neither_her_reference_nor_what_is_noted_elsewhere(world: World) -> None:
    said = " ".join(one.text for one in world.desks.answers.values())
    assert str(world.sent.person) not in said
    assert found_in(said).isdisjoint({"place", "present", "asked", "refused"})


async def test_no_mail_that_was_sent_holds_a_word_of_hers(world: World, relais: Running) -> None:
    mails = [one async for one in story.mails(relais.nobody())]
    assert mails
    assert found_in(" ".join(mails)) == set()


async def test_a_backup_of_another_service_holds_no_word_of_hers(world: World, ground: Ground) -> None:
    for schema in ("referral", "partners", "notify"):
        copy = hers.dump(ground, schema)
        assert str(world.sent.ref) in copy or schema == "notify"  # the control: her referral is in it
        assert hers.columns_with(copy) == {}, schema


async def test_a_backup_of_intake_has_name_and_birth_date_readable_and_the_rest_sealed(
    world: World, ground: Ground
) -> None:
    found = hers.columns_with(hers.dump(ground, "intake"))
    assert found == {
        "person.first_name": {"first_name"},
        "person.last_name": {"last_name"},
        "person.birth_date": {"birth_date"},
        "person.search": {"first_name", "last_name"},  # folded, for the search by name
    }
