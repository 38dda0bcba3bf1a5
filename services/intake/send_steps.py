"""The three steps of sending as they are shown: which right, which contact, and how, with what would be shared."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from contracts.asks import ListRecipients, ReadDeskDelays
from contracts.consent import Disclosure
from contracts.dossier import NEED_SUMMARY_LENGTH
from contracts.refusals import NotFound, Refusal, ServiceAway
from contracts.replies import DeskDelay
from contracts.rights import catalogue, reason_of_competence, right_name
from contracts.viewer import Viewer
from contracts.vocabulary import HandoverMode, Scheme
from services.intake import handover_store as store
from services.intake import journal
from services.intake.consent_rules import is_live
from services.intake.desk_words import desk_facts, presence, room
from services.intake.dossier import Known, full_name
from services.intake.handover import ACCOMPANIMENT_LENGTH
from services.intake.journal_kinds import Kind, Thing
from services.intake.mail_returns import mails_that_return
from services.intake.preview import Candidate, candidates, preview
from services.intake.store import person_of, presumed_rights
from services.intake.tables import ConsentGrant, Handover, Person, PresumedRight, SharingRoute, Situation
from services.intake.united_files import files_of
from services.intake.web import Questions, keys_of
from services.runtime.process import Service
from services.runtime.web.dates import PARIS
from services.runtime.web.guard import service_of


class Choice(BaseModel):
    """Where one is: the right, the contact (`<desk>.<account>`), the kept draft, the referral being redirected."""

    right: str = ""
    chosen: str = ""
    only_desk: UUID | None = None
    draft: UUID | None = None
    redirect_of: UUID | None = None


class SendForm(Choice):
    """The third step as typed."""

    command_id: UUID
    mode: HandoverMode
    urgent: bool = False
    message: str = ""
    accompanied_by: str = ""
    confirmed: tuple[str, ...] = ()
    action: Literal["send", "keep", "preview"] = "send"


# The buttons that only move between the steps: whatever is typed so far goes with them, complete or not.
CHOOSE_AGAIN, CHOSEN = "contact", "chosen"
CONTACT_GONE = "Ce contact n’est plus à ce guichet. Choisissez-en un autre\u202f: ce que vous avez écrit est gardé."
_GOES_ALONG = ("command_id", "mode", "urgent", "message", "accompanied_by")
_MEANS = {
    HandoverMode.APPEL_A_TROIS: "Vous appelez le guichet ensemble, la personne présente.",
    HandoverMode.RDV_ACCOMPAGNE: "La personne y va accompagnée, à une date convenue.",
    HandoverMode.RDV_PRIS: "Une date est déjà fixée avec le guichet.",
    HandoverMode.DOSSIER_TRANSMIS: "Le guichet lit le dossier, puis l’appelle.",
}


@dataclass
class Ground:
    """What the three steps stand on."""

    person: Person
    situation: Situation | None
    rights: list[PresumedRight]
    grants: list[ConsentGrant]
    routes: list[SharingRoute]
    draft: Handover | None
    found: list[Candidate]
    away: bool = False
    unfit: str | None = None
    delays: dict[UUID, DeskDelay] = field(default_factory=dict)
    returns: dict[UUID, datetime] = field(default_factory=dict)
    under_way: dict[str, str] = field(default_factory=dict)
    today: date = date.min

    def candidate(self, key: str) -> Candidate | None:
        return next((one for one in self.found if one.key == key), None)

    def presumed(self, right: str) -> PresumedRight | None:
        """As the desk would read it: of this file alone, not of one that was merged into it."""
        return next((one for one in self.rights if one.right == right and one.person == self.person.ref), None)


async def read_ground(request: Request, viewer: Viewer, ref: UUID, choice: Choice) -> Ground:
    """Read what the steps stand on; the directory may be away. Refusals: NotFound."""
    service = service_of(request)
    async with service.database.web(viewer) as work:
        person = await person_of(viewer, work, ref)
        draft = await store.find_own(viewer, work, choice.draft) if choice.draft else None
        if choice.draft and (draft is None or draft[0].person not in await files_of(work, ref)):
            raise NotFound
        ground = Ground(
            person,
            await store.find_situation(viewer, work, ref),
            await presumed_rights(viewer, work, ref),
            await store.grants_of_person(viewer, work, ref),
            [],
            draft[0] if draft else None,
            [],
        )
        ground.routes = await store.routes_from(viewer, work, viewer.organisation_kind)
        ground.under_way = await store.under_way(viewer, work, ref)
        about = {"ref": ref, "person": ref, "handover": choice.draft}
        await journal.record(work, viewer, Kind.PREVIEWED, object=Thing.PERSON, **about)
        now = work.now
        ground.today = now.astimezone(PARIS).date()
    right = choice.right or (ground.draft.right if ground.draft else "")
    if right in catalogue():
        await find_candidates(request, viewer, ground, right, choice.only_desk, now)
    return ground


async def find_candidates(
    request: Request, viewer: Viewer, ground: Ground, right: str, only_desk: UUID | None, now: datetime
) -> None:
    """Note in the ground who could receive that right, with both locks and each desk's usual delay; or who is away."""
    service, scheme = service_of(request), Scheme(ground.person.scheme)
    try:
        listed = await service.bus.ask(ListRecipients(viewer=viewer, right=right, scheme=scheme))
    except ServiceAway:
        ground.away = True
        return
    desks = [one for one in listed.desks if only_desk in (None, one.desk)]
    ground.found = candidates(desks, ground.grants, ground.routes, right=right, now=now)
    ground.delays = await read_delays(service, [one.desk for one in desks])
    ground.returns = await mails_that_return(service, (who.account for one in desks for who in one.contacts))
    if only_desk is not None and not desks:
        ground.unfit = await _why_unfit(request, viewer, only_desk, right, scheme)


