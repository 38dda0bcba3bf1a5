"""The page of an encounter in one go, the search that it makes while one writes, and its shell for a phone without
network.

A page of ours may send the form by itself, once the network is back: it then asks for JSON, says for which account it
kept the draft (`X-Relais-Account`), and learns only whether it was taken, never a value.
"""

from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import FileResponse, JSONResponse, Response

from contracts.asks import ListRecipients
from contracts.consent import Category
from contracts.refusals import Refusal, ServiceAway, SignInRequired
from contracts.replies import DeskOption
from contracts.viewer import Viewer
from contracts.vocabulary import Ground, NonTakeUpCause, Purpose
from services.intake import caseload, handlers, journal, people_search, store
from services.intake.domain import DEFAULT_CATEGORIES, DEFAULT_GRANT_AGE, Looked, what_is_looked_for
from services.intake.dossier import short_name
from services.intake.encounter_defaults import desks_to_tick, last_of_the_day, rights_to_tick, usual_of
from services.intake.encounter_form import ANOTHER, EncounterInOneForm, check_agreement, command_of
from services.intake.encounter_in_one import record_encounter
from services.intake.journal_kinds import Kind
from services.intake.notice import current_of, every_notice
from services.intake.tables import Person
from services.intake.web import REFERENTS, Questions, errors_of, keys_of, questions_of, show_form, typed_in
from services.intake.web_file import title_of
from services.intake.web_people import OPTIONS
from services.runtime.database import Work
from services.runtime.web import forms
from services.runtime.web.dates import PARIS, day
from services.runtime.web.guard import OPEN, Asking, Pages, service_of
from services.runtime.web.pages import redirect
from services.runtime.web.shell import STATIC, wants_json

pages = Pages()
MOST_FOUND, SHORTEST = 4, 3
ACCOUNT = "x-relais-account"
WORKER: Path = STATIC / "offline-worker.js"
Errors = dict[str, str]


@pages.get("/rencontre", REFERENTS)
async def encounter(request: Request, viewer: Asking) -> Response:
    """The empty form, with the channel, day and place of the last encounter of the day."""
    async with service_of(request).database.web(viewer) as work:
        typed = await last_of_the_day(viewer, work, keys_of(request))
    return await _show(request, viewer, typed, {})


@pages.get("/rencontre/hors-ligne", REFERENTS)
async def shell(request: Request, viewer: Asking) -> Response:
    """The same form for a phone without network: rights, desks and the notice; nothing of anybody accompanied, and
    not who is signed in.
    """
    return await _show(request, viewer, {"channel": "permanence"}, {}, shell=True)


@pages.get("/rencontre/travailleur.js", OPEN)
async def worker() -> Response:
    """The service worker, which may serve `/rencontre` and what is below it."""
    return FileResponse(WORKER, media_type="text/javascript", headers={"Service-Worker-Allowed": "/rencontre"})


@pages.post("/rencontre/recherche", REFERENTS)
async def search(request: Request, viewer: Asking) -> Response:
    """Who of the organisation has a name or a phone like what is being written; a part of the page, without it."""
    sent = await request.form()
    found = await _look_up(request, viewer, sent)
    if not request.headers.get("x-relais-fragment"):
        return await _show(request, viewer, typed_in(sent), {}, found=found, looked=True)
    return show_form(request, "encounter_found.html", viewer, typed_in(sent), {}, found=found, looked=False)


@pages.post("/rencontre", REFERENTS)
async def keep(request: Request, viewer: Asking) -> Response:
    """Keep the encounter and show the person; what cannot be taken comes back with what was typed."""
    if request.headers.get(ACCOUNT, str(viewer.account)) != str(viewer.account):
        raise SignInRequired
    sent = await request.form()
    form, errors = forms.read(EncounterInOneForm, sent)
    if form is None:
        return await _come_back(request, viewer, sent, errors)
    try:
        kept = await _keep(request, viewer, form)
    except ServiceAway:
        if wants_json(request):
            raise
        reason = "L’annuaire ne répond pas\u202f: réessayez, ou décochez les guichets et recueillez l’accord plus tard."
        return await _come_back(request, viewer, sent, {"desks": reason}, 503)
    except Refusal as refusal:
        asked = questions_of(refusal, typed_in(sent), form.confirmed)
        errors = _nameless(form) | errors_of(refusal)
        return await _come_back(request, viewer, sent, errors, refusal.status, questions=asked)
    if isinstance(kept, list):
        reason = "Quelqu’un de ce nom est peut-être déjà au dossier\u202f: dites si c’est la même personne."
        return await _come_back(request, viewer, sent, {"who": reason}, found=kept)
    address = f"/personnes/{kept}"
    return JSONResponse({"href": address}, 201) if wants_json(request) else redirect(address, "saved")


