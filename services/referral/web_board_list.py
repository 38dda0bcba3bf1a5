"""The list behind a figure of the board, as a page and as a CSV file: referrals by reference, never a person’s name."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.lifecycle import State
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import Channel, NonTakeUpCause
from services.referral import spreadsheet
from services.referral.backlog import AGE_CLASSES, OLDEST
from services.referral.board_definitions import ENDS
from services.referral.board_list import A_PAGE, KINDS, MOST_IN_A_FILE, Listed, Wanted, read_list, wanted
from services.referral.board_view import Names
from services.referral.web_board import COORDINATOR, attachment, names_for
from services.runtime.web import dates
from services.runtime.web.guard import Asking, Pages, service_of

HEADS = ("Référence", "Droit", "Organisme", "Guichet", "État", "Date")
WAITS = {"open": "attend encore", "answered": "répondue", "reached": "personne jointe", "closed": "close",
         "opened": "droit ouvert"}  # fmt: skip
pages = Pages()


@pages.get("/tableau/liste", COORDINATOR)
async def list_page(request: Request, viewer: Asking) -> Response:
    """The list behind a figure; `quoi` says which, and each filter narrows it. Refusal: NotFound."""
    asked = wanted(request.query_params)
    names, rows, more, now = await _read(request, viewer, asked, A_PAGE, (asked.page - 1) * A_PAGE)
    return request.app.state.pages.render(
        request, "board_list.html", viewer=viewer, kind=KINDS[asked.kind], page=asked.page,
        filters=[_filter(name, value, names) for name, value in asked.filters.items()],
        rows=[_row(one, asked, names, now) for one in rows],
        file=f"/tableau/liste.csv?{_query(asked)}", every=f"/tableau/liste?quoi={asked.kind}",
        before=_address(asked, asked.page - 1) if asked.page > 1 else None,
        after=_address(asked, asked.page + 1) if more else None,
    )  # fmt: skip


@pages.get("/tableau/liste.csv", COORDINATOR)
async def list_file(request: Request, viewer: Asking) -> Response:
    """The same list as a file, its first 10,000 rows."""
    asked = wanted(request.query_params)
    names, rows, _, _ = await _read(request, viewer, asked, MOST_IN_A_FILE, 0)
    lines = [
        (str(one.ref), right_name(one.right) if one.right else None, names.organisation(one.organisation),
         names.desk_alone(one.desk) if one.desk else None, word(one.word), dates.iso(one.at))
        for one in rows
    ]  # fmt: skip
    return attachment(spreadsheet.as_csv(HEADS, lines), f"relais-liste-{asked.kind}.csv")


async def _read(
    request: Request, viewer: Viewer, asked: Wanted, most: int, skip: int
) -> tuple[Names, list[Listed], bool, Any]:
    names = await names_for(request)
    async with service_of(request).database.web(viewer) as work:
        rows, more = await read_list(viewer, work, asked, most, skip)
        return names, rows, more, work.now


def _row(one: Listed, asked: Wanted, names: Names, now: Any) -> dict[str, Any]:  # noqa: ANN401 - an instant
    where = names.desk_alone(one.desk) if one.desk else names.organisation(one.organisation)
    return {
        "href": f"/tableau/orientations/{one.ref}" if one.desk else None,
        "who": f"{right_name(one.right)} → {where}" if one.right else where,
        "word": word(one.word)[:1].upper() + word(one.word)[1:],
        "meta": [f"{KINDS[asked.kind].at} {dates.when(one.at, now)}", f"référence\u00a0{str(one.ref)[:8]}"],
    }


def word(code: str) -> str:
    """The French word of a state, of how a wait ended, of a channel or of causes."""
    if code in WAITS or code in ENDS:
        return WAITS.get(code) or ENDS[code]
    for kind in (State, Channel):
        if code in {one.value for one in kind}:
            return kind(code).label
    causes = [one for one in code.split(",") if one]
    return ", ".join(NonTakeUpCause(one).label for one in causes)


def _filter(name: str, value: str, names: Names) -> str:
    match name:
        case "guichet":
            return names.desk_alone(UUID(value))
        case "droit":
            return right_name(value)
        case "age":
            return [*(label for _, label in AGE_CLASSES), OLDEST][int(value)]
    return word(value)


def _query(asked: Wanted) -> str:
    return urlencode({"quoi": asked.kind, **asked.filters})


def _address(asked: Wanted, page: int) -> str:
    return f"/tableau/liste?{_query(asked)}&page={page}"
