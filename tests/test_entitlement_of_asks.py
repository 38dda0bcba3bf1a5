"""Who may ask what on the bus, written by hand: each service as each other, each viewer in the place of each other."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts import asks
from contracts.actions import Acknowledge, Assign, Close, MarkInError, Recall, RecordCheck
from contracts.asks import ASKS
from contracts.envelope import Ask
from contracts.refusals import Refusal, ServiceAway
from contracts.replies import DisclosedAll
from contracts.topology import SERVICES
from contracts.viewer import Role, Viewer
from contracts.vocabulary import ErrorReason, HandoverMode, Outcome, RecallReason, RightReally
from services.partners.demonstration import people
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import SOCIAL, Someone, login
from tests.test_entitlement import ACTORS, viewer_of

# intake, referral, partners, notify: who may send it at all.
MAY_ASK = {
    "SendPersonCode": "i", "ListBouncing": "i", "CheckReminders": "irp",
    "ResolveViewer": "irn", "ListRecipients": "i", "ResolveRecipient": "i", "ResolveAddress": "in",
    "DescribeNetwork": "irn", "CheckDeskMember": "r", "FindAudience": "irn",
    "Disclose": "p", "WriteNote": "p", "SendReferral": "i",
    "ActOnReferral": "ip", "FollowUpReferral": "i",
    "ReadReferral": "ip", "ListTasks": "i", "ReadFacts": "ipn", "ReadDeskDelays": "ip",
    "ReadTerritoryClocks": "i",
    "ArrangeAppointment": "ip", "SendSignInCode": "p",
    "ListAbsences": "i", "CountCases": "p",
    "ListConventions": "i", "DropNote": "p", "ListErasures": "p", "AnswerErasure": "p", "ReadStates": "p",
    "ListHeld": "i", "ListHeldByDesks": "i", "ListHeldByNotify": "i",
}  # fmt: skip
# o answered, x not for this role, - as if it did not exist; the letters are those of the table of routes. A referral's
# record names nobody accompanied: whoever works for the sending organisation may be answered, though no page asks.
ORDER = ["R", "C", "S", "A", "M", "D", "E", "O", "X", "Y", "K", "P", "I"]
VIEWERS = """
#                              R C S  A M  D E  O X Y  K P I
ReadReferral                   o o o  o o  - -  - - -  o - -
ActOnReferral:acknowledge      x x x  o o  - -  - - -  x - -
ActOnReferral:assign           x x x  x o  - -  - - -  x - -
ActOnReferral:close            x x x  o o  - -  - - -  x - -
ActOnReferral:recall           o o x  x x  - -  - - -  x - -
ActOnReferral:mark_in_error    o o x  x x  - -  - - -  o - -
FollowUpReferral:record_check   o o x  x x  - -  - - -  x - -
SendReferral                   o o x  x x  x x  - x x  x x x
WriteNote                      - - -  o o  - -  - - -  - - -
Disclose                       - - -  o o  - -  - - -  - - -
"""
NAME = "Théodorette"


def cells() -> list[tuple[str, dict[str, str]]]:
    """The table, read."""
    lines = [line.split() for line in VIEWERS.splitlines() if line.strip() and not line.startswith("#")]
    return [(name, dict(zip(ORDER, marks, strict=True))) for name, *marks in lines]


@pytest.fixture(scope="session")
async def viewers(relais: Running) -> dict[str, Viewer]:
    """Everybody of the table as the directory knows her."""
    return {letter: await viewer_of(relais, ACTORS[letter][0]) for letter in ORDER}


async def send(relais: Running, until) -> story.Sent:
    """A referral that has reached its desk."""
    sent = await story.send_one(await relais.sign_in(login(0)), Someone(NAME, f"Valrouge{uuid4().hex[:6]}"))
    agent = await relais.sign_in(login(story.AGENT))
    await story.until_there(agent, sent.ref)
    return sent


def action_of(name: str) -> Any:
    """The action after the colon of a row."""
    return {
        "acknowledge": Acknowledge(promised_for=date.today() + timedelta(days=3)),
        "assign": Assign(assignee=people()[6].ref),
        "close": Close(outcome=Outcome.MOVED_AWAY),
        "recall": Recall(reason=RecallReason.MISTAKE),
        "mark_in_error": MarkInError(reason=ErrorReason.TEST),
    }[name]


def ask_of(row: str, viewer: Viewer, sent: story.Sent) -> Ask[Any]:
    """The ask of a row, in the name of that viewer."""
    kind, _, detail = row.partition(":")
    if kind == "ReadReferral":
        return asks.ReadReferral(viewer=viewer, ref=sent.ref)
    if kind == "ActOnReferral":
        return asks.ActOnReferral(viewer=viewer, ref=sent.ref, action=action_of(detail))
    if kind == "FollowUpReferral":
        check = RecordCheck(contacted=True, right_open=RightReally.YES)
        return asks.FollowUpReferral(viewer=viewer, ref=sent.ref, action=check)
    if kind == "SendReferral":
        contact = people()[story.AGENT].ref
        return asks.SendReferral(
            viewer=viewer, ref=sent.ref, person=sent.person, right="rsa", mode=HandoverMode.RDV_PRIS, desk=SOCIAL,
            organisation=story.ref_of("organisation", "caf"), contact=contact, assignee=contact,
        )  # fmt: skip
    if kind == "WriteNote":
        return asks.WriteNote(viewer=viewer, referral=sent.ref, kind="question", text="Quels jours ?")
    return asks.Disclose(viewer=viewer, referrals=(sent.ref,), with_notes=True)


def asker_of(relais: Running, row: str) -> Any:
    """The bus of a service that may send that ask."""
    letter = MAY_ASK[row.partition(":")[0]][-1]
    return relais.service(next(one for one in SERVICES if one.startswith(letter))).bus


async def happened(bus: Any, ask: Ask[Any]) -> tuple[str, str]:
    """The letter for an answer, and all that it said."""
    try:
        reply = await bus.ask(ask)
    except Refusal as refusal:
        assert not isinstance(refusal, ServiceAway)
        return {403: "x", 404: "-"}.get(refusal.status, "o"), str(refusal.wire())
    said = reply.model_dump_json()
    if isinstance(reply, DisclosedAll):
        return ("o" if reply.rows[0].disclosure else "-"), said
    return "o", said


@pytest.mark.parametrize(("row", "marks"), cells(), ids=[name for name, _ in cells()])
async def test_an_ask_answers_each_viewer_as_the_table_says(
    row: str, marks: dict[str, str], relais, viewers, until
) -> None:
    sent = await send(relais, until)
    bus = asker_of(relais, row)
    for letter in sorted(ORDER, key=lambda one: marks[one] == "o"):
        mark, said = await happened(bus, ask_of(row, viewers[letter], sent))
        assert mark == marks[letter], f"{ACTORS[letter][1]}: {said}"
        assert NAME not in said or (row == "Disclose" and letter in "AM")
        assert str(sent.person) not in said
        if mark == "-" and row != "SendReferral":
            unknown = story.Sent(uuid4(), uuid4())
            assert (await happened(bus, ask_of(row, viewers[letter], unknown)))[0] == "-"


async def test_tasks_are_those_of_ones_own_organisation(relais, viewers, until) -> None:
    sent = await send(relais, until)
    await story.act(await relais.sign_in(login(story.AGENT)), sent.ref, "decline", reason="no_capacity")
    bus = relais.service("intake").bus

    async def listed(letter: str, whole: bool) -> set[UUID]:
        found = await bus.ask(asks.ListTasks(viewer=viewers[letter], whole_organisation=whole))
        return {task.referral for task in found.tasks}

    assert sent.ref in await listed("R", False)
    assert sent.ref not in await listed("C", False)
    assert sent.ref in await listed("C", True)
    for letter in ["O", "X", "Y", "D", "E", "P", "I"]:
        for whole in (False, True):
            try:
                assert sent.ref not in await listed(letter, whole)
            except Refusal as refusal:
                assert refusal.status in (403, 404)


async def test_roles_cannot_be_added_to_reach_anothers_desk(relais, viewers, until) -> None:
    """Every role at once, at another desk and in another organisation, opens nothing."""
    sent = await send(relais, until)
    for letter in ("D", "X", "O"):
        everything = viewers[letter].model_copy(update={"roles": frozenset(Role) - {Role.COORDINATOR}})
        for row in ("ReadReferral", "ActOnReferral:acknowledge", "WriteNote", "Disclose"):
            mark, said = await happened(asker_of(relais, row), ask_of(row, everything, sent))
            assert (mark, NAME in said) == ("-", False), (letter, row)


def test_the_map_of_the_bus_has_every_ask() -> None:
    by_letter = {one[0]: one for one in SERVICES}
    written = {name: {by_letter[letter] for letter in letters} for name, letters in MAY_ASK.items()}
    assert written == {name: set(kind.asked_by) for name, kind in ASKS.items()}


async def test_a_service_that_may_not_ask_gets_no_answer(relais, viewers, until) -> None:
    sent = await send(relais, until)
    samples: dict[str, Ask[Any]] = {
        "ResolveViewer": asks.ResolveViewer(session="0" * 64),
        "ListAbsences": asks.ListAbsences(viewer=viewers["R"]),
        "CountCases": asks.CountCases(viewer=viewers["I"], organisation=uuid4()),
        "DescribeNetwork": asks.DescribeNetwork(), "FindAudience": asks.FindAudience(desk=uuid4()),
        "ResolveAddress": asks.ResolveAddress(account=people()[0].ref),
        "CheckDeskMember": asks.CheckDeskMember(desk=SOCIAL, account=people()[story.AGENT].ref),
        "ListRecipients": asks.ListRecipients(viewer=viewers["R"]),
        "ListTasks": asks.ListTasks(viewer=viewers["R"]),
        "ReadFacts": asks.ReadFacts(ref=sent.ref),
        "ReadReferral": asks.ReadReferral(viewer=viewers["A"], ref=sent.ref),
        "Disclose": asks.Disclose(viewer=viewers["A"], referrals=(sent.ref,)),
        "WriteNote": asks.WriteNote(viewer=viewers["A"], referral=sent.ref, kind="question", text="Quand ?"),
        "SendSignInCode": asks.SendSignInCode(email="personne@valbrume.example", code="000000"),
    }
    buses = {name: relais.service(name).bus for name in SERVICES}
    waits = {name: bus.ask_timeout for name, bus in buses.items()}
    tries = [(name, ask) for kind, ask in samples.items() for name in SERVICES if name[0] not in MAY_ASK[kind]]
    try:
        for bus in buses.values():
            bus.ask_timeout = 2.0
        answers = await asyncio.gather(*(buses[name].ask(ask) for name, ask in tries), return_exceptions=True)
    finally:
        for name, bus in buses.items():
            bus.ask_timeout = waits[name]
    assert len(tries) >= 25
    assert [
        (name, ask.slug()) for (name, ask), one in zip(tries, answers, strict=True) if not isinstance(one, ServiceAway)
    ] == []
    assert await buses["partners"].ask(samples["Disclose"])  # the control: whoever may is answered
