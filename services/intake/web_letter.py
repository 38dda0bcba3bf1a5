"""The two papers that are hers: the summary of a rights appointment, and the letter of a referral. Each is a page to
print and a file; every showing is journalled as printed, since what is shown can be taken away.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.asks import ListRecipients, ResolveAddress
from contracts.lifecycle import OPEN
from contracts.refusals import InvalidInput, NotFound, ServiceAway
from contracts.replies import DeskOption, ReferralView
from contracts.viewer import Viewer
from contracts.vocabulary import AppointmentPlace, AppointmentState, Scheme
from services.intake import caseload, handover_store, journal, store
from services.intake.appointment_guide_store import Plan, plan_of
from services.intake.appointment_guide_words import Helper, Preparation
from services.intake.caseload_gate import PersonPages
from services.intake.consent_rules import is_live
from services.intake.dossier import full_name
from services.intake.journal_kinds import Kind, Thing
from services.intake.letter import Expected, language_of, letter_of
from services.intake.letter_words import WORDS
from services.intake.notice import OWN_NAMES
from services.intake.paper import Paper
from services.intake.paper_pdf import can_be_pdf, paper_pdf
from services.intake.progress import next_step
from services.intake.store import PersonFile
from services.intake.summary import Ready, ToCheck, Together, summary_of
from services.intake.tables import Handover, Person
from services.intake.web import REFERENTS, keys_of
from services.intake.web_file import title_of
from services.intake.web_referrals import network_of, read_referral
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()


# --- the summary ------------------------------------------------------------------


@pages.get("/personnes/{ref}/resume", REFERENTS)
async def summary(request: Request, viewer: Asking, ref: UUID) -> Response:
    """What was decided together, to print for her; then what comes next."""
    paper, found, title, now = await _summary(request, viewer, ref)
    live = [one for one in found.grants if one.person == ref and is_live(one, now)]
    return _page(
        request,
        viewer,
        paper,
        back=(f"/personnes/{ref}", title),
        heading="Son résumé",
        lead="Lisez-le avec elle, puis imprimez-le\u202f: il est à elle.",
        pdf=f"/personnes/{ref}/resume.pdf",
        next=next_step(ref, found.rights, live, found.handovers),
        languages=[],
    )


@pages.get("/personnes/{ref}/resume.pdf", REFERENTS)
async def summary_file(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The summary as a PDF. Refusal: InvalidInput for letters that the standard fonts do not have."""
    paper, *_ = await _summary(request, viewer, ref)
    return _file(paper)


async def _summary(request: Request, viewer: Viewer, ref: UUID) -> tuple[Paper, PersonFile, str, datetime]:
    async with service_of(request).database.web(viewer) as work:
        await caseload.open_person(viewer, work, ref)
        found = await store.person_file(viewer, work, ref)
        plan = await plan_of(viewer, work, ref)
        await journal.record(work, viewer, Kind.PRINTED, object=Thing.APPOINTMENT, person=ref)
        now, title = work.now, title_of(found.person, work)
    goal = keys_of(request).open(ref, "goal", plan.last.goal) if plan.last else None
    referent, phone = await _referent(request, viewer, found.person.referent)
    together = Together(
        # Of her own reference nothing must be read off a file's name.
        ref=plan.last.ref if plan.last else UUID(int=0),
        person=full_name(found.person),
        scheme=Scheme(found.person.scheme),
        referent=referent,
        organisation=viewer.organisation_name,
        phone=phone,
        at=now,
        goal=goal,
        rights=tuple(_to_check(one.right, found.handovers) for one in found.rights),
        **_planned(plan),
    )
    return summary_of(together), found, title, now


def _planned(plan: Plan) -> dict[str, Any]:
    last = plan.last
    return {
        "held_at": last.held_at if last else None,
        "next_at": last.next_at if last else None,
        "topics": tuple(last.topics) if last else (),
        "steps": tuple(
            Ready(Preparation(row.preparation), row.done_at is not None, Helper(row.helper) if row.helper else None)
            for row in plan.steps
        ),
    }


def _to_check(right: str, handovers: list[Handover]) -> ToCheck:
    row = next((one for one in handovers if one.right == right and one.step == "sent"), None)
    if row is None:
        return ToCheck(right)
    return ToCheck(right, f"{row.recipient_organisation_name}, {row.desk_name}", row.state)


async def _referent(request: Request, viewer: Viewer, account: UUID) -> tuple[str, str | None]:
    network = await network_of(request)
    name = viewer.display_name if account == viewer.account else (network.accounts.get(account, "") if network else "")
    try:
        return name, (await service_of(request).bus.ask(ResolveAddress(account=account))).phone
    except (ServiceAway, NotFound):
        return name, None


# --- the letter -------------------------------------------------------------------


