"""Told at first contact, answered whenever she likes: the evaluation of the programme, and the right to oppose it.

The answer stands on these two pages and nowhere else.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.viewer import Viewer
from contracts.vocabulary import Word
from services.intake import caseload, own_page, store
from services.intake.caseload_gate import PersonPages
from services.intake.evaluation import answer_of, record_answer
from services.intake.united_files import files_of
from services.intake.web import REFERENTS
from services.intake.web_file import title_of
from services.intake.web_own_page_door import HOME, outside, own_files, show, visitor
from services.runtime.database import Database
from services.runtime.web import forms
from services.runtime.web.guard import OPEN, Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()


class EvaluationChoice(Word):
    """What she says about the evaluation."""

    NOT_OPPOSED = "not_opposed", "Elle ne s’y oppose pas"
    OPPOSED = "opposed", "Elle s’y oppose"


class ChoiceForm(Frozen):
    command_id: UUID
    choice: EvaluationChoice


@pages.get("/personnes/{ref}/evaluation", REFERENTS)
async def evaluation(request: Request, viewer: Asking, ref: UUID) -> Response:
    """What she answered, and the form of another answer."""
    return await _hers(request, viewer, ref, {})


@pages.post("/personnes/{ref}/evaluation", REFERENTS)
async def answer(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Keep her answer; she was told of the evaluation by the same token."""
    form, errors = forms.read(ChoiceForm, await request.form())
    if form is None:
        return await _hers(request, viewer, ref, errors, 422)
    async with service_of(request).database.web(viewer) as work:
        person = await store.person_of(viewer, work, ref, lock=True)
        person.evaluation_told_at = person.evaluation_told_at or work.now
        work.session.add(person)
        files = await files_of(work, ref)
    await _record(request, [(viewer, file) for file in files], form)
    return redirect(f"/personnes/{ref}", "acted")


@pages.get("/moi/evaluation", OPEN)
async def own_evaluation(request: Request) -> Response:
    """The same for the person, on her own page."""
    herself = await visitor(request)
    return outside() if herself is None else await _own(request, herself, {})


@pages.post("/moi/evaluation", OPEN)
async def own_answer(request: Request) -> Response:
    """Keep her answer."""
    herself = await visitor(request)
    if herself is None:
        return outside()
    form, errors = forms.read(ChoiceForm, await request.form())
    if form is None:
        return await _own(request, herself, errors, 422)
    files = await own_files(request)
    hers = [(own_page.herself(file, herself.organisation, herself.territory), file) for file in files]
    await _record(request, hers, form)
    return redirect(HOME, "acted")


def _apart(request: Request) -> Database:
    found: Database = request.app.state.evaluation
    return found


async def _record(request: Request, files: Iterable[tuple[Viewer, UUID]], form: ChoiceForm) -> None:
    """In each file of the person: what she answers holds for all, and stays should they be separated."""
    opposed = form.choice is EvaluationChoice.OPPOSED
    for viewer, file in files:
        async with _apart(request).web(viewer) as work:
            await record_answer(viewer, form.command_id, file, opposed, work)


async def _chosen(request: Request, viewer: Viewer, files: Sequence[UUID]) -> dict[str, Any]:
    async with _apart(request).web(viewer) as work:
        found = await answer_of(viewer, files, work)
    chosen = None
    if found is not None:
        chosen = (EvaluationChoice.OPPOSED if found.opposed else EvaluationChoice.NOT_OPPOSED).value
    return {"chosen": chosen, "answered_at": found.at if found else None, "command_id": uuid4()}


async def _hers(request: Request, viewer: Viewer, ref: UUID, errors: dict[str, str], status: int = 200) -> Response:
    async with service_of(request).database.web(viewer) as work:
        person = await caseload.open_person(viewer, work, ref, asks=status == 200)
        title, told_at = title_of(person, work), person.evaluation_told_at
        files = await files_of(work, ref)
    context = await _chosen(request, viewer, files)
    return request.app.state.pages.render(
        request, "evaluation.html", status=status, viewer=viewer, ref=ref, title=title, told_at=told_at,
        options=EvaluationChoice.options(), errors=errors, **context,
    )  # fmt: skip


async def _own(request: Request, herself: Viewer, errors: dict[str, str], status: int = 200) -> Response:
    context = await _chosen(request, herself, (herself.account,))
    return show(request, "evaluation.html", status, errors=errors, **context)
