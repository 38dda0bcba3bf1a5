"""The door of a person's own page: she comes in with the reference and the code that were handed to her.

Her visit has its own cookie and lasts 15 minutes without a page. Whatever does not open is one answer; nothing of the
way in stands in an address but the short reference, which opens nothing by itself.
"""

from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import NotFound, TooManyTries
from contracts.viewer import Viewer
from services.intake import own_page
from services.intake.own_page_languages import FRENCH, NAMES, Tongue, tongue
from services.intake.own_page_refusals import DOES_NOT_OPEN, errors_to_her, page_of_error, typed_wrong
from services.intake.own_page_rules import NEVER, typed_address
from services.intake.web import keys_of
from services.runtime.web import forms
from services.runtime.web.guard import OPEN, Pages, service_of
from services.runtime.web.pages import redirect
from services.runtime.web.visitors import network_of

pages = Pages()
COOKIE, PATH = "relais_moi", "/moi"
HOME = "/moi/page"
TONGUE, A_YEAR = "relais_moi_langue", 365 * 86_400
TEMPLATES = Path(__file__).with_name("templates") / "own_page"


class Entering(Frozen):
    reference: str
    code: str


def template_of(name: str, language: str = FRENCH) -> str:
    """The template in that language where there is one, else in French."""
    chosen = language if (TEMPLATES / language / name).exists() else FRENCH
    return f"own_page/{chosen}/{name}"


def show(request: Request, name: str, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 - the template's
    """A page in her language, that no search engine keeps and that says nothing of where one comes from."""
    asked, t = request.query_params.get("langue"), tongue_of(request)
    context["errors"] = {name: t(sentence) for name, sentence in typed_wrong(context.get("errors", {})).items()}
    response: Response = request.app.state.pages.render(
        request, template_of(name), status=status, t=t, tongue=t, home=HOME, tongues=NAMES, **context
    )
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    if asked in NAMES:
        response.set_cookie(
            TONGUE, t.code, path=PATH, max_age=A_YEAR, httponly=True, samesite="strict",
            secure=request.url.scheme == "https",
        )  # fmt: skip
    return response


def show_error(request: Request, status: int, slug: str, shown: dict[str, Any]) -> Response | None:
    """What could not be done at an address of hers, in her language; None for every other address."""
    if request.url.path != PATH and not request.url.path.startswith(f"{PATH}/"):
        return None
    title, sentences = page_of_error(status, slug)
    return show(request, "error.html", status, title=title, sentences=sentences, **shown)


def tongue_of(request: Request) -> Tongue:
    """The language that she chose, in this address or at the door; else French."""
    return tongue(request.query_params.get("langue") or request.cookies.get(TONGUE))


async def visitor(request: Request) -> Viewer | None:
    """Who visits with the cookie of this request, or None."""
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    async with service_of(request).database.web(None) as work:
        return await own_page.visitor_of(cookie, work)


async def own_files(request: Request) -> tuple[UUID, ...]:
    """The files that the visit of this request may turn to, the one of her link first."""
    async with service_of(request).database.web(None) as work:
        return await own_page.files_of_visit(request.cookies.get(COOKIE, ""), work)


def outside() -> Response:
    """Back to the door, without a cookie."""
    response = redirect(PATH)
    response.delete_cookie(COOKIE, path=PATH)
    return response


@pages.get("/moi", OPEN)
async def door(request: Request) -> Response:
    """Type the reference and the code."""
    return _door(request, {})


@pages.get("/moi/r/{reference}", OPEN)
async def door_with_reference(request: Request, reference: str) -> Response:
    """The same page with the reference filled in; whether it exists is not looked up."""
    return _door(request, {"reference": typed_address(reference)})


@pages.post("/moi", OPEN)
async def enter(request: Request) -> Response:
    """Open the page, or one sentence for whatever does not fit."""
    sent = await request.form()
    form, errors = forms.read(Entering, sent)
    typed = {"reference": str(sent.get("reference", ""))}
    if form is None:
        return _door(request, typed, errors, 422)
    keys, visitor = keys_of(request), network_of(request.client.host if request.client else None)
    async with service_of(request).database.web(None) as work:
        too_many = visitor is not None and await own_page.too_many_tries(work, keys.lookup_hash(f"visitor/{visitor}"))
        cookie = None if too_many else await own_page.open_visit(form.reference, form.code, work, keys)
    if too_many:
        return _door(request, typed, errors_to_her(TooManyTries()), TooManyTries.status)
    if cookie is None:
        return _door(request, typed, {"code": DOES_NOT_OPEN}, 422)
    response = redirect(HOME)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, cookie, path=PATH, httponly=True, samesite="strict", secure=secure)
    return response


@pages.post("/moi/dossier", OPEN)
async def turn_to(request: Request) -> Response:
    """Show her other file, where two were merged and her sheet is of both. Refusal: NotFound."""
    if await visitor(request) is None:
        return outside()
    try:
        file = UUID(str((await request.form()).get("dossier", "")))
    except ValueError as error:
        raise NotFound from error
    async with service_of(request).database.web(None) as work:
        await own_page.turn_to(request.cookies.get(COOKIE, ""), file, work)
    return redirect(HOME)


@pages.post("/moi/fermer", OPEN)
async def leave(request: Request) -> Response:
    """Close the page on this browser."""
    async with service_of(request).database.web(None) as work:
        await own_page.close_visit(request.cookies.get(COOKIE, ""), work)
    return outside()


def _door(request: Request, typed: dict[str, str], errors: dict[str, str] | None = None, status: int = 200) -> Response:
    reference = typed.get("reference", "")
    shown = "" if reference == NEVER else reference
    return show(request, "door.html", status, typed={"reference": shown}, errors=errors or {})
