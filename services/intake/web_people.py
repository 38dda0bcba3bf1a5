"""The pages that note an encounter: of somebody new, with the warning when she may be known already, or of a person
on file; and her situation.
"""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import Field
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import Refusal
from contracts.viewer import Viewer
from contracts.vocabulary import (
    Channel,
    Civility,
    EmploymentKind,
    HouseholdKind,
    HousingKind,
    Language,
    ResourcesBand,
    Scheme,
)
from services.intake import caseload, handlers
from services.intake.caseload_gate import PersonPages
from services.intake.commands import MeetPerson, SituationNow, UpdateSituation
from services.intake.domain import readable_phone
from services.intake.dossier import full_name
from services.intake.tables import Person
from services.intake.web import REFERENTS, errors_of, keys_of, questions_of, show_form, typed_in
from services.intake.web_file import title_of
from services.runtime.database import Work
from services.runtime.web import forms
from services.runtime.web.dates import PARIS
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()
ANOTHER = "autre"
_OWN_FIELDS = ("decision", "confirmed")
OPTIONS = {
    "channels": Channel.options(),
    "civilities": Civility.options()[:2],
    "languages": Language.options(),
    "schemes": Scheme.options(),
    "households": HouseholdKind.options(),
    "housings": HousingKind.options(),
    "employments": EmploymentKind.options(),
    "bands": ResourcesBand.options(),
}


class SituationForm(Frozen):
    """The fields of a situation as a form sends them."""

    command_id: UUID
    household: HouseholdKind | None = None
    children: int | None = Field(None, ge=0, le=20)
    housing: HousingKind | None = None
    employment: EmploymentKind | None = None
    resources_band: ResourcesBand | None = None
    scheme: Scheme | None = None

    def situation(self) -> SituationNow:
        """What is said of the situation."""
        return SituationNow.model_validate(self.model_dump(include=set(SituationNow.model_fields)))


class EncounterForm(SituationForm):
    """The form of an encounter. `decision` answers the warning: a person's reference, or that it is another one."""

    channel: Channel
    met_on: date | None = None
    place: str = ""
    present: str = ""
    civility: Civility = Civility.NONE
    first_name: str = ""
    last_name: str = ""
    birth_date: date | None = None
    phone: str = ""
    postal_address: str = ""
    safe_times: str = ""
    language: Language = Language.FR
    scheme: Scheme = Scheme.GENERAL  # type: ignore[assignment]
    evaluation_told: bool = False
    decision: str = ""
    confirmed: tuple[str, ...] = ()

    def command(self, person: UUID | None = None) -> MeetPerson:
        """The command of this form, for somebody new or for a person on file."""
        values = self.model_dump(include=set(MeetPerson.model_fields) - {"situation", "person"})
        return MeetPerson(**values, person=person, situation=self.situation())


def today(work: Work) -> str:
    """The day in Paris, as a date field takes it."""
    return work.now.astimezone(PARIS).date().isoformat()


@pages.get("/personnes/nouvelle", REFERENTS)
async def new_person(request: Request, viewer: Asking) -> Response:
    """The empty form of a first encounter."""
    async with service_of(request).database.web(viewer) as work:
        typed = {"met_on": today(work), "language": "fr", "scheme": "general", "channel": "permanence"}
    return show_form(request, "person_new.html", viewer, typed, {}, options=OPTIONS)


@pages.post("/personnes/nouvelle", REFERENTS)
async def meet_new_person(request: Request, viewer: Asking) -> Response:
    """Keep somebody new; when she may be on file already, ask first. Nothing typed is lost."""
    sent = await request.form()
    typed = typed_in(sent)
    form, errors = forms.read(EncounterForm, sent)
    if form is None:
        return show_form(request, "person_new.html", viewer, typed, errors, options=OPTIONS)
    chosen = _chosen(form.decision)
    try:
        async with service_of(request).database.web(viewer) as work:
            keys = keys_of(request)
            twins = [] if form.decision else await handlers.find_twins(form.command(), work, keys)
            if not twins:
                if chosen is not None:
                    await caseload.meet_in_front(viewer, work, chosen)
                ref = await handlers.meet_person(form.command(chosen), work, keys)
                return redirect(f"/personnes/{ref}", "saved")
            candidates = [_candidate(one, work, request) for one in twins]
    except Refusal as refusal:
        asked = questions_of(refusal, typed, form.confirmed)
        return show_form(
            request, "person_new.html", viewer, typed, errors_of(refusal), refusal.status, options=OPTIONS,
            questions=asked,
        )  # fmt: skip
    return show_form(request, "person_twins.html", viewer, typed, {}, candidates=candidates, kept=_kept(typed))