@pages.get("/orientations/{ref}/lettre", REFERENTS)
async def letter(request: Request, viewer: Asking, ref: UUID, langue: str = "") -> Response:
    """The letter, in her language when its words are translated, else in French; another can be chosen."""
    found = await _letter(request, viewer, ref, langue)
    if found is None:
        return redirect(f"/orientations/{ref}")
    paper, person, code = found
    return _page(
        request,
        viewer,
        paper,
        back=(f"/orientations/{ref}", "Son orientation"),
        heading=f"La lettre de {full_name(person)}",
        lead="Imprimez-la pour elle\u202f: elle dit où on l’attend, et qui appeler.",
        pdf=f"/orientations/{ref}/lettre.pdf?langue={code}",
        next=None,
        languages=[_tongue(ref, one, code) for one in WORDS if one != "fr-falc"],
    )


def _tongue(ref: UUID, language: str, here: str) -> dict[str, Any]:
    address = f"/orientations/{ref}/lettre?langue={language}"
    return {"href": address, "name": OWN_NAMES[language], "lang": language, "here": language == here}


@pages.get("/orientations/{ref}/lettre.pdf", REFERENTS)
async def letter_file(request: Request, viewer: Asking, ref: UUID, langue: str = "") -> Response:
    """The letter as a PDF. Refusals: NotFound, InvalidInput for letters that the standard fonts do not have."""
    found = await _letter(request, viewer, ref, langue)
    if found is None:
        raise NotFound
    return _file(found[0])


async def _letter(request: Request, viewer: Viewer, ref: UUID, langue: str) -> tuple[Paper, Person, str] | None:
    """The letter; None while nobody expects her: not sent yet, or over."""
    async with service_of(request).database.web(viewer) as work:
        found = await handover_store.find_own(viewer, work, ref)
        if found is None:
            raise NotFound
        row, person = found
        await caseload.open_person(viewer, work, person.ref, merged=True)
        about = {"ref": row.ref, "person": person.ref, "desk": row.desk}
        await journal.record(work, viewer, Kind.PRINTED, object=Thing.HANDOVER, **about)
        now = work.now
    if row.step != "sent" or row.state not in {one.value for one in OPEN}:
        return None
    view, _ = await read_referral(request, viewer, ref)
    desk = await _desk(request, viewer, row, person)
    referent, phone = await _referent(request, viewer, row.referent)
    expected = Expected(
        ref=row.ref,
        person=full_name(person),
        right=row.right,
        organisation=row.recipient_organisation_name,
        desk_name=row.desk_name,
        contact=await _contact(request, row, view),
        referent=referent,
        referent_organisation=viewer.organisation_name,
        referent_phone=phone,
        made_at=now,
        desk=desk,
        **_appointment(view, desk),
        promised=view.promised_for if view else None,
        answer_due=view.acknowledge_due if view else None,
    )
    language = language_of(langue or person.language)
    return letter_of(expected, language), person, "fr" if language == "fr-falc" else language


def _appointment(view: ReferralView | None, desk: DeskOption | None) -> dict[str, Any]:
    """The appointment that both sides agreed on, as the letter says it."""
    agreed = view.appointment if view else None
    if agreed is None or agreed.state is not AppointmentState.ACCEPTED:
        return {}
    held = next((one.place for one in desk.permanences if one.ref == agreed.permanence), "") if desk else ""
    return {"at": agreed.starts, "place": held, "by_phone": agreed.place is AppointmentPlace.PHONE}


async def _contact(request: Request, row: Handover, view: ReferralView | None) -> str:
    """Whoever has it in hand now, or the named contact while the directory is away."""
    network = await network_of(request) if view and view.assignee != row.contact else None
    return network.accounts.get(view.assignee, row.contact_name) if network and view else row.contact_name


async def _desk(request: Request, viewer: Viewer, row: Handover, person: Person) -> DeskOption | None:
    try:
        desks = (await service_of(request).bus.ask(ListRecipients(viewer=viewer, scheme=Scheme(person.scheme)))).desks
    except ServiceAway:
        return None
    return next((one for one in desks if one.desk == row.desk), None)


# --- both -------------------------------------------------------------------------


def _page(request: Request, viewer: Viewer, paper: Paper, **context: Any) -> Response:  # noqa: ANN401 - see the callers
    response: Response = request.app.state.pages.render(
        request, "paper.html", viewer=viewer, paper=paper, can_be_pdf=can_be_pdf(paper), **context
    )
    return response


def _file(paper: Paper) -> Response:
    if not can_be_pdf(paper):
        raise InvalidInput(reason="Dans cette langue, imprimez la page\u202f: elle dit la même chose.")
    headers = {"Content-Disposition": f'attachment; filename="{paper.file_name("pdf")}"'}
    return Response(paper_pdf(paper), media_type="application/pdf", headers=headers)
