"""The bell: what an account was told, whether by mail or not, and how she wants her mail.

Nothing here names a person accompanied or a right: each line leads to a page behind its own check.
"""

from datetime import time
from typing import Any

from fastapi import Request
from pydantic import AwareDatetime, BaseModel, model_validator
from starlette.responses import JSONResponse, Response

from contracts.ladder import Audience
from contracts.pages import BELL, WISHES
from services.notify import store
from services.notify.domain import Rhythm, sentence_of
from services.notify.mail import page_for
from services.notify.wishes import Wishes
from services.runtime.web import forms
from services.runtime.web.guard import SIGNED_IN, Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()


class Seen(BaseModel):
    """When the page was made whose notices are seen."""

    shown: AwareDatetime


class WishesForm(BaseModel):
    """What the form of the wishes gives."""

    rhythm: Rhythm
    quiet_from: time | None = None
    quiet_until: time | None = None
    quiet_weekends: bool = False
    sms: bool = False

    @model_validator(mode="after")
    def _both_hours(self) -> "WishesForm":
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("Donnez les deux heures, ou aucune.")
        return self


@pages.get(BELL, SIGNED_IN)
async def show_bell(request: Request, viewer: Asking) -> Response:
    """What she was told, the newest first."""
    async with service_of(request).database.web(viewer) as work:
        found, unread = await store.notices(viewer, work), await store.unread(viewer, work)
        back = [one for one in await store.bouncing(viewer, work) if one.account == viewer.account]
    return request.app.state.pages.render(
        request,
        "avis.html",
        viewer=viewer,
        unread=unread,
        shown=work.now.isoformat(),
        back=back[0] if back else None,
        fresh=[_notice(one) for one in found if one.new],
        seen=[_notice(one) for one in found if not one.new],
    )


def _notice(one: store.Notice) -> dict[str, Any]:
    page = page_for(Audience(one.audience), one.referral, one.kind)
    return {"href": page, "sentence": sentence_of(one.kind), "at": one.due_at}


@pages.get(BELL + "/nombre", SIGNED_IN)
async def count_unread(request: Request, viewer: Asking) -> Response:
    """How many she has not seen."""
    async with service_of(request).database.web(viewer) as work:
        return JSONResponse({"unread": await store.unread(viewer, work)})


@pages.post(BELL + "/lu", SIGNED_IN)
async def mark_read(request: Request, viewer: Asking) -> Response:
    """She has seen them all; what came after her page was shown stays new."""
    given, _ = forms.read(Seen, await request.form())
    async with service_of(request).database.web(viewer) as work:
        await store.mark_read(viewer, work, given.shown if given else work.now)
    return redirect(BELL)


@pages.get(BELL + "/flux", SIGNED_IN)
async def follow_bell(request: Request, viewer: Asking) -> Response:
    """Says when something came."""
    return service_of(request).live.stream([f"account.{viewer.account}"])


@pages.get(WISHES, SIGNED_IN)
async def show_wishes(request: Request, viewer: Asking) -> Response:
    """How she wants her mail."""
    async with service_of(request).database.web(viewer) as work:
        wishes = await store.wishes(viewer, work)
    typed = {
        "rhythm": wishes.rhythm.value,
        "quiet_from": wishes.quiet_from.strftime("%H:%M") if wishes.quiet_from else "",
        "quiet_until": wishes.quiet_until.strftime("%H:%M") if wishes.quiet_until else "",
        "quiet_weekends": ["true"] if wishes.quiet_weekends else [],
        "sms": ["true"] if wishes.sms else [],
    }
    return _wishes_page(request, viewer, typed, {})


@pages.post(WISHES, SIGNED_IN)
async def keep_wishes(request: Request, viewer: Asking) -> Response:
    """Keep how she wants her mail."""
    form = await request.form()
    given, errors = forms.read(WishesForm, form)
    if given is None:
        if "form" in errors:
            errors["quiet_until"] = errors.pop("form")
        typed = {name: str(form.get(name, "")) for name in ("rhythm", "quiet_from", "quiet_until")}
        boxes = {name: [str(one) for one in form.getlist(name)] for name in ("quiet_weekends", "sms")}
        return _wishes_page(request, viewer, {**typed, **boxes}, errors)
    async with service_of(request).database.web(viewer) as work:
        await store.keep_wishes(
            viewer,
            Wishes(given.rhythm, given.quiet_from, given.quiet_until, given.quiet_weekends, given.sms),
            work,
        )
    return redirect(WISHES, "saved")


def _wishes_page(request: Request, viewer: Asking, typed: dict[str, Any], errors: dict[str, str]) -> Response:
    response: Response = request.app.state.pages.render(
        request,
        "avis_reglages.html",
        status=422 if errors else 200,
        viewer=viewer,
        typed=typed,
        errors=errors,
        texts_offered=request.app.state.texts_offered,
        rhythms=[(one.value, one.label, _HINTS[one]) for one in Rhythm],
    )
    return response


_HINTS = {
    Rhythm.AT_ONCE: "Un message pour chaque chose, dès qu’elle arrive.",
    Rhythm.DAILY: "Ce qui vous est confié arrive à mesure, le reste dans un seul message.",
    Rhythm.WEEKLY: "Un seul message, même pour ce qui vous est confié.",
    Rhythm.NEVER: "Tout reste à lire ici, dans Relais.",
}
