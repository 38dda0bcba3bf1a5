"""The administrator's page on signing in: which means each organisation allows, and a fresh start for who lost hers."""

from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.refusals import NotFound
from contracts.viewer import Role, Viewer
from services.partners import account_means
from services.partners.entering import parts_of, visit_of
from services.partners.sessions import end_sessions
from services.partners.sign_in_rules import CHOSEN, METHOD_NAMES, Method, Outcome
from services.partners.sign_in_tries import find_account, note
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})


@pages.get("/compte/moyens", ADMINISTRATORS)
async def show_policies(request: Request, viewer: Asking) -> Response:
    """Every organisation with what it allows."""
    return await _page(request, viewer)


@pages.post("/compte/moyens/remise", ADMINISTRATORS)
async def start_afresh(request: Request, viewer: Asking) -> Response:
    """Remove every means of one account by its address, and end its sessions: then a code by message, or ProConnect,
    opens to her. An unknown address gets the same answer.
    """
    email = str((await request.form()).get("email", "")).strip().lower()
    async with service_of(request).database.web(viewer) as work:
        known = await find_account(work, email=email)
        if known is not None:
            await account_means.forget_means(known.ref, work)
            await end_sessions(work, known.ref)
            await note(Outcome.REMOVED, Method.PASSKEY, known.ref, visit_of(request), work)
    return redirect("/compte/moyens", "saved")


@pages.post("/compte/moyens/{organisation}", ADMINISTRATORS)
async def set_policy(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """Allow these means to the people of one organisation; at least one."""
    chosen = [Method(one) for one in (await request.form()).getlist("methods") if one in set(CHOSEN)]
    if not chosen:
        return await _page(request, viewer, errors={f"moyens-{organisation}": "Laissez au moins un moyen."}, status=422)
    async with service_of(request).database.web(viewer) as work:
        if organisation not in {one.ref for one in await account_means.list_policies(viewer, work)}:
            raise NotFound
        await account_means.set_policy(organisation, chosen, work)
    return redirect("/compte/moyens", "saved")


async def _page(
    request: Request, viewer: Viewer, *, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    async with service_of(request).database.web(viewer) as work:
        rows = await account_means.list_policies(viewer, work)
    return request.app.state.pages.render(
        request, "account_policies.html", status=status, viewer=viewer, errors=errors or {},
        options=[(one.value, METHOD_NAMES[one]) for one in CHOSEN],
        proconnect=parts_of(request).proconnect.offered,
        rows=[
            {
                "ref": one.ref, "name": one.name, "people": one.people, "equipped": one.equipped,
                "methods": [method.value for method in CHOSEN] if one.methods is None else one.methods,
            }
            for one in rows
        ],
    )  # fmt: skip
