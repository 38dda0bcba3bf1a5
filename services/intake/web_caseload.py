"""The page that asks why somebody opens the file of a person whom a colleague follows."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.asks import ListAbsences
from contracts.envelope import Frozen
from contracts.refusals import Refusal
from contracts.viewer import Viewer
from services.intake import caseload, caseload_watch, store
from services.intake.journal_kinds import Reason
from services.intake.web import REFERENTS, show_form, typed_in
from services.intake.web_referrals import network_of
from services.runtime.web import forms
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()


class ReasonForm(Frozen):
    """The coded reason; nothing is written freely."""

    reason: Reason


@pages.get("/personnes/{ref}/motif", REFERENTS)
async def ask_reason(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Ask first; a file that is open to her already is shown at once."""
    async with service_of(request).database.web(viewer) as work:
        person = await store.person_of(viewer, work, ref)
        if await caseload.is_hers(viewer, work, ref) or await caseload.reason_now(viewer, work, ref):
            return redirect(f"/personnes/{ref}")
        number, referent = person.file_number, person.referent
    if await _stands_in(request, viewer, referent):
        async with service_of(request).database.web(viewer) as work:
            await caseload.give_reason(viewer, work, ref, Reason.DEPUTY)
        return redirect(f"/personnes/{ref}")
    return await _show(request, viewer, ref, number, referent, {}, {})


async def _stands_in(request: Request, viewer: Viewer, referent: UUID) -> bool:
    """Whether the directory names the viewer as deputy of that colleague today; when it is away, she is asked."""
    try:
        absences = (await service_of(request).bus.ask(ListAbsences(viewer=viewer))).absences
    except Refusal:
        return False
    return any((one.account, one.deputy) == (referent, viewer.account) for one in absences)


@pages.post("/personnes/{ref}/motif", REFERENTS)
async def give_reason(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Keep the reason and open the file for some hours; the DPO is told when there are many in a day."""
    sent = await request.form()
    form, errors = forms.read(ReasonForm, sent)
    async with service_of(request).database.web(viewer) as work:
        person = await store.person_of(viewer, work, ref)
        number, referent = person.file_number, person.referent
        if form is not None and form.reason is Reason.DEPUTY:
            errors = {"reason": "Choisissez une réponse de la liste."}
        elif form is not None:
            await caseload.give_reason(viewer, work, ref, form.reason)
            await caseload_watch.watch(viewer, work, caseload_watch.most_of(service_of(request).settings))
            return redirect(f"/personnes/{ref}")
    return await _show(request, viewer, ref, number, referent, typed_in(sent), errors)


async def _show(
    request: Request,
    viewer: Viewer,
    ref: UUID,
    number: str,
    referent: UUID,
    typed: dict[str, Any],
    errors: dict[str, str],
) -> Response:
    network = await network_of(request)
    return show_form(
        request,
        "caseload_reason.html",
        viewer,
        {"reason": "", **typed},
        errors,
        ref=ref,
        number=number,
        colleague=network.accounts.get(referent, "une collègue") if network else "une collègue",
        hours=caseload.OPEN_FOR.seconds // 3600,
        most=caseload_watch.most_of(service_of(request).settings),
        reasons=[option for option in Reason.options() if option[0] != Reason.DEPUTY],
    )
