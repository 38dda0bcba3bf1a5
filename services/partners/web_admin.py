"""An organisation as the administration keeps it: itself, its desks, and its departure."""

from uuid import UUID

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.asks import CountCases
from contracts.refusals import Refusal, ServiceAway
from contracts.rights import right_name
from contracts.viewer import Role, Viewer
from contracts.vocabulary import OrganisationKind
from services.partners import directory_store as store
from services.partners.departures import leave_organisation
from services.partners.desk_list import of_organisation, the_organisation
from services.partners.directory import find_desk, save_desk, save_organisation
from services.partners.directory_commands import LeaveOrganisation, SaveDesk, SaveOrganisation
from services.partners.directory_forms import Field, Sheet, desk_fields, organisation_fields, refused, show
from services.partners.directory_words import card_pairs, entries_of, member_row, some
from services.partners.permanences import every_permanence, every_week
from services.partners.recipients import conventions_in_force
from services.runtime.web.forms import read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
ADMINISTRATION = frozenset({Role.ADMINISTRATOR})
HOME = ("/annuaire", "Annuaire")


@pages.get("/annuaire/nouveau", ADMINISTRATION)
async def new_organisation(request: Request, viewer: Asking) -> Response:
    """The form of a new organisation."""
    return show(request, viewer, _new_sheet())


@pages.post("/annuaire/nouveau", ADMINISTRATION)
async def make_organisation(request: Request, viewer: Asking) -> Response:
    """Make it."""
    return await _save_organisation(request, viewer, None, _new_sheet())


