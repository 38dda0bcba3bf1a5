"""The FastAPI application of one service: security headers, sign-in gate, refusals as pages or JSON, metrics,
static files.
"""

import re
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.refusals import (
    BodyTooLarge,
    CrossSiteRequest,
    NotFound,
    Refusal,
    ServiceAway,
    SignInRequired,
    TooManyTries,
)
from services.runtime import telemetry
from services.runtime.away import is_away
from services.runtime.migrations import head_reached, role_url
from services.runtime.web.body import IN_SCOPE, Body
from services.runtime.web.errors import error_page, session_over
from services.runtime.web.guard import OPEN, Pages, check_same_site
from services.runtime.web.pages import Renderer, vendor_files
from services.runtime.web.security import SECURITY_HEADERS, STATIC

if TYPE_CHECKING:
    from services.runtime.process import Service

log = telemetry.logger("web")
SHOWN_ALONE = frozenset({"ledger"})
# What may be somebody trying doors: by its route and slug, never by its address. An address of nobody is noise.
LOGGED = frozenset({403, 404, 410, 413, 429})
ENCRYPTED_FOR_A_YEAR = f"max-age={365 * 86_400}"


class RouteWithoutRole(Exception):
    """A route was added without saying who may call it."""


def make_app(service: "Service", routers: list[APIRouter], templates: Path | None) -> FastAPI:
    """Build the application of a service. Raises RouteWithoutRole for a route that declares no role."""
    # FastAPI's own spans would carry the address, and with it references of people.
    app = FastAPI(
        title=f"Relais {service.name}",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.service = service
    app.state.pages = Renderer(service.settings, templates)
    for router in [*routers, _machine_routes(service)]:
        app.router.routes.extend(router.routes)  # flat, so that every route can be checked
    undeclared = [route.path for route in _api_routes(app) if not hasattr(route.endpoint, "relais_roles")]
    if undeclared:
        raise RouteWithoutRole(", ".join(undeclared))
    app.mount("/static/vendor", vendor_files(), name="vendor")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_exception_handler(Refusal, _refused)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _http_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _invalid)  # type: ignore[arg-type]
    elsewhere = [one.path_regex for one in _api_routes(app) if getattr(one.endpoint, "relais_from_elsewhere", False)]
    app.add_middleware(Guarded, service=service, from_elsewhere=elsewhere)
    return app


def _api_routes(app: FastAPI) -> list[APIRoute]:
    return [route for route in app.routes if isinstance(route, APIRoute)]


