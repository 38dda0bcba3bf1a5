"""The monthly report as a page to print, a workbook and a CSV; the same lines in each."""

import re

from fastapi import Request
from starlette.responses import Response

from contracts.refusals import NotFound
from services.referral import report, spreadsheet
from services.referral.board import month_key, months_before
from services.referral.board_view import month_name
from services.referral.web_board import COORDINATOR, attachment, names_for
from services.runtime.web.guard import Asking, Pages, service_of

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
FORMS = {"xlsx": spreadsheet.as_xlsx, "csv": spreadsheet.long_csv}
pages = Pages()


async def _read(request: Request, viewer: Asking, month: str) -> tuple[report.Report, str]:
    """The report and the present month. Refusal: NotFound for what is no month, or one to come."""
    names = await names_for(request)
    async with service_of(request).database.web(viewer) as work:
        now = month_key(work.now)
        if not MONTH.fullmatch(month) or month > now:
            raise NotFound
        return await report.read_report(viewer, work, month, names), now


@pages.get("/tableau/rapport/{month}", COORDINATOR)
async def report_page(request: Request, viewer: Asking, month: str) -> Response:
    """The report of a month (`2026-11`), to read and to print."""
    found, now = await _read(request, viewer, month)
    return request.app.state.pages.render(
        request, "board_report.html", viewer=viewer, month=month, month_name=month_name(month),
        lines=[line[:3] for line in found.lines], desk_heads=report.DESK_HEADS, desks=found.desks,
        before=months_before(month, 1), after=months_before(month, -1) if month < now else None,
    )  # fmt: skip


@pages.get("/tableau/rapport/{month}/{form}", COORDINATOR)
async def report_file(request: Request, viewer: Asking, month: str, form: str) -> Response:
    """The same as a file: `xlsx` or `csv`."""
    if form not in FORMS:
        raise NotFound
    found, _ = await _read(request, viewer, month)
    return attachment(FORMS[form](report.tables(found)), f"relais-rapport-{month}.{form}")
