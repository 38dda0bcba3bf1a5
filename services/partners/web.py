"""Signing in and out, the way home, and the page on accessibility: the pages that are open before one is known."""

import asyncio
import re
import secrets
from itertools import groupby
from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field, field_validator
from starlette.responses import Response

from contracts.asks import SendSignInCode
from contracts.pages import home
from contracts.refusals import NotFound, Refusal
from contracts.viewer import Role
from services.partners import sign_in
from services.partners.demonstration import demo_accounts
from services.partners.domain import SESSION_LENGTH, own_path
from services.partners.sessions import Sessions
from services.runtime import telemetry
from services.runtime.process import Service
from services.runtime.web.forms import read
from services.runtime.web.guard import COOKIE, OPEN, Pages, service_of, session_hash, viewer_or_none
from services.runtime.web.pages import redirect

log = telemetry.logger("partners")
pages = Pages()
BROWSER = "relais_navigateur"
ROLE_NAMES = {
    Role.REFERENT: "Accompagner des personnes",
    Role.DESK_AGENT: "Recevoir à un guichet",
    Role.DESK_MANAGER: "Être responsable d’un guichet",
    Role.COORDINATOR: "Coordonner le territoire",
    Role.DPO: "Protéger les données",
    Role.ADMINISTRATOR: "Administrer l’annuaire",
}
_leaving: set[asyncio.Task[None]] = set()


class Address(BaseModel):
    """The first step's form."""

    email: str = Field(min_length=1, max_length=254)

    @field_validator("email")
    @classmethod
    def looks_like_one(cls, value: str) -> str:
        """Only its shape: whether it is known is never said."""
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            raise ValueError("Écrivez l’adresse ainsi\u202f: prenom.nom@organisme.fr")
        return value


class Code(BaseModel):
    """The second step's form; people may type spaces."""

    code: str = Field(min_length=1, max_length=20)

    @field_validator("code")
    @classmethod
    def six_digits(cls, value: str) -> str:
        """The digits alone."""
        digits = re.sub(r"\s", "", value)
        if not re.fullmatch(r"[0-9]{6}", digits):
            raise ValueError("Le code a 6 chiffres.")
        return digits


@pages.get("/", OPEN)
async def start(request: Request) -> Response:
    """Home of whoever is signed in, or the sign-in page."""
    viewer = await viewer_or_none(request)
    return redirect(home(viewer) if viewer else "/connexion")


@pages.get("/connexion", OPEN)
async def show_sign_in(request: Request, suite: str = "") -> Response:
    """The first step; in a demonstration also the accounts, one click each."""
    return await _sign_in_page(request, suite)


@pages.post("/connexion", OPEN)
async def ask_for_code(request: Request) -> Response:
    """Take an address; the answer is the same whether it is known or not, and the mail leaves after it."""
    form = await request.form()
    suite, typed = str(form.get("suite", "")), str(form.get("email", ""))
    address, errors = read(Address, form)
    if address is None:
        return await _sign_in_page(request, suite, errors=errors, email=typed, status=422)
    service = service_of(request)
    browser = request.cookies.get(BROWSER) or secrets.token_urlsafe(32)
    async with service.database.web(None) as work:
        asked = await sign_in.ask_for_code(address.email, browser, work)
    if isinstance(asked, Refusal):
        return await _sign_in_page(request, suite, errors={"email": str(asked)}, email=typed, status=asked.status)
    if asked.email is not None:
        _leave(service, SendSignInCode(email=asked.email, code=asked.code))
    response = redirect("/connexion/code" + _suite(suite))
    _set_cookie(request, response, BROWSER, browser, "/connexion", 3600)
    return response


@pages.get("/connexion/code", OPEN)
async def show_code(request: Request, suite: str = "") -> Response:
    """The second step."""
    return _code_page(request, suite)


@pages.post("/connexion/code", OPEN)
async def redeem_code(request: Request) -> Response:
    """Take the code typed in the browser that asked for it."""
    form = await request.form()
    suite = str(form.get("suite", ""))
    code, errors = read(Code, form)
    if code is None:
        return _code_page(request, suite, errors, 422)
    async with service_of(request).database.web(None) as work:
        found = await sign_in.redeem_code(request.cookies.get(BROWSER, ""), code.code, work)
    if isinstance(found, Refusal):
        return _code_page(request, suite, {"code": str(found)}, found.status)
    return await _enter(request, found, suite)


