"""The coordinators’ pages: the board, what does not move, and one referral with what the coordination may do about it.

Times, states, reasons and counts; never a name. The actions are decided by the same handler as everybody’s.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from starlette.responses import JSONResponse, Response

from contracts.actions import Action, ContestDecline, MarkInError, Reopen
from contracts.asks import ActOnReferral, DescribeNetwork, ReadReferral
from contracts.envelope import Frozen
from contracts.lifecycle import BY_ACTION
from contracts.refusals import NotFound, Refusal, ServiceAway
from contracts.replies import Network
from contracts.rights import right_name
from contracts.viewer import Role, Viewer
from contracts.vocabulary import ErrorReason, ReopenReason
from services.referral import board_view as view
from services.referral.board import TIMES
from services.referral.board_store import read_board
from services.referral.board_timeline import knots, step_entry
from services.referral.handlers import act_on_referral, read_referral
from services.runtime.process import Remembered, Service
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

COORDINATOR = frozenset({Role.COORDINATOR})
LIVE = "coordination.all"
SPLITS = (("partner", "Par organisme"), ("right", "Par droit"), ("month", "Par mois d’envoi"))
NAMES_KEPT = 60.0
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


async def names_for(request: Request) -> view.Names:
    """The names of the network, kept for a minute; placeholders while the directory is away."""
    state = request.app.state
    if not hasattr(state, "network"):
        state.network = _remember(service_of(request))
    try:
        return view.Names(await state.network.of("network"))
    except ServiceAway:
        return view.Names(None)


def _remember(service: Service) -> Remembered[str, Network]:
    async def fetch(_key: str) -> Network:
        return await service.bus.ask(DescribeNetwork())

    return Remembered(fetch, seconds=NAMES_KEPT)


@pages.get("/tableau", COORDINATOR)
async def board_page(request: Request, viewer: Asking, temps: str = "tta") -> Response:
    """The board; `temps` chooses which of the three times is split by organisation, right and month."""
    service = service_of(request)
    names = await names_for(request)
    async with service.database.web(viewer) as work:
        board = await read_board(viewer, work)
    chosen = next((one for one in board.measures if one.code == temps), board.measures[0])
    now = board.at
    return request.app.state.pages.render(
        request,
        "board.html",
        viewer=viewer,
        lead=view.lead(board.backlog),
        since=view.month_name(f"{board.since:%Y-%m}"),
        tiles=[view.tile(one) for one in board.measures],
        measures=board.measures,
        chosen=chosen,
        tabs=[
            {"href": f"/tableau?temps={one.code}#temps", "label": one.title, "current": one.code == chosen.code}
            for one in TIMES
        ],
        tables=[(label, *view.table(chosen, split, names)) for split, label in SPLITS],
        backlog=board.backlog,
        ages=view.ages(board.backlog),
        age_rows=list(zip(board.backlog.classes, board.backlog.by_age, strict=True)),
        funnel=board.funnel,
        funnel_rows=view.funnel_rows(board.funnel),
        yardstick=view.yardstick(board.funnel),
        unanswered=board.unanswered,
        unanswered_rows=view.stuck_rows(board.unanswered, names, now, late=True),
        declined=board.declined,
        declined_rows=view.stuck_rows(board.declined, names, now),
        expired=board.expired,
        expired_rows=view.stuck_rows(board.expired, names, now),
        names_away=names.network is None,
    )


@pages.get("/api/board", COORDINATOR)
async def board_figures(request: Request, viewer: Asking) -> Response:
    """The same figures for machines."""
    names = await names_for(request)
    async with service_of(request).database.web(viewer) as work:
        board = await read_board(viewer, work)
    return JSONResponse(jsonable_encoder(view.as_json(board, names)))


@pages.get("/tableau/flux", COORDINATOR)
async def board_stream(request: Request, viewer: Asking) -> Response:
    """Says only that something moved; the page reads again with its own rights."""
    return service_of(request).live.stream([LIVE])


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
