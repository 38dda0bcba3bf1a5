"""A page for whoever builds pages: every component in all its states, with fictional words; in a demonstration only."""

from fastapi import Request
from starlette.responses import Response

from contracts.refusals import NotFound
from services.runtime.web.guard import OPEN, Pages, service_of, viewer_or_none

pages = Pages()
_WORDS = ("Confiée", "Reçue", "Accusé de réception", "Premier contact", "Issue")
# Where the thread stands, by what the example shows.
_STANDING = {
    "À l’heure": ("done", "done", "now", "todo", "todo"),
    "À faire aujourd’hui": ("done", "done", "due", "todo", "todo"),
    "En retard": ("done", "done", "late", "todo", "todo"),
    "Terminée": ("done", "done", "done", "done", "done"),
    "Arrêtée": ("done", "done", "ended"),
}
_WHEN = ("lundi 16 novembre", "lundi 16 novembre", "attendu mercredi 18 novembre", None, None)


@pages.get("/composants", OPEN)
async def show_components(request: Request) -> Response:
    """Every component in all its states. Refusal: NotFound outside a demonstration."""
    if not service_of(request).settings.demonstration:
        raise NotFound
    return request.app.state.pages.render(
        request,
        "components.html",
        viewer=await viewer_or_none(request),
        threads=[
            (name, [_knot(label, when, state) for label, when, state in zip(_WORDS, _WHEN, states, strict=False)])
            for name, states in _STANDING.items()
        ],
    )


def _knot(label: str, when: str | None, state: str) -> dict[str, str | None]:
    return {"label": label, "at_text": when, "at_iso": None, "state": state}
