"""The pages of the local box: where somebody who tries Relais on one machine reads the mails that would have left it.

Open to whoever reaches this machine's loopback, since the sign-in code is read here before signing in; anywhere else
the pages do not exist.
"""

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.refusals import NotFound
from services.notify.sink import Box
from services.notify.sms_sink import SmsBox
from services.runtime.web.guard import OPEN, Pages, viewer_or_none


def box_pages(box: Box | None, texts: SmsBox | None = None) -> APIRouter:
    """The routes; without a box each is NotFound."""
    pages = Pages()

    @pages.get("/courrier", OPEN)
    async def show_box(request: Request) -> Response:
        """The mails and the text messages, newest first."""
        mails = _opened(box).newest_first()
        sms = texts.newest_first() if texts is not None else []
        return request.app.state.pages.render(
            request, "courrier.html", viewer=await viewer_or_none(request), mails=mails, sms=sms
        )

    @pages.get("/courrier/{number}", OPEN)
    async def show_mail(request: Request, number: int) -> Response:
        """The text of one mail."""
        mail = _opened(box).find(number)
        if mail is None:
            raise NotFound
        return request.app.state.pages.render(request, "message.html", viewer=await viewer_or_none(request), mail=mail)

    return pages.router


def _opened(box: Box | None) -> Box:
    if box is None:
        raise NotFound
    return box
