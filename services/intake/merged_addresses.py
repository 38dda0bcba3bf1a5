"""The addresses of a file that was merged lead to the one that is kept: the same page of it, for whoever reads.

A form that was sent to a merged file is refused with the sentence: what it would change is no more what it showed.
"""

from fastapi import FastAPI, Request

from contracts.refusals import FileMerged
from services.intake.web import lead_elsewhere


def lead_to_kept(app: FastAPI) -> None:
    """Let `app` answer a reading of a merged file with the address of the kept one (303)."""
    lead_elsewhere(app, FileMerged, _kept_address)


def _kept_address(request: Request, refusal: FileMerged) -> str:
    kept, path = f"/personnes/{refusal.details['kept']}", request.url.path
    there = path.replace(f"/personnes/{refusal.details['merged']}", kept, 1)
    asked = f"?{request.url.query}" if request.url.query else ""
    return there + asked if there != path else kept
