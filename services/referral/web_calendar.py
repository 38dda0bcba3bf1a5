"""Which public holidays hold in the territory: for the dates promised from a day to come on; nothing that was moves."""

from datetime import date
from typing import Literal

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import Refusal
from contracts.viewer import Viewer
from services.referral.calendar_rules import ALSACE_MOSELLE, FRANCE
from services.referral.desk_calendars import choose_holidays, territory_holidays
from services.referral.web_board import COORDINATOR
from services.runtime.web import dates
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

CHOICES = ((FRANCE, "France métropolitaine"), (ALSACE_MOSELLE, "Alsace et Moselle (Vendredi saint et 26 décembre)"))
pages = Pages()


class HolidaysForm(Frozen):
    """The holidays that hold from a day on."""

    holidays: Literal["FR", "FR-AM"]
    valid_from: date


@pages.get("/tableau/calendrier", COORDINATOR)
async def calendar_page(request: Request, viewer: Asking) -> Response:
    """What holds, and from when something else will."""
    return await _page(request, viewer, {}, {})


@pages.post("/tableau/calendrier", COORDINATOR)
async def choose(request: Request, viewer: Asking) -> Response:
    """From a day to come on, other holidays."""
    typed = await request.form()
    form, errors = read(HolidaysForm, typed)
    values = {name: str(value) for name, value in typed.items()}
    if form is None:
        return await _page(request, viewer, values, errors, 422)
    try:
        async with service_of(request).database.web(viewer) as work:
            await choose_holidays(viewer, work, form.holidays, form.valid_from)
    except Refusal as refusal:
        return await _page(request, viewer, values, {refusal.field or "valid_from": str(refusal)}, refusal.status)
    return redirect("/tableau/calendrier", "saved")


async def _page(
    request: Request, viewer: Viewer, values: dict[str, str], errors: Errors, status: int = 200
) -> Response:
    async with service_of(request).database.web(viewer) as work:
        versions = await territory_holidays(viewer, work)
    names = dict(CHOICES)
    return request.app.state.pages.render(
        request, "board_calendar.html", viewer=viewer, status=status, choices=CHOICES, values=values, errors=errors,
        versions=[(names[one.holidays], dates.day(one.valid_from)) for one in reversed(versions)],
    )  # fmt: skip
