"""Open data: prepared by the coordination, approved by a data protection officer, then read by anybody; and the
comparison with other territories that follows from it.
"""

import json
import re
from uuid import UUID

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from contracts.refusals import InvalidInput, NotFound, Refusal
from contracts.viewer import Role, Viewer
from services.referral import comparison, publishing
from services.referral.board_view import month_name
from services.referral.open_data_words import shown
from services.referral.web_board import COORDINATOR
from services.runtime.web import dates
from services.runtime.web.guard import OPEN, Asking, Pages, service_of
from services.runtime.web.pages import redirect

BOTH = frozenset({Role.COORDINATOR, Role.DPO})
FILE = re.compile(r"(20\d\d-(?:03|06|09|12))\.(csv|json|txt)")
pages = Pages()


@pages.get("/tableau/ouvert", BOTH)
async def open_page(request: Request, viewer: Asking) -> Response:
    """What can be published, what waits for approval, what is published."""
    return await _open_page(request, viewer)


@pages.post("/tableau/ouvert", COORDINATOR)
async def prepare(request: Request, viewer: Asking) -> Response:
    """Prepare the last quarter that is over."""
    try:
        async with service_of(request).database.web(viewer) as work:
            await publishing.prepare(viewer, work, publishing.quarter_over(work.now))
    except Refusal as refusal:
        return await _open_page(request, viewer, str(refusal), refusal.status)
    return redirect("/tableau/ouvert", "saved")


@pages.post("/tableau/ouvert/{ref}/publication", frozenset({Role.DPO}))
async def approve(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Publish what was prepared, for ever."""
    try:
        async with service_of(request).database.web(viewer) as work:
            await publishing.approve(viewer, work, ref)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _open_page(request, viewer, str(refusal), refusal.status)
    return redirect("/tableau/ouvert", "open_published")


async def _open_page(request: Request, viewer: Viewer, refused: str | None = None, status: int = 200) -> Response:
    async with service_of(request).database.web(viewer) as work:
        waiting, found = await publishing.proposals(viewer, work), await publishing.published(work)
        quarter, now = publishing.quarter_over(work.now), work.now
    return request.app.state.pages.render(
        request, "open_data.html", viewer=viewer, status=status, refused=refused,
        prepares=viewer.has(Role.COORDINATOR), approves=viewer.has(Role.DPO),
        quarter=None if quarter in {one.month for one in found} else _quarter(quarter),
        waiting=[
            {"ref": one.ref, "name": _quarter(one.month), "at": dates.when(one.prepared_at, now),
             "mine": one.prepared_by == viewer.account, **shown(one.table)}
            for one in waiting
        ],
        published=_published(request, found),
    )  # fmt: skip


@pages.get("/ouvert", OPEN)
async def public_page(request: Request) -> Response:
    """The published files, for anybody."""
    async with service_of(request).database.web(None) as work:
        found = await publishing.published(work)
    return request.app.state.pages.render(
        request, "open_public.html", published=_published(request, found),
        shown=shown(found[0].table) if found else None,
        name=_quarter(found[0].month) if found else None,
    )  # fmt: skip


@pages.get("/ouvert/{territory}/{file}", OPEN)
async def public_file(request: Request, territory: str, file: str) -> Response:
    """A published file: `2026-09.csv`, its schema `.json`, what to know of it `.txt`. Refusal: NotFound."""
    asked, service = FILE.fullmatch(file), service_of(request)
    if asked is None or territory != service.settings.territory:
        raise NotFound
    async with service.database.web(None) as work:
        found = next((one for one in await publishing.published(work) if one.month == asked[1]), None)
    if found is None:
        raise NotFound
    body, kind = publishing.file_of(found, territory, asked[2])
    return Response(body, media_type=kind, headers={"Cache-Control": "public, max-age=3600"})


def _published(request: Request, found: list[publishing.Publication]) -> list[dict[str, str]]:
    territory = service_of(request).settings.territory
    return [
        {"name": _quarter(one.month), "at": dates.day(one.approved_at), "address": f"/ouvert/{territory}/{one.month}"}
        for one in found
    ]


def _quarter(month: str) -> str:
    first, last = month_name(publishing.months_before(month, 2)), month_name(month)
    return f"{first.split(' ')[0]} à {last}"


@pages.get("/tableau/comparaison", COORDINATOR)
async def comparison_page(request: Request, viewer: Asking) -> Response:
    """One's own territory among the others, who have letters."""
    return await _comparison_page(request, viewer)


@pages.post("/tableau/comparaison", COORDINATOR)
async def take_files(request: Request, viewer: Asking) -> Response:
    """Take the files of others; all or none."""
    signer = _signer(request)
    given = [one for one in (await request.form()).getlist("file") if isinstance(one, UploadFile) and one.filename]
    try:
        if not given:
            raise InvalidInput(field="file", reason="Choisissez au moins un fichier.")
        texts = [await one.read(comparison.LARGEST + 1) for one in given]
        async with service_of(request).database.web(viewer) as work:
            for text in texts:
                await comparison.keep(work, signer, text)
    except InvalidInput as refusal:
        return await _comparison_page(request, viewer, str(refusal), refusal.status)
    return redirect("/tableau/comparaison", "saved")


@pages.get("/tableau/comparaison/fichier", COORDINATOR)
async def own_file(request: Request, viewer: Asking) -> Response:
    """One's own signed file, to give to the others. Refusal: NotFound when nothing is published."""
    async with service_of(request).database.web(viewer) as work:
        found = await comparison.export(work, _signer(request))
    name = f"attachment; filename=\"relais-comparaison-{found['month']}.json\""
    return Response(json.dumps(found, indent=1), media_type="application/json", headers={"Content-Disposition": name})


async def _comparison_page(
    request: Request, viewer: Viewer, refused: str | None = None, status: int = 200
) -> Response:
    async with service_of(request).database.web(viewer) as work:
        strips, others, month = await comparison.read_strips(viewer, work, _signer(request))
    return request.app.state.pages.render(
        request, "comparison.html", viewer=viewer, status=status, refused=refused, strips=strips, others=others,
        own=_quarter(month) if month else None,
    )  # fmt: skip


def _signer(request: Request) -> comparison.Signer:
    return comparison.Signer(service_of(request).settings.keys / "referral" / "comparison")
