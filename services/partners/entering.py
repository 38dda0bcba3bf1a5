"""The way in once somebody is known, whichever way she was: session, cookies, note of the event, where she lands."""

import secrets
from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.pages import home
from contracts.refusals import Refusal
from contracts.viewer import Viewer
from services.partners import sign_in, welcome
from services.partners.domain import SESSION_LENGTH, own_path
from services.partners.passkey import Site, site_of
from services.partners.password import Hashing
from services.partners.proconnect import ProConnect
from services.partners.sessions import Sessions
from services.partners.sign_in_keys import SignInKeys
from services.partners.sign_in_rules import Method, Outcome, device_of
from services.partners.sign_in_tries import Visit, note
from services.runtime.process import Service
from services.runtime.web.guard import COOKIE, service_of, session_hash
from services.runtime.web.pages import redirect
from services.runtime.web.visitors import network_of

BROWSER = "relais_navigateur"
FEDERATION = "federation"


class SignInParts:
    """What signing in needs and a request does not carry: sessions, the key, the room for hashes, the provider."""

    def __init__(self, service: Service) -> None:
        self.sessions = Sessions(service)
        self.keys = SignInKeys(service.servers.keys / service.name)
        self.hashing = Hashing()
        self.proconnect = ProConnect(service.settings)


def parts_of(request: Request) -> SignInParts:
    """The parts of the service that answers this request."""
    found: SignInParts = request.app.state.sign_in
    return found


def site_here(request: Request) -> Site:
    """The site that people type: the public address of the settings, or the one of this request."""
    return site_of(service_of(request).settings.public_url or str(request.base_url))


def visit_of(request: Request) -> Visit:
    """Who knocks; a browser without a secret gets one, which `keep_browser` sends back with the answer."""
    if not hasattr(request.state, "visit"):
        network = network_of(request.client.host if request.client else None)
        request.state.visit = Visit(
            browser=request.cookies.get(BROWSER) or secrets.token_urlsafe(32),
            network=parts_of(request).keys.fingerprint("network", network) if network else None,
            device=device_of(request.headers.get("user-agent", "")),
        )
    found: Visit = request.state.visit
    return found


def keep_browser(request: Request, response: Response) -> Response:
    """The browser's secret, for an hour, for the sign-in pages alone."""
    set_cookie(request, response, BROWSER, visit_of(request).browser, "/connexion", 3600)
    return response


async def enter(
    request: Request,
    account: UUID,
    method: Method,
    suite: str = "",
    *,
    outcome: Outcome = Outcome.ENTERED,
    federation: str | None = None,
    landing: str | None = None,
    flash: str | None = None,
) -> Response:
    """Open a session in the place of the browser's former one, and go to the page that was wanted, or home."""
    service, previous, visit = service_of(request), request.cookies.get(COOKIE), visit_of(request)
    sealed = parts_of(request).keys.seal(federation, FEDERATION) if federation else None
    async with service.database.web(None) as work:
        cookie = await sign_in.open_session(
            account, previous, work, method=method, device=visit.device, federation=sealed
        )
        await note(outcome, method, account, visit, work)
    viewer = await service.viewer_of(session_hash(cookie))
    response = redirect(landing or await _where(service, viewer, suite), flash)
    set_cookie(request, response, COOKIE, cookie, "/", int(SESSION_LENGTH.total_seconds()))
    return response


async def _where(service: Service, viewer: Viewer | None, suite: str) -> str:
    """The page that was wanted, or home; before it, at the first visit in a role, the three things to know."""
    if viewer is None:
        return own_path(suite) or "/connexion"
    async with service.database.web(viewer) as work:
        first = await welcome.is_first_visit(viewer, work)
    return with_suite(welcome.PAGE, suite) if first else own_path(suite) or home(viewer)


def set_cookie(request: Request, response: Response, name: str, value: str, path: str, seconds: int) -> None:
    """A cookie that scripts do not read, and that travels encrypted wherever people type https."""
    # Behind a proxy the request itself comes in clear: what people type in their browser decides.
    public = service_of(request).settings.public_url or ""
    secure = request.url.scheme == "https" or public.startswith("https://")
    response.set_cookie(name, value, max_age=seconds, path=path, httponly=True, samesite="lax", secure=secure)


def with_suite(address: str, suite: str) -> str:
    """That address with the page that is wanted afterwards, when it is one of ours."""
    path = own_path(suite)
    return f"{address}?suite={quote(path, safe='/')}" if path else address


def refused(errors: dict[str, str], refusal: Refusal, field: str) -> dict[str, str]:
    """Those errors and the refusal's sentence at its field."""
    return {**errors, refusal.field or field: str(refusal)}
