"""What is answered while the services are away for some seconds: one page that reads itself again, and its look."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from contracts.refusals import ServiceAway
from services.runtime.settings import Settings
from services.runtime.web.pages import Renderer, vendor_files
from services.runtime.web.security import SECURITY_HEADERS, STATIC

EVERY = 2
AFTERWARDS = "/connexion"
ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def waiting_page(settings: Settings) -> Starlette:
    """An application that says to everybody that the demonstration starts anew; browsers try again by themselves."""
    page = Renderer(settings, None).environment.get_template("waiting.html")
    headers = {**SECURITY_HEADERS, "Cache-Control": "no-store", "Retry-After": str(EVERY)}

    async def wait(request: Request) -> Response:
        if request.url.path == "/livez":
            return PlainTextResponse("ok\n", headers=headers)
        if request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", ""):
            return JSONResponse(ServiceAway().wire(), 503, headers=headers)
        return HTMLResponse(page.render(viewer=None), 503, {**headers, "Refresh": f"{EVERY}; url={AFTERWARDS}"})

    return Starlette(
        routes=[
            Mount("/static/vendor", vendor_files()),
            Mount("/static", StaticFiles(directory=STATIC)),
            Route("/{path:path}", wait, methods=ANY),
        ]
    )
