"""The desk's pages: its list, and one referral with what the person agreed to share."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.asks import ReadReferral
from contracts.refusals import NotFound, ServiceAway
from contracts.replies import ReferralView
from contracts.rights import right_name
from contracts.viewer import Role, Viewer
from contracts.vocabulary import HandoverMode, Outcome
from services.partners import desk_page as words
from services.partners import store
from services.partners.desk_list import EMPTY, TAB_LABELS, lead, rows_of, the_organisation
from services.partners.disclosures import Readings, read_disclosures
from services.partners.domain import Tab
from services.partners.store import Names
from services.partners.tables import DeskItem
from services.runtime.process import Service
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages()
ONE_CONTACT = "La personne a choisi de partager ses informations avec un seul contact de votre guichet."
AT_DESK = frozenset({Role.DESK_AGENT, Role.DESK_MANAGER})


@pages.get("/bureau", AT_DESK)
async def show_list(request: Request, viewer: Asking, vue: Tab = Tab.TO_ANSWER, a: str = "", page: int = 1) -> Response:
    """The list of the viewer's desks: `vue` is the view, `a=moi` keeps what is in her hands, 30 rows a page."""
    service, mine, page = service_of(request), a == "moi", max(1, min(page, 10_000))
    async with service.database.web(viewer) as work:
        counts = await store.count_items(viewer, work, mine=mine)
        items = await store.list_items(viewer, vue, work, mine=mine, page=page)
        names = await store.read_names(viewer, work, organisations=[one.sender_organisation for one in items])
        now = work.now
    readings = await read_disclosures(viewer, service.bus, [one.ref for one in items])
    return request.app.state.pages.render(
        request,
        "desk.html",
        viewer=viewer,
        title=f"{viewer.organisation_name}, {(viewer.desk_name or 'guichet')}",
        lead=lead(counts),
        tabs=[
            {"label": label, "count": counts.tabs[tab], "href": _address(tab, mine), "current": tab is vue}
            for tab, label in TAB_LABELS.items()
        ],
        hands=[
            {"label": "Tout le guichet", "href": _address(vue, False), "current": not mine},
            {"label": "À moi", "href": _address(vue, True), "current": mine},
        ],
        rows=rows_of(items, readings, names, now),
        empty=EMPTY[vue],
        away=readings.away,
        before=_address(vue, mine, page - 1) if page > 1 else None,
        after=_address(vue, mine, page + 1) if counts.tabs[vue] > page * store.PAGE else None,
    )


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
        now = work.now
    view, readings = await asyncio.gather(
        read_referral(service, viewer, ref), read_disclosures(viewer, service.bus, [ref], with_notes=True)
    )
    names = await _names(service, viewer, item, view, readings)
    page = _Page(item, view, readings, names)
    return request.app.state.pages.render(
        request, "referral.html", viewer=viewer, **page.head(now), **page.shared(now), **page.handover(now)
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

    def head(self, now: Any) -> dict[str, Any]:  # noqa: ANN401 - an instant
        view, item = self.view, self.item
        course = words.Course.of_view(view) if view else words.Course.of_item(item)
        main, beside, rarer = words.actions_of(view) if view else (None, [], [])
        right = right_name(item.right)
        who = self.readings.who(item.ref, with_age=False)
        return {
            "title": f"{who} — {right if right[:2].isupper() else right[:1].lower() + right[1:]}",
            "lead": f"Confiée par {self._sender()}, {self._assignee()}",
            "knots": words.thread_of(course, now),
            "main": _link(item.ref, main) if main else None,
            "beside": [_link(item.ref, one) for one in beside],
            "rarer": [_link(item.ref, one) for one in rarer],
            "waiting": words.waiting_sentence(view, now) if view else None,
            "record_away": view is None,
            "proposed": self.names.desk(view.proposed_desk) if view and view.proposed_desk else None,
        }

    def shared(self, now: Any) -> dict[str, Any]:  # noqa: ANN401 - an instant
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
            "messages": words.messages_of(row.notes, self.names, now) if row else [],
            "entries": words.timeline_of(self.view, self.names, now) if self.view else [],
        }

    def handover(self, now: Any) -> dict[str, Any]:  # noqa: ANN401 - an instant
        item, sender = self.item, self.names.accounts.get(self.item.sender)
        pairs = [
            ("Comment", HandoverMode(item.mode).label),
            ("Accompagnée", "Oui, par une personne de son choix" if item.accompanied else "Non précisé"),
            ("Urgence", "Urgente" if item.urgent else "Ordinaire"),
            ("Référente ou référent", sender.name if sender else "Non précisé"),
            ("Organisme", self.names.organisation(item.sender_organisation)),
        ]
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
            accounts=people | (words.accounts_of(view) if view else set()),
        )


def _link(ref: UUID, row: Any) -> dict[str, str]:  # noqa: ANN401 - a row of the life cycle
    return {"label": row.label, "href": f"/bureau/{ref}/{row.action}"}


def _address(tab: Tab, mine: bool, page: int = 1) -> str:
    query = {"vue": tab.value} | ({"a": "moi"} if mine else {}) | ({"page": str(page)} if page > 1 else {})
    return f"/bureau?{urlencode(query)}"
