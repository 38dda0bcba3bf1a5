"""One form a page for each action of a desk. What referral or intake refuses is said in the form, and nothing typed is
lost.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4, uuid5

from fastapi import Request
from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts import actions
from contracts.asks import ActOnReferral, DropNote, ListRecipients, WriteNote
from contracts.lifecycle import BY_ACTION, State, parties_of
from contracts.pages import referral_page_of_desk
from contracts.refusals import (
    FreeTextToConfirm,
    InvalidInput,
    NotFound,
    NotYourAction,
    ReferralAlreadyAnswered,
    Refusal,
    ServiceAway,
    UnreachableTooEarly,
)
from contracts.rights import right_name
from contracts.viewer import Viewer
from services.partners import presence, store
from services.partners.action_forms import FORMS, ActionForm, Around, OtherDesk, Question, close_action
from services.partners.attempts import Tried, missing, tried_of
from services.partners.desk_list import the_organisation
from services.partners.desk_steps import accounts_of
from services.partners.domain import today_in_paris
from services.partners.overtaken import Overtaken, overtaken, words_typed
from services.partners.recipients import list_recipients, read_staff
from services.partners.tables import DeskItem
from services.partners.web_desk import AT_DESK, read_referral
from services.runtime.database import Work
from services.runtime.process import Service
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
# What the page says after an action, where there is more to say than that it is noted.
_SAID_AFTER = {"acknowledge": "acknowledged"}


@dataclass
class _Sheet:
    """The page of one action on one item."""

    form: ActionForm
    item: DeskItem
    around: Around
    sender: str
    blocked: Refusal | None
    looking: str = ""


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
        await act(service, viewer, ref, given, sheet.around, stamp_of(form))
    except Refusal as refusal:
        # A question is a note's text to intake.
        field = "question" if isinstance(given, Question) and refusal.field == "text" else refusal.field
        errors = {field: said_of(refusal)} if field in sheet.form.model.model_fields else {}
        told = None if errors else refusal
        late = await _overtaken(service, viewer, sheet, _typed(form)) if _too_late(refusal) else None
        return _render(
            request, viewer, sheet, _typed(form), errors, status=refusal.status, refusal=told,
            asked=_asked(refusal, field, form), late=late,
        )  # fmt: skip
    return redirect(referral_page_of_desk(ref), _SAID_AFTER.get(action, "acted"))


def said_of(refusal: Refusal) -> str:
    """The refusal's sentence; of one that counts attempts, what is missing."""
    if isinstance(refusal, UnreachableTooEarly):
        tried = Tried(*(int(refusal.details.get(name, 0)) for name in ("attempts", "channels", "days")))
        return missing(tried) or str(refusal)
    return str(refusal)


def _too_late(refusal: Refusal) -> bool:
    return isinstance(refusal, ReferralAlreadyAnswered)


async def _overtaken(service: Service, viewer: Viewer, sheet: _Sheet, typed: dict[str, str]) -> Overtaken | None:
    view = await read_referral(service, viewer, sheet.item.ref)
    if view is None:
        return None
    async with service.database.web(viewer) as work:
        names = await store.read_names(viewer, work, accounts=accounts_of(view), desks=True)
        written = words_typed(sheet.form.fields(sheet.around), typed)
        return overtaken(viewer, view, sheet.form.action, written, names, work.now)


def _asked(refusal: Refusal, field: str | None, form: FormData) -> dict[str, tuple[tuple[str, str], ...]]:
    """What the form asks about its free text: by field, the matter and the words that intake found."""
    asked: dict[str, tuple[tuple[str, str], ...]] = {str(name): () for name in form.getlist("confirmed")}
    if isinstance(refusal, FreeTextToConfirm) and field:
        asked[field] = refusal.words(str(form.get(field, "")))
    return asked


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
            confirmed="question" in given.confirmed,
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
    sending = ActOnReferral(
        viewer=viewer, ref=ref, action=action, expected_version=stamp.version, command_id=stamp.command
    )
    try:
        await service.bus.ask(sending)
    except ServiceAway:
        raise  # it may have been done: the text stays until the record says
    except Refusal:
        if isinstance(action, actions.RequestInformation):
            await _take_back(service, viewer, action.note)
        raise


async def _take_back(service: Service, viewer: Viewer, note: UUID) -> None:
    """A question that was refused was not asked: its text does not stay; intake drops later what it misses now."""
    with suppress(Refusal):
        await service.bus.ask(DropNote(viewer=viewer, note=note))


async def _sheet(service: Service, viewer: Viewer, ref: UUID, action: str) -> _Sheet:
    form = FORMS.get(action)
    if form is None:
        raise NotFound
    async with service.database.web(viewer) as work:
        item = await store.read_item(viewer, ref, work)
        names = await store.read_names(viewer, work, organisations=[item.sender_organisation])
        around = await _around(viewer, form, item, work)
        await presence.be_present(viewer, item, work)
        looking = presence.sentence(await presence.others_present(viewer, item, work))
    if action == "close" and (view := await read_referral(service, viewer, ref)) is not None:
        around = replace(around, missing=missing(tried_of(view)))
    sender = names.organisation(item.sender_organisation)
    return _Sheet(form, item, around, sender, _blocked(viewer, form, item), looking)


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


def stamp_of(form: FormData) -> Stamp:
    """What the form carries beside what was filled in; a command of its own when it carries none."""
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
    asked: dict[str, tuple[tuple[str, str], ...]] | None = None,
    late: Overtaken | None = None,
) -> Response:
    blocked = not late.still if late else sheet.blocked is not None
    return request.app.state.pages.render(
        request,
        "action.html",
        status=status,
        viewer=viewer,
        ref=sheet.item.ref,
        version=sheet.item.version,
        looking=sheet.looking,
        form=sheet.form,
        right=right_name(sheet.item.right),
        sender=the_organisation(sheet.sender),
        back=referral_page_of_desk(sheet.item.ref),
        fields=[] if blocked else sheet.form.fields(sheet.around),
        blocked=blocked,
        late=late,
        typed=typed,
        errors=errors,
        asked=asked or {},
        refusal=str(refusal) if refusal else None,
        command_id=typed.get("command_id") or uuid4(),
        expected_version=late.version if late else typed.get("expected_version") or sheet.item.version,
    )