class Guarded:
    """Around every request: the same-site check, a span, strict headers, the measure, and surprises made harmless."""

    def __init__(self, app: ASGIApp, service: "Service", from_elsewhere: Sequence[re.Pattern[str]]) -> None:
        self.app, self.service, self.from_elsewhere = app, service, from_elsewhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        receive = scope[IN_SCOPE] = body = Body(scope, receive)
        request, began, status, started = Request(scope, receive), time.perf_counter(), 500, False

        async def sending(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", ENCRYPTED_FOR_A_YEAR)
                if status == TooManyTries.status:  # also where a form is shown again
                    headers.setdefault("Retry-After", str(TooManyTries.wait))
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            check_same_site(request, self.from_elsewhere)
            body.check()
            with telemetry.span(f"{request.method} {self.service.name}", service=self.service.name):
                await self.app(scope, receive, sending)
        except (CrossSiteRequest, BodyTooLarge) as refusal:
            await (await _refused(request, refusal))(scope, receive, sending)
        except Exception as error:
            if started:
                raise
            answer = await (_away if is_away(error) else _surprised)(request, error)
            await answer(scope, receive, sending)
        route = getattr(scope.get("route"), "path", "none")
        took = time.perf_counter() - began
        telemetry.HTTP_SECONDS.labels(self.service.name, route, request.method, status).observe(took)
        return None


def wants_json(request: Request) -> bool:
    """True for the API and for a client that asks for JSON."""
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", "")


async def _refused(request: Request, refusal: Refusal) -> Response:
    answer = await _answer_to(request, refusal)
    route = getattr(request.scope.get("route"), "path", "none")
    if refusal.status in LOGGED and (route != "none" or refusal.status != NotFound.status):
        log.info("refused", slug=refusal.slug, status=refusal.status, route=route, method=request.method)
    if refusal.wait is not None:
        answer.headers["Retry-After"] = str(refusal.wait)
    return answer


async def _answer_to(request: Request, refusal: Refusal) -> Response:
    if wants_json(request):
        return JSONResponse(refusal.wire(), refusal.status)
    if isinstance(refusal, SignInRequired):
        if await session_over(request):
            return await error_page(request, refusal.status, "Elle s’est fermée après un moment sans activité.")
        target = quote(request.url.path) if request.method == "GET" else ""
        return RedirectResponse(f"/connexion?suite={target}" if target else "/connexion", 303)
    if refusal.page is not None and request.method == "GET":
        return RedirectResponse(refusal.page.format(**refusal.details), 303)
    return await error_page(request, refusal.status, str(refusal), slug=refusal.slug)


async def _http_error(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404:
        return await _refused(request, NotFound())
    if wants_json(request):
        return JSONResponse(
            {"slug": f"http-{error.status_code}", "sentence": "Demande impossible.", "details": {}}, error.status_code
        )
    return await error_page(request, error.status_code, "Cette demande n’est pas possible ici.")


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    if request.url.path.startswith("/api/"):
        fields = [_place(one) for one in error.errors()]
        return JSONResponse(
            {"slug": "invalid-input", "sentence": "Des champs ne conviennent pas.", "details": {"fields": fields}}, 422
        )
    # An identifier in an address that is none is an unknown page: the same answer as for one that is not yours.
    return await _refused(request, NotFound())


def _place(error: dict[str, Any]) -> str:
    """Where the input is wrong. A name that nobody expects is not repeated: it is whatever the sender wrote."""
    path = error["loc"][1:-1] if error["type"] == "extra_forbidden" else error["loc"][1:]
    return ".".join(str(part) for part in path) or "body"


async def _away(request: Request, error: Exception) -> Response:
    log.error("database_away", error=type(error).__name__, method=request.method)
    return await _refused(request, ServiceAway())


async def _surprised(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    log.error(
        "surprise",
        reference=reference,
        error=type(error).__name__,
        method=request.method,
        route=getattr(request.scope.get("route"), "path", "none"),
    )
    structlog.contextvars.clear_contextvars()
    if wants_json(request):
        return JSONResponse(
            {"slug": "surprise", "sentence": "Une erreur est survenue.", "details": {"reference": reference}}, 500
        )
    return await error_page(request, 500, "Cela vient de nous, pas de vous.", reference=reference)


def _machine_routes(service: "Service") -> APIRouter:
    pages = Pages(include_in_schema=False)

    @pages.get("/livez", OPEN)
    async def livez() -> Response:
        """The process answers."""
        return PlainTextResponse("ok\n")

    @pages.get("/readyz", OPEN)
    async def readyz() -> Response:
        """Database, bus, migrations and clocks, each `ok` or what is missing; 503 when one is missing."""
        found = await readiness(service)
        return JSONResponse(found, 200 if is_ready(found) else 503)

    @pages.get("/metrics", OPEN)
    async def metrics() -> Response:
        """Prometheus text format; counts and durations only."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return pages.router


async def readiness(service: "Service") -> dict[str, Any]:
    """What this service needs, by name: `ok`, or the class of what went wrong."""
    found = {"bus": "ok" if service.bus.connected else "away"}
    try:
        url = role_url(service.servers.database_url, service.servers.keys, service.name, "web")
        found["migrations"] = "ok" if await head_reached(url, service.schema) else "pending"
        found["database"] = "ok"
        if service.parts.health is not None:
            found |= await service.parts.health()
    except Exception as error:
        found["database"] = type(error).__name__
    return found


def is_ready(found: Mapping[str, str]) -> bool:
    """Whether a process may be sent requests. Books that do not add up are shown, and take nobody out of service."""
    return all(value == "ok" for name, value in found.items() if name not in SHOWN_ALONE)
