"""Importing the directory: a file is chosen, read again row by row, corrected, decided, applied, and reported."""

import asyncio
import re
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.refusals import (
    ImportEmpty,
    ImportOver,
    ImportTooHeavy,
    ImportTooLong,
    ImportUnderWay,
    ImportUnreadable,
    InvalidInput,
    Refusal,
)
from contracts.viewer import Viewer
from contracts.vocabulary import OrganisationKind
from services.partners import import_drafts as drafts
from services.partners import import_store as store
from services.partners.directory_words import some
from services.partners.import_columns import BY_CODE
from services.partners.import_files import export, model
from services.partners.import_reading import MOST_BYTES, MOST_ROWS, read_table
from services.partners.import_tables import DirectoryImport
from services.partners.import_upload import uploaded
from services.partners.import_verdict import Outcome
from services.partners.import_words import (
    FORMS,
    GONE,
    STATES,
    VIEWS,
    aside,
    button,
    row_of,
    sentence,
    totals,
    twin,
    why,
)
from services.partners.web_admin import ADMINISTRATION
from services.runtime.database import Work
from services.runtime.web import dates
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
HOME = "/annuaire/import"
CSV = "text/csv; charset=utf-8"
_CELL = re.compile(r"c-(\d{1,6})-([a-z_]{1,30})")
_CHOICE = re.compile(r"choice-(\d{1,6})")


@pages.get("/annuaire/import", ADMINISTRATION)
async def show_imports(request: Request, viewer: Asking) -> Response:
    """Choose a file, or go on with an import that was begun."""
    return await _home(request, viewer)


@pages.post("/annuaire/import", ADMINISTRATION)
async def take_file(request: Request, viewer: Asking) -> Response:
    """Read a file into a draft. What it says is shown; nothing of the directory changes."""
    try:
        files = await uploaded(request)
        table = await asyncio.to_thread(read_table, files)
    except (InvalidInput, ImportTooHeavy, ImportTooLong, ImportUnreadable, ImportEmpty) as refusal:
        return await _home(request, viewer, str(refusal), refusal.status)
    async with service_of(request).database.web(viewer) as work:
        draft = await drafts.open_draft(table, work, viewer)
    known = {"name", "kind"} <= set(draft.mapping) and ("id" not in draft.mapping or "source" in draft.mapping)
    columns = "" if known else "/colonnes"
    return redirect(f"{HOME}/{draft.ref}{columns}")


@pages.get("/annuaire/import/modele.csv", ADMINISTRATION)
async def model_file(request: Request, viewer: Asking) -> Response:
    """An empty file in the form that is read."""
    return _download(model(), "relais-annuaire-modele.csv")


@pages.get("/annuaire/export.csv", ADMINISTRATION)
async def export_file(request: Request, viewer: Asking) -> Response:
    """The directory in the form that is read."""
    async with service_of(request).database.web(viewer) as work:
        known = await store.read_known(viewer, work)
    return _download(export(known.values()), "relais-annuaire.csv")


@pages.get("/annuaire/import/{ref}", ADMINISTRATION)
async def show_import(request: Request, viewer: Asking, ref: UUID, vue: str = "", page: int = 1) -> Response:
    """What an import would do, is doing, or did."""
    return await _import(request, viewer, ref, vue, page)


@pages.post("/annuaire/import/{ref}", ADMINISTRATION)
async def correct(request: Request, viewer: Asking, ref: UUID, vue: str = "") -> Response:
    """Take corrections and decisions, and check again."""
    sent = await request.form()
    async with service_of(request).database.web(viewer) as work:
        if choice := str(sent.get("all") or ""):
            await drafts.decide_all(ref, choice, work, viewer)
        else:
            await drafts.correct_rows(ref, _edits(sent), _choices(sent), work, viewer)
    return redirect(f"{HOME}/{ref}{f'?vue={vue}' if vue in VIEWS else ''}", "saved")


