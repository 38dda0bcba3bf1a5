"""The three steps of sending as they are shown: which right, which contact, and how, with what would be shared."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid4

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from contracts.asks import ListRecipients
from contracts.consent import Disclosure
from contracts.dossier import NEED_SUMMARY_LENGTH
from contracts.refusals import NotFound, Refusal, ServiceAway
from contracts.rights import catalogue, reason_of_competence, right_name
from contracts.viewer import Viewer
from contracts.vocabulary import HandoverMode, Scheme
from services.intake import handover_store as store
from services.intake.dossier import Known, full_name
from services.intake.handover import ACCOMPANIMENT_LENGTH
from services.intake.preview import Candidate, candidates, preview
from services.intake.tables import ConsentGrant, Handover, Person, PresumedRight, SharingRoute, Situation
from services.intake.web import keys_of
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
    action: Literal["send", "keep", "preview"] = "send"


# The buttons that only move between the steps: whatever is typed so far goes with them, complete or not.
CHOOSE_AGAIN, CHOSEN = "contact", "chosen"
_GOES_ALONG = ("command_id", "mode", "urgent", "message", "accompanied_by")


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

    def candidate(self, key: str) -> Candidate | None:
        return next((one for one in self.found if one.key == key), None)

    def presumed(self, right: str) -> PresumedRight | None:
        return next((one for one in self.rights if one.right == right), None)


async def read_ground(request: Request, viewer: Viewer, ref: UUID, choice: Choice) -> Ground:
    """Read what the steps stand on; the directory may be away. Refusals: NotFound."""
    service = service_of(request)
    async with service.database.web(viewer) as work:
        person = await store.find_person(viewer, work, ref)
        if person is None:
            raise NotFound
        draft = await store.find_own(viewer, work, choice.draft) if choice.draft else None
        if choice.draft and (draft is None or draft[0].person != ref):
            raise NotFound
        ground = Ground(
            person,
            await store.find_situation(viewer, work, ref),
            await store.presumed_rights(viewer, work, ref),
            await store.grants_of_person(viewer, work, ref),
            [],
            draft[0] if draft else None,
            [],
        )
        ground.routes = await store.routes_from(viewer, work, viewer.organisation_kind)
        now = work.now
    right = choice.right or (ground.draft.right if ground.draft else "")
    if right in catalogue():
        try:
            listed = await service.bus.ask(ListRecipients(viewer=viewer, right=right, scheme=Scheme(person.scheme)))
        except ServiceAway:
            ground.away = True
        else:
            desks = [one for one in listed.desks if choice.only_desk in (None, one.desk)]
            ground.found = candidates(desks, ground.grants, ground.routes, right=right, now=now)
    return ground


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


def show_rights(request: Request, viewer: Viewer, ground: Ground, choice: Choice) -> Response:
    """Step 1: the rights that her review noted."""
    rights = [(row.right, right_name(row.right)) for row in ground.rights]
    return request.app.state.pages.render(
        request, "send_right.html", viewer=viewer, rights=rights, **_shared(ground, choice)
    )


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
    by_desk: dict[UUID, list[Candidate]] = {}
    for one in ground.found:
        by_desk.setdefault(one.desk.desk, []).append(one)
    # Desks that can receive now come first; the order of the directory otherwise.
    desks = sorted(by_desk.values(), key=lambda found: not any(one.may_receive for one in found))
    first = next((one.key for found in desks for one in found if one.may_receive), None)
    return request.app.state.pages.render(
        request,
        "send_contact.html",
        status=422 if errors else 200,
        viewer=viewer,
        desks=desks,
        first=first,
        reason=reason_of_competence(choice.right, Scheme(ground.person.scheme)),
        errors=errors or {},
        along=None if typed is None else _along(choice, typed),
        **_shared(ground, choice),
    )


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
) -> Response:
    """Step 3: the mode, the message, and field by field what would be shared."""
    chosen = ground.candidate(choice.chosen)
    would_read: Disclosure | Refusal | None = None
    if chosen is not None:
        known = Known(
            ground.person,
            ground.situation,
            ground.presumed(choice.right),
            typed.get("message", "")[:NEED_SUMMARY_LENGTH],
            typed.get("accompanied_by", "")[:ACCOMPANIMENT_LENGTH],
        )
        now = service_of(request).clock()
        would_read = preview(ground.person.ref, choice.right, known, chosen, now, keys_of(request))
    return request.app.state.pages.render(
        request,
        "send_how.html",
        status=status,
        viewer=viewer,
        chosen=chosen,
        shared=would_read if isinstance(would_read, Disclosure) else None,
        closed=str(would_read) if isinstance(would_read, Refusal) else None,
        modes=[
            (one.value, one.label)
            for one in HandoverMode
            if chosen is None or one in (chosen.desk.modes or HandoverMode)
        ],
        typed={"command_id": str(uuid4()), "mode": "", "urgent": "", "message": "", "accompanied_by": "", **typed},
        errors=errors or {},
        unknown=_unknown(would_read),
        most=NEED_SUMMARY_LENGTH,
        **_shared(ground, choice),
    )


def _unknown(would_read: Disclosure | Refusal | None) -> list[str]:
    """What she agreed to share and nothing is on record of."""
    if not isinstance(would_read, Disclosure):
        return []
    known = {one.category for one in would_read.shared}
    return [one.label for one in would_read.categories if one not in known]
