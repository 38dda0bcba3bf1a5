"""A person whose every word exists nowhere else: after her journey, and after everything that went wrong in it, none of
her words is anywhere but in her own file.
"""

import io
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from contracts.facts import ReferralAcknowledged
from services.runtime import telemetry
from services.runtime.settings import Settings
from services.whole import Ground
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import AGENT, REFERENT, Someone, act, in_days

# Each is unlike any other text of the suite; in every form in which it could be kept.
WORDS = {
    "first name": ("Zwylandre",),
    "last name": ("Okthavriel",),
    "phone": ("06 47 13 58 29", "0647135829", "+33647135829", "33647135829", "647135829"),
    "birth date": ("1953-08-21", "21/08/1953"),
    "address": ("venelle des Xylophages",),
    "safe times": ("jamais quand Ptolémandre est là",),
    "place": ("salle Vroumbastique",),
    "present": ("sa marraine Quillobande",),
    "message": ("peur de revivre le guichet Zimbroulard",),
    "accompanied by": ("son oncle Frimoldingue",),
    "question": ("faut-il le formulaire Bruxtagaule",),
    "answer": ("oui, le volet Gwendoflic",),
    "refused text": ("Trogludiche a tout noté",),
}
NIR = "2 53 08 99 123 456 03"
CANARIES = (*(one for forms in WORDS.values() for one in forms), "253089912345603", "2 53 08 99 123 456")
SEARCHABLE = {*WORDS["first name"], *WORDS["last name"], *WORDS["birth date"]}


class Reaction(Exception):
    """What a reaction raises here, quoting what it should not."""


@dataclass
class Watched:
    """Everything that leaves the process while the journey lasts."""

    logs: io.StringIO
    spans: InMemorySpanExporter
    exchanges: list[httpx.Response] = field(default_factory=list)


@pytest.fixture(scope="module")
def watched(relais: Running) -> Iterator[Watched]:
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    exporter, before = InMemorySpanExporter(), structlog.get_config()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    found = Watched(io.StringIO(), exporter)
    stderr, sys.stderr = sys.stderr, found.logs
    telemetry.configure("debug")  # the same processors, at the most talkative level
    yield found
    sys.stderr = stderr
    structlog.configure(**before)
    exporter.shutdown()


def watch(client: httpx.AsyncClient, watched: Watched) -> httpx.AsyncClient:
    """Keep every answer of this client."""

    async def keep(answer: httpx.Response) -> None:
        watched.exchanges.append(answer)

    client.event_hooks["response"].append(keep)
    return client


@dataclass
class Journey:
    """What the journey made."""

    own_page: str
    desk_page: str
    referral_page: str
    sent: story.Sent


@pytest.fixture(scope="module")
async def journey(relais: Running, watched: Watched, until) -> AsyncIterator[Journey]:
    """Met, reviewed, agreed, sent, read, asked, answered, closed, confirmed; and each step also goes wrong."""
    referent = watch(await relais.sign_in(story.login(REFERENT)), watched)
    agent = watch(await relais.sign_in(story.login(AGENT)), watched)
    other = watch(await relais.sign_in(story.login(10)), watched)
    who = Someone(
        WORDS["first name"][0], WORDS["last name"][0], WORDS["birth date"][0], WORDS["phone"][0], WORDS["address"][0],
        WORDS["safe times"][0], {"place": WORDS["place"][0], "present": WORDS["present"][0]},
    )  # fmt: skip
    await meet_badly(referent, who)
    person = await story.meet(referent, who)
    await review_and_search_badly(referent, other, person)
    await story.review(referent, person, "rsa")
    await story.agree(referent, person, story.SOCIAL, "rsa", categories=EVERYTHING)
    await confide_badly(referent, person)
    texts = {"message": WORDS["message"][0], "accompanied_by": WORDS["accompanied by"][0]}
    texts["confirmed"] = "accompanied_by"  # somebody else is named: the form asks, and she keeps it
    sent = story.Sent(person, await story.confide(referent, person, "rsa", **texts))

    async def readable() -> str | None:
        page = await agent.get(f"/bureau/{sent.ref}")
        return page.text if page.status_code == 200 and WORDS["message"][0] in page.text else None

    await until(readable, within=30)
    await act_badly(agent, other, sent)
    await answered_while_a_reaction_fails(relais, agent, sent, until)
    await act(agent, sent.ref, "log_attempt", channel="phone", result="reached")
    await act(agent, sent.ref, "request_information", question=WORDS["question"][0], resume_on=in_days(6))
    await answer(referent, sent)
    desk_page = (await agent.get(f"/bureau/{sent.ref}")).text
    await act(agent, sent.ref, "close", outcome="right_opened", date_of_effect=in_days(-1))
    own_page = (await referent.get(f"/personnes/{person}")).text
    referral_page = (await referent.get(f"/orientations/{sent.ref}")).text
    await settle(relais, sent, until)
    yield Journey(own_page, desk_page, referral_page, sent)


