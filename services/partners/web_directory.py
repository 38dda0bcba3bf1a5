"""The directory as a list: every organisation of the network, and those that left it."""

from fastapi import Request
from starlette.responses import Response

from contracts.vocabulary import OrganisationKind
from services.partners import directory_store as store
from services.partners.directory_words import some
from services.partners.web_admin import ADMINISTRATION
from services.runtime.alarm import reminders_alarm
from services.runtime.driver import Row
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages()
PAGE = 100


@pages.get("/annuaire", ADMINISTRATION)
async def show_directory(request: Request, viewer: Asking, page: int = 1) -> Response:
    """Every organisation, a hundred a page; those that left stand on the last."""
    async with service_of(request).database.web(viewer) as work:
        rows = await store.every_organisation(viewer, work)
    here = [one for one in rows if not one.closed]
    count = max(1, -(-len(here) // PAGE))
    page = max(1, min(page, count))
    return request.app.state.pages.render(
        request,
        "directory.html",
        viewer=viewer,
        alarm=await reminders_alarm(service_of(request)),
        count=len(here),
        page=page,
        pages=count,
        here=[_row(row) for row in here[PAGE * (page - 1) : PAGE * page]],
        left=[_row(row) for row in rows if row.closed] if page == count else [],
    )


def _row(row: Row) -> dict[str, object]:
    return {
        "href": f"/annuaire/{row.ref}",
        "name": row.name,
        "kind": OrganisationKind(row.kind).label,
        "meta": (some(row.desks, "guichet", "guichets"), some(row.members, "membre", "membres")),
    }
