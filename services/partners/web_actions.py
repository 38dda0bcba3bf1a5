"""One form a page for each action of a desk. What referral or intake refuses is said in the form, and nothing typed is
lost.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts import actions
from contracts.asks import ActOnReferral, ListRecipients, WriteNote
from contracts.lifecycle import BY_ACTION, State, parties_of
from contracts.pages import referral_page_of_desk
from contracts.refusals import InvalidInput, NotFound, NotYourAction, ReferralAlreadyAnswered, Refusal
from contracts.rights import right_name
from contracts.viewer import Viewer
from services.partners import store
from services.partners.action_forms import FORMS, ActionForm, Around, OtherDesk, Question, close_action
from services.partners.domain import today_in_paris
from services.partners.recipients import list_recipients, read_staff
from services.partners.tables import DeskItem
from services.partners.web_desk import AT_DESK
from services.runtime.database import Work
from services.runtime.process import Service
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()


@dataclass
class _Sheet:
    """The page of one action on one item."""

    form: ActionForm
    item: DeskItem
    around: Around
    sender: str
    blocked: Refusal | None


@pages.get("/bureau/{ref}/{action}", AT_DESK)
async def show_action(request: Request, viewer: Asking, ref: UUID, action: str) -> Response:
    """The form of an action, or the sentence that says why it is no longer possible."""
    sheet = await _sheet(service_of(request), viewer, ref, action)
    status = sheet.blocked.status if sheet.blocked else 200
    return _render(request, viewer, sheet, {}, {}, status=status, refusal=sheet.blocked)


@pages.post("/bureau/{ref}/{action}", AT_DESK)
async def take_action(request: Request, viewer: Asking, ref: UUID, action: str) -> Response:
    """Hand the action over to referral, and come back to the referral's page."""
    service, form = service_of(request), await request.form()
    sheet = await _sheet(service, viewer, ref, action)
    given, errors = read(sheet.form.model, form)
    if given is None:
        return _render(request, viewer, sheet, _typed(form), errors, status=422)
    try:
        await act(service, viewer, ref, given, sheet.around, _stamp(form))
    except Refusal as refusal:
        errors = {refusal.field: str(refusal)} if refusal.field in sheet.form.model.model_fields else {}
        told = None if errors else refusal
        return _render(request, viewer, sheet, _typed(form), errors, status=refusal.status, refusal=told)
    return redirect(referral_page_of_desk(ref), "acted")


@dataclass(frozen=True)
class Stamp:
    """What makes a repeated form the same command, and tells which version its page showed."""

    command: UUID
    version: int | None


async def act(service: Service, viewer: Viewer, ref: UUID, given: BaseModel, around: Around, stamp: Stamp) -> None:
    """Turn what was filled in into an action and ask for it; a question's text goes to intake first."""
    action: Any = given
    if isinstance(given, Question):
        note = WriteNote(
            viewer=viewer,
            referral=ref,
            kind="question",
            text=given.question,
            command_id=uuid5(stamp.command, "note"),
        )
        written = await service.bus.ask(note)
        action = actions.RequestInformation(note=written.note, resume_on=given.resume_on)
    elif isinstance(given, OtherDesk):
        desk = next((one for one in around.desks if one.desk == given.to_desk), None)
        if desk is None:
            raise InvalidInput(field="to_desk", reason="Choisissez un guichet de la liste.")
        action = actions.ProposeRedirect(to_desk=desk.desk, to_organisation=desk.organisation)
    elif isinstance(given, actions.Close):
        action = close_action(given)
    await service.bus.ask(
        ActOnReferral(viewer=viewer, ref=ref, action=action, expected_version=stamp.version, command_id=stamp.command)
    )


async def _sheet(service: Service, viewer: Viewer, ref: UUID, action: str) -> _Sheet:
    form = FORMS.get(action)
    if form is None:
        raise NotFound
    async with service.database.web(viewer) as work:
        item = await store.read_item(viewer, ref, work)
        names = await store.read_names(viewer, work, organisations=[item.sender_organisation])
        around = await _around(viewer, form, item, work)
    return _Sheet(form, item, around, names.organisation(item.sender_organisation), _blocked(viewer, form, item))


async def _around(viewer: Viewer, form: ActionForm, item: DeskItem, work: Work) -> Around:
    today, state = today_in_paris(work.now), State(item.state)
    if form.action == "assign":
        staff = await read_staff([item.desk], work)
        found = [staff.accounts[one] for one in staff.active(item.desk) if one != item.assignee]
        return Around(today, state, [(str(one.ref), one.name, one.function) for one in found])
    if form.action == "propose_redirect":
        options = (await list_recipients(ListRecipients(viewer=viewer, right=None), work)).desks
        fitting = [one for one in options if item.right in one.rights and one.desk != item.desk]
        return Around(today, state, desks=fitting or [one for one in options if one.desk != item.desk])
    return Around(today, state)


def _blocked(viewer: Viewer, form: ActionForm, item: DeskItem) -> Refusal | None:
    row, state = BY_ACTION[form.action], State(item.state)
    if not row.parties & parties_of(viewer.roles, sender=False, desk=True, manages=item.desk in viewer.manages):
        return NotYourAction()
    return None if state in row.sources else ReferralAlreadyAnswered(state=state.value, state_label=state.label)


def _stamp(form: FormData) -> Stamp:
    try:
        command = UUID(str(form.get("command_id", "")))
    except ValueError:
        command = uuid4()
    version = str(form.get("expected_version", ""))
    return Stamp(command, int(version) if version.isdigit() else None)


def _typed(form: FormData) -> dict[str, str]:
    return {name: str(value) for name, value in form.items()}


def _render(
    request: Request,
    viewer: Viewer,
    sheet: _Sheet,
    typed: dict[str, str],
    errors: Errors,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
) -> Response:
    return request.app.state.pages.render(
        request,
        "action.html",
        status=status,
        viewer=viewer,
        form=sheet.form,
        right=right_name(sheet.item.right),
        sender=sheet.sender,
        back=referral_page_of_desk(sheet.item.ref),
        fields=[] if sheet.blocked else sheet.form.fields(sheet.around),
        blocked=sheet.blocked is not None,
        typed=typed,
        errors=errors,
        refusal=str(refusal) if refusal else None,
        command_id=typed.get("command_id") or uuid4(),
        expected_version=typed.get("expected_version") or sheet.item.version,
    )
