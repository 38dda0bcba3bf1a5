"""The board’s own pages: the figures, one time in detail, their definitions, the same as files and for programs. Times,
states and counts; never a name of a person, and never a professional’s: the board is per desk.
"""

from typing import Any

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from starlette.responses import JSONResponse, Response

from contracts.asks import DescribeNetwork
from contracts.paris import paris_day
from contracts.refusals import NotFound, ServiceAway
from contracts.replies import Network
from contracts.viewer import Role
from services.referral import board_definitions, board_rates, said_after_words, spreadsheet
from services.referral import board_view as view
from services.referral.board import month_key, window_start
from services.referral.board_api import as_json
from services.referral.board_chart import chart, sparkline
from services.referral.board_sheets import sheets
from services.referral.board_store import Board, read_board, read_times
from services.referral.definitions import TIME, TIMES
from services.runtime.alarm import reminders_alarm
from services.runtime.process import Remembered, Service
from services.runtime.web.guard import Asking, Pages, service_of

COORDINATOR = frozenset({Role.COORDINATOR})
LIVE = "coordination.all"
SPLITS = (("month", "Par mois d’envoi"), ("desk", "Par guichet"), ("partner", "Par organisme"), ("right", "Par droit"))
NAMES_KEPT = 60.0
pages = Pages()


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
async def board_page(request: Request, viewer: Asking) -> Response:
    """The coordination’s home page: every figure with its list, its definition and, folded, its table."""
    names = await names_for(request)
    async with service_of(request).database.web(viewer) as work:
        board = await read_board(viewer, work, split=())
    alarm = await reminders_alarm(service_of(request))
    return request.app.state.pages.render(
        request, "board.html", viewer=viewer, alarm=alarm, names_away=names.network is None, month=month_key(board.at),
        since=view.month_name(month_key(board.since)), **_first(board, names), **_rest(board, names),
    )  # fmt: skip


def _first(board: Board, names: view.Names) -> dict[str, Any]:
    """What a hurried coordinator reads."""
    return {
        "blocked": view.where_it_blocks(board.stuck, names, board.at),
        "lead": view.lead(board.backlog),
        "tiles": [
            view.tile(one)
            | {"code": one.code, "spark": sparkline(one.by_month), "months": view.month_rows(one.by_month)}
            for one in board.measures
        ],
        "stuck": board.stuck,
        "stuck_parts": view.stuck_parts(board.stuck, names),
        "backlog": board.backlog,
        "ages": view.ages(board.backlog),
        "age_rows": list(zip(board.backlog.classes, board.backlog.by_age, strict=True)),
    }


def _rest(board: Board, names: view.Names) -> dict[str, Any]:
    return {
        "funnel_rows": view.funnel_rows(board.funnel),
        "funnel": board.funnel,
        "yardstick": view.yardstick(board.funnel),
        "causes": board.causes,
        "health_sentence": board_rates.health_sentence(board.health, board.desks),
        "health_table": (board_rates.HEALTH_HEADS, board_rates.health_rows(board.desks, names)),
        "health": board_rates.health_cards(board.health, names),
        "hold_sentence": board_rates.hold_sentence(board.hold),
        "rates": list(zip(board.rates, board_rates.rate_rows(board.rates), strict=True)),
        "said": said_after_words.sentence(board.said),
        "said_rows": said_after_words.desk_rows(board.said, names),
        "contradicted": said_after_words.contradicted(board.contradicted),
        "ended": [(state.label, state.value, number) for state, number in board.ended.items()],
    }


@pages.get("/tableau/temps/{code}", COORDINATOR)
async def times_page(request: Request, viewer: Asking, code: str) -> Response:
    """One of the four times by month, desk, organisation and right. Refusal: NotFound."""
    if code not in TIME:
        raise NotFound
    names = await names_for(request)
    async with service_of(request).database.web(viewer) as work:
        chosen, since = await read_times(viewer, work, code), window_start(work.now)
    tabs = [
        {"href": f"/tableau/temps/{one.code}", "label": one.title, "current": one.code == code} for one in TIMES
    ]
    return request.app.state.pages.render(
        request, "board_times.html", viewer=viewer, since=view.month_name(month_key(since)), chosen=chosen,
        came_by=view.came_by(chosen), tabs=tabs,
        drawing=chart(f"{chosen.time.title}, par mois d’envoi", chosen.by_month, chosen.time.target_days),
        tables=[(label, *view.table(chosen, split, names)) for split, label in SPLITS],
    )  # fmt: skip


@pages.get("/tableau/donnees/{form}", COORDINATOR)
async def board_file(request: Request, viewer: Asking, form: str) -> Response:
    """Every figure of the board as `xlsx`, a sheet a table, or as `csv`, a line a figure. Refusal: NotFound."""
    if form not in ("xlsx", "csv"):
        raise NotFound
    names = await names_for(request)
    async with service_of(request).database.web(viewer) as work:
        board = await read_board(viewer, work, split=())
    found = sheets(board, names)
    body = spreadsheet.as_xlsx(found) if form == "xlsx" else spreadsheet.long_csv(found)
    return attachment(body, f"relais-tableau-{paris_day(board.at)}.{form}")


def attachment(body: bytes, name: str) -> Response:
    """A file to keep."""
    kind = spreadsheet.XLSX if name.endswith(".xlsx") else spreadsheet.CSV
    return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@pages.get("/tableau/definitions", COORDINATOR)
async def definitions_page(request: Request, viewer: Asking) -> Response:
    """What every figure counts, in words and as SQL, with the count behind it now."""
    async with service_of(request).database.web(viewer) as work:
        board = await read_board(viewer, work, split=())
    return request.app.state.pages.render(
        request, "board_definitions.html", viewer=viewer, since=view.month_name(month_key(board.since)),
        until=view.month_name(month_key(board.at)), definitions=board_definitions.listed(board),
        ruler=board_definitions.RULER,
    )  # fmt: skip


@pages.get("/api/board", COORDINATOR)
async def board_figures(request: Request, viewer: Asking) -> Response:
    """The same figures for machines, with their definitions."""
    names = await names_for(request)
    async with service_of(request).database.web(viewer) as work:
        board = await read_board(viewer, work)
    return JSONResponse(jsonable_encoder(as_json(board, names)))


@pages.get("/tableau/flux", COORDINATOR)
async def board_stream(request: Request, viewer: Asking) -> Response:
    """Says only that something moved; the page reads again with its own rights."""
    return service_of(request).live.stream([LIVE])
