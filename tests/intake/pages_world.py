"""What the tests of intake's pages share: reading a page, filling its form in, and what the record answers."""

import html
import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx

from contracts.lifecycle import State
from contracts.replies import ReferralView, Step
from contracts.vocabulary import HandoverMode
from services.intake import handover
from tests.intake.handover_world import Ready, World


def text(answer: httpx.Response) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def fields(ready: Ready, **other: str) -> dict[str, str]:
    return {
        "command_id": str(uuid4()),
        "right": "rsa",
        "chosen": f"{ready.recipient.desk}.{ready.recipient.contact}",
        "mode": "appel_a_trois",
        "message": "Elle préfère le matin",
        "accompanied_by": "",
        "action": "send",
        **other,
    }


def only(world: World, ready: Ready) -> None:
    """The directory knows that desk alone."""
    world.directory.recipients = {ready.recipient.desk: ready.recipient}


def view_of(ready: Ready, ref: UUID, state: State = State.SENT, **other: object) -> ReferralView:
    now = datetime.now(UTC)
    base = {
        "ref": ref,
        "state": state,
        "version": 1,
        "episode": 1,
        "right": "rsa",
        "mode": HandoverMode.APPEL_A_TROIS,
        "urgent": False,
        "accompanied": False,
        "sender_organisation": ready.referent.organisation,
        "sender": ready.referent.account,
        "organisation": ready.recipient.organisation,
        "desk": ready.recipient.desk,
        "contact": ready.recipient.contact,
        "assignee": ready.recipient.assignee,
        "sent_at": now,
        "actions": ("recall", "mark_in_error"),
        "steps": (Step(fact="ReferralSent", at=now, actor=ready.referent.account),),
    }
    return ReferralView.model_validate(base | other)


def hidden_of(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of the first form of a page."""
    form = page.text.split('<form class="form"')[1].split("</form>")[0]
    return {
        name: html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
    }


def assert_typed(page: httpx.Response, typed: dict[str, str]) -> None:
    shown = html.unescape(page.text)
    for name in ("command_id", "message", "accompanied_by"):
        assert typed[name] in shown, name
    assert re.search(rf'value="{typed["mode"]}"[^>]*checked', shown) and re.search(r'value="true"[^>]*checked', shown)


async def prepared(world: World, ready: Ready, browser: httpx.AsyncClient, step: str) -> UUID:
    """A hand-over of that step, kept or refused, with texts."""
    command = fields(ready, action="keep", accompanied_by="Sa sœur")
    await browser.post(f"/personnes/{ready.person}/confier", data=command)
    ref = handover.HandOver(
        command_id=UUID(command["command_id"]), person=ready.person, right="rsa", desk=ready.recipient.desk,
        contact=ready.recipient.contact,
    ).ref(ready.referent)  # fmt: skip
    await world.change(ref, step=step)
    return ref