@pages.post("/annuaire/import/{ref}/appliquer", ADMINISTRATION)
async def apply(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Begin to apply what was shown; it goes on without this page."""
    sent = await request.form()
    try:
        async with service_of(request).database.web(viewer) as work:
            refused: Refusal | None = await drafts.begin(ref, str(sent.get("digest") or ""), work, viewer)
    except ImportOver:
        return redirect(f"{HOME}/{ref}")
    except ImportUnderWay as refusal:
        refused = refusal
    if refused is not None:
        return await _import(request, viewer, ref, "", 1, refused)
    return redirect(f"{HOME}/{ref}")


@pages.post("/annuaire/import/{ref}/abandon", ADMINISTRATION)
async def drop(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Give it up: what was read of the file goes."""
    async with service_of(request).database.web(viewer) as work:
        await drafts.drop(ref, work, viewer)
    return redirect(HOME, "acted")


@pages.get("/annuaire/import/{ref}/flux", ADMINISTRATION)
async def follow(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The hints that an import went on. Refusal: NotFound."""
    async with service_of(request).database.web(viewer) as work:
        await store.read_draft(viewer, work, ref)
    return service_of(request).live.stream([f"organisation.{viewer.organisation}"])


async def _home(request: Request, viewer: Viewer, error: str | None = None, status: int = 200) -> Response:
    async with service_of(request).database.web(viewer) as work:
        rows, now = await store.latest_imports(viewer, work), work.now
    return request.app.state.pages.render(
        request, "import.html", viewer=viewer, status=status, error=error,
        most={"bytes": MOST_BYTES // 1024**2, "rows": MOST_ROWS},
        imports=[
            {"href": f"{HOME}/{one.ref}", "name": f"{FORMS[one.form]}, {dates.when(one.made_at, now)}",
             "state": STATES[one.state], "meta": [some(one.rows, "ligne", "lignes"), one.who or ""]}
            for one in rows
        ],
    )  # fmt: skip


async def _import(
    request: Request, viewer: Viewer, ref: UUID, view: str, page: int, refused: Refusal | None = None
) -> Response:
    async with service_of(request).database.web(viewer) as work:
        draft = await store.read_draft(viewer, work, ref)
        counts = totals(await store.counts_of(viewer, work, ref))
        gone = [] if draft.state == "applying" else await store.gone_from_file(viewer, work, ref)
        shown: dict[str, Any] = {"gone": gone[:200], "gone_count": len(gone)}
        if draft.state == "draft":
            view = view if view in VIEWS or (view == GONE and gone) else _first(counts)
            shown |= await _view(draft, viewer, work, view, max(1, min(page, 1_000)), counts)
            shown |= {"digest": await store.digest_of(viewer, work, ref)}
        else:
            shown["left"] = [
                (one.number, one.title, why(one.reason)) for one in await store.left_rows(viewer, work, ref)
            ]
        now = work.now
    template = "import_preview.html" if draft.state == "draft" else "import_progress.html"
    return request.app.state.pages.render(
        request, template, viewer=viewer, status=refused.status if refused else 200, refused=refused,
        draft=draft, here=f"{HOME}/{ref}", counts=counts, sentence=sentence(counts) if counts["all"] else "",
        form=FORMS[draft.form], made=dates.when(draft.made_at, now), button=button(counts), aside=aside(counts),
        **shown,
    )  # fmt: skip


async def _view(
    draft: DirectoryImport,
    viewer: Viewer,
    work: Work,
    view: str,
    page: int,
    counts: dict[str, int],
) -> dict[str, Any]:
    outcome = VIEWS[view][0] if view != GONE else None
    found = await store.page_of(viewer, work, draft.ref, outcome, page) if outcome else []
    rows = [
        row_of(viewer, one, store.given_of(viewer, one, draft.mapping).cells)
        | {"twin": twin(store.parsed(viewer, one.found))}
        for one in found
    ]
    total = counts.get(outcome.value, 0) if outcome else 0
    return {
        "view": view, "rows": rows, "page": page, "pages": max(1, -(-total // store.PAGE)),
        "lead": VIEWS[view][2] if outcome else "", "kinds": OrganisationKind.options(),
        "views": [(code, label, counts.get(one.value, 0)) for code, (one, label, _) in VIEWS.items()],
    }  # fmt: skip


def _first(counts: dict[str, int]) -> str:
    waiting = {"a-corriger": counts.get(Outcome.ERROR, 0), "a-decider": counts["undecided"]}
    others = {code: counts.get(one.value, 0) for code, (one, _, _) in VIEWS.items()}
    return next((code for code, count in (*waiting.items(), *others.items()) if count), "nouveaux")


def _edits(sent: FormData) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for name, text in sent.multi_items():
        read = _CELL.fullmatch(name)
        if read and read[2] in BY_CODE:
            found.setdefault(int(read[1]), {})[read[2]] = str(text)
    return found


def _choices(sent: FormData) -> dict[int, str]:
    read = ((_CHOICE.fullmatch(name), str(text)) for name, text in sent.multi_items())
    return {int(found[1]): text for found, text in read if found}


def _download(body: bytes, name: str) -> Response:
    return Response(body, media_type=CSV, headers={"Content-Disposition": f'attachment; filename="{name}"'})
