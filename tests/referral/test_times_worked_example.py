"""The worked example of `docs/times.md`: its tables are played as they stand, and the code finds their numbers."""

import re
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from contracts.actions import Acknowledge, Close, ContradictOutcome, Hold, LogAttempt, ProposeRedirect, Resume
from contracts.vocabulary import AttemptChannel, AttemptResult, HoldReason, Outcome, Turn
from services.referral.business_time import PARIS, paris_day
from tests.referral.referral_world import Alone, World

PAGE = Path(__file__).parents[2] / "docs" / "times.md"
REACHED = LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.REACHED)
HOUR = 3600
# How the page names a clock: the hand-over it stands on (True is the root), the clock, the number of the sending.
CLOCKS = {
    "A `tta`": (True, "tta", 1), "A `ttc`": (True, "ttc", 1), "B `tta` (first)": (False, "tta", 1),
    "B `ttc` (first)": (False, "ttc", 1), "B `tta` (reopened)": (False, "tta", 2),
    "B `ttc` (reopened)": (False, "ttc", 2),
}  # fmt: skip


def table(heading: str) -> list[list[str]]:
    """The rows under that heading of a table, their cells."""
    example = PAGE.read_text().split("## One referral by hand")[1].split("\n## ")[0]
    rows = example.split(f"| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def instant(text: str) -> datetime:
    """`Tue 10, 9:00` of March 2026, whose day of the week is checked."""
    name, day, hour = re.fullmatch(r"(\w{3}) (\d+), (\d+):00", text).groups()
    found = datetime(2026, 3, int(day), int(hour), tzinfo=PARIS)
    assert found.strftime("%a") == name, text
    return found


class Example:
    """The referral of the page; `due` are the instants promised on the way, in the order of the page."""

    def __init__(self, alone: Alone) -> None:
        self.alone, self.a, self.b = alone, World(), World()
        self.b.referent, self.b.ccas = self.a.referent, self.a.ccas
        self.root, self.child = UUID(int=0), UUID(int=0)
        self.due: list[datetime] = []

    async def play(self, said: str, at: datetime) -> None:
        """What one row of the page says."""
        alone, a, b = self.alone, self.a, self.b
        match said:
            case "sent to desk A":
                self.root = await alone.sent(a, at)
                await self.promised(self.root, "acknowledge_due")
            case "A acknowledges":
                await alone.act(a.agent, self.root, Acknowledge(promised_for=paris_day(at)), at)
            case "A proposes desk B":
                await alone.act(a.agent, self.root, ProposeRedirect(to_desk=b.desk, to_organisation=b.caf), at)
            case "the referent confirms: redirected, sent to B":
                self.child = await alone.sent(b, at, viewer=a.referent, redirect_of=self.root)
                await self.promised(self.child, "acknowledge_due")
            case "B acknowledges":
                await alone.act(b.agent, self.child, Acknowledge(promised_for=paris_day(at)), at)
                await self.promised(self.child, "contact_due")
            case "B reaches the person":
                await alone.act(b.agent, self.child, REACHED, at)
            case "on hold, the person's turn (documents)":
                until = datetime(2026, 3, 16, tzinfo=PARIS).date()
                held = Hold(reason=HoldReason.DOCUMENTS_AWAITED, turn=Turn.PERSON, resume_on=until)
                await alone.act(b.agent, self.child, held, at)
            case "resumed":
                await alone.act(b.agent, self.child, Resume(), at)
            case "closed: no show":
                await alone.act(b.agent, self.child, Close(outcome=Outcome.NO_SHOW), at)
            case "the person contradicts: reopened":
                await alone.act(a.referent, self.child, ContradictOutcome(), at)
                await self.promised(self.child, "acknowledge_due")
            case "closed: right opened":
                done = Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=paris_day(at).replace(day=1))
                await alone.act(b.agent, self.child, done, at)
            case _:
                pytest.fail(f"the page says something new: {said}")

    async def promised(self, ref: UUID, what: str) -> None:
        """Note what is due now."""
        self.due.append(await self.alone.scalar(f"SELECT {what} FROM referral WHERE ref = :ref", ref=ref))


async def test_the_code_finds_what_the_documentation_computes_by_hand(alone: Alone):
    example, until_closed = Example(alone), None
    for at, said in table("instant (Paris) | fact"):
        await example.play(said, instant(at))
        if said == "closed: no show":
            query = "SELECT seconds FROM duration WHERE clock = 'ttr' AND subject = :ref"
            until_closed = await alone.scalar(query, ref=example.root)
    assert f"{until_closed / HOUR:g} hours" in PAGE.read_text().split("Had the person not contradicted,")[1][:60]
    async with alone.worker() as work:
        rows = await work.execute(
            "SELECT subject, clock, number, how, seconds FROM duration WHERE subject IN (:root, :child)",
            root=example.root, child=example.child,
        )  # fmt: skip
        found = {(row.subject == example.root, row.clock, row.number): (row.how, row.seconds / HOUR) for row in rows}
    by_hand = {name: hours for name, _, hours in table("clock | by hand | hours")}
    held, whole = by_hand.pop("hold, person's turn"), float(by_hand.pop("root `ttr`, `tto`"))
    hours = {CLOCKS[name]: float(said.split(",")[0]) for name, said in by_hand.items()}
    assert {key: number for key, (_, number) in found.items()} == {
        **hours, (True, "ttr", 0): whole, (True, "tto", 0): whole
    }  # fmt: skip
    assert {key for key, (how, _) in found.items() if how == "passed_on"} == {
        CLOCKS[name] for name, said in by_hand.items() if said.endswith(", competing")
    } != set()
    assert (await alone.scalar("SELECT held FROM course WHERE ref = :ref", ref=example.child)) == {
        "person": int(held) * HOUR
    }


async def test_what_is_promised_on_the_way_is_due_when_the_documentation_says(alone: Alone):
    example = Example(alone)
    for at, said in table("instant (Paris) | fact"):
        await example.play(said, instant(at))
    assert example.due == [instant(due) for _, _, due in table("what is promised | by hand | due")]
