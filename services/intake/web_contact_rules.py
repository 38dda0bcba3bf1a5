"""The page on which a referent notes how a person may be reached without harm."""

from datetime import time
from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import Refusal
from contracts.viewer import Viewer
from services.intake import caseload
from services.intake.caseload_gate import PersonPages
from services.intake.contact_rules import ContactRules, rules_of
from services.intake.noting_contact_rules import SetContactRules, set_contact_rules
from services.intake.web import REFERENTS, errors_of, keys_of, show_form, typed_in
from services.intake.web_file import title_of
from services.runtime.web import forms
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()


class RulesForm(Frozen):
    command_id: UUID
    safe_from: time | None = None
    safe_until: time | None = None
    no_message: bool = False
    no_sms: bool = False


@pages.get("/personnes/{ref}/joindre", REFERENTS)
async def how_to_reach(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The form with what is noted. Refusal: NotFound."""
    title, rules = await _standing(request, viewer, ref)
    typed = {
        "safe_from": rules.safe_from.strftime("%H:%M") if rules.safe_from else "",
        "safe_until": rules.safe_until.strftime("%H:%M") if rules.safe_until else "",
        "no_message": "true" if rules.no_message else "",
        "no_sms": "true" if rules.no_sms else "",
    }
    return show_form(request, "contact_rules.html", viewer, typed, {}, ref=ref, title=title)


@pages.post("/personnes/{ref}/joindre", REFERENTS)
async def keep_rules(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Note it; nothing typed is lost when something is refused."""
    sent = await request.form()
    form, errors = forms.read(RulesForm, sent)
    status = 422
    if form is not None:
        try:
            rules = ContactRules(**form.model_dump(exclude={"command_id"}))
            command = SetContactRules(person=ref, rules=rules, command_id=form.command_id)
            async with service_of(request).database.web(viewer) as work:
                await set_contact_rules(command, work, keys_of(request))
            return redirect(f"/personnes/{ref}", "saved")
        except ValidationError:
            errors = {"safe_until": "Donnez les deux heures, ou aucune."}
        except Refusal as refusal:
            errors, status = errors_of(refusal), refusal.status
    title, _ = await _standing(request, viewer, ref)
    typed = _typed(typed_in(sent))
    return show_form(request, "contact_rules.html", viewer, typed, errors, status, ref=ref, title=title)


def _typed(sent: dict[str, Any]) -> dict[str, Any]:
    return {"no_message": "", "no_sms": "", "safe_from": "", "safe_until": "", **sent}


async def _standing(request: Request, viewer: Viewer, ref: UUID) -> tuple[str, ContactRules]:
    async with service_of(request).database.web(viewer) as work:
        person = await caseload.open_person(viewer, work, ref)
        return title_of(person, work), rules_of(person, keys_of(request))
