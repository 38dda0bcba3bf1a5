"""Two forms of an import: what each column of the file is, and one row whole with what to do with it."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.refusals import InvalidInput
from contracts.viewer import Viewer
from contracts.vocabulary import OrganisationKind
from services.partners import import_drafts as drafts
from services.partners import import_store as store
from services.partners.directory_forms import Field, Sheet, show
from services.partners.import_columns import COLUMNS, canonical, tidy
from services.partners.import_tables import DirectoryImportRow
from services.partners.import_words import VIEWS, choices, why
from services.partners.web_admin import ADMINISTRATION
from services.partners.web_import import HOME
from services.runtime.web.forms import Errors
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
MOST_SAMPLE = 60


@pages.get("/annuaire/import/{ref}/colonnes", ADMINISTRATION)
async def show_columns(request: Request, viewer: Asking, ref: UUID) -> Response:
    """What was recognised in the titles of the file, to be put right."""
    return await _columns(request, viewer, ref)


@pages.post("/annuaire/import/{ref}/colonnes", ADMINISTRATION)
async def save_columns(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Take it over, and check every row again."""
    sent = await request.form()
    try:
        async with service_of(request).database.web(viewer) as work:
            draft = await store.read_draft(viewer, work, ref)
            mapping = [str(sent.get(f"column-{place}") or "") for place in range(len(draft.heads))]
            source, kind = str(sent.get("source") or ""), str(sent.get("kind") or "")
            await drafts.name_columns(ref, mapping, source, kind, work, viewer)
    except InvalidInput as refusal:
        return await _columns(request, viewer, ref, sent, {refusal.field or "form": str(refusal)}, refusal.status)
    return redirect(f"{HOME}/{ref}", "saved")


@pages.get("/annuaire/import/{ref}/lignes/{number}", ADMINISTRATION)
async def show_row(request: Request, viewer: Asking, ref: UUID, number: int, vue: str = "") -> Response:
    """One row with all its cells."""
    async with service_of(request).database.web(viewer) as work:
        draft = await store.read_draft(viewer, work, ref)
        row = await store.read_row(viewer, work, ref, number)
    cells = store.given_of(viewer, row, draft.mapping).cells  # type: ignore[arg-type]
    back = (f"{HOME}/{ref}{f'?vue={vue}' if vue in VIEWS else ''}", "Retour à l’import")
    lead = "Ce que vous écrivez ici vaut pour cet import\u202f; le fichier, lui, ne change pas."
    title = f"Ligne {number}\u202f: {row.title or 'sans nom'}"
    sheet = Sheet(title, lead, "Vérifier et garder", back, _fields(row, cells), _notes(row))
    return show(request, viewer, sheet, errors=row.found.get("errors", {}))


@pages.post("/annuaire/import/{ref}/lignes/{number}", ADMINISTRATION)
async def save_row(request: Request, viewer: Asking, ref: UUID, number: int, vue: str = "") -> Response:
    """Keep what was written and decided."""
    sent = await request.form()
    async with service_of(request).database.web(viewer) as work:
        draft = await store.read_draft(viewer, work, ref)
        row = await store.read_row(viewer, work, ref, number)
        cells = store.given_of(viewer, row, draft.mapping).cells  # type: ignore[arg-type]
        typed = {one.code: tidy(str(sent.get(one.code) or "")) for one in COLUMNS if one.code in sent}
        edits = {code: text for code, text in typed.items() if text != cells.get(code, "")}
        choice = str(sent.get("choice") or "")
        await drafts.correct_rows(ref, {number: edits}, {number: choice}, work, viewer)
    return redirect(f"{HOME}/{ref}{f'?vue={vue}' if vue in VIEWS else ''}", "saved")


def _fields(row: DirectoryImportRow, cells: dict[str, str]) -> tuple[Field, ...]:
    options = [("", "Suivre l’import"), *choices(row.found)] if row.found.get("values") else []
    if not row.found.get("candidates") and not row.found.get("conflicts"):
        options = [("", "La reprendre"), ("leave", "Laisser la ligne de côté")]
    decision = Field("choice", "Que faire de cette ligne", "radios", row.choice, options, required=False)
    return decision, *(_field(one.code, one.label, cells.get(one.code, "")) for one in COLUMNS)


def _field(code: str, label: str, text: str) -> Field:
    if code == "kind":
        return Field(code, label, "select", canonical(code, text), OrganisationKind.options())
    return Field(code, label, value=text, required=code == "name")


def _notes(row: DirectoryImportRow) -> tuple[str, ...]:
    return (why(row.found["why"]),) if row.found.get("why") else ()


async def _columns(
    request: Request, viewer: Viewer, ref: UUID, sent: FormData | None = None, errors: Errors | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    async with service_of(request).database.web(viewer) as work:
        draft = await store.read_draft(viewer, work, ref)
        sample = [store.parsed(viewer, one.cells) for one in (await store.rows_of(viewer, work, ref))[:30]]
    options = [(one.code, one.label) for one in COLUMNS]
    columns: list[dict[str, Any]] = []
    for place, head in enumerate(draft.heads):
        seen = next((cells[place] for cells in sample if cells[place]), "")
        value = str(sent.get(f"column-{place}", "")) if sent is not None else draft.mapping[place]
        columns.append({
            "name": f"column-{place}", "head": head or f"Colonne {place + 1}", "value": value,
            "seen": seen[:MOST_SAMPLE] + ("…" if len(seen) > MOST_SAMPLE else ""),
        })  # fmt: skip
    return request.app.state.pages.render(
        request, "import_columns.html", viewer=viewer, status=status, here=f"{HOME}/{ref}", columns=columns,
        options=options, errors=errors or {}, kinds=OrganisationKind.options(),
        kind=str(sent.get("kind", "")) if sent is not None else draft.kind,
        source=str(sent.get("source", "")) if sent is not None else draft.source,
    )  # fmt: skip
