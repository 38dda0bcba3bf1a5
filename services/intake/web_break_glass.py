"""The page of emergencies: call first, then record that it happened; a second person confirms, and the DPO is told.

It shows nothing of anybody and opens nothing.
"""

from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import Refusal
from contracts.viewer import Viewer
from services.intake import break_glass, journal_search
from services.intake.break_glass import CONFIRMS, DECLARES, Motive, ToldTo
from services.intake.web import errors_of, typed_in
from services.intake.web_journal import Known
from services.intake.web_referrals import network_of
from services.runtime.web import forms
from services.runtime.web.dates import exact, when
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
_STANDING = {
    "confirmed": ("Confirmée", "open"),
    "waiting": ("À confirmer", "due"),
    "lapsed": ("Non confirmée en 24 heures", "late"),
}


class EmergencyForm(Frozen):
    """What is recorded: codes, and the number of a file of one's own organisation."""

    command_id: UUID
    motive: Motive
    told_to: ToldTo
    file_number: str = ""


@pages.get("/urgence", DECLARES | CONFIRMS)
async def show(request: Request, viewer: Asking) -> Response:
    """What to do, the form, and what was declared."""
    return await _page(request, viewer, {}, {})


@pages.post("/urgence", DECLARES)
async def declare(request: Request, viewer: Asking) -> Response:
    """Record an emergency."""
    sent = await request.form()
    form, errors = forms.read(EmergencyForm, sent)
    status = 422
    if form is not None:
        try:
            async with service_of(request).database.web(viewer) as work:
                await break_glass.declare(
                    viewer, work, form.motive, form.told_to, command=form.command_id, file_number=form.file_number
                )
            return redirect("/urgence", "emergency_noted")
        except Refusal as refusal:
            errors, status = errors_of(refusal), refusal.status
    return await _page(request, viewer, typed_in(sent), errors, status)


@pages.post("/urgence/{ref}/confirmation", CONFIRMS)
async def confirm(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The second person's word."""
    async with service_of(request).database.web(viewer) as work:
        await break_glass.confirm(viewer, work, ref)
    return redirect("/urgence", "acted")


async def _page(
    request: Request, viewer: Viewer, typed: dict[str, Any], errors: dict[str, str], status: int = 200
) -> Response:
    service, network = service_of(request), await network_of(request)
    async with service.database.web(viewer) as work:
        rows, now = await break_glass.emergencies(viewer, work), work.now
    async with service.database.worker() as work:
        numbers = await journal_search.numbers_of(work, {row.person for row in rows if row.person})
    known = Known(network, numbers)
    blank = {"command_id": str(uuid4()), "motive": "", "told_to": "", "file_number": ""}
    response: Response = request.app.state.pages.render(
        request,
        "emergency.html",
        status=status,
        viewer=viewer,
        typed={**blank, **typed},
        errors=errors,
        declares=viewer.has(*DECLARES),
        motives=Motive.options(),
        told=ToldTo.options(),
        rows=[_row(row, viewer, known, now) for row in rows],
    )
    return response


def _row(row: Any, viewer: Viewer, known: Known, now: Any) -> dict[str, Any]:  # noqa: ANN401 - a row, an instant
    standing = break_glass.standing(row, now)
    text, kind = _STANDING[standing]
    second = f"confirmée par {known.account(row.confirmed_by)}" if row.confirmed_by else None
    number = f"dossier {known.numbers[row.person]}" if row.person in known.numbers else None
    details = [known.organisation(row.organisation), number, f"dit à\u202f: {ToldTo(row.told_to).label}", second]
    mine = row.declared_by == viewer.account
    return {
        "ref": row.ref,
        "who": "Vous" if mine else known.account(row.declared_by),
        "motive": Motive(row.motive).label,
        "chip": text,
        "chip_kind": kind,
        "at_text": when(row.declared_at),
        "at_iso": row.declared_at.isoformat(),
        "at_exact": exact(row.declared_at),
        "details": [one for one in details if one],
        "confirmable": standing == "waiting" and not mine and break_glass.may_confirm(viewer, row.organisation),
    }
