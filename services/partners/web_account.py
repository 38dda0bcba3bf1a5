"""One's own account: what one signs in with, the devices that are signed in, and what became of the last tries."""

from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.refusals import NotFound, RecentSignInRequired
from contracts.viewer import Viewer
from services.partners import account_means
from services.partners.entering import parts_of, site_here, visit_of
from services.partners.passkey import list_passkeys
from services.partners.sessions import end_session_of, end_sessions, list_sessions
from services.partners.sign_in_rules import METHOD_NAMES, Method, Outcome
from services.partners.sign_in_tries import find_account, note
from services.runtime.web.guard import COOKIE, SIGNED_IN, Asking, Pages, service_of, session_hash
from services.runtime.web.pages import redirect

pages = Pages()


@pages.get("/compte", SIGNED_IN)
async def show_account(request: Request, viewer: Asking) -> Response:
    """Her means, her devices, her last tries."""
    return await account_page(request, viewer)


@pages.post("/compte/appareils/autres/fin", SIGNED_IN)
async def end_others(request: Request, viewer: Asking) -> Response:
    """End all her sessions but this one, when the button of the page was pressed."""
    if (await request.form()).get("answer") != "others":
        return await account_page(request, viewer, status=422)
    async with service_of(request).database.web(viewer) as work:
        if await end_sessions(work, viewer.account, but=session_hash(request.cookies[COOKIE])):
            await note(Outcome.REVOKED, Method.CODE, viewer.account, visit_of(request), work)
    return redirect("/compte", "session_ended")


@pages.post("/compte/appareils/{ref}/fin", SIGNED_IN)
async def end_one(request: Request, viewer: Asking, ref: UUID) -> Response:
    """End one of her sessions, in every service at once; ending this one leads to the sign-in page."""
    async with service_of(request).database.web(viewer) as work:
        if not await end_session_of(viewer, ref, work):
            raise NotFound
        await note(Outcome.REVOKED, Method.CODE, viewer.account, visit_of(request), work)
    return redirect("/compte", "session_ended")


@pages.post("/compte/message", SIGNED_IN)
async def choose_messages(request: Request, viewer: Asking) -> Response:
    """Take or refuse codes by message from now on; refusing needs another means of her own."""
    await check_fresh(request)
    form = await request.form()
    async with service_of(request).database.web(viewer) as work:
        if form.get("answer") == "accept":
            await account_means.set_policy(viewer.account, Method, work)
            done = True
        else:
            done = await account_means.refuse_codes(viewer, work)
        if done:
            outcome = Outcome.ADDED if form.get("answer") == "accept" else Outcome.REMOVED
            await note(outcome, Method.CODE, viewer.account, visit_of(request), work)
    if not done:
        first = "Ajoutez d’abord une clé d’accès ou un mot de passe\u202f: sans cela, vous ne pourriez plus entrer."
        return await account_page(request, viewer, errors={"message": first}, status=422)
    return redirect("/compte", "means_saved")


async def check_fresh(request: Request) -> None:
    """Means change only within 15 minutes of a sign-in. Raises RecentSignInRequired."""
    hashed = session_hash(request.cookies.get(COOKIE, ""))
    async with service_of(request).database.web(None) as work:
        if not await account_means.is_fresh(hashed, work):
            raise RecentSignInRequired


async def account_page(
    request: Request, viewer: Viewer, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    """The page, with what could not be taken."""
    hashed = session_hash(request.cookies[COOKIE])
    async with service_of(request).database.web(viewer) as work:
        known = await find_account(work, ref=viewer.account)
        if known is None:
            raise NotFound
        means = await account_means.read_means(viewer, work)
        passkeys = await list_passkeys(viewer, work)
        sessions = await list_sessions(viewer, work)
        events = await account_means.list_events(viewer, work)
        fresh = await account_means.is_fresh(hashed, work)
    own_codes = means.own is None or Method.CODE.value in means.own
    return request.app.state.pages.render(
        request, "account.html", status=status, viewer=viewer, errors=errors or {}, email=known.email, means=means,
        passkeys=passkeys, events=events, fresh=fresh, site=site_here(request),
        methods={one.value for one in known.methods}, own_codes=own_codes, device=visit_of(request).device,
        proconnect=parts_of(request).proconnect.offered,
        sessions=[
            {
                "ref": one.ref, "here": one.hash == hashed, "device": one.device or "Appareil inconnu",
                "how": METHOD_NAMES[Method(one.method)], "since": one.created_at, "seen": one.seen_at,
            }
            for one in sessions
        ],
    )  # fmt: skip
