"""Who may call a route: closed by default. A route declares its roles, or that it is open; the shell refuses any other.

Also the session cookie and the check that a changing request comes from our own pages (Fetch Metadata).
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request

from contracts.refusals import CrossSiteRequest, RoleNotAllowed, SignInRequired
from contracts.viewer import Role, Viewer
from services.runtime.web.answers import declared
from services.runtime.web.body import FORMS

if TYPE_CHECKING:
    from services.runtime.process import Service

COOKIE = "relais_session"
OPEN: frozenset[Role] = frozenset()
SIGNED_IN = frozenset(Role)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
Endpoint = Callable[..., Any]


def service_of(request: Request) -> "Service":
    """The service that answers this request."""
    found: Service = request.app.state.service
    return found


def session_hash(cookie: str) -> str:
    """What is kept and sent of a session cookie: its SHA-256, in hexadecimal."""
    return hashlib.sha256(cookie.encode()).hexdigest()


async def viewer_or_none(request: Request) -> Viewer | None:
    """Who asks, or None when nobody is signed in; resolved once a request."""
    if not hasattr(request.state, "viewer"):
        cookie = request.cookies.get(COOKIE)
        request.state.viewer = await service_of(request).viewer_of(session_hash(cookie)) if cookie else None
    found: Viewer | None = request.state.viewer
    return found


async def viewer_of(request: Request) -> Viewer:
    """Who asks. Raises SignInRequired."""
    viewer = await viewer_or_none(request)
    if viewer is None:
        raise SignInRequired
    return viewer


Asking = Annotated[Viewer, Depends(viewer_of)]


class Pages:
    """A router whose routes cannot be added without saying who may call them."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - handed to the router
        self.router = APIRouter(**options)

    def get(self, path: str, roles: frozenset[Role], **options: Any) -> Callable[[Endpoint], Endpoint]:  # noqa: ANN401
        """A reading."""
        return self._add("GET", path, roles, options)

    def post(
        self, path: str, roles: frozenset[Role], *, from_elsewhere: bool = False, **options: Any  # noqa: ANN401
    ) -> Callable[[Endpoint], Endpoint]:
        """A change. `from_elsewhere`: a server that is no browser may post a form to it, as RFC 8058 asks; what it
        changes must then hang on a signed token in the address, and on nothing of a session.
        """

        def add(endpoint: Endpoint) -> Endpoint:
            endpoint.relais_from_elsewhere = from_elsewhere  # type: ignore[attr-defined]
            return self._add("POST", path, roles, options)(endpoint)

        return add

    def _add(
        self, method: str, path: str, roles: frozenset[Role], options: dict[str, Any]
    ) -> Callable[[Endpoint], Endpoint]:
        async def allowed(request: Request) -> None:
            if roles:
                viewer = await viewer_of(request)
                if not viewer.has(*roles):
                    raise RoleNotAllowed

        def add(endpoint: Endpoint) -> Endpoint:
            endpoint.relais_roles = roles  # type: ignore[attr-defined]
            options.setdefault("include_in_schema", path.startswith("/api/"))
            described = declared(options, signed_in=bool(roles)) if path.startswith("/api/") else options
            self.router.add_api_route(
                path,
                endpoint,
                methods=[method],
                dependencies=[Depends(allowed), *described.pop("dependencies", [])],
                response_model=described.pop("response_model", None),
                **described,
            )
            return endpoint

        return add


def check_same_site(request: Request, from_elsewhere: Sequence[re.Pattern[str]] = ()) -> None:
    """Refuse a changing request that another site made the browser send.

    Sec-Fetch-Site must be same-origin (or `none` for an address typed by hand); without it, Origin must be ours; a
    client that sends neither is no browser and must send JSON, which no cross-site form can, or a form to one of the
    addresses that declare themselves `from_elsewhere`.
    """
    if request.method in SAFE:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    elif origin is not None:
        allowed = origin.split("://", 1)[-1] == request.headers.get("host")
    else:
        kind = request.headers.get("content-type", "")
        declared = any(one.match(request.url.path) for one in from_elsewhere)
        allowed = kind.startswith("application/json") or (declared and kind.startswith(FORMS))
    if not allowed:
        raise CrossSiteRequest
