"""The page that asks why somebody opens the file of a person whom a colleague follows, for a reading or for a form."""

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import FastAPI, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import NotFound, ReasonNeeded
from contracts.viewer import Viewer
from services.intake import caseload, caseload_watch
from services.intake.caseload import Standing
from services.intake.caseload_gate import FIELD, WhyFirst, keep_reason, stands_in
from services.intake.journal_kinds import Reason
from services.intake.web import REFERENTS, lead_elsewhere, show_form, typed_in
from services.intake.web_referrals import network_of
from services.runtime.web import forms
from services.runtime.web.guard import Asking, Pages, service_of, viewer_of
from services.runtime.web.pages import redirect

pages = Pages()
_THEN = re.compile(r"/(personnes|orientations)/[0-9a-f-]{36}(/[\w./-]*)?(\?[\w.=&%-]*)?")


class ReasonForm(Frozen):
    """The coded reason, nothing written freely; `suite` is the page that was asked for."""

    caseload_reason: Reason
    suite: str = ""


@pages.get("/personnes/{ref}/motif", REFERENTS)
async def ask_reason(request: Request, viewer: Asking, ref: UUID, suite: str = "") -> Response:
    """Ask first; a file that is open to her already is shown at once."""
    found = await _standing(request, viewer, ref)
    if found.opens:
        return redirect(_then(ref, suite))
    if await stands_in(request, viewer, found):
        await keep_reason(request, viewer, ref, Reason.DEPUTY)
        return redirect(_then(ref, suite))
    return await _show(request, viewer, found, {"suite": suite}, {})


@pages.post("/personnes/{ref}/motif", REFERENTS)
async def give_reason(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Keep the reason and open the page that was asked for."""
    sent = await request.form()
    form, errors = forms.read(ReasonForm, sent)
    found = await _standing(request, viewer, ref)
    if form is not None and form.caseload_reason is Reason.DEPUTY:
        errors = {FIELD: "Choisissez une réponse de la liste."}
    elif form is not None:
        await keep_reason(request, viewer, ref, form.caseload_reason)
        return redirect(_then(ref, form.suite))
    return await _show(request, viewer, found, typed_in(sent), errors)


def ask_why_first(app: FastAPI) -> None:
    """Let `app` answer what the gate stopped: a page goes on to the question, a form comes back with it."""

    async def form_stopped(request: Request, stopped: WhyFirst) -> Response:
        viewer = await viewer_of(request)
        found = await _standing(request, viewer, stopped.person)
        sent = [(name, value) for name, value in stopped.sent.multi_items() if name != FIELD]
        return await _show(
            request, viewer, found, {"suite": ""},
            {FIELD: "Choisissez une réponse de la liste."} if FIELD in stopped.sent else {},
            here=request.url.path,
            kept=[(name, value) for name, value in sent if isinstance(value, str)],
            files=[name for name, value in sent if isinstance(value, UploadFile) and value.filename],
        )  # fmt: skip

    lead_elsewhere(app, ReasonNeeded, _question_address)
    app.add_exception_handler(WhyFirst, form_stopped)  # type: ignore[arg-type]


def _question_address(request: Request, refusal: ReasonNeeded) -> str:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    person = refusal.details["person"]
    there = f"?suite={quote(asked)}" if asked != f"/personnes/{person}" else ""
    return f"/personnes/{person}/motif{there}"


async def _standing(request: Request, viewer: Viewer, ref: UUID) -> Standing:
    async with service_of(request).database.web(viewer) as work:
        found = await caseload.standing(viewer, work, person=ref)
    if found is None:
        raise NotFound
    return found


def _then(ref: UUID, suite: str) -> str:
    return suite if _THEN.fullmatch(suite) else f"/personnes/{ref}"


async def _show(
    request: Request,
    viewer: Viewer,
    found: Standing,
    typed: dict[str, Any],
    errors: dict[str, str],
    *,
    here: str | None = None,
    kept: list[tuple[str, str]] | None = None,
    files: list[str] | None = None,
) -> Response:
    network = await network_of(request)
    return show_form(
        request,
        "caseload_reason.html",
        viewer,
        {FIELD: "", "suite": "", **typed},
        errors,
        422 if here else 200,
        here=here or f"/personnes/{found.person}/motif",
        kept=kept,
        files=files or [],
        number=found.file_number,
        colleague=network.accounts.get(found.referent, "une collègue") if network else "une collègue",
        hours=caseload.OPEN_FOR.seconds // 3600,
        most=caseload_watch.most_of(service_of(request).settings),
        reasons=[option for option in Reason.options() if option[0] != Reason.DEPUTY],
    )
