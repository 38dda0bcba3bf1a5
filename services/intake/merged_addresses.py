"""The addresses of a file that was merged lead to the one that is kept: the same page of it, for whoever reads.

A form that was sent to a merged file is refused with the sentence: what it would change is no more what it showed.
"""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from contracts.refusals import FileMerged, Refusal
from services.runtime.web.guard import SAFE
from services.runtime.web.pages import redirect
from services.runtime.web.shell import wants_json


def lead_to_kept(app: FastAPI) -> None:
    """Let `app` answer a reading of a merged file with the address of the kept one (303)."""
    answer: Any = app.exception_handlers[Refusal]

    async def moved(request: Request, refusal: FileMerged) -> Response:
        if request.method not in SAFE or wants_json(request):
            refused: Response = await answer(request, refusal)
            return refused
        kept, path = f"/personnes/{refusal.details['kept']}", request.url.path
        there = path.replace(f"/personnes/{refusal.details['merged']}", kept, 1)
        asked = f"?{request.url.query}" if request.url.query else ""
        return redirect(there + asked if there != path else kept)

    app.add_exception_handler(FileMerged, moved)  # type: ignore[arg-type]
