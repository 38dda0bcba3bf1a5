"""One referral at its desk, with what the person agreed to share; and the stream of hints that the list moved."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from starlette.responses import Response

from contracts.asks import ReadReferral
from contracts.lifecycle import Transition
from contracts.pages import referral_page_of_desk
from contracts.refusals import NotFound, ServiceAway
from contracts.replies import Permanence, ReferralView
from contracts.rights import right_name
from contracts.viewer import Role, Viewer
from contracts.vocabulary import AppointmentSide, HandoverMode, Outcome
from services.partners import desk_page as words
from services.partners import desk_steps, desk_thread, erasures, presence, store
from services.partners.attempts import one_tap, refused_accompaniment
from services.partners.desk_list import the_organisation
from services.partners.disclosures import Readings, read_disclosures, read_erasures
from services.partners.permanences import every_permanence
from services.partners.store import Names
from services.partners.tables import DeskItem
from services.runtime.process import Service
from services.runtime.web import appointments
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages()
ONE_CONTACT = "La personne a choisi de partager ses informations avec un seul contact de votre guichet."
AT_DESK = frozenset({Role.DESK_AGENT, Role.DESK_MANAGER})


@pages.get("/bureau/flux", AT_DESK)
async def follow(request: Request, viewer: Asking) -> Response:
    """The hints that something moved at one of the viewer's desks."""
    return service_of(request).live.stream(f"desk.{desk}" for desk in viewer.desks)


@pages.get("/bureau/{ref}", AT_DESK)
async def show_referral(request: Request, viewer: Asking, ref: UUID) -> Response:
    """One referral of the viewer's desks; unknown and another desk's are one answer."""
    service = service_of(request)
    async with service.database.web(viewer) as work:
        item = await store.read_item(viewer, ref, work)
        await store.mark_viewed(viewer, item, work)
        await presence.be_present(viewer, item, work)
        looking = presence.sentence(await presence.others_present(viewer, item, work))
        held = await every_permanence(viewer, work)
        now = work.now
    view, readings, to_erase = await asyncio.gather(
        read_referral(service, viewer, ref),
        read_disclosures(viewer, service, [ref], with_notes=True),
        read_erasures(viewer, service, ref),
    )
    names = await _names(service, viewer, item, view, readings)
    page = _Page(item, view, readings, names)
    return request.app.state.pages.render(
        request,
        "referral.html",
        viewer=viewer,
        tombstones=[erasures.tombstone(one, now) for one in to_erase.rows],
        ref=ref,
        version=view.version if view else item.version,
        looking=looking,
        attempts=one_tap(view, now) if view else None,
        command_id=uuid4(),
        appointment=appointments.card_of(view, around_of(item, names, held), now),
        **page.head(now),
        **page.shared(now),
        **page.handover(now),
    )


def around_of(item: DeskItem, names: Names, known: list[Permanence]) -> appointments.Around:
    """What the page of that item's appointment stands on."""
    page = referral_page_of_desk(item.ref)
    return appointments.Around(
        ref=item.ref,
        here=f"{page}/rendez-vous",
        back=(page, "L’orientation"),
        title=f"Rendez-vous — {right_name(item.right)}",
        side=AppointmentSide.DESK,
        desk=f"{names.organisation(item.organisation)}, {names.desk(item.desk)}",
        permanences=appointments.for_desk(
            known, desk=item.desk, organisations=(item.organisation, item.sender_organisation)
        ),
        known=known,
    )


async def read_referral(service: Service, viewer: Viewer, ref: UUID) -> ReferralView | None:
    """The record, or None while referral is away. A refusal other than that is the page's."""
    try:
        return await service.bus.ask(ReadReferral(viewer=viewer, ref=ref))
    except (ServiceAway, NotFound):
        return None


