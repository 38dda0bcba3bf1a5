"""Absences: anybody's own, and those of the members of a desk, by its manager."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.refusals import NotFound, Refusal
from contracts.viewer import Viewer
from services.partners.absences import (
    absences_of,
    away_account,
    cancel_absence,
    declare_absence,
    possible_deputies,
)
from services.partners.directory_commands import DeclareAbsence
from services.partners.directory_forms import refused
from services.partners.domain import today_in_paris
from services.partners.store import read_names
from services.runtime.web import dates
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import SIGNED_IN, Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
_FIELDS = ("starts", "ends", "deputy")


@pages.get("/absences", SIGNED_IN)
async def show_absences(request: Request, viewer: Asking, pour: UUID | None = None) -> Response:
    """Her absences to come, and the form; `pour` is a member of a desk that she manages."""
    return await _show(request, viewer, pour, {}, {})


@pages.post("/absences", SIGNED_IN)
async def declare(request: Request, viewer: Asking) -> Response:
    """Note one."""
    sent = await request.form()
    command, errors = read(DeclareAbsence, sent)
    account = _account(sent)
    if command is None:
        return await _show(request, viewer, account, _typed(sent), errors, 422)
    try:
        async with service_of(request).database.web(viewer) as work:
            await declare_absence(command, work, viewer)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _show(request, viewer, account, _typed(sent), refused(refusal), refusal.status)
    return redirect(_address(viewer, account), "saved")


@pages.post("/absences/{absence}/annulation", SIGNED_IN)
async def cancel(request: Request, viewer: Asking, absence: UUID) -> Response:
    """Take it back."""
    async with service_of(request).database.web(viewer) as work:
        account = await cancel_absence(absence, work, viewer)
    return redirect(_address(viewer, account), "saved")


async def _show(
    request: Request, viewer: Viewer, account: UUID | None, typed: dict[str, Any], errors: Errors, status: int = 200
) -> Response:
    async with service_of(request).database.web(viewer) as work:
        whose = await away_account(viewer, work, account)
        rows = await absences_of(viewer, work, whose)
        deputies = await possible_deputies(viewer, work, whose)
        names = await read_names(viewer, work, accounts=[whose])
        today = today_in_paris(work.now)
    return request.app.state.pages.render(
        request,
        "absences.html",
        status=status,
        viewer=viewer,
        account=whose,
        name=None if whose == viewer.account else names.account(whose),
        rows=[
            {
                "ref": one.ref,
                "days": _days(one, today),
                "deputy": one.deputy_name,
                "now": one.starts <= today,
            }
            for one in rows
        ],
        deputies=[(str(one.ref), one.name) for one in deputies],
        typed={name: typed.get(name, "") for name in _FIELDS},
        errors=errors,
    )


def _days(row: Any, today: Any) -> str:  # noqa: ANN401 - an absence and a day
    if row.starts == row.ends:
        return dates.day(row.starts, today)
    return f"{dates.day(row.starts, today)} {dates.until(row.ends, today)}"


def _account(sent: FormData) -> UUID | None:
    try:
        return UUID(str(sent.get("account", "")))
    except ValueError:
        return None


def _typed(sent: FormData) -> dict[str, Any]:
    return {name: str(sent.get(name, "")) for name in _FIELDS}


def _address(viewer: Viewer, account: UUID | None) -> str:
    return "/absences" if account in (None, viewer.account) else f"/absences?pour={account}"
