"""What is stuck, desk by desk, with the one thing to do about each in its place. Never a name of a person."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from starlette.responses import Response

from contracts.actions import ContestDecline
from contracts.asks import ActOnReferral, FindAudience, ReadReferral
from contracts.envelope import Frozen
from contracts.ladder import LadderStep
from contracts.refusals import Refusal
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import ManagerAsk
from services.referral import stuck
from services.referral.board_view import Names, count
from services.referral.handlers import act_on_referral, read_referral
from services.referral.stuck import Matter, StuckReferral
from services.referral.web_board import COORDINATOR, names_for
from services.runtime.web import dates
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

HERE = "/tableau/bloquees"
# What is asked of the managers first, by what is stuck; the other words stand below it.
FIRST_ASK = {
    Matter.UNANSWERED: ManagerAsk.ASSIGN, Matter.NOT_CONTACTED: ManagerAsk.CONTACT, Matter.QUIET: ManagerAsk.NEWS,
}  # fmt: skip
LABELS = {
    ManagerAsk.ASSIGN: "Demander au responsable d’attribuer",
    ManagerAsk.CONTACT: "Demander au responsable de la faire contacter",
    ManagerAsk.NEWS: "Demander au responsable où cela en est",
}
pages = Pages()


class AskForm(Frozen):
    """What is asked of the managers of the desk."""

    command_id: UUID
    what: ManagerAsk


class ContestForm(Frozen):
    """Send a declined referral back to its desk."""

    command_id: UUID


@pages.get(HERE, COORDINATOR)
async def stuck_page(request: Request, viewer: Asking) -> Response:
    """Every stuck referral, by desk: since when, who was told of what, and what to do."""
    return await _page(request, viewer, {}, 200)


@pages.post("/tableau/bloquees/{ref}/demander", COORDINATOR)
async def ask(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Ask the managers; at most once a week for each referral."""
    form, errors = read(AskForm, await request.form())
    if form is None:
        return await _page(request, viewer, errors, 422)
    service = service_of(request)
    try:
        async with service.database.web(viewer) as work:
            found = await read_referral(ReadReferral(viewer=viewer, ref=ref), work)
        behind = await service.bus.ask(FindAudience(desk=found.desk))
        async with service.database.web(viewer) as work:
            await stuck.ask_managers(viewer, work, form.command_id, ref, form.what, behind)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _page(request, viewer, {f"o-{ref}": str(refusal)}, refusal.status)
    return redirect(HERE, "managers_asked")


@pages.post("/tableau/bloquees/{ref}/contester", COORDINATOR)
async def contest(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Contest a decline, once an episode."""
    form, errors = read(ContestForm, await request.form())
    if form is None:
        return await _page(request, viewer, errors, 422)
    acting = ActOnReferral(command_id=form.command_id, viewer=viewer, ref=ref, action=ContestDecline())
    try:
        async with service_of(request).database.web(viewer) as work:
            await act_on_referral(acting, work)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return await _page(request, viewer, {f"o-{ref}": str(refusal)}, refusal.status)
    return redirect(HERE, "contested")


async def _page(request: Request, viewer: Viewer, errors: Errors, status: int) -> Response:
    names = await names_for(request)
    async with service_of(request).database.web(viewer) as work:
        found, now = await stuck.list_stuck(viewer, work), work.now
    return request.app.state.pages.render(
        request, "stuck.html", status=status, viewer=viewer, errors=errors,
        lead=lead(found), groups=groups(found[: stuck.MOST], names, now), more=len(found) > stuck.MOST,
    )  # fmt: skip


def lead(found: Sequence[StuckReferral]) -> str:
    """What the page starts with."""
    if not found:
        return "Rien n’est bloqué\u202f: aucune orientation n’attend au-delà de son échéance."
    if len(found) > stuck.MOST:
        return f"Plus de {stuck.MOST} orientations sont bloquées. Les plus anciennes d’abord."
    desks = len({one.desk for one in found})
    said = count(len(found), "orientation est bloquée", "orientations sont bloquées")
    return f"{said}, dans {count(desks, 'guichet', 'guichets')}. Les plus anciennes d’abord."


def groups(found: Sequence[StuckReferral], names: Names, now: datetime) -> list[dict[str, Any]]:
    """The desks, the one with the oldest first, each with its rows."""
    oldest = {desk: min(one.since for one in found if one.desk == desk) for desk in {one.desk for one in found}}
    ordered = sorted(found, key=lambda one: (oldest[one.desk], str(one.desk), one.since))
    return [
        {"desk": names.desk(desk, rows[0].organisation), "rows": [row_of(one, now) for one in rows]}
        for desk, rows in ((key, list(some)) for key, some in groupby(ordered, key=lambda one: one.desk))
    ]


def row_of(one: StuckReferral, now: datetime) -> dict[str, Any]:
    """A row in words, with its action."""
    told = [(at, f"{_step(step)} ({count(people, 'personne', 'personnes')})") for step, at, people in one.told]
    told += [(at, f"Demandé au responsable\u202f: {what.label[:1].lower()}{what.label[1:]}") for what, at in one.asked]
    first = FIRST_ASK.get(one.matter)
    return {
        "ref": one.ref, "href": f"/tableau/orientations/{one.ref}", "right": right_name(one.right),
        "matter": one.matter.label, "kind": "late" if one.matter is not Matter.QUIET else "due",
        "since": dates.when(one.since, now), "urgent": one.urgent,
        "told": [f"{dates.when(at, now)}\u202f: {words}" for at, words in sorted(told)],
        "ask": (first, LABELS[first]) if first and one.may_ask(now) else None,
        "others": [(ask.value, ask.label) for ask in ManagerAsk if ask is not first] if one.may_ask(now) else [],
        "contest": one.matter is Matter.DECLINED and not one.contested,
        "command_id": uuid4(),
    }  # fmt: skip


def _step(step: str) -> str:
    return LadderStep(step).label.rstrip(".") if step in set(LadderStep) else step