@dataclass(frozen=True)
class _Page:
    item: DeskItem
    view: ReferralView | None
    readings: Readings
    names: Names

    def head(self, now: datetime) -> dict[str, Any]:
        view, item = self.view, self.item
        course = desk_thread.Course.of_view(view) if view else desk_thread.Course.of_item(item)
        main, beside, rarer = words.actions_of(view) if view else (None, [], [])
        right = right_name(item.right)
        who = self.readings.who(item.ref, with_age=False)
        return {
            "title": f"{who} — {right if right[:2].isupper() else right[:1].lower() + right[1:]}",
            "lead": f"Confiée par {self._sender()}, {self._assignee()}",
            "knots": desk_thread.thread_of(course, now),
            "main": _link(item.ref, main) if main else None,
            "beside": [_link(item.ref, one) for one in beside],
            "rarer": [_link(item.ref, one) for one in rarer],
            "waiting": words.waiting_sentence(view, now) if view else None,
            "record_away": view is None,
            "proposed": self.names.desk(view.proposed_desk) if view and view.proposed_desk else None,
        }

    def shared(self, now: datetime) -> dict[str, Any]:
        row, refusal = self.readings.of(self.item.ref), self.readings.refusal(self.item.ref)
        disclosure = row.disclosure if row else None
        who = self.readings.who(self.item.ref, with_age=False)
        organisation = self.names.organisation(self.item.organisation)
        named = who if disclosure and disclosure.text("short_name") else "la personne"
        return {
            "person_away": self.readings.away,
            "refusal": ONE_CONTACT if isinstance(refusal, NotFound) else str(refusal) if refusal else None,
            "disclosure": disclosure,
            "shared_title": f"Ce que {named} a accepté de partager avec {the_organisation(organisation)}",
            "consent": words.consent_sentence(disclosure, now) if disclosure else None,
            "pairs": words.shared_pairs(disclosure) if disclosure else [],
            "messages": desk_steps.messages_of(row.notes, self.names, now) if row else [],
            "entries": desk_steps.timeline_of(self.view, self.names, now) if self.view else [],
        }

    def handover(self, now: datetime) -> dict[str, Any]:
        item, sender = self.item, self.names.accounts.get(self.item.sender)
        pairs = [
            ("Comment", HandoverMode(item.mode).label),
            ("Accompagnée", "Oui, par une personne de son choix" if item.accompanied else "Non précisé"),
            ("Urgence", "Urgente" if item.urgent else "Ordinaire"),
            ("Référente ou référent", sender.name if sender else "Non précisé"),
            ("Organisme", self.names.organisation(item.sender_organisation)),
        ]
        refused = refused_accompaniment(self.view) if self.view else None
        if refused:
            pairs.insert(2, ("Accompagnement", refused))
        if sender and sender.phone:
            pairs.append(("Téléphone", sender.phone))
        if item.outcome:
            pairs.append(("Issue", Outcome(item.outcome).label))
        return {"handover_pairs": pairs}

    def _sender(self) -> str:
        sender = self.names.account(self.item.sender)
        organisation = self.names.organisation(self.item.sender_organisation)
        return f"{sender} ({organisation})" if sender else organisation

    def _assignee(self) -> str:
        assignee = self.names.account(self.view.assignee if self.view else self.item.assignee)
        return f"entre les mains {words.of(assignee)}" if assignee else "à votre guichet"


async def _names(
    service: Service, viewer: Viewer, item: DeskItem, view: ReferralView | None, readings: Readings
) -> Names:
    row = readings.of(item.ref)
    people = {item.sender, item.assignee, *(note.author for note in (row.notes if row else ()))}
    async with service.database.web(viewer) as work:
        return await store.read_names(
            viewer,
            work,
            organisations=[item.sender_organisation, item.organisation],
            accounts=people | (desk_steps.accounts_of(view) if view else set()),
            desks=True,
        )


def _link(ref: UUID, row: Transition) -> dict[str, str]:
    return {"label": row.label, "href": f"{referral_page_of_desk(ref)}/{row.action}"}
