"""What the referent does to a referral: one small page for each action, decided by the referral service."""

from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.responses import Response

from contracts.actions import Action, FollowUp
from contracts.asks import ActOnReferral, FollowUpReferral, ReadReferral
from contracts.lifecycle import BY_ACTION
from contracts.refusals import InvalidInput, NotFound, Refusal, ServiceAway
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import RightReally, Usefulness
from services.intake import handover_store as store
from services.intake import notes
from services.intake.caseload_gate import PersonPages
from services.intake.dossier import full_name
from services.intake.referral_words import FORMS
from services.intake.tables import Handover, Person
from services.intake.web import REFERENTS, Questions, errors_of, keys_of, questions_of
from services.intake.web_referrals import open_handover, read_referral
from services.runtime.web.forms import read
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()
_ACTION: TypeAdapter[Any] = TypeAdapter(Action)
_FOLLOW_UP: TypeAdapter[Any] = TypeAdapter(FollowUp)
AFTER_THE_END = frozenset({"record_check", "record_renewal"})


class ActForm(BaseModel):
    """What an action's page sends back: `expected_version` is the version that the page showed."""

    command_id: UUID
    expected_version: int | None = None
    reason: str = ""
    contacted: str = ""
    useful: str = ""
    right_open: str = ""
    text: str = ""
    confirmed: tuple[str, ...] = ()


@pages.get("/orientations/{ref}/{action}", REFERENTS)
async def show_action(request: Request, viewer: Asking, ref: UUID, action: str) -> Response:
    """The page of one action; confirming a redirect is a new hand-over to the proposed desk."""
    row, person = await open_handover(request, viewer, ref)
    if action == "confirm_redirect":
        view = await service_of(request).bus.ask(ReadReferral(viewer=viewer, ref=ref))
        where = f"&guichet={view.proposed_desk}" if view.proposed_desk else ""
        return redirect(f"/personnes/{row.person}/confier?droit={row.right}{where}&suite={ref}")
    if action not in FORMS:
        raise NotFound
    view, _ = await read_referral(request, viewer, ref)
    typed = {
        "command_id": str(uuid4()),
        "expected_version": str(view.version) if view else "",
        "reason": "",
        "text": "",
    }
    return await _page(request, viewer, row, person, action, typed)


@pages.post("/orientations/{ref}/{action}", REFERENTS)
async def act(request: Request, viewer: Asking, ref: UUID, action: str) -> Response:
    """Do it, or show the page again with the refusal's sentence and what was typed."""
    row, person = await open_handover(request, viewer, ref)
    if action not in FORMS:
        raise NotFound
    typed = await request.form()
    form, errors = read(ActForm, typed)
    kept = {name: str(value) for name, value in typed.items()}
    if form is None:
        return await _page(request, viewer, row, person, action, kept, errors, 422)
    try:
        await _act(request, viewer, row, action, form)
    except Refusal as refusal:
        asked = questions_of(refusal, kept, form.confirmed)
        return await _page(request, viewer, row, person, action, kept, errors_of(refusal), refusal.status, asked)
    return redirect(f"/orientations/{ref}", "recalled" if action == "recall" else "acted")


async def _act(request: Request, viewer: Viewer, row: Handover, action: str, form: ActForm) -> None:
    service = service_of(request)
    values: dict[str, Any] = {"kind": action}
    if FORMS[action].reasons is not None:
        values[FORMS[action].field] = form.reason
    if FORMS[action].check:
        values |= check_of(form.contacted, form.useful, form.right_open)
    if FORMS[action].text is not None:
        async with service.database.web(viewer) as work:
            values["note"] = await notes.write_answer(
                form.command_id, row, form.text, work, viewer, keys_of(request), "text" in form.confirmed
            )
    try:
        chosen = (_FOLLOW_UP if action in AFTER_THE_END else _ACTION).validate_python(values)
    except ValidationError as error:
        raise InvalidInput(field="reason", reason="Choisissez une réponse de la liste.") from error
    acting = (FollowUpReferral if action in AFTER_THE_END else ActOnReferral)(
        command_id=form.command_id,
        viewer=viewer,
        ref=row.ref,
        action=chosen,
        expected_version=form.expected_version,
    )
    try:
        await service.bus.ask(acting)
    except ServiceAway:
        raise  # it may have been done: the text stays until the record says
    except Refusal:
        if "note" in values:  # what was not taken is not kept
            async with service.database.web(viewer) as work:
                await notes.drop_note(viewer, work, values["note"])
        raise


def check_of(contacted: str, useful: str, right_open: str) -> dict[str, Any]:
    """The answers of a check as the action takes them. Refusal: InvalidInput, with the field that waits for one."""
    if contacted not in ("oui", "non"):
        raise InvalidInput(field="contacted", reason="Choisissez une réponse de la liste.")
    if right_open not in set(RightReally):
        raise InvalidInput(field="right_open", reason="Choisissez une réponse de la liste.")
    said = useful if useful in set(Usefulness) else None
    return {"contacted": contacted == "oui", "useful": said, "right_open": right_open}


async def _page(
    request: Request,
    viewer: Viewer,
    row: Handover,
    person: Person,
    action: str,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    status: int = 200,
    questions: Questions | None = None,
) -> Response:
    question: list[str] = []
    if FORMS[action].text is not None:
        async with service_of(request).database.web(viewer) as work:
            asked = (await store.notes_of(viewer, work, [row.ref])).get(row.ref, [])
        question = [notes.text_of(one, keys_of(request)) for one in asked if one.kind == notes.QUESTION][-1:]
    form = FORMS[action]
    return request.app.state.pages.render(
        request,
        "referral_action.html",
        status=status,
        viewer=viewer,
        row=row,
        who=full_name(person),
        form=form,
        right=right_name(row.right),
        label=BY_ACTION[action].label,
        reasons=form.reasons.options() if form.reasons else [],
        question=question[0] if question else None,
        useful=Usefulness.options(),
        right_open=RightReally.options(),
        typed={"command_id": str(uuid4()), "expected_version": "", "reason": "", "text": "", **typed},
        errors=errors or {},
        questions=questions or {},
    )