async def read_delays(service: Service, desks: list[UUID]) -> dict[UUID, DeskDelay]:
    """How long these desks usually take to answer; nothing while the referral service is away."""
    if not desks:
        return {}
    try:
        found = await service.bus.ask(ReadDeskDelays(desks=tuple(dict.fromkeys(desks))))
    except ServiceAway:
        return {}
    return {one.desk: one for one in found.delays}


async def _why_unfit(request: Request, viewer: Viewer, desk: UUID, right: str, scheme: Scheme) -> str:
    """Why the one desk that was proposed cannot receive: not in charge under her scheme, or receiving no more."""
    try:
        every = (await service_of(request).bus.ask(ListRecipients(viewer=viewer))).desks
    except ServiceAway:
        every = ()
    found = next((one for one in every if one.desk == desk), None)
    if found is None:
        return "Le guichet proposé ne reçoit pas d’orientation en ce moment."
    named = f"{found.organisation_name}, {found.desk_name}"
    if right not in found.rights:
        return f"Le guichet proposé ({named}) ne s’occupe pas de ce droit."
    return (
        f"Le guichet proposé ({named}) ne s’occupe pas de ce droit pour le {scheme.label.lower()}, qui est celui de"
        " la personne."
    )


def _shared(ground: Ground, choice: Choice) -> dict[str, Any]:
    kept = {
        "guichet": choice.only_desk,
        "brouillon": choice.draft,
        "suite": choice.redirect_of,
        "droit": choice.right or None,
    }
    return {
        "who": full_name(ground.person),
        "person": ground.person.ref,
        "choice": choice,
        "away": ground.away,
        "right": right_name(choice.right) if choice.right else None,
        "kept": {name: str(value) for name, value in kept.items() if value},
    }


def show_rights(request: Request, viewer: Viewer, ground: Ground, choice: Choice, nothing: bool = False) -> Response:
    """Step 1: the rights that her review noted, one or several; `nothing`: none was chosen."""
    now = service_of(request).clock()
    agreed = {code for one in ground.grants if is_live(one, now) for code in one.rights}
    rights = [(row.right, right_name(row.right), _stands(row.right, ground, agreed)) for row in ground.rights]
    ready = [row.right for row in ground.rights if row.right in agreed and row.right not in ground.under_way]
    return request.app.state.pages.render(
        request,
        "send_right.html",
        status=422 if nothing else 200,
        viewer=viewer,
        rights=rights,
        chosen=[choice.right] if choice.right else ready[:1] or [row.right for row in ground.rights[:1]],
        errors={"droit": "Choisissez au moins un droit."} if nothing else {},
        **_shared(ground, choice),
    )


def _stands(right: str, ground: Ground, agreed: set[str]) -> str:
    if right in ground.under_way:
        return f"Déjà confié à {ground.under_way[right]}"
    return "Accord recueilli" if right in agreed else "Accord à recueillir"


