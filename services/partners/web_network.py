"""Who is in the network: organisations, desks, contacts and their deputies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.refusals import NotFound
from contracts.replies import ContactOption, DeskOption, Permanence
from contracts.rights import right_name
from contracts.viewer import Role, Viewer
from contracts.vocabulary import Capacity, OrganisationKind
from services.partners import network_store as store
from services.partners.conventions import KEEPERS, WARN_WITHIN
from services.partners.desk_settings import settings_of
from services.partners.directory_forms import hours_words
from services.partners.directory_store import card_of
from services.partners.directory_words import card_pairs
from services.partners.domain import today_in_paris
from services.partners.permanences import coming, every_permanence, every_week
from services.partners.recipients import conventions_in_force, describe_desk, read_staff
from services.partners.tables import Convention, Desk
from services.runtime.database import Work
from services.runtime.web.dates import day, until
from services.runtime.web.guard import SIGNED_IN, Asking, Pages, service_of

pages = Pages()
MOST_SHOWN = 60


@dataclass(frozen=True)
class Entry:
    """One organisation as the page shows it."""

    ref: UUID
    name: str
    kind: str
    convention: str
    desks: list[dict[str, Any]]
    permanences: tuple[str, ...] = ()


@pages.get("/reseau", SIGNED_IN)
async def show_network(request: Request, viewer: Asking, nature: str = "", droit: str = "") -> Response:
    """All of it, or the organisations of one kind, or those that receive for one right."""
    return await _network(request, viewer, "", nature, droit)


@pages.post("/reseau", SIGNED_IN)
async def search_network(request: Request, viewer: Asking) -> Response:
    """What holds these words; a name that is looked for stays out of the address."""
    form = await request.form()
    given = [str(form.get(name, ""))[:100].strip() for name in ("mots", "nature", "droit")]
    return await _network(request, viewer, *given)


@pages.get("/reseau/organismes/{ref}", SIGNED_IN)
async def show_organisation(request: Request, viewer: Asking, ref: UUID) -> Response:
    """One organisation: its convention, its desks with how they work, and their contacts. Refusal: NotFound."""
    async with service_of(request).database.web(viewer) as work:
        entries = await read_network(viewer, work, [ref])
        card = await card_of(viewer, work, ref)
    if not entries:
        raise NotFound
    return request.app.state.pages.render(
        request,
        "network_organisation.html",
        viewer=viewer,
        organisation=entries[0],
        reached=card_pairs(card),
        administers=viewer.has(Role.ADMINISTRATOR),
    )


async def _network(request: Request, viewer: Viewer, typed: str, kind: str, right: str) -> Response:
    keeper = viewer.has(*KEEPERS)
    async with service_of(request).database.web(viewer) as work:
        offered = await store.offered(viewer, work)
        code = next((one.value for one in offered.kinds if one.label == kind), "")
        known = bool(code or not kind) and (not right or right in offered.rights)
        said = _said_of(await every_permanence(viewer, work), today_in_paris(work.now))
        found = await store.find_organisations(viewer, work, typed, code, right, said) if known else []
        entries = await read_network(viewer, work, found[:MOST_SHOWN])
        ending = await store.count_ending(viewer, work, work.now + WARN_WITHIN) if keeper else 0
    return request.app.state.pages.render(
        request,
        "network.html",
        viewer=viewer,
        typed=typed,
        entries=entries,
        count=len(found),
        total=offered.total,
        kind=kind,
        kinds=[(one.label, one.label) for one in offered.kinds],
        right=right,
        rights=[(one, right_name(one)) for one in offered.rights],
        filtered=bool(typed or kind or right),
        keeper=keeper,
        ending=ending,
    )


async def read_network(viewer: Viewer, work: Work, refs: Sequence[UUID]) -> list[Entry]:
    """Those of these organisations that did not leave, with their desks and contacts, by name."""
    organisations, desks = await store.read_organisations(viewer, work, refs)
    desks_of: dict[UUID, list[Desk]] = {}
    for one in desks:
        desks_of.setdefault(one.organisation, []).append(one)
    staff = await read_staff([one.ref for one in desks], work)
    conventions = await conventions_in_force(work.now, work, refs)
    settings = await settings_of(viewer, work, [one.ref for one in desks])
    confirmed = await store.confirmed_on(viewer, work, list(staff.accounts))
    held = await every_permanence(viewer, work)
    today = today_in_paris(work.now)
    found: list[Entry] = []
    for organisation in organisations:
        own = [describe_desk(one, organisation, staff, conventions, work.now, settings.get(one.ref), held)
               for one in desks_of.get(organisation.ref, ())]  # fmt: skip
        convention = conventions.get(organisation.ref)
        found.append(
            Entry(
                ref=organisation.ref,
                name=organisation.name,
                kind=OrganisationKind(organisation.kind).label,
                convention=_convention(convention, work.now),
                desks=[
                    {
                        "name": one.desk_name,
                        "phone": one.phone,
                        "rights": ", ".join(right_name(code) for code in one.rights),
                        "modes": ", ".join(mode.label.lower() for mode in one.modes),
                        "closed": None if one.open else _closed(one.closed_until, today),
                        "full": _full(one, today),
                        "hours": hours_words(settings.get(one.desk)),
                        "documents": [document.label for document in one.documents],
                        "documents_note": one.documents_note,
                        "permanences": [permanence_words(held_at, today) for held_at in one.permanences],
                        "contacts": [_contact(contact, today, confirmed) for contact in one.contacts],
                    }
                    for one in own
                ],
                permanences=tuple(permanence_words(one, today) for one in coming(held, organisation=organisation.ref)),
            )
        )
    return found


def _said_of(held: Iterable[Permanence], today: date) -> list[tuple[UUID, str]]:
    return [(one.organisation, permanence_words(one, today)) for one in held if one.next_on]


def permanence_words(one: Permanence, today: date) -> str:
    """`Maison de quartier : mardi, 9 h – 12 h (prochaine : mardi 24 novembre)`."""
    nearest = f" (prochaine\u202f: {day(one.next_on, today)})" if one.next_on else ""
    return f"{one.place}\u202f: {every_week(one)}{nearest}"


def _full(desk: DeskOption, today: date) -> str | None:
    if desk.capacity is not Capacity.FULL:
        return None
    return f"Complet {until(desk.full_until, today)}" if desk.full_until else "Complet"


def _contact(contact: ContactOption, today: date, confirmed: dict[UUID, date]) -> dict[str, Any]:
    away = None
    if contact.absent_until:
        deputy = f", suppléance\u202f: {contact.deputy_name}" if contact.deputy_name else ", sans suppléance"
        away = f"En absence {until(contact.absent_until, today)}{deputy}"
    said = confirmed.get(contact.account)
    return {
        "name": contact.name,
        "function": contact.function,
        "phone": contact.phone,
        "away": away,
        "confirmed": f"contact confirmé {day(said, today)}" if said else None,
    }


def _closed(closed_until: date | None, today: date) -> str:
    return f"Fermé {until(closed_until, today)}" if closed_until else "Ne reçoit pas d’orientation en ce moment"


def _convention(convention: Convention | None, now: datetime) -> str:
    if convention is None:
        return "Pas de convention en vigueur\u202f: aucun partage possible pour l’instant"
    return f"Convention en vigueur {until(convention.ends - timedelta(microseconds=1), today_in_paris(now))}"
