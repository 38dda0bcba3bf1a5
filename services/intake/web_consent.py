"""The pages on which a person's agreement is recorded, her refusal too, and taken back."""

from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.refusals import InvalidInput, Refusal, ServiceAway
from contracts.replies import DeskOption
from contracts.rights import catalogue
from contracts.viewer import Viewer
from services.intake import caseload, store
from services.intake.caseload_gate import PersonPages
from services.intake.commands import AskedDesk, RecordConsent, RefuseConsent, WithdrawConsent
from services.intake.consent_form import (
    Asked,
    ConsentForm,
    check_notice,
    evidence_of,
    first_answers,
    read_asked,
    show_consent,
)
from services.intake.consent_handlers import record_consent, refuse_consent, withdraw_consent
from services.intake.consent_rules import check_speaks
from services.intake.domain import end_of_grant
from services.intake.united_files import files_of
from services.intake.web import REFERENTS, CommandForm, errors_of, keys_of, questions_of, show_form, typed_in
from services.intake.web_file import file_context
from services.runtime.database import Work
from services.runtime.web import forms
from services.runtime.web.dates import PARIS
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()


@pages.get("/personnes/{ref}/accord", REFERENTS)
async def consent(
    request: Request,
    viewer: Asking,
    ref: UUID,
    guichet: UUID | None = None,
    droit: str | None = None,
    langue: str | None = None,
    renouvelle: UUID | None = None,
) -> Response:
    """The form of an agreement, with the desk and the right that one comes for, or a former agreement, filled in."""
    asked = await read_asked(request, viewer, ref, renouvelle)
    right = droit if droit in [code for code, _ in asked.rights] else None
    desk = guichet or _likely_desk(asked, right)
    return show_consent(request, viewer, asked, first_answers(asked, desk, right, langue), {})


def _likely_desk(asked: Asked, right: str | None) -> UUID | None:
    able = [one for one in asked.desks if right in one.rights and one.open]
    return able[0].desk if len(able) == 1 else None


@pages.post("/personnes/{ref}/accord", REFERENTS)
async def answer_consent(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Record that the person accepts, or that she refuses."""
    sent = await request.form()
    form, errors = forms.read(ConsentForm, sent)
    asked = await read_asked(request, viewer, ref, form.renews if form else None)
    status, refused = 422, None
    if form is not None:
        try:
            evidence = await evidence_of(sent)
            return await _record(request, viewer, asked, form, str(sent.get("back_to", "")), evidence)
        except Refusal as refusal:
            errors, status, refused = errors_of(refusal), refusal.status, refusal
    typed = typed_in(sent)
    asking = questions_of(refused, typed, form.confirmed if form else ())
    return show_consent(request, viewer, asked, typed, errors, status, questions=asking)


async def _record(
    request: Request, viewer: Viewer, asked: Asked, form: ConsentForm, back_to: str, evidence: str | None
) -> Response:
    if asked.away:
        raise ServiceAway
    desk = next((one for one in asked.desks if one.desk == form.desk), None)
    if desk is None:
        raise InvalidInput(field="desk", reason="Choisissez un guichet de la liste.")
    said = form.model_dump(
        include={"command_id", "purpose", "method", "language", "interpreter", "notice_version", "present", "confirmed"}
    ) | {"person": asked.ref, "to": AskedDesk.model_validate(desk.model_dump())}
    keys = keys_of(request)
    async with service_of(request).database.web(viewer) as work:
        if form.answer != "oui":
            await refuse_consent(RefuseConsent.model_validate(said), work, keys)
            return redirect(f"/personnes/{asked.ref}", "saved")
        grant = await record_consent(
            _command(form, asked, desk, said | {"evidence_sha256": evidence}, work), work, keys
        )
    if back_to in catalogue():
        return redirect(f"/personnes/{asked.ref}/confier?droit={back_to}", "saved")
    return redirect(f"/personnes/{asked.ref}/accords/{grant}", "saved")


def _command(form: ConsentForm, asked: Asked, desk: DeskOption, said: dict[str, Any], work: Work) -> RecordConsent:
    check_notice(form, asked)
    check_speaks(form.charge, bool(form.with_proxy), asked.person.birth_date, asked.today)
    if form.until is None:
        raise InvalidInput(field="until", reason="Indiquez jusqu’à quand.")
    if form.contact is not None and form.contact not in {one.account for one in desk.contacts}:
        raise InvalidInput(field="contact", reason="Ce contact n’est pas de ce guichet.")
    spoken = form.model_dump(include={"representative", "represented_until", "proxy_paper_seen"}) if form.charge else {}
    return RecordConsent(
        contact=form.contact,
        categories=frozenset(form.categories),
        rights=frozenset(form.rights),
        expires_at=end_of_grant(form.until, work.now, PARIS),
        read_back=form.read_back,
        with_proxy=form.charge,
        renews=form.renews,
        **spoken,
        **said,
    )


@pages.get("/personnes/{ref}/accords/{grant}/retrait", REFERENTS)
async def withdrawal(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """What taking this agreement back will end, before it is done."""
    async with service_of(request).database.web(viewer) as work:
        row = await store.grant_of(viewer, work, grant)
        kept = (await files_of(work, row.person))[0]
        found = file_context(await caseload.open_file(viewer, work, kept), viewer, work, keys_of(request))
        resting = {one.ref for one in await store.resting_on(viewer, work, grant)}
    shown = next(one for one in found["live"] + found["ended"] if one["ref"] == grant)
    ends = [one for one in found["referrals"] if UUID(one["href"].rsplit("/", 1)[1]) in resting]
    context = {"ref": ref, "title": found["title"], "short": found["short"], "grant": shown, "ends": ends}
    return show_form(request, "consent_withdrawal.html", viewer, {}, {}, **context)


@pages.post("/personnes/{ref}/accords/{grant}/retrait", REFERENTS)
async def withdraw(request: Request, viewer: Asking, ref: UUID, grant: UUID) -> Response:
    """Take an agreement back: reading stops with this transaction."""
    form, errors = forms.read(CommandForm, await request.form())
    if form is None:
        raise InvalidInput(reason=next(iter(errors.values())))
    async with service_of(request).database.web(viewer) as work:
        person = await withdraw_consent(WithdrawConsent(command_id=form.command_id, grant=grant), work)
    return redirect(f"/personnes/{person}", "withdrawn")
