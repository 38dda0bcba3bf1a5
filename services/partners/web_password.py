"""The password on the pages: entering with it and a code, and making both on one's account page."""

from datetime import timedelta

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contracts.refusals import NotFound, Refusal, RoleNotAllowed
from contracts.viewer import Viewer
from services.partners import password, second_factor
from services.partners.account_means import keep_a_way_in
from services.partners.domain import own_path
from services.partners.entering import enter, keep_browser, parts_of, visit_of
from services.partners.password import Try
from services.partners.sign_in_rules import PASSWORD_LEAST, Method, Outcome, password_refused
from services.partners.sign_in_tries import Known, begin, find_account, note, peek, take
from services.partners.web_account import check_fresh
from services.runtime.web.forms import AS_TYPED, read
from services.runtime.web.guard import COOKIE, OPEN, SIGNED_IN, Asking, Pages, service_of, session_hash
from services.runtime.web.pages import redirect

pages = Pages()
MAKING, MAKING_LIFE = "password-making", timedelta(minutes=15)


class Typed(BaseModel):
    """The page of the password: three fields, and one answer for whatever is wrong of them."""

    email: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=512, json_schema_extra=AS_TYPED)
    code: str = Field(min_length=1, max_length=40)


class Chosen(BaseModel):
    """A new password."""

    password: str = Field(min_length=1, max_length=512, json_schema_extra=AS_TYPED)


class Confirmed(BaseModel):
    """The first code of the application."""

    code: str = Field(min_length=1, max_length=20)


@pages.get("/connexion/mot-de-passe", OPEN)
async def show_password(request: Request, suite: str = "") -> Response:
    """Address, password and code."""
    return _sign_in_page(request, suite)


@pages.post("/connexion/mot-de-passe", OPEN)
async def enter_with_password(request: Request) -> Response:
    """Take the three; nothing says which one was wrong."""
    form = await request.form()
    suite, email = str(form.get("suite", "")), str(form.get("email", ""))
    typed, errors = read(Typed, form)
    if typed is None:
        return _sign_in_page(request, suite, email=email, errors=errors, status=422)
    parts = parts_of(request)
    try:
        found = await password.sign_in(
            Try(typed.email, typed.password, typed.code),
            visit_of(request),
            parts.keys,
            parts.hashing,
            service_of(request).database,
        )
    except Refusal as refusal:
        found = refusal
    if isinstance(found, Refusal):
        return _sign_in_page(request, suite, email=email, errors={"password": str(found)}, status=found.status)
    account, outcome = found
    return await enter(request, account, Method.PASSWORD, suite, outcome=outcome)


@pages.get("/compte/mot-de-passe", SIGNED_IN)
async def show_choosing(request: Request, viewer: Asking) -> Response:
    """Choose a password: the first of two steps."""
    await check_fresh(request)
    known = await _known(request, viewer)
    return request.app.state.pages.render(
        request, "account_password.html", viewer=viewer, email=known.email, errors={}, least=PASSWORD_LEAST
    )


@pages.post("/compte/mot-de-passe", SIGNED_IN)
async def choose(request: Request, viewer: Asking) -> Response:
    """Take a password that is not easily guessed; it serves only once its second factor is there."""
    await check_fresh(request)
    chosen, errors = read(Chosen, await request.form())
    known = await _known(request, viewer)
    if chosen is not None:
        words = (known.name, known.email, known.organisation_name, viewer.territory, viewer.desk_name or "")
        refused = password_refused(chosen.password, words)
        errors = {"password": refused} if refused else {}
    if chosen is None or errors:
        return request.app.state.pages.render(
            request, "account_password.html", status=422, viewer=viewer, email=known.email, errors=errors,
            least=PASSWORD_LEAST,
        )  # fmt: skip
    parts, session = parts_of(request), session_hash(request.cookies[COOKIE])
    hashed = await parts.hashing.hash(chosen.password)
    async with service_of(request).database.web(viewer) as work:
        value = {"hash": hashed, "secret": second_factor.new_secret()}
        await begin(MAKING, session, viewer.account, value, parts.keys, work)
    return redirect("/compte/mot-de-passe/code")


@pages.get("/compte/mot-de-passe/code", SIGNED_IN)
async def show_application(request: Request, viewer: Asking) -> Response:
    """The QR code for an application, and the field for its first code: the second step."""
    await check_fresh(request)
    return await _application_page(request, viewer)


@pages.post("/compte/mot-de-passe/code", SIGNED_IN)
async def confirm(request: Request, viewer: Asking) -> Response:
    """Keep both once the application's first code is right, and show the recovery codes, this once."""
    await check_fresh(request)
    confirmed, errors = read(Confirmed, await request.form())
    if confirmed is None:
        return await _application_page(request, viewer, errors=errors, status=422)
    parts, session = parts_of(request), session_hash(request.cookies[COOKIE])
    async with service_of(request).database.web(viewer) as work:
        begun = await peek(MAKING, session, MAKING_LIFE, parts.keys, work)
        if begun is None or begun.account != viewer.account:
            return redirect("/compte/mot-de-passe")
        step = second_factor.step_of(begun.value["secret"], confirmed.code, work.now, 0)
        codes: list[str] = []
        if step is not None:
            await take(MAKING, session, MAKING_LIFE, parts.keys, work)
            await password.keep(viewer, begun.value["hash"], begun.value["secret"], step, parts.keys, work)
            codes = await second_factor.make_recovery_codes(viewer.account, parts.keys, work)
            await note(Outcome.ADDED, Method.PASSWORD, viewer.account, visit_of(request), work)
    if not codes:
        wrong = {"code": "Ce code n’est pas celui de l’application. Attendez le suivant et recommencez."}
        return await _application_page(request, viewer, errors=wrong, status=422)
    return request.app.state.pages.render(request, "account_recovery.html", viewer=viewer, codes=codes)


@pages.post("/compte/mot-de-passe/retrait", SIGNED_IN)
async def remove(request: Request, viewer: Asking) -> Response:
    """Remove the password, its second factor and the recovery codes."""
    await check_fresh(request)
    async with service_of(request).database.web(viewer) as work:
        await password.drop(viewer, work)
        await keep_a_way_in(viewer.account, work)
        await note(Outcome.REMOVED, Method.PASSWORD, viewer.account, visit_of(request), work)
    return redirect("/compte", "means_saved")


async def _application_page(
    request: Request, viewer: Viewer, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    parts, session = parts_of(request), session_hash(request.cookies[COOKIE])
    known = await _known(request, viewer)
    async with service_of(request).database.web(viewer) as work:
        begun = await peek(MAKING, session, MAKING_LIFE, parts.keys, work)
    if begun is None or begun.account != viewer.account:
        return redirect("/compte/mot-de-passe")
    secret = begun.value["secret"]
    return request.app.state.pages.render(
        request, "account_totp.html", status=status, viewer=viewer, errors=errors or {},
        image=second_factor.qr_code(second_factor.setup_address(secret, known.email)),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    )  # fmt: skip


async def _known(request: Request, viewer: Viewer) -> Known:
    async with service_of(request).database.web(viewer) as work:
        known = await find_account(work, ref=viewer.account)
    if known is None:
        raise NotFound
    if Method.PASSWORD not in known.methods:
        raise RoleNotAllowed
    return known


def _sign_in_page(
    request: Request, suite: str, *, email: str = "", errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    page = request.app.state.pages.render(
        request, "sign_in_password.html", status=status, suite=own_path(suite) or "", email=email, errors=errors or {}
    )
    return keep_browser(request, page)