def show_contacts(
    request: Request,
    viewer: Viewer,
    ground: Ground,
    choice: Choice,
    errors: dict[str, str] | None = None,
    typed: dict[str, Any] | None = None,
) -> Response:
    """Step 2: the competent desks, their contacts, and the lock that is closed where one is.

    `typed` is what the third step held already: it goes along to the contact chosen here, and back.
    """
    desks, first = by_desk_of(ground.found)
    return request.app.state.pages.render(
        request,
        "send_contact.html",
        status=422 if errors else 200,
        viewer=viewer,
        desks=desks,
        first=first,
        about=about_desks(ground),
        returns=ground.returns,
        reason=reason_of_competence(choice.right, Scheme(ground.person.scheme)),
        unfit=ground.unfit,
        errors=errors or {},
        along=None if typed is None else _along(choice, typed),
        **_shared(ground, choice),
    )


def by_desk_of(found: list[Candidate]) -> tuple[list[list[Candidate]], str | None]:
    """The contacts desk by desk, those that can receive now first, and the key of the first who can."""
    by_desk: dict[UUID, list[Candidate]] = {}
    for one in found:
        by_desk.setdefault(one.desk.desk, []).append(one)
    desks = sorted(by_desk.values(), key=lambda found: not any(one.may_receive for one in found))
    return desks, next((one.key for found in desks for one in found if one.may_receive), None)


def about_desks(ground: Ground) -> dict[str, Any]:
    """What the cards say: by desk its chip and its facts, by contact whether she is there."""
    desks = {one.desk.desk: one.desk for one in ground.found}
    return {
        "room": {ref: room(desk, ground.today) for ref, desk in desks.items()},
        "facts": {ref: desk_facts(desk, ground.delays.get(ref), ground.today) for ref, desk in desks.items()},
        "presence": {one.key: presence(one.contact, ground.today) for one in ground.found},
    }


def _along(choice: Choice, typed: dict[str, Any]) -> dict[str, str]:
    chosen = {"right": choice.right, "draft": choice.draft, "only_desk": choice.only_desk,
              "redirect_of": choice.redirect_of}  # fmt: skip
    found = {**chosen, **{name: typed.get(name) for name in _GOES_ALONG}}
    return {name: str(value) for name, value in found.items() if value}


def show_how(
    request: Request,
    viewer: Viewer,
    ground: Ground,
    choice: Choice,
    typed: dict[str, Any],
    errors: dict[str, str] | None = None,
    status: int = 200,
    questions: Questions | None = None,
) -> Response:
    """Step 3: the mode, the message, and field by field what would be shared."""
    chosen = ground.candidate(choice.chosen)
    texts = (typed.get("message", ""), typed.get("accompanied_by", ""))
    would_read = what_is_read(request, ground, choice.right, chosen, texts)
    return request.app.state.pages.render(
        request,
        "send_how.html",
        status=status,
        viewer=viewer,
        chosen=chosen,
        shared=would_read if isinstance(would_read, Disclosure) else None,
        closed=str(would_read) if isinstance(would_read, Refusal) else None,
        locks=chosen.locks if chosen is not None else None,
        modes=modes_of(chosen),
        typed={"command_id": str(uuid4()), "mode": "", "urgent": "", "message": "", "accompanied_by": "", **typed},
        errors=errors or {},
        questions=questions or {},
        unknown=unknown_of(would_read),
        most=NEED_SUMMARY_LENGTH,
        **_shared(ground, choice),
    )


def what_is_read(
    request: Request, ground: Ground, right: str, chosen: Candidate | None, texts: tuple[str, str]
) -> Disclosure | Refusal | None:
    """What that contact would read, or why nothing; None while none is chosen. `texts`: the message and who comes."""
    if chosen is None:
        return None
    known = Known(
        ground.person,
        ground.situation,
        ground.presumed(right),
        texts[0][:NEED_SUMMARY_LENGTH],
        texts[1][:ACCOMPANIMENT_LENGTH],
    )
    return preview(ground.person.ref, right, known, chosen, service_of(request).clock(), keys_of(request))


def modes_of(chosen: Candidate | None) -> list[tuple[str, str, str]]:
    """The ways to hand over that the desk of that contact takes, each with what it means; every way while none is
    chosen.
    """
    taken = chosen.desk.modes if chosen is not None else ()
    return [(one.value, one.label, _MEANS[one]) for one in HandoverMode if one in (taken or HandoverMode)]


def unknown_of(would_read: Disclosure | Refusal | None) -> list[str]:
    """What she agreed to share and nothing is on record of."""
    if not isinstance(would_read, Disclosure):
        return []
    known = {one.category for one in would_read.shared}
    return [one.label for one in would_read.categories if one not in known]
