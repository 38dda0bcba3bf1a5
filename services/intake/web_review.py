"""The page of the rights review: the rights that may be hers, why one thinks so, and why she does not have them."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.refusals import InvalidInput, Refusal
from contracts.rights import catalogue, right_name
from contracts.vocabulary import Ground, NonTakeUpCause
from services.intake import caseload, handlers, store
from services.intake.caseload_gate import PersonPages
from services.intake.commands import NotedRight, RemoveRight, ReviewRights
from services.intake.dossier import short_name
from services.intake.web import REFERENTS, CommandForm, Errors, errors_of, show_form, typed_in
from services.intake.web_file import title_of
from services.runtime.web import forms
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()


def noted_rights(form: FormData) -> tuple[tuple[NotedRight, ...], Errors]:
    """The rights ticked, each with its ground and cause (`ground_<code>`, `cause_<code>`), and what is missing."""
    found, errors = [], {}
    for code in dict.fromkeys(str(one) for one in form.getlist("rights")):
        ground, cause = str(form.get(f"ground_{code}", "")), str(form.get(f"cause_{code}", ""))
        if code not in catalogue():
            errors["rights"] = "Choisissez des droits de la liste."
        elif ground not in set(Ground):
            errors[f"ground_{code}"] = f"Dites ce qui fait penser à ce droit\u202f: {right_name(code)}."
        else:
            cause_word = NonTakeUpCause(cause) if cause in set(NonTakeUpCause) else None
            found.append(NotedRight(right=code, ground=Ground(ground), cause=cause_word))
    if not found and not errors:
        errors["rights"] = "Cochez au moins un droit."
    return tuple(found), errors


async def _context(request: Request, viewer: Asking, ref: UUID) -> dict[str, Any]:
    async with service_of(request).database.web(viewer) as work:
        person = await caseload.open_person(viewer, work, ref, asks=request.method == "GET")
        noted = await store.presumed_rights(viewer, work, ref)
        title = title_of(person, work)
    presumed = [
        {
            "ref": row.ref,
            "name": right_name(row.right),
            "ground": Ground(row.ground).label,
            "cause": NonTakeUpCause(row.cause).label if row.cause else None,
        }
        for row in noted
    ]
    known = {row.right for row in noted}
    return {
        "ref": ref,
        "title": title,
        "short": short_name(person),
        "presumed": presumed,
        "rights": [right for right in catalogue().values() if right.code not in known],
        "grounds": Ground.options(),
        "causes": NonTakeUpCause.options(),
    }


@pages.get("/personnes/{ref}/bilan", REFERENTS)
async def review(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The catalogue to go through with the person, and what was noted before."""
    return show_form(request, "review.html", viewer, {}, {}, **await _context(request, viewer, ref))


@pages.post("/personnes/{ref}/bilan", REFERENTS)
async def keep_review(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Note the rights that were ticked, with those noted before."""
    sent = await request.form()
    form, errors = forms.read(CommandForm, sent)
    noted, missing = noted_rights(sent)
    errors, status = {**errors, **missing}, 422
    if form is not None and not errors:
        try:
            async with service_of(request).database.web(viewer) as work:
                command = ReviewRights(command_id=form.command_id, person=ref, rights=noted)
                await handlers.review_rights(command, work)
            return redirect(f"/personnes/{ref}", "saved")
        except Refusal as refusal:
            errors, status = errors_of(refusal), refusal.status
    return show_form(
        request, "review.html", viewer, typed_in(sent), errors, status, **await _context(request, viewer, ref)
    )


@pages.post("/personnes/{ref}/bilan/{presumed}/retrait", REFERENTS)
async def remove(request: Request, viewer: Asking, ref: UUID, presumed: UUID) -> Response:
    """Presume a right no longer."""
    form, errors = forms.read(CommandForm, await request.form())
    if form is None:
        raise InvalidInput(reason=next(iter(errors.values())))
    async with service_of(request).database.web(viewer) as work:
        await handlers.remove_right(RemoveRight(command_id=form.command_id, presumed=presumed), work)
    return redirect(f"/personnes/{ref}/bilan", "saved")
