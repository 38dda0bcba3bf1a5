"""Passkeys on the pages: made and removed on one's account page, and the button of the sign-in page."""

from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contracts.refusals import NotFound, PasskeyRefused, Refusal
from services.partners import passkey
from services.partners.account_means import keep_a_way_in
from services.partners.domain import fingerprint
from services.partners.entering import enter, keep_browser, parts_of, site_here, visit_of
from services.partners.sign_in import too_many
from services.partners.sign_in_limits import give_back, spend
from services.partners.sign_in_rules import STARTS_BY_BROWSER, STARTS_BY_NETWORK, TRIES_BY_NETWORK, Method, Outcome
from services.partners.sign_in_tries import find_account, note
from services.partners.web import sign_in_page
from services.partners.web_account import account_page, check_fresh
from services.runtime.web.forms import read
from services.runtime.web.guard import COOKIE, OPEN, SIGNED_IN, Asking, Pages, service_of, session_hash
from services.runtime.web.pages import redirect

pages = Pages()


class Made(BaseModel):
    """What the browser sends once the passkey is made."""

    credential: str = Field(min_length=2, max_length=20_000)
    name: str = Field(min_length=1, max_length=60)


class Answered(BaseModel):
    """What the browser sends once a passkey has signed."""

    credential: str = Field(min_length=2, max_length=20_000)


@pages.post("/connexion/cle/options", OPEN)
async def begin_entering(request: Request) -> Response:
    """What the browser needs to ask for a passkey; a challenge for this browser, for five minutes."""
    visit, site = visit_of(request), site_here(request)
    async with service_of(request).database.web(None) as work:
        counted = [(STARTS_BY_BROWSER, fingerprint(visit.browser)), (STARTS_BY_NETWORK, visit.network)]
        passed = await spend(counted, work)
        options = "" if passed else await passkey.begin_entering(visit, site, parts_of(request).keys, work)
    if passed is not None:
        raise too_many(passed)
    return keep_browser(request, Response(options, media_type="application/json"))


@pages.post("/connexion/cle", OPEN)
async def enter_with_passkey(request: Request) -> Response:
    """Take what the passkey signed."""
    form = await request.form()
    suite, visit = str(form.get("suite", "")), visit_of(request)
    answered, _ = read(Answered, form)
    found: UUID | Refusal = PasskeyRefused()
    if answered is not None:
        counted = [(TRIES_BY_NETWORK, visit.network)]
        async with service_of(request).database.web(None) as work:
            passed = await spend(counted, work)
            found = too_many(passed) if passed else await passkey.end_entering(
                answered.credential, visit, site_here(request), parts_of(request).keys, work
            )  # fmt: skip
            if isinstance(found, UUID):
                await give_back(counted, work)
    if isinstance(found, Refusal):
        return await sign_in_page(request, suite, errors={"cle": str(found)}, status=found.status)
    return await enter(request, found, Method.PASSKEY, suite)


@pages.post("/compte/cles/options", SIGNED_IN)
async def begin_making(request: Request, viewer: Asking) -> Response:
    """What the browser needs to make a passkey for her."""
    await check_fresh(request)
    session = session_hash(request.cookies[COOKIE])
    async with service_of(request).database.web(viewer) as work:
        known = await find_account(work, ref=viewer.account)
        if known is None:
            raise NotFound
        options = await passkey.begin_making(known, site_here(request), session, parts_of(request).keys, work)
    return Response(options, media_type="application/json")


@pages.post("/compte/cles", SIGNED_IN)
async def make_passkey(request: Request, viewer: Asking) -> Response:
    """Keep the passkey that the browser made."""
    await check_fresh(request)
    form = await request.form()
    made, errors = read(Made, form)
    if made is None:
        errors = {"name": errors["name"]} if "name" in errors else {"name": str(PasskeyRefused())}
        return await account_page(request, viewer, errors=errors, status=422)
    session = session_hash(request.cookies[COOKIE])
    async with service_of(request).database.web(viewer) as work:
        refusal = await passkey.end_making(
            viewer.account, made.credential, made.name, site_here(request), session, parts_of(request).keys, work
        )
        if refusal is None:
            await note(Outcome.ADDED, Method.PASSKEY, viewer.account, visit_of(request), work)
    if refusal is not None:
        return await account_page(request, viewer, errors={"name": str(refusal)}, status=refusal.status)
    return redirect("/compte", "means_saved")


@pages.post("/compte/cles/{ref}/retrait", SIGNED_IN)
async def remove_passkey(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Remove one of her own passkeys."""
    await check_fresh(request)
    async with service_of(request).database.web(viewer) as work:
        if not await passkey.remove_passkey(viewer, ref, work):
            raise NotFound
        await keep_a_way_in(viewer.account, work)
        await note(Outcome.REMOVED, Method.PASSKEY, viewer.account, visit_of(request), work)
    return redirect("/compte", "means_saved")
