"""Openings that were refused are entries too: whoever tries the address of a person or referral that is not hers.

The transaction that refused left nothing, so the entry has its own; the answer is the one of every refusal.
"""

from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request
from starlette.responses import Response

from contracts.refusals import NotFound, Refusal, RoleNotAllowed
from services.intake import journal
from services.intake.journal_kinds import Kind, Thing
from services.runtime.process import Service
from services.runtime.web.guard import viewer_or_none

_OPENED = {
    "personnes": (Kind.READ_FILE, Thing.PERSON),
    "orientations": (Kind.READ_REFERRAL, Thing.HANDOVER),
    "referrals": (Kind.READ_REFERRAL, Thing.HANDOVER),  # of the interface
}


def note_refusals(app: FastAPI, service: Service) -> None:
    """Journal what `app` refuses of persons and referrals to somebody signed in, then answer as before."""
    answer: Any = app.exception_handlers[Refusal]

    async def refused(request: Request, refusal: Refusal) -> Response:
        await _note(request, refusal, service)
        response: Response = await answer(request, refusal)
        return response

    for kind in (NotFound, RoleNotAllowed):
        app.add_exception_handler(kind, refused)  # type: ignore[arg-type]


async def _note(request: Request, refusal: Refusal, service: Service) -> None:
    opened = _OPENED.get(request.url.path.removeprefix("/api").strip("/").split("/")[0])
    ref, viewer = _ref_in(request), await viewer_or_none(request)
    if opened is None or ref is None or viewer is None:
        return
    kind, thing = opened
    async with service.database.web(viewer) as work:
        await journal.record(work, viewer, kind, object=thing, ref=ref, refusal=refusal.slug)


def _ref_in(request: Request) -> UUID | None:
    try:
        return UUID(str(request.path_params.get("ref")))
    except ValueError:
        return None