def _chosen(decision: str) -> UUID | None:
    try:
        return UUID(decision) if decision and decision != ANOTHER else None
    except ValueError:
        return None


def _kept(typed: dict[str, Any]) -> list[tuple[str, str]]:
    once = [(name, value) for name, value in typed.items() if not name.endswith("_all") and name not in _OWN_FIELDS]
    return once + [("confirmed", name) for name in typed.get("confirmed_all", [])]


def _candidate(person: Person, work: Work, request: Request) -> dict[str, Any]:
    phone = keys_of(request).open(person.ref, "phone", person.phone)
    born = person.birth_date.strftime("%d/%m/%Y") if person.birth_date else "non renseigné"
    return {
        "ref": person.ref,
        "who": title_of(person, work),
        "facts": [
            ("Nom", full_name(person)),
            ("Date de naissance", born),
            ("Téléphone", readable_phone(phone) if phone else "non renseigné"),
            ("Dossier", person.file_number),
        ],
        "seen": person.last_contact_at,
    }


@pages.get("/personnes/{ref}/rencontre", REFERENTS)
async def new_encounter(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The form of another encounter with a person on file."""
    async with service_of(request).database.web(viewer) as work:
        title = title_of(await caseload.open_person(viewer, work, ref), work)
        typed = {"met_on": today(work), "channel": "permanence"}
    return show_form(request, "encounter.html", viewer, typed, {}, options=OPTIONS, ref=ref, title=title)


@pages.post("/personnes/{ref}/rencontre", REFERENTS)
async def meet_again(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Keep another encounter."""
    sent = await request.form()
    form, errors = forms.read(EncounterForm, sent)
    title, status, asked = await _title(request, viewer, ref), 422, questions_of(None, {})
    if form is not None:
        try:
            async with service_of(request).database.web(viewer) as work:
                await handlers.meet_person(form.command(ref), work, keys_of(request))
            return redirect(f"/personnes/{ref}", "saved")
        except Refusal as refusal:
            errors, status = errors_of(refusal), refusal.status
            asked = questions_of(refusal, typed_in(sent), form.confirmed)
    return show_form(
        request, "encounter.html", viewer, typed_in(sent), errors, status, options=OPTIONS, ref=ref, title=title,
        questions=asked,
    )  # fmt: skip


@pages.get("/personnes/{ref}/situation", REFERENTS)
async def situation(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The form of the situation, with what is on record."""
    async with service_of(request).database.web(viewer) as work:
        found = await caseload.open_file(viewer, work, ref)
        title = title_of(found.person, work)
    row = found.situation
    typed = {} if row is None else {name: getattr(row, name) for name in SituationNow.model_fields}
    typed["scheme"] = found.person.scheme
    return show_form(request, "situation.html", viewer, typed, {}, options=OPTIONS, ref=ref, title=title)


@pages.post("/personnes/{ref}/situation", REFERENTS)
async def keep_situation(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Replace the situation on record."""
    sent = await request.form()
    form, errors = forms.read(SituationForm, sent)
    title = await _title(request, viewer, ref)
    if form is None:
        return show_form(
            request, "situation.html", viewer, typed_in(sent), errors, options=OPTIONS, ref=ref, title=title
        )
    async with service_of(request).database.web(viewer) as work:
        command = UpdateSituation(
            command_id=form.command_id, person=ref, situation=form.situation(), scheme=form.scheme
        )
        await handlers.update_situation(command, work)
    return redirect(f"/personnes/{ref}", "saved")


async def _title(request: Request, viewer: Viewer, ref: UUID) -> str:
    async with service_of(request).database.web(viewer) as work:
        return title_of(await caseload.open_person(viewer, work, ref, asks=False), work)
