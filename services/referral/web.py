"""One referral as the coordination reads it, with what she may do about it; the board itself is in `web_board`.

Times, states, reasons and counts; never a name. The actions are decided by the same handler as everybody’s.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from starlette.responses import Response

from contracts.actions import Action, ContestDecline, MarkInError, Reopen
from contracts.asks import ActOnReferral, ReadReferral
from contracts.envelope import Frozen
from contracts.lifecycle import BY_ACTION
from contracts.refusals import NotFound, Refusal
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import ErrorReason, ReopenReason
from services.referral.board_timeline import knots, step_entry
from services.referral.handlers import act_on_referral, read_referral
from services.referral.web_board import COORDINATOR, names_for
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()


class ContestForm(Frozen):
    """Send a declined referral back to its desk."""

    command_id: UUID


class ReopenForm(Frozen):
    """Begin again what ended."""

    command_id: UUID
    reason: ReopenReason


class ErrorForm(Frozen):
    """Say that a referral should not have been."""

    command_id: UUID
    error_reason: ErrorReason


def _contest(_form: ContestForm) -> Action:
    return ContestDecline()


def _reopen(form: ReopenForm) -> Action:
    return Reopen(reason=form.reason)


def _in_error(form: ErrorForm) -> Action:
    return MarkInError(reason=form.error_reason)


ACTIONS: dict[str, tuple[type[Frozen], Any]] = {
    "contest_decline": (ContestForm, _contest),
    "reopen": (ReopenForm, _reopen),
    "mark_in_error": (ErrorForm, _in_error),
}


@dataclass
class Typed:
    """What was typed and what is wrong with it."""

    values: dict[str, str] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)
    status: int = 200


@pages.get("/tableau/orientations/{ref}", COORDINATOR)
async def referral_page(request: Request, viewer: Asking, ref: UUID) -> Response:
    """One referral: its thread, its time line, and what the coordination may do."""
    return await _referral_page(request, viewer, ref, Typed())


@pages.post("/tableau/orientations/{ref}/{action}", COORDINATOR)
async def act(request: Request, viewer: Asking, ref: UUID, action: str) -> Response:
    """Contest a decline, reopen, or mark in error; a refusal comes back on the page, nothing typed is lost."""
    if action not in ACTIONS:
        raise NotFound
    kind, build = ACTIONS[action]
    typed = await request.form()
    form, errors = read(kind, typed)
    values = {name: str(value) for name, value in typed.items()}
    if form is None:
        return await _referral_page(request, viewer, ref, Typed(values, errors, 422))
    ask = ActOnReferral(command_id=form.command_id, viewer=viewer, ref=ref, action=build(form))  # type: ignore[attr-defined]
    try:
        async with service_of(request).database.web(viewer) as work:
            await act_on_referral(ask, work)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _referral_page(request, viewer, ref, Typed(values, {"action": str(refusal)}, refusal.status))
    return redirect(f"/tableau/orientations/{ref}", "acted")


async def _referral_page(request: Request, viewer: Viewer, ref: UUID, typed: Typed) -> Response:
    names = await names_for(request)
    async with service_of(request).database.web(viewer) as work:
        found = await read_referral(ReadReferral(viewer=viewer, ref=ref), work)
        now = work.now
    return request.app.state.pages.render(
        request,
        "board_referral.html",
        status=typed.status,
        viewer=viewer,
        ref=ref,
        found=found,
        title=right_name(found.right),
        desk=names.desk(found.desk, found.organisation),
        sender=names.organisation(found.sender_organisation),
        knots=knots(found, now),
        entries=[step_entry(step, names, now) for step in reversed(found.steps)],
        actions=[one for one in found.actions if one in ACTIONS],
        labels={name: BY_ACTION[name].label for name in ACTIONS},
        typed=typed,
        command_id=typed.values.get("command_id") or uuid4(),
        reopen_reasons=ReopenReason.options(),
        error_reasons=ErrorReason.options(),
    )