EVERYTHING = (
    "identity_min", "identity_full", "birth_date", "contact_phone", "contact_postal", "contact_safe_times", "household",
    "housing", "employment", "resources_band", "right_status", "need_summary", "accompaniment", "language",
)  # fmt: skip


async def meet_badly(referent: httpx.AsyncClient, who: Someone) -> None:
    """A form that cannot be taken: a NIR in a text, a date that is none, a telephone that is none."""
    text = WORDS["refused text"][0]
    wrong = {"place": f"{text} {NIR}", "birth_date": "vers 1953-08-21", "channel": text, "phone": "06 47 13 58"}
    for bad in ({name: value} for name, value in {**wrong, "met_on": in_days(3)}.items()):
        form = {"command_id": str(uuid4()), **who.form(), **bad}
        assert (await referent.post("/personnes/nouvelle", data=form)).status_code == 422


async def review_and_search_badly(referent: httpx.AsyncClient, other: httpx.AsyncClient, person: Any) -> None:
    """Searches for her words, by whoever may and by whoever may not; and references that are none."""
    for words in (WORDS["last name"][0], WORDS["phone"][0], WORDS["birth date"][1]):
        assert WORDS["first name"][0] in (await referent.post("/personnes", data={"q": words})).text
        assert (await other.post("/personnes", data={"q": words})).status_code == 403
    bilan = {"command_id": "x", "rights": [WORDS["refused text"][0]], "ground_rsa": WORDS["refused text"][0]}
    assert (await referent.post(f"/personnes/{person}/bilan", data=bilan)).status_code == 422
    assert (await referent.post("/reseau", data={"mots": WORDS["last name"][0]})).status_code == 200


async def confide_badly(referent: httpx.AsyncClient, person: Any) -> None:
    """A NIR in the message, a contact that is none, a body that is no body."""
    chosen = f"{story.SOCIAL}.{story.people()[AGENT].ref}"
    form = {"command_id": str(uuid4()), "right": "rsa", "mode": "rdv_pris", "action": "send", "chosen": chosen}
    text = f"{WORDS['refused text'][0]} {NIR}"
    assert (await referent.post(f"/personnes/{person}/confier", data={**form, "message": text})).status_code == 422
    assert (
        await referent.post(f"/personnes/{uuid4()}/confier", data={**form, "message": WORDS["message"][0]})
    ).status_code == 404
    known = {"person": str(person), "right": "rsa", "desk": str(story.SOCIAL), "message": text}
    for body in ({"person": WORDS["first name"][0]}, known, {**known, "contact": str(uuid4())}):
        assert (await referent.post("/api/referrals", json=body)).status_code in (404, 409, 422)
    torn = await referent.post(
        "/api/referrals", content=f'{{"message": "{WORDS["message"][0]}"', headers={"content-type": "application/json"}
    )
    assert torn.status_code == 422


async def act_badly(agent: httpx.AsyncClient, other: httpx.AsyncClient, sent: story.Sent) -> None:
    """Forms and bodies of the desk that cannot be taken, and a desk that is not hers."""
    text = WORDS["refused text"][0]
    question = {"command_id": str(uuid4()), "question": f"{text} {NIR}", "resume_on": in_days(4)}
    assert (await agent.post(f"/bureau/{sent.ref}/request_information", data=question)).status_code >= 409
    assert (await agent.post(f"/bureau/{sent.ref}/acknowledge", data={"promised_for": text})).status_code == 422
    action = {"action": {"kind": text, "reason": text}}
    assert (await agent.post(f"/api/desk/items/{sent.ref}/actions", json=action)).status_code == 422
    assert (
        await agent.post(f"/api/desk/items/{sent.ref}/questions", json={"text": f"{text} {NIR}"})
    ).status_code == 422
    assert (await other.post(f"/api/desk/items/{sent.ref}/questions", json={"text": text})).status_code == 404


async def answered_while_a_reaction_fails(relais: Running, agent: httpx.AsyncClient, sent: story.Sent, until) -> None:
    """The desk acknowledges, while intake's reaction raises an error that quotes her words; then it works again."""
    inbox = relais.service("intake").inbox
    kind, reaction = inbox.reactions[ReferralAcknowledged.type_name()]
    raised = []

    async def fail(fact: ReferralAcknowledged, work: Any) -> None:
        if fact.ref == sent.ref and len(raised) < 3:
            raised.append(fact.ref)
            raise Reaction(" ".join(CANARIES))
        await reaction(fact, work)

    inbox.reactions[ReferralAcknowledged.type_name()] = (kind, fail)
    await act(agent, sent.ref, "acknowledge", promised_for=in_days(2))

    async def went_wrong() -> bool:
        return len(raised) == 3

    await until(went_wrong, within=30)
    inbox.reactions[ReferralAcknowledged.type_name()] = (kind, reaction)


async def answer(referent: httpx.AsyncClient, sent: story.Sent) -> None:
    """First with a NIR, then as it should be."""
    path = f"/orientations/{sent.ref}/answer_information"
    for text, status in ((f"{WORDS['refused text'][0]} {NIR}", 422), (WORDS["answer"][0], 303)):
        form = {"command_id": str(uuid4()), "text": text}
        assert (await referent.post(path, data=form)).status_code == status


