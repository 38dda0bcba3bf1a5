"""Help: what to do in each role, what each page is for, whom to ask; and the first visit’s three things to know."""

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from contracts.help import help_for
from contracts.pages import home
from contracts.viewer import Role, Viewer
from services.partners.directory_store import people_to_ask
from services.partners.domain import own_path
from services.partners.web import ROLE_NAMES
from services.partners.welcome import PAGE, WELCOMES, roles_shown
from services.runtime.database import Work
from services.runtime.web.guard import OPEN, SIGNED_IN, Asking, Pages, service_of, viewer_or_none

pages = Pages()
_ASKED = {
    Role.ADMINISTRATOR: "Un compte, un guichet, une page qui ne marche pas",
    Role.DPO: "Les données des personnes, et les vôtres",
    Role.COORDINATOR: "Un délai, un blocage, le projet",
}


@dataclass(frozen=True)
class Helper:
    """Somebody whom one may ask, and about what."""

    about: str
    name: str
    function: str
    email: str
    phone: str | None
    organisation: str


@pages.get("/aide", SIGNED_IN)
async def help_page(request: Request, viewer: Asking) -> Response:
    """What to do in each role, in plain words, then page by page."""
    async with service_of(request).database.web(viewer) as work:
        people = await find_helpers(viewer, work)
    return request.app.state.pages.render(
        request,
        "help.html",
        viewer=viewer,
        mine=[role.value for role in Role if role in viewer.roles],
        texts=help_for(viewer),
        people=people,
    )


@pages.get(PAGE, SIGNED_IN)
async def show_welcome(request: Request, viewer: Asking, suite: str = "") -> Response:
    """The three things of her role; then home, or the page that was wanted before signing in."""
    wanted = own_path(suite)
    return request.app.state.pages.render(
        request,
        "welcome.html",
        viewer=viewer,
        sections=[(ROLE_NAMES[role], WELCOMES[role]) for role in roles_shown(viewer)],
        start=wanted or home(viewer),
        goes_on=bool(wanted),
    )


@pages.get("/accessibilite", OPEN)
async def accessibility(request: Request) -> Response:
    """What is checked, what is not, what does not work; and, for who is signed in, whom to tell."""
    viewer, people = await viewer_or_none(request), []
    if viewer is not None:
        async with service_of(request).database.web(viewer) as work:
            people = [one for one in await find_helpers(viewer, work) if one.about == _ASKED[Role.ADMINISTRATOR]]
    return request.app.state.pages.render(request, "accessibility.html", viewer=viewer, people=people)


async def find_helpers(viewer: Viewer, work: Work) -> list[Helper]:
    """Who administers, protects the data and coordinates; the directory names professionals only."""
    rows = await people_to_ask(viewer, work)
    return [
        Helper(about, one.name, one.function, one.email, one.phone, one.organisation)
        for role, about in _ASKED.items()
        for one in rows
        if one.role == role.value
    ]
