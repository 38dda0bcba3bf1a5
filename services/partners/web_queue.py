"""The desk's list as a queue: views with their counts, narrowed by the address, and the views that somebody keeps."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contracts.refusals import Refusal
from contracts.rights import right_name
from contracts.viewer import Viewer
from services.partners import erasures, store
from services.partners.desk_counts import Counts, choices_of, count_ended, counts_of, open_groups
from services.partners.desk_list import EMPTY, NOTHING_KEPT, TAB_LABELS, counted, lead, of_organisation, rows_of
from services.partners.desk_tasks import rows_to_assign
from services.partners.disclosures import IN_A_LIST, read_disclosures, read_erasures
from services.partners.domain import Tab
from services.partners.queue_tables import SavedView
from services.partners.saved_views import drop_view, read_views, save_view
from services.partners.store import Names
from services.partners.wanted import LIST, Wanted, read_wanted, wanted_of
from services.partners.web_desk import AT_DESK
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import SIGNED_IN, Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()


class NamedView(BaseModel):
    """A view to keep: `query` is the list's address after the question mark."""

    name: str = Field(min_length=1, max_length=40)
    query: str = Field(default="", max_length=300)


@pages.get("/bureau", AT_DESK)
async def show_list(request: Request, viewer: Asking, page: int = 1) -> Response:
    """The list of the viewer's desks, 30 rows a page; see `wanted.read_wanted` for what its address may say."""
    return await _list(request, viewer, read_wanted(request.query_params), page=max(1, min(page, 10_000)))


@pages.post("/bureau/vues", AT_DESK)
async def keep_view(request: Request, viewer: Asking) -> Response:
    """Keep a view under a name."""
    form = await request.form()
    wanted, typed = wanted_of(str(form.get("query", ""))[:300]), str(form.get("name", ""))
    given, errors = read(NamedView, form)
    if given is None:
        return await _list(request, viewer, wanted, typed=typed, errors=errors, status=422)
    try:
        async with service_of(request).database.web(viewer) as work:
            await save_view(viewer, given.name, wanted, work)
    except Refusal as refusal:
        return await _list(request, viewer, wanted, typed=typed, errors={"name": str(refusal)}, status=refusal.status)
    return redirect(wanted.address(), "saved")


@pages.post("/bureau/vues/{view}/retrait", AT_DESK)
async def drop_kept_view(request: Request, viewer: Asking, view: UUID) -> Response:
    """Keep it no longer; the referrals in it stay where they are."""
    async with service_of(request).database.web(viewer) as work:
        await drop_view(viewer, view, work)
    return redirect(LIST, "saved")


@pages.get("/aide/clavier", SIGNED_IN)
async def show_keys(request: Request, viewer: Asking) -> Response:
    """The keys of the desk's pages, and how to switch them off."""
    return request.app.state.pages.render(request, "keys_page.html", viewer=viewer)


async def _list(
    request: Request,
    viewer: Viewer,
    wanted: Wanted,
    *,
    page: int = 1,
    typed: str = "",
    errors: Errors | None = None,
    status: int = 200,
) -> Response:
    service = service_of(request)
    async with service.database.web(viewer) as work:
        views = await read_views(viewer, work)
        groups, ended = await open_groups(viewer, work), await count_ended(viewer, wanted, work)
        items = await store.list_items(viewer, wanted, work, page=page)
        alone, alone_beyond = await store.unattended_items(viewer, work)
        choices = choices_of(groups)
        senders = {*(one.sender_organisation for one in (*items, *alone)), *(one for _, one in choices), wanted.sender}
        names = await store.read_names(viewer, work, organisations=senders)
        now = work.now
    counts = counts_of(groups, ended, wanted, [wanted_of(one.query) for one in views])
    refs = list({one.ref for one in (*items, *alone)})
    readings, to_erase = await asyncio.gather(
        read_disclosures(viewer, service, refs, only=IN_A_LIST), read_erasures(viewer, service)
    )
    more = counts.tabs[wanted.tab] > page * store.PAGE or (wanted.tab is Tab.ENDED and len(items) == store.PAGE)
    return request.app.state.pages.render(
        request,
        "desk.html",
        status=status,
        viewer=viewer,
        title=f"{viewer.organisation_name}, {(viewer.desk_name or 'guichet')}",
        lead=lead(counts, narrowed=wanted.narrowed),
        **_tabs(wanted, views, counts),
        **_narrowing(wanted, choices, names),
        **_keeping(wanted, views, typed, errors or {}),
        rows=rows_of(items, readings, names, now, viewer.manages),
        to_assign=rows_to_assign(alone, readings, names, now),
        assign_beyond=alone_beyond,
        to_erase=erasures.banner(to_erase.rows, now),
        erase_beyond=to_erase.beyond,
        empty=NOTHING_KEPT if wanted.narrowed else EMPTY[wanted.tab],
        away=readings.away,
        before=wanted.address(page - 1) if page > 1 else None,
        after=wanted.address(page + 1) if more else None,
    )


def _tabs(wanted: Wanted, views: list[SavedView], counts: Counts) -> dict[str, Any]:
    """The views that everybody has, and those that she keeps, each with its number."""
    kept = [wanted_of(one.query) for one in views]
    return {
        "tabs": [
            {"label": label, "count": counted(tab, counts), "href": wanted.at(tab).address(),
             "current": tab is wanted.tab}
            for tab, label in TAB_LABELS.items()
        ],
        "views": [
            {"label": one.name, "count": count, "href": shown.address(), "current": shown == wanted}
            for one, shown, count in zip(views, kept, counts.saved, strict=True)
        ],
    }  # fmt: skip


def _narrowing(wanted: Wanted, choices: list[tuple[str, UUID]], names: Names) -> dict[str, Any]:
    """What the list can be narrowed to, and what narrows it now, each with the address without it."""
    rights = sorted({right for right, _ in choices} | ({wanted.right} if wanted.right else set()), key=right_name)
    senders = {one for _, one in choices} | ({wanted.sender} if wanted.sender else set())
    said = {
        "right": right_name(wanted.right or ""),
        "sender": of_organisation(names.organisation(wanted.sender)),
        "urgent": "Urgentes",
    }
    return {
        "wanted": wanted,
        "rights": [(one, right_name(one)) for one in rights],
        "senders": sorted(((str(one), names.organisation(one)) for one in senders), key=lambda pair: pair[1]),
        "narrowed": [
            {"label": said[name], "href": replace(wanted, **{name: blank}).address()}
            for name, blank in (("right", None), ("sender", None), ("urgent", False))
            if getattr(wanted, name)
        ],
        "whole": wanted.whole().address(),
        "hands": [
            {"label": label, "href": replace(wanted, mine=mine).address(), "current": wanted.mine is mine}
            for label, mine in (("Tout le guichet", False), ("À moi", True))
        ],
    }


def _keeping(wanted: Wanted, views: list[SavedView], typed: str, errors: Errors) -> dict[str, Any]:
    """Whether this view is kept under a name, or what to keep it with."""
    own = next((one for one in views if wanted_of(one.query) == wanted), None)
    offered = bool(errors) or (own is None and (wanted.narrowed or wanted.mine))
    return {"kept": None if errors else own, "offers_keeping": offered, "typed": typed, "errors": errors}
