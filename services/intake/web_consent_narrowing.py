"""The page on which a person keeps only a part of what she had agreed to share."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.consent import Category
from contracts.envelope import Frozen
from contracts.refusals import InvalidInput, Refusal
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import ConsentMethod
from services.intake.caseload_gate import PersonPages
from services.intake.commands import NarrowConsent
from services.intake.consent_narrowing import narrow_consent
from services.intake.domain import end_of_grant
from services.intake.web import REFERENTS, errors_of, show_form, typed_in
from services.intake.web_consent_page import Opened, open_grant
from services.runtime.web import forms
from services.runtime.web.dates import PARIS
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()


class NarrowingForm(Frozen):
    """What she keeps."""

    command_id: UUID
    categories: tuple[Category, ...] = ()
    rights: tuple[str, ...] = ()
    until: date | None = None
    method: ConsentMethod = ConsentMethod.ORAL_IN_PERSON


@pages.get("/personnes/{ref}/accords/{grant}/reduire", REFERENTS)
async def narrowing(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """The form, with all that she shares now: what is unticked ends."""
    opened = await open_grant(request, viewer, ref, grant)
    typed = {
        "categories_all": list(opened.row.categories),
        "rights_all": list(opened.row.rights),
        "until": _last_day(opened).isoformat(),
        "method": ConsentMethod.ORAL_IN_PERSON.value,
    }
    return _show(request, viewer, opened, typed, {})


@pages.post("/personnes/{ref}/accords/{grant}/reduire", REFERENTS)
async def narrow(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """Narrow the agreement: reading what is taken out stops with this transaction."""
    sent = await request.form()
    form, errors = forms.read(NarrowingForm, sent)
    opened = await open_grant(request, viewer, ref, grant)
    status = 422
    if form is not None:
        try:
            command = _command(form, opened)
            async with service_of(request).database.web(viewer) as work:
                await narrow_consent(command, work)
            return redirect(f"/personnes/{ref}/accords/{grant}", "narrowed")
        except Refusal as refusal:
            errors, status = errors_of(refusal), refusal.status
    return _show(request, viewer, opened, typed_in(sent), errors, status)


def _command(form: NarrowingForm, opened: Opened) -> NarrowConsent:
    if form.until is None:
        raise InvalidInput(field="until", reason="Indiquez jusqu’à quand.")
    same_day = form.until == _last_day(opened)
    return NarrowConsent(
        command_id=form.command_id,
        grant=opened.row.ref,
        categories=frozenset(form.categories),
        rights=frozenset(form.rights),
        expires_at=opened.row.expires_at if same_day else end_of_grant(form.until, opened.row.given_at, PARIS),
        method=form.method,
    )


def _last_day(opened: Opened) -> date:
    return opened.row.expires_at.astimezone(PARIS).date()


def _show(
    request: Request, viewer: Viewer, opened: Opened, typed: dict[str, Any], errors: dict[str, str], status: int = 200
) -> Response:
    held = set(opened.row.categories)
    options = {
        "categories": [(one.value, one.label) for one in Category if one.value in held],
        "rights": [(code, right_name(code)) for code in opened.row.rights],
        "methods": ConsentMethod.noted(),
    }
    context = {"options": options, "referrals": opened.referrals, **opened.context()}
    return show_form(request, "consent_narrowing.html", viewer, typed, errors, status, **context)
