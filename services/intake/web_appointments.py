"""The joint appointment of a referral, on the referent's side: propose, answer, take into one's calendar."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.asks import ArrangeAppointment
from contracts.pages import referral_page_of_sender
from contracts.refusals import NotFound
from contracts.replies import Network
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import AppointmentSide
from services.intake.caseload_gate import PersonPages
from services.intake.tables import Handover
from services.intake.web import REFERENTS
from services.intake.web_referrals import network_of, open_handover, read_referral
from services.runtime.web import appointments
from services.runtime.web.guard import Asking, service_of

pages = PersonPages()


@pages.get("/orientations/{ref}/rendez-vous", REFERENTS)
async def show_appointment(request: Request, viewer: Asking, ref: UUID) -> Response:
    """What stands, and the form."""
    row = await _own(request, viewer, ref)
    view, _ = await read_referral(request, viewer, ref)
    return appointments.show(request, viewer, view, around_of(row, await network_of(request)))


@pages.post("/orientations/{ref}/rendez-vous", REFERENTS)
async def arrange(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Propose or answer."""
    row = await _own(request, viewer, ref)
    view, _ = await read_referral(request, viewer, ref)

    async def ask(action: Any, command: UUID) -> object:  # noqa: ANN401 - one of the arrangements
        asked = ArrangeAppointment(viewer=viewer, ref=ref, action=action, command_id=command)
        return await service_of(request).bus.ask(asked)

    return await appointments.take(request, viewer, view, around_of(row, await network_of(request)), ask)


@pages.get("/orientations/{ref}/rendez-vous.ics", REFERENTS)
async def calendar_file(request: Request, viewer: Asking, ref: UUID) -> Response:
    """For her calendar; nothing of the person is in it. Refusal: NotFound when nothing stands."""
    row = await _own(request, viewer, ref)
    view, _ = await read_referral(request, viewer, ref)
    if view is None or view.appointment is None:
        raise NotFound
    site = (service_of(request).settings.public_url or str(request.base_url)).rstrip("/")
    around = around_of(row, await network_of(request))
    return appointments.calendar(view.appointment, around, site + referral_page_of_sender(ref))


def around_of(row: Handover, network: Network | None) -> appointments.Around:
    """What the page of that hand-over's appointment stands on."""
    known = network.permanences if network else ()
    organisations = (row.organisation, row.recipient_organisation)
    page = referral_page_of_sender(row.ref)
    return appointments.Around(
        ref=row.ref,
        here=f"{page}/rendez-vous",
        back=(page, "L’orientation"),
        title=f"Rendez-vous — {right_name(row.right)}",
        side=AppointmentSide.REFERENT,
        desk=f"{row.recipient_organisation_name}, {row.desk_name}",
        permanences=appointments.for_desk(known, desk=row.desk, organisations=organisations),
        known=known,
    )


async def _own(request: Request, viewer: Viewer, ref: UUID) -> Handover:
    row, _ = await open_handover(request, viewer, ref)
    if row.step != "sent":
        raise NotFound
    return row
