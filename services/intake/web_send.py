"""Confier: in three steps the right, the contact, and how; with exactly what will be shared before it leaves."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import Response

from contracts.refusals import NotFound, Refusal, ServiceAway
from contracts.rights import catalogue
from contracts.viewer import Viewer
from contracts.vocabulary import Purpose, Scheme
from services.intake import handover_store as store
from services.intake.caseload_gate import PersonPages
from services.intake.dossier import choose_grant
from services.intake.handover import HandOver, accept_texts, hand_over, keep_draft
from services.intake.preview import purpose_of
from services.intake.send_steps import (
    CHOOSE_AGAIN,
    CHOSEN,
    CONTACT_GONE,
    Choice,
    SendForm,
    read_ground,
    show_contacts,
    show_how,
    show_rights,
)
from services.intake.store import person_of
from services.intake.tables import Handover
from services.intake.web import REFERENTS, Questions, errors_of, keys_of, questions_of
from services.intake.web_send_several import show_several
from services.runtime.web.forms import read
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()
_DRAFT_GONE = "Ce brouillon a été abandonné. Ce que vous avez écrit ici est gardé\u202f: vous pouvez encore confier."


@pages.get("/personnes/{ref}/confier", REFERENTS)
async def choose(
    request: Request,
    viewer: Asking,
    ref: UUID,
    droit: Annotated[list[str] | None, Query()] = None,
    chez: str = "",
    guichet: UUID | None = None,
    brouillon: UUID | None = None,
    suite: UUID | None = None,
) -> Response:
    """The step that comes next, from what is chosen already."""
    rights = [one for one in dict.fromkeys(droit or ()) if one in catalogue()]
    if len(rights) > 1 and guichet is None and brouillon is None and suite is None:
        return await show_several(request, viewer, ref, rights)
    nothing = "etape" in request.query_params and not rights
    right = rights[0] if rights else ""
    choice = Choice(right=right, chosen=chez, only_desk=guichet, draft=brouillon, redirect_of=suite)
    ground = await read_ground(request, viewer, ref, choice)
    draft = ground.draft
    if draft is not None:
        choice = choice.model_copy(
            update={
                "right": choice.right or draft.right,
                "chosen": choice.chosen or f"{draft.desk}.{draft.contact}",
                "redirect_of": choice.redirect_of or draft.redirect_of,
                "draft": None if store.is_over(draft) else draft.ref,
            }
        )
    if choice.right not in catalogue():
        return show_rights(request, viewer, ground, choice, nothing)
    if ground.candidate(choice.chosen) is None:
        return show_contacts(request, viewer, ground, choice)
    return show_how(request, viewer, ground, choice, _typed(draft, choice, request))


@pages.post("/personnes/{ref}/confier", REFERENTS)
async def send(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Send, keep without sending, or look again at what would be shared; whatever is refused, nothing typed is lost."""
    typed = await request.form()
    form, errors = read(SendForm, typed)
    kept = {name: str(value) for name, value in typed.items()}
    moves = kept.get("action") in (CHOOSE_AGAIN, CHOSEN)
    if form is None or moves:
        choice = read(Choice, typed)[0] or Choice()
        if kept.get("action") == CHOOSE_AGAIN and choice.right in catalogue():
            return show_contacts(request, viewer, await read_ground(request, viewer, ref, choice), choice, typed=kept)
        return await _again(request, viewer, ref, choice, kept, {} if moves else errors, 200 if moves else 422)
    try:
        accept_texts(_command(form, ref, Purpose.OPEN_RIGHT))
        if form.action == "send":
            return await _send(request, viewer, ref, form)
        if form.action == "keep":
            return await _keep(request, viewer, ref, form)
    except Refusal as refusal:
        asked = questions_of(refusal, kept, form.confirmed)
        return await _again(request, viewer, ref, form, kept, errors_of(refusal), refusal.status, asked)
    return await _again(request, viewer, ref, form, kept, {}, 200, questions_of(None, {}, form.confirmed))


async def _send(request: Request, viewer: Viewer, ref: UUID, form: SendForm) -> Response:
    service = service_of(request)
    async with service.database.web(viewer) as work:
        person = await person_of(viewer, work, ref)
        grants = await store.grants_of_person(viewer, work, ref)
    desk, contact = _chosen(form)
    # The same choice as the one that the form showed.
    row = choose_grant(
        grants, desk=desk, right=form.right, purpose=Purpose.OPEN_RIGHT, assignee=contact, at=work.now
    )
    command = _command(form, ref, purpose_of(row))
    done = await hand_over(command, viewer, service, keys_of(request), Scheme(person.scheme))
    return redirect(f"/orientations/{done.ref}", done.step)


async def _keep(request: Request, viewer: Viewer, ref: UUID, form: SendForm) -> Response:
    ground = await read_ground(request, viewer, ref, form)
    chosen = ground.candidate(form.chosen)
    if chosen is None:
        raise ServiceAway if ground.away else NotFound
    command = _command(form, ref, chosen.grant.purpose if chosen.grant else Purpose.OPEN_RIGHT)
    async with service_of(request).database.web(viewer) as work:
        await keep_draft(command, chosen.recipient(), chosen.locks.grant is not None, work, viewer, keys_of(request))
    return redirect("/orientations?liste=brouillons", "saved")


def _chosen(form: Choice) -> tuple[UUID, UUID]:
    try:
        desk, contact = (UUID(part) for part in form.chosen.split("."))
    except ValueError as error:
        raise NotFound from error
    return desk, contact


def _command(form: SendForm, person: UUID, purpose: Purpose) -> HandOver:
    desk, contact = _chosen(form)
    return HandOver(
        command_id=form.command_id,
        person=person,
        right=form.right,
        desk=desk,
        contact=contact,
        mode=form.mode,
        purpose=purpose,
        urgent=form.urgent,
        message=form.message,
        accompanied_by=form.accompanied_by,
        redirect_of=form.redirect_of,
        draft=form.draft,
        confirmed=frozenset(form.confirmed),
    )


async def _again(
    request: Request,
    viewer: Viewer,
    ref: UUID,
    choice: Choice,
    typed: dict[str, Any],
    errors: dict[str, str],
    status: int,
    questions: Questions | None = None,
) -> Response:
    ground = await read_ground(request, viewer, ref, choice)
    if ground.draft is not None and ground.draft.step == store.ABANDONED:
        choice = choice.model_copy(update={"draft": None})
        errors, status = {"form": _DRAFT_GONE}, 409
    if ground.candidate(choice.chosen) is None and not ground.away:
        if not choice.chosen or choice.right not in catalogue():
            return show_contacts(request, viewer, ground, choice, errors)
        errors, status = {**errors, "contact": CONTACT_GONE}, 409
        errors.pop("form", None)
    return show_how(request, viewer, ground, choice, typed, errors, status, questions)


def _typed(draft: Handover | None, choice: Choice, request: Request) -> dict[str, Any]:
    """The third step as it is first shown: as the draft kept it, else nothing typed."""
    if draft is None:
        return {}
    keys = keys_of(request)
    return {
        "mode": draft.mode,
        "urgent": "true" if draft.urgent else "",
        "message": keys.open(draft.person, "need_summary", draft.need_summary) or "",
        "accompanied_by": keys.open(draft.person, "accompaniment", draft.accompaniment) or "",
        **({"command_id": str(draft.command)} if choice.draft else {}),
    }
