"""Signing in and out, and the way home: the pages that are open before one is known."""

import asyncio
import re
from datetime import timedelta
from itertools import groupby
from typing import Any
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
from services.partners.directory_commands import looks_like_email
from services.partners.domain import fingerprint, own_path
from services.partners.entering import FEDERATION, enter, keep_browser, parts_of, site_here, visit_of, with_suite
from services.partners.sign_in_rules import Method
from services.partners.sign_in_tries import begin, find_account
from services.runtime import telemetry
from services.runtime.process import Service
from services.runtime.web.forms import read
from services.runtime.web.guard import COOKIE, OPEN, Pages, service_of, session_hash, viewer_or_none
from services.runtime.web.pages import redirect

log = telemetry.logger("partners")
pages = Pages()
FAREWELL, FAREWELL_LIFE = "farewell", timedelta(minutes=2)
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
        if not looks_like_email(value):
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
    return await sign_in_page(request, suite)


@pages.post("/connexion", OPEN)
async def ask_for_code(request: Request) -> Response:
    """Take an address; the answer is the same whether it is known or not, and the mail leaves after it."""
    form = await request.form()
    suite, typed = str(form.get("suite", "")), str(form.get("email", ""))
    address, errors = read(Address, form)
    if address is None:
        return await sign_in_page(request, suite, errors=errors, email=typed, status=422)
    service = service_of(request)
    async with service.database.web(None) as work:
        asked = await sign_in.ask_for_code(address.email, visit_of(request), parts_of(request).keys, work)
    if isinstance(asked, Refusal):
        return await sign_in_page(request, suite, errors={"email": str(asked)}, email=typed, status=asked.status)
    if asked.email is not None:
        _leave(service, SendSignInCode(email=asked.email, code=asked.code))
    return keep_browser(request, redirect(with_suite("/connexion/code", suite)))


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
        found = await sign_in.redeem_code(visit_of(request), code.code, work)
    if isinstance(found, Refusal):
        return _code_page(request, suite, {"code": str(found)}, found.status)
    return await enter(request, found, Method.CODE, suite)


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
        known = await find_account(work, ref=asked)
    if known is None:
        raise NotFound
    return await enter(request, known.ref, Method.DEMONSTRATION, str(form.get("suite", "")))


@pages.get("/connexion/demonstration/neuve", OPEN)
async def ask_before_starting_anew(request: Request) -> Response:
    """What is lost when the demonstration starts anew; NotFound where there is none to start."""
    if service_of(request).start_anew is None:
        raise NotFound
    viewer = await viewer_or_none(request)
    return request.app.state.pages.render(request, "sign_in_anew.html", viewer=viewer)


@pages.post("/connexion/demonstration/neuve", OPEN)
async def start_anew(request: Request) -> Response:
    """Empty the demonstration and fill it again; everybody is signed out. NotFound as above."""
    start = service_of(request).start_anew
    if start is None:
        raise NotFound
    response = redirect("/connexion", "started_anew")
    response.delete_cookie(COOKIE, path="/")
    start()
    return response


@pages.post("/deconnexion", OPEN)
async def leave(request: Request) -> Response:
    """End the session here and in every service, now."""
    cookie, parts, id_token = request.cookies.get(COOKIE), parts_of(request), None
    if cookie:
        async with service_of(request).database.web(None) as work:
            sealed = await sign_in.end_session(session_hash(cookie), work)
            id_token = parts.keys.open(sealed, FEDERATION) if sealed else None
            if id_token:
                holder = fingerprint(visit_of(request).browser)
                await begin(FAREWELL, holder, None, {"id_token": id_token}, parts.keys, work)
    response = redirect("/connexion/depart" if id_token else "/connexion", "signed_out")
    response.delete_cookie(COOKIE, path="/")
    return keep_browser(request, response) if id_token else response


@pages.get("/connexion/depart", OPEN)
async def leave_provider(request: Request) -> Response:
    """On the way to the provider's own farewell. No form may lead there, and a redirect of one neither."""
    response = request.app.state.pages.render(request, "sign_in_leaving.html")
    response.headers["Refresh"] = "1; url=/connexion/proconnect/fin"
    return response


async def mails_left() -> None:
    """Wait until the mails in hand have left."""
    await asyncio.gather(*_leaving, return_exceptions=True)


def _leave(service: Service, mail: SendSignInCode) -> None:
    async def send() -> None:
        try:
            await service.bus.ask(mail)
        except Refusal as refusal:
            log.warning("sign_in_code_not_sent", slug=refusal.slug)

    task = asyncio.create_task(send())
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)


async def sign_in_page(
    request: Request, suite: str, *, errors: dict[str, str] | None = None, email: str = "", status: int = 200
) -> Response:
    """The first step, with what could not be taken; in a demonstration also the accounts."""
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
        suite_query=with_suite("", suite),
        errors=errors or {},
        email=email,
        proconnect=parts_of(request).proconnect.offered,
        passkeys=site_here(request).named,
        groups=groups,
        may_start_anew=service_of(request).start_anew is not None,
    )


def _code_page(request: Request, suite: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    return request.app.state.pages.render(
        request, "sign_in_code.html", status=status, suite=own_path(suite) or "", errors=errors or {}
    )
