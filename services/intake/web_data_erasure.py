"""Before an erasure: what goes, what stays and why, what it stops; then the file number, typed by whoever decides."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import NotFound, Refusal
from contracts.viewer import Viewer
from services.intake import data_request_decisions as decisions
from services.intake.data_request_rules import Kind
from services.intake.data_requests import read_request
from services.intake.erasing_preview import preview_erasure
from services.intake.web import DPO, errors_of, show_form, typed_in
from services.runtime.web import forms
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()


class ErasureForm(Frozen):
    file_number: str


@pages.get("/demandes/{ref}/effacer", DPO)
async def ask_first(request: Request, viewer: Asking, ref: UUID) -> Response:
    """What the erasure would do, and the field for the file number."""
    return await _show(request, viewer, ref, {}, {}, 200)


@pages.post("/demandes/{ref}/effacer", DPO)
async def erase(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Erase the person of that file number, and nobody else."""
    sent = await request.form()
    form, errors = forms.read(ErasureForm, sent)
    if form is None:
        return await _show(request, viewer, ref, typed_in(sent), errors, 422)
    try:
        await decisions.fulfil(
            viewer, service_of(request), ref, request.app.state.eraser, file_number=form.file_number
        )
    except Refusal as refusal:
        return await _show(request, viewer, ref, typed_in(sent), errors_of(refusal), refusal.status)
    return redirect(f"/demandes/{ref}", "erased")


async def _show(
    request: Request, viewer: Viewer, ref: UUID, typed: dict[str, Any], errors: dict[str, str], status: int
) -> Response:
    async with decisions.decision_of(viewer, service_of(request)) as work:
        row = await read_request(viewer, work, ref)
        if Kind(row.kind) is not Kind.ERASURE:
            raise NotFound
        if not decisions.is_open(row):
            return redirect(f"/demandes/{ref}")
        found = await preview_erasure(viewer, work, row.person)
    return show_form(request, "data_request_erase.html", viewer, typed, errors, status, ref=ref, found=found)