@pages.get("/annuaire/{organisation}", ADMINISTRATION)
async def show_organisation(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """One organisation: its desks, its members, and what was changed last."""
    async with service_of(request).database.web(viewer) as work:
        row = await store.organisation_of(viewer, work, organisation)
        card = await store.card_of(viewer, work, organisation)
        signed = await conventions_in_force(work.now, work, [organisation])
        desks = await store.desks_of(viewer, work, organisation)
        members = await store.members_of(viewer, work, organisation)
        events = await store.events_of(viewer, work, organisation=organisation)
        held = [one for one in await every_permanence(viewer, work) if one.organisation == organisation]
        now = work.now
    return request.app.state.pages.render(
        request,
        "directory_organisation.html",
        viewer=viewer,
        organisation=row,
        kind=OrganisationKind(row.kind).label,
        desks=[
            {"ref": one.ref, "name": one.name, "receives": one.receives, "phone": one.phone,
             "rights": ", ".join(right_name(code) for code in one.rights)}
            for one in desks
        ],
        permanences=[(f"/annuaire/permanences/{one.ref}", one.place, every_week(one),
                      next((desk.name for desk in desks if desk.ref == one.desk), "Tout l’organisme")) for one in held],
        members=[member_row(one, now) for one in members],
        active=sum(one.active for one in members),
        entries=entries_of(events, now),
        reached=card_pairs(card),
        signed=organisation in signed,
    )  # fmt: skip


@pages.get("/annuaire/{organisation}/modifier", ADMINISTRATION)
async def edit_organisation(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """Its form."""
    return show(request, viewer, await _edit_sheet(request, viewer, organisation))


@pages.post("/annuaire/{organisation}/modifier", ADMINISTRATION)
async def change_organisation(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """Change it."""
    return await _save_organisation(request, viewer, organisation, await _edit_sheet(request, viewer, organisation))


@pages.get("/annuaire/{organisation}/guichet", ADMINISTRATION)
async def new_desk(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """The form of a new desk."""
    return show(request, viewer, await _desk_sheet(request, viewer, organisation, None))


@pages.post("/annuaire/{organisation}/guichet", ADMINISTRATION)
async def make_desk(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """Make it."""
    return await _save_desk(request, viewer, organisation, None)


@pages.get("/annuaire/{organisation}/guichets/{desk}", ADMINISTRATION)
async def edit_desk(request: Request, viewer: Asking, organisation: UUID, desk: UUID) -> Response:
    """A desk's form."""
    return show(request, viewer, await _desk_sheet(request, viewer, organisation, desk))


@pages.post("/annuaire/{organisation}/guichets/{desk}", ADMINISTRATION)
async def change_desk(request: Request, viewer: Asking, organisation: UUID, desk: UUID) -> Response:
    """Change it."""
    return await _save_desk(request, viewer, organisation, desk)


@pages.get("/annuaire/{organisation}/depart", ADMINISTRATION)
async def preview_departure(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """What would happen, in numbers, before anything does."""
    return show(request, viewer, await _departure_sheet(request, viewer, organisation))


@pages.post("/annuaire/{organisation}/depart", ADMINISTRATION)
async def depart(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """End its part in the network."""
    sent = await request.form()
    command, errors = read(LeaveOrganisation, sent)
    if command is not None:
        try:
            async with service_of(request).database.web(viewer) as work:
                await leave_organisation(command, organisation, work, viewer)
            return redirect(f"/annuaire/{organisation}", "saved")
        except Refusal as refusal:
            return await _again(request, viewer, await _departure_sheet(request, viewer, organisation), sent, refusal)
    return show(request, viewer, await _departure_sheet(request, viewer, organisation), sent, errors, 422)


async def _again(request: Request, viewer: Viewer, sheet: Sheet, sent: FormData, refusal: Refusal) -> Response:
    return show(request, viewer, sheet, sent, refused(refusal), refusal.status)


async def _save_organisation(request: Request, viewer: Viewer, ref: UUID | None, sheet: Sheet) -> Response:
    sent = await request.form()
    command, errors = read(SaveOrganisation, sent)
    if command is None:
        return show(request, viewer, sheet, sent, errors, 422)
    try:
        async with service_of(request).database.web(viewer) as work:
            saved = await save_organisation(command, ref, work, viewer)
    except Refusal as refusal:
        return await _again(request, viewer, sheet, sent, refusal)
    return redirect(f"/annuaire/{saved}", "saved")


async def _save_desk(request: Request, viewer: Viewer, organisation: UUID, ref: UUID | None) -> Response:
    sheet, sent = await _desk_sheet(request, viewer, organisation, ref), await request.form()
    command, errors = read(SaveDesk, sent)
    if command is None:
        return show(request, viewer, sheet, sent, errors, 422)
    try:
        async with service_of(request).database.web(viewer) as work:
            await save_desk(command, organisation, ref, work, viewer)
    except Refusal as refusal:
        return await _again(request, viewer, sheet, sent, refusal)
    return redirect(f"/annuaire/{organisation}", "saved")


def _new_sheet() -> Sheet:
    lead = "Ajoutez ensuite ses guichets et ses membres. Rien n’est partagé avec lui sans convention."
    return Sheet("Ajouter un organisme", lead, "Ajouter", HOME, organisation_fields())


async def _edit_sheet(request: Request, viewer: Viewer, ref: UUID) -> Sheet:
    async with service_of(request).database.web(viewer) as work:
        row = await store.organisation_of(viewer, work, ref)
        card = await store.card_of(viewer, work, ref)
    lead = "Le nom change partout où il est montré, aussi sur ce qui est déjà fait."
    back = (f"/annuaire/{ref}", row.name)
    return Sheet(f"Modifier {row.name}", lead, "Enregistrer", back, organisation_fields(row, card))


async def _desk_sheet(request: Request, viewer: Viewer, organisation: UUID, ref: UUID | None) -> Sheet:
    async with service_of(request).database.web(viewer) as work:
        row = await store.organisation_of(viewer, work, organisation)
        desk = await find_desk(viewer, work, ref) if ref else None
    lead = "Les référentes voient ce guichet pour les droits cochés, dès qu’il a un contact et une convention."
    title = f"Modifier {desk.name}" if desk else f"Ajouter un guichet à {row.name}"
    button = "Enregistrer" if desk else "Ajouter"
    return Sheet(title, lead, button, (f"/annuaire/{organisation}", row.name), desk_fields(desk))


async def _departure_sheet(request: Request, viewer: Viewer, organisation: UUID) -> Sheet:
    service = service_of(request)
    async with service.database.web(viewer) as work:
        row = await store.organisation_of(viewer, work, organisation)
        members = await store.members_of(viewer, work, organisation)
        sessions = await store.count_sessions(viewer, work, account=None, organisation=organisation)
    async with service.database.worker() as work:
        waiting = await store.count_in_hands(viewer, work, account=None, organisation=organisation)
    notes = [
        f"{some(sum(one.active for one in members), 'compte sera fermé', 'comptes seront fermés')}, "
        f"{some(sessions, 'session coupée', 'sessions coupées')} aussitôt.",
        f"{some(waiting, 'orientation reçue sera reprise', 'orientations reçues seront reprises')}\u202f: chaque "
        "référente aura une tâche pour choisir un autre guichet.",
        "Plus rien d’aucune personne n’y sera consultable, ses guichets fermeront et sa convention prendra fin.",
        await _cases(request, viewer, organisation),
    ]
    options = [("true", f"Oui, {the_organisation(row.name)} quitte le réseau")]
    confirm = Field("confirmed", "Un départ d’organisme ne se défait pas", "checkboxes", [], options)
    title = f"Départ {of_organisation(row.name)}"
    lead = "Une seule action, tout de suite. Voici ce qu’elle fera."
    back = (f"/annuaire/{organisation}", row.name)
    return Sheet(title, lead, "Noter le départ", back, (confirm,), tuple(notes), danger=True)


async def _cases(request: Request, viewer: Viewer, organisation: UUID) -> str:
    try:
        found = await service_of(request).bus.ask(CountCases(viewer=viewer, organisation=organisation))
    except ServiceAway:
        return "Les personnes qu’il suit ne peuvent pas être comptées en ce moment."
    if not found.people:
        return "Il ne suit aucune personne."
    return (
        f"{some(found.people, 'personne suivie', 'personnes suivies')}, "
        f"{some(found.open_referrals, 'orientation envoyée', 'orientations envoyées')} en cours\u202f: elles "
        "prendront fin. Les dossiers ne vont à personne d’autre\u202f: la DPO seule pourra les consulter, sur demande."
    )