def _nameless(form: EncounterInOneForm) -> Errors:
    """What would be refused next, so that who sent an empty form reads it at once: somebody new without any name."""
    named = form.first_name.strip() or form.last_name.strip() or form.who not in ("", ANOTHER)
    return {} if named else {"last_name": handlers.NAMELESS}


async def _keep(request: Request, viewer: Viewer, form: EncounterInOneForm) -> UUID | list[dict[str, Any]]:
    """The person's reference, or those who may be her. What was kept before is not looked at again."""
    desks = await _desks(request, viewer) if form.desks else ()
    keys, meeting = keys_of(request), form.meeting()
    async with service_of(request).database.web(viewer) as work:
        done = await work.recall_command(form.command_id)
        if done is not None:
            return UUID(done["ref"])
        twins = [] if form.who else await handlers.find_twins(meeting, work, keys)
        if twins:
            return await _rows(twins, viewer, work)
        born, known = meeting.birth_date, []
        if meeting.person is not None:
            person = await store.person_of(viewer, work, meeting.person)
            born = person.birth_date or born
            known = [row.right for row in await store.presumed_rights(viewer, work, meeting.person)]
        notices = current_of(await every_notice(work))
        check_agreement(form, born, work.now, notices)
        command = command_of(form, desks, known, work.now, notices["fr"].version)
        return await record_encounter(command, work, keys)


async def _look_up(request: Request, viewer: Viewer, sent: FormData) -> list[dict[str, Any]]:
    name = f"{sent.get('first_name', '')} {sent.get('last_name', '')}".strip()
    phone = str(sent.get("phone", ""))
    async with service_of(request).database.web(viewer) as work:
        found: dict[UUID, Person] = {}
        for typed in (one for one in (phone, name) if len(one) >= SHORTEST):
            if typed == phone and what_is_looked_for(typed)[0] is not Looked.PHONE:
                continue  # not a whole number yet
            near = await people_search.look_for(viewer, work, typed, keys_of(request), MOST_FOUND)
            found |= {one.ref: one for one in near}
        people = list(found.values())[:MOST_FOUND]
        await journal.record_list(work, viewer, Kind.SEARCHED, [one.ref for one in people])
        return await _rows(people, viewer, work)


async def _rows(people: list[Person], viewer: Viewer, work: Work) -> list[dict[str, Any]]:
    rows = []
    for person in people:
        born = f"née ou né le {person.birth_date:%d/%m/%Y}" if person.birth_date else "date de naissance inconnue"
        seen = f"dernier contact {day(person.last_contact_at)}"
        hers = await caseload.is_hers(viewer, work, person.ref)
        rows.append({
            "ref": str(person.ref),
            "who": title_of(person, work),
            "short": short_name(person),
            "said": [born, f"dossier {person.file_number}", seen],
            "colleague": not hers,
        })  # fmt: skip
    return rows


async def _desks(request: Request, viewer: Viewer) -> tuple[DeskOption, ...]:
    return (await service_of(request).bus.ask(ListRecipients(viewer=viewer))).desks


async def _come_back(
    request: Request,
    viewer: Viewer,
    sent: FormData,
    errors: Errors,
    status: int = 422,
    *,
    found: list[dict[str, Any]] | None = None,
    questions: Questions | None = None,
) -> Response:
    if wants_json(request):
        return JSONResponse({"slug": "to-correct", "fields": sorted(errors)}, 422 if status == 200 else status)
    return await _show(request, viewer, typed_in(sent), errors, status, found=found, questions=questions)


async def _show(
    request: Request,
    viewer: Viewer,
    typed: dict[str, Any],
    errors: Errors,
    status: int = 200,
    *,
    found: list[dict[str, Any]] | None = None,
    questions: Questions | None = None,
    shell: bool = False,
    looked: bool = False,
) -> Response:
    try:
        desks, away = await _desks(request, viewer), False
    except ServiceAway:
        desks, away = (), True
    async with service_of(request).database.web(viewer) as work:
        usual = await usual_of(viewer, work)
        notices = current_of(await every_notice(work))
        until = (work.now.astimezone(PARIS) + DEFAULT_GRANT_AGE).date()
    rights, more_rights = rights_to_tick(usual.rights)
    first, more = desks_to_tick(desks, usual.desks, [code for code, _ in rights])
    typed = {"categories_all": sorted(DEFAULT_CATEGORIES[Purpose.OPEN_RIGHT]), **typed}
    return show_form(
        request, "encounter_in_one.html", None if shell else viewer, typed, errors, status,
        options=OPTIONS | _choices(), rights=rights, more_rights=more_rights, desks=first, more_desks=more,
        notice=notices["fr"], until=until, away=away, found=found or [], questions=questions or {}, shell=shell,
        looked=looked,
    )  # fmt: skip


def _choices() -> dict[str, Any]:
    return {
        "grounds": Ground.options(),
        "causes": NonTakeUpCause.options(),
        "categories": [(one.value, one.label) for one in Category],
    }
