"""What a desk is asked to erase: what was shared and when (never the values), and one form to answer."""

from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from contracts.asks import AnswerErasure, ListErasures
from contracts.pages import referral_page_of_desk
from contracts.refusals import NotFound, Refusal
from contracts.replies import ErasureAsked
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import ErasureState, KeepingReason
from services.partners import store
from services.partners.erasures import tombstone
from services.partners.web_desk import AT_DESK
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
ERASED = "erased"


class ErasureForm(BaseModel):
    """The answer: `erased`, or why it is kept."""

    request: UUID
    answer: str


@pages.get("/bureau/{ref}/effacement", AT_DESK)
async def show_erasure(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The requests about one referral; none is not found."""
    return await _page(request, viewer, ref, {}, {})


@pages.post("/bureau/{ref}/effacement", AT_DESK)
async def answer_erasure(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Confirm that it is erased, or say why it is kept."""
    sent = await request.form()
    typed = {name: str(value) for name, value in sent.items()}
    form, errors = read(ErasureForm, sent)
    if form is not None and form.answer not in (ERASED, *(one.value for one in KeepingReason)):
        form, errors = None, {"answer": "Choisissez une réponse de la liste."}
    if form is None:
        return await _page(request, viewer, ref, typed, errors, 422)
    reason = None if form.answer == ERASED else KeepingReason(form.answer)
    if form.request not in {one.ref for one in await _asked(request, viewer, ref)}:
        raise NotFound
    try:
        await service_of(request).bus.ask(AnswerErasure(viewer=viewer, request=form.request, reason=reason))
    except Refusal as refusal:
        return await _page(request, viewer, ref, typed, {"answer": str(refusal)}, refusal.status)
    return redirect(referral_page_of_desk(ref), "acted")


async def _asked(request: Request, viewer: Viewer, ref: UUID) -> tuple[ErasureAsked, ...]:
    return (await service_of(request).bus.ask(ListErasures(viewer=viewer, referral=ref))).rows


async def _page(
    request: Request, viewer: Viewer, ref: UUID, typed: dict[str, str], errors: Errors, status: int = 200
) -> Response:
    service = service_of(request)
    async with service.database.web(viewer) as work:
        item = await store.read_item(viewer, ref, work)
        names = await store.read_names(viewer, work, organisations=[item.sender_organisation])
        now = work.now
    asked = await _asked(request, viewer, ref)
    if not asked:
        raise NotFound
    waiting = [one for one in asked if one.state is ErasureState.ASKED]
    kept = [one for one in asked if one.state is ErasureState.KEPT]
    chosen = next(iter(waiting or kept), None)
    return request.app.state.pages.render(
        request,
        "erasure.html",
        status=status,
        viewer=viewer,
        back=referral_page_of_desk(ref),
        right=right_name(item.right),
        sender=names.organisation(item.sender_organisation),
        tombstones=[tombstone(one, now) for one in asked],
        form=str(chosen.ref) if chosen else None,
        again=not waiting,
        options=[
            (ERASED, "Nous l’avons effacé", "De nos dossiers, messages et fichiers."),
            *((code, f"Nous le conservons\u202f: {label[0].lower()}{label[1:]}") for code, label in
              KeepingReason.options()),
        ],
        typed={"answer": "", **typed},
        errors=errors,
    )
