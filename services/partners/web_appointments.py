"""The joint appointment of a referral, on the desk's side: propose, answer, take into one's calendar."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.asks import ArrangeAppointment
from contracts.pages import referral_page_of_desk
from contracts.refusals import NotFound
from contracts.viewer import Viewer
from services.partners import store
from services.partners.permanences import every_permanence
from services.partners.web_desk import AT_DESK, around_of, read_referral
from services.runtime.web import appointments
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages()


@pages.get("/bureau/{ref}/rendez-vous", AT_DESK)
async def show_appointment(request: Request, viewer: Asking, ref: UUID) -> Response:
    """What stands, and the form."""
    around = await _around(request, viewer, ref)
    return appointments.show(request, viewer, await read_referral(service_of(request), viewer, ref), around)


@pages.post("/bureau/{ref}/rendez-vous", AT_DESK)
async def arrange(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Propose or answer."""
    around, service = await _around(request, viewer, ref), service_of(request)

    async def ask(action: Any, command: UUID) -> object:  # noqa: ANN401 - one of the arrangements
        return await service.bus.ask(ArrangeAppointment(viewer=viewer, ref=ref, action=action, command_id=command))

    return await appointments.take(request, viewer, await read_referral(service, viewer, ref), around, ask)


@pages.get("/bureau/{ref}/rendez-vous.ics", AT_DESK)
async def calendar_file(request: Request, viewer: Asking, ref: UUID) -> Response:
    """For one's calendar; nothing of the person is in it. Refusal: NotFound when nothing stands."""
    around, service = await _around(request, viewer, ref), service_of(request)
    view = await read_referral(service, viewer, ref)
    if view is None or view.appointment is None:
        raise NotFound
    site = (service.settings.public_url or str(request.base_url)).rstrip("/")
    return appointments.calendar(view.appointment, around, site + referral_page_of_desk(ref))


async def _around(request: Request, viewer: Viewer, ref: UUID) -> appointments.Around:
    async with service_of(request).database.web(viewer) as work:
        item = await store.read_item(viewer, ref, work)
        names = await store.read_names(viewer, work, organisations=[item.organisation])
        return around_of(item, names, await every_permanence(viewer, work))
