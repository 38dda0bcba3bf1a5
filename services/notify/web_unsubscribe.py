"""Ending mails from a mail: the address of RFC 8058 (`List-Unsubscribe-Post`), and its page for whoever opens the link.

Nobody signs in: the signed token names an account, and all it can do is to choose how often she gets mail. What she is
told stays in the bell.
"""

from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import PlainTextResponse, Response

from contracts.pages import UNSUBSCRIBE
from contracts.refusals import NotFound
from services.notify import store
from services.notify.domain import Rhythm
from services.notify.sender import UNSUBSCRIBING
from services.notify.tokens import Tokens
from services.runtime.web import forms
from services.runtime.web.guard import OPEN, Pages, service_of, viewer_or_none

pages = Pages()
ONE_CLICK = ("List-Unsubscribe", "One-Click")
CHOICES = (
    (Rhythm.WEEKLY.value, "Un seul courriel par semaine, le lundi", "Il dit ce qui vous attend."),
    (Rhythm.NEVER.value, "Plus aucun courriel", "Tout reste à lire dans Relais."),
)


class Less(BaseModel):
    """What the page's form gives."""

    rhythm: Rhythm


@pages.get(UNSUBSCRIBE + "/{token}", OPEN)
async def offer_less(request: Request, token: str) -> Response:
    """The two choices; opening the link changes nothing, since programs open links by themselves."""
    _account(request, token)
    return await _page(request, {}, 200)


@pages.post(UNSUBSCRIBE + "/{token}", OPEN, from_elsewhere=True)
async def take_less(request: Request, token: str) -> Response:
    """One press in the mail program ends mails; the page's form says how many."""
    account, form = _account(request, token), await request.form()
    if form.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        await _keep(request, account, Rhythm.NEVER)
        return PlainTextResponse("ok\n")
    given, errors = forms.read(Less, form)
    if given is None or given.rhythm not in (Rhythm.WEEKLY, Rhythm.NEVER):
        return await _page(request, {**errors, "rhythm": "Choisissez l’un des deux."}, 422)
    await _keep(request, account, given.rhythm)
    return await _page(request, {}, 200, kept=given.rhythm)


def _account(request: Request, token: str) -> UUID:
    service = service_of(request)
    account = Tokens(service.servers.keys / service.name).open(UNSUBSCRIBING, token)
    if account is None:
        raise NotFound
    return account


async def _keep(request: Request, account: UUID, rhythm: Rhythm) -> None:
    async with service_of(request).database.worker() as work:
        await store.keep_rhythm(None, account, rhythm, work)


async def _page(request: Request, errors: dict[str, str], status: int, kept: Rhythm | None = None) -> Response:
    context: dict[str, Any] = {"errors": errors, "choices": CHOICES, "kept": kept.label if kept else None}
    viewer = await viewer_or_none(request)
    response: Response = request.app.state.pages.render(
        request, "desabonnement.html", status=status, viewer=viewer, **context
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response