async def settle(relais: Running, sent: story.Sent, until) -> None:
    """Until every service has taken the last fact: then the outboxes are empty and the mails have left."""

    async def at_rest() -> bool:
        async with relais.service("intake").database.worker() as work:
            state = (await work.execute("SELECT state FROM handover WHERE ref = :ref", ref=sent.ref)).scalar_one()
        box = (await relais.nobody().get("/courrier")).text
        return state == "closed" and "/courrier/1" in box

    await until(at_rest, within=30)


def found_in(text: str | bytes) -> list[str]:
    """The canaries that occur in a text or in bytes; bytes also as PostgreSQL prints them."""
    if isinstance(text, str):
        return [one for one in CANARIES if one.lower() in text.lower() or one.encode().hex() in text]
    return [one for one in CANARIES if one.encode() in text]


async def dump(url: str, schemas: tuple[str, ...]) -> dict[str, str]:
    """Every row of every table of those schemas, as text."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://"))
    try:
        tables = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = any($1::text[])", list(schemas)
        )
        found = {}
        for schema, table in tables:
            rows = await connection.fetch(f'SELECT t::text FROM "{schema}"."{table}" t')
            found[f"{schema}.{table}"] = "\n".join(row[0] for row in rows)
        return found
    finally:
        await connection.close()


async def test_her_words_are_in_her_own_file_and_where_she_agreed(journey: Journey) -> None:
    """The control: the same search finds what it is to find."""
    for kind in ("first name", "last name", "address", "safe times", "place", "present"):
        assert set(WORDS[kind]) & set(found_in(journey.own_page)), kind
    for kind in ("first name", "phone", "message", "accompanied by", "question", "answer"):
        assert set(WORDS[kind]) & set(found_in(journey.desk_page)), kind
    assert "Zimbroulard" in journey.referral_page


async def test_no_stream_file_holds_a_word_of_hers(journey: Journey, settings: Settings) -> None:
    files = [one for one in (settings.var / "nats").rglob("*") if one.is_file()]
    content = b"".join(one.read_bytes() for one in files)
    assert str(journey.sent.ref).encode() in content  # the control: the facts of her referral are there
    assert found_in(content) == []


async def test_no_log_line_holds_a_word_of_hers(journey: Journey, watched: Watched) -> None:
    assert "fact_failed" in watched.logs.getvalue()  # the control: what went wrong was logged
    assert "Reaction" in watched.logs.getvalue()
    assert found_in(watched.logs.getvalue()) == []


async def test_no_span_holds_a_word_of_hers(journey: Journey, watched: Watched) -> None:
    spans = watched.spans.get_finished_spans()
    assert len(spans) > 50
    assert found_in(" ".join(one.to_json() for one in spans)) == []


async def test_no_mail_holds_a_word_of_hers(journey: Journey, relais: Running) -> None:
    mails = [one async for one in story.mails(relais.nobody())]
    assert any(str(journey.sent.ref) in mail for mail in mails)
    assert found_in(" ".join(mails)) == []


async def test_no_table_of_another_service_holds_a_word_of_hers(journey: Journey, ground: Ground) -> None:
    tables = await dump(ground.owner_url, ("referral", "partners", "notify", "public"))
    assert str(journey.sent.ref) in tables["referral.referral"]
    assert {name: found for name, text in tables.items() if (found := found_in(text))} == {}


async def test_intake_keeps_name_and_birth_date_readable_and_the_rest_sealed(journey: Journey, ground: Ground) -> None:
    tables = await dump(ground.owner_url, ("intake",))
    assert set(found_in(tables["intake.person"])) == {"Zwylandre", "Okthavriel", "1953-08-21"}
    leaks = {
        name: found
        for name, text in tables.items()
        if (found := [one for one in found_in(text) if one not in SEARCHABLE])
    }
    assert leaks == {}
    others = {name for name, text in tables.items() if name != "intake.person" and found_in(text)}
    assert others == set()


async def test_no_address_and_no_header_holds_a_word_of_hers(journey: Journey, watched: Watched) -> None:
    assert len(watched.exchanges) > 30
    said = [f"{one.request.url} {one.request.headers} {one.headers}" for one in watched.exchanges]
    assert found_in(" ".join(said)) == []


async def test_no_refusal_repeats_a_text_to_a_machine(journey: Journey, watched: Watched) -> None:
    refused = [one for one in watched.exchanges if one.request.url.path.startswith("/api/") and one.status_code >= 400]
    assert len(refused) >= 5
    assert found_in(" ".join(one.text for one in refused)) == []


async def test_no_file_is_named_after_her(journey: Journey, settings: Settings) -> None:
    names = " ".join(str(one) for one in Path(settings.var).rglob("*"))
    assert str(journey.sent.person) in names  # the control: her key is a file, named by her reference
    assert found_in(names) == []