@pages.post("/connexion/demonstration", OPEN)
async def enter_demonstration(request: Request) -> Response:
    """Change role in one click: only with the embedded servers on loopback, where nobody is real."""
    service, form = service_of(request), await request.form()
    if not service.settings.demonstration:
        raise NotFound
    try:
        asked = UUID(str(form.get("account", "")))
    except ValueError:
        raise NotFound from None
    async with service.database.web(None) as work:
        account = await sign_in.known_account(asked, work)
    if account is None:
        raise NotFound
    return await _enter(request, account, str(form.get("suite", "")))


@pages.post("/deconnexion", OPEN)
async def leave(request: Request) -> Response:
    """End the session here and in every service, now."""
    cookie = request.cookies.get(COOKIE)
    if cookie:
        async with service_of(request).database.web(None) as work:
            await sign_in.end_session(session_hash(cookie), work)
        await _sessions(request).ended(session_hash(cookie))
    response = redirect("/connexion", "signed_out")
    response.delete_cookie(COOKIE, path="/")
    return response


@pages.get("/accessibilite", OPEN)
async def accessibility(request: Request) -> Response:
    """What is done for accessibility, what was not checked, and where to report."""
    viewer = await viewer_or_none(request)
    return request.app.state.pages.render(request, "accessibility.html", viewer=viewer)


async def mails_left() -> None:
    """Wait until the mails in hand have left."""
    await asyncio.gather(*_leaving, return_exceptions=True)


async def _enter(request: Request, account: UUID, suite: str) -> Response:
    service, previous = service_of(request), request.cookies.get(COOKIE)
    async with service.database.web(None) as work:
        cookie = await sign_in.open_session(account, previous, work)
    if previous:
        await _sessions(request).ended(session_hash(previous))
    viewer = await service.viewer_of(session_hash(cookie))
    response = redirect(own_path(suite) or (home(viewer) if viewer else "/connexion"))
    _set_cookie(request, response, COOKIE, cookie, "/", int(SESSION_LENGTH.total_seconds()))
    return response


def _sessions(request: Request) -> Sessions:
    found: Sessions = request.app.state.sessions
    return found


def _leave(service: Service, mail: SendSignInCode) -> None:
    async def send() -> None:
        try:
            await service.bus.ask(mail)
        except Refusal as refusal:
            log.warning("sign_in_code_not_sent", slug=refusal.slug)

    task = asyncio.create_task(send())
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)


def _set_cookie(request: Request, response: Response, name: str, value: str, path: str, seconds: int) -> None:
    # Behind a proxy the request itself comes in clear: what people type in their browser decides.
    public = service_of(request).settings.public_url or ""
    secure = request.url.scheme == "https" or public.startswith("https://")
    response.set_cookie(name, value, max_age=seconds, path=path, httponly=True, samesite="lax", secure=secure)


def _suite(suite: str) -> str:
    path = own_path(suite)
    return f"?suite={quote(path, safe='/')}" if path else ""


async def _sign_in_page(
    request: Request, suite: str, *, errors: dict[str, str] | None = None, email: str = "", status: int = 200
) -> Response:
    accounts = demo_accounts() if service_of(request).settings.demonstration else []
    accounts.sort(key=lambda one: list(Role).index(Role(one["role"])))
    groups: list[dict[str, Any]] = [
        {"name": ROLE_NAMES[Role(role)], "accounts": list(found)}
        for role, found in groupby(accounts, key=lambda one: one["role"])
    ]
    return request.app.state.pages.render(
        request,
        "sign_in.html",
        status=status,
        viewer=await viewer_or_none(request),
        suite=own_path(suite) or "",
        errors=errors or {},
        email=email,
        groups=groups,
    )


def _code_page(request: Request, suite: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    return request.app.state.pages.render(
        request, "sign_in_code.html", status=status, suite=own_path(suite) or "", errors=errors or {}
    )
