"""The pages of a person's rights over her data, for who accompanies her: correcting her file, and her requests."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import Refusal
from contracts.viewer import Viewer
from contracts.vocabulary import Civility, Language, Scheme
from services.intake import caseload, journal, store
from services.intake.caseload_gate import PersonPages
from services.intake.data_request_rules import ARTICLES, Kind, Origin
from services.intake.data_request_words import COLUMNS
from services.intake.data_requests import open_request, requests_of
from services.intake.journal_kinds import Kind as Done
from services.intake.journal_kinds import Thing
from services.intake.limiting import limited_among
from services.intake.once import asking
from services.intake.rectification import CorrectPerson, as_it_stands, correct_person, corrections_of
from services.intake.web import REFERENTS, errors_of, keys_of, questions_of, show_form, typed_in
from services.intake.web_data_requests import row_of
from services.intake.web_file import title_of
from services.intake.web_referrals import names_of
from services.runtime.database import Work
from services.runtime.web import forms
from services.runtime.web.dates import day
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()
OPTIONS = {
    "civilities": [(Civility.MADAME.value, "Mme"), (Civility.MONSIEUR.value, "M."), (Civility.NONE.value, "Sans")],
    "languages": Language.options(),
    "schemes": Scheme.options(),
    "kinds": [(one.value, one.label, f"Article {ARTICLES[one]} du RGPD") for one in Kind],
    "origins": [(one.value, one.label) for one in (Origin.REFERENT, Origin.LETTER, Origin.MAIL, Origin.PHONE)],
}


class CorrectionForm(Frozen):
    command_id: UUID
    civility: Civility = Civility.NONE
    first_name: str = ""
    last_name: str = ""
    birth_date: date | None = None
    language: Language
    scheme: Scheme
    phone: str = ""
    postal_address: str = ""
    safe_times: str = ""
    confirmed: tuple[str, ...] = ()


class RequestForm(Frozen):
    command_id: UUID
    kind: Kind
    origin: Origin = Origin.REFERENT
    received_on: date | None = None
    words: str = ""


async def _correction_context(request: Request, viewer: Viewer, ref: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    names = await names_of(request)
    async with service_of(request).database.web(viewer) as work:
        person = await caseload.open_person(viewer, work, ref, merged=True)
        past = [
            f"{COLUMNS.get(one.field, one.field)}, {day(one.at)}, par {names.get(one.actor, 'une collègue')}"
            for one in await corrections_of(viewer, work, ref)
        ]
        context = {"ref": ref, "title": title_of(person, work), "past": past, "options": OPTIONS}
        return context, as_it_stands(person, keys_of(request))


@pages.get("/personnes/{ref}/corriger", REFERENTS)
async def correction(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The form with what is on record. Refusal: NotFound."""
    context, standing = await _correction_context(request, viewer, ref)
    return show_form(request, "correction.html", viewer, standing, {}, **context)


@pages.post("/personnes/{ref}/corriger", REFERENTS)
async def correct(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Correct the file; nothing typed is lost when something is refused."""
    sent = await request.form()
    typed = typed_in(sent)
    form, errors = forms.read(CorrectionForm, sent)
    status, asked = 422, {}
    if form is not None:
        try:
            async with service_of(request).database.web(viewer) as work:
                await correct_person(CorrectPerson(person=ref, **form.model_dump()), work, keys_of(request))
            return redirect(f"/personnes/{ref}", "saved")
        except Refusal as refusal:
            errors, status = errors_of(refusal), refusal.status
            asked = questions_of(refusal, typed, form.confirmed)
    context, _ = await _correction_context(request, viewer, ref)
    return show_form(request, "correction.html", viewer, typed, errors, status, questions=asked, **context)


@pages.get("/personnes/{ref}/demandes", REFERENTS)
async def her_requests(request: Request, viewer: Asking, ref: UUID) -> Response:
    """What this person asked about her data, and the form of another request."""
    return await _her_requests(request, viewer, ref, {"origin": Origin.REFERENT.value}, {}, 200)


@pages.post("/personnes/{ref}/demandes", REFERENTS)
async def open_hers(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Keep a request that she made; the DPO answers it."""
    sent = await request.form()
    form, errors = forms.read(RequestForm, sent)
    if form is None:
        return await _her_requests(request, viewer, ref, typed_in(sent), errors, 422)
    try:
        async with service_of(request).database.web(viewer) as work:
            await _keep(form, ref, work, request)
    except Refusal as refusal:
        return await _her_requests(request, viewer, ref, typed_in(sent), errors_of(refusal), refusal.status)
    return redirect(f"/personnes/{ref}/demandes", "saved")


async def _keep(form: RequestForm, ref: UUID, work: Work, request: Request) -> None:
    person = await store.person_of(asking(work), work, ref)
    made = await open_request(
        work, person.ref, form.kind, form.origin, ref=form.command_id, received_on=form.received_on, words=form.words,
        keys=keys_of(request),
    )  # fmt: skip
    await journal.record(work, work.viewer, Done.REQUEST_HANDLED, object=Thing.REQUEST, ref=made, person=ref)


async def _her_requests(
    request: Request, viewer: Viewer, ref: UUID, typed: dict[str, Any], errors: dict[str, str], status: int
) -> Response:
    async with service_of(request).database.web(viewer) as work:
        person = await caseload.open_person(viewer, work, ref)
        rows = [row_of(one, work, person.file_number, None) for one in await requests_of(viewer, work, ref)]
        context = {
            "ref": ref,
            "title": title_of(person, work),
            "rows": rows,
            "limited": bool(await limited_among(work, [ref])),
            "options": OPTIONS,
        }
    return show_form(request, "person_requests.html", viewer, typed, errors, status, **context)
