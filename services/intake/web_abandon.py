"""Abandonner: what was prepared and has not left, or was refused on its way, is given up, and its texts are erased."""

from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.rights import right_name
from services.intake import handover_store as store
from services.intake import journal
from services.intake.caseload_gate import PersonPages
from services.intake.dossier import full_name
from services.intake.journal_kinds import Kind, Thing
from services.intake.tables import Handover
from services.intake.web import REFERENTS
from services.intake.web_referrals import open_handover
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()


@pages.get("/orientations/{ref}/abandonner", REFERENTS)
async def ask_first(request: Request, viewer: Asking, ref: UUID) -> Response:
    """What would be given up; what has left meanwhile is shown as it is now."""
    row, person = await open_handover(request, viewer, ref)
    if row.step not in store.UNSENT:
        return _elsewhere(row)
    return request.app.state.pages.render(
        request,
        "abandon.html",
        viewer=viewer,
        row=row,
        who=full_name(person),
        right=right_name(row.right),
        back=f"/orientations/{ref}",
    )


@pages.post("/orientations/{ref}/abandonner", REFERENTS)
async def abandon(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Give it up; twice is once, and what left meanwhile stays as it is."""
    async with service_of(request).database.web(viewer) as work:
        given_up = await store.abandon(viewer, work, ref)
        if given_up:
            await journal.record(work, viewer, Kind.HANDOVER_CHANGED, object=Thing.HANDOVER, ref=ref)
            work.hint(f"organisation.{viewer.organisation}")
    row, _ = await open_handover(request, viewer, ref)
    return redirect(f"/personnes/{row.person}", "abandoned") if given_up else _elsewhere(row)


def _elsewhere(row: Handover) -> Response:
    if row.step == store.ABANDONED:
        return redirect(f"/personnes/{row.person}", "abandoned")
    return redirect(f"/orientations/{row.ref}", "left_already")
