"""The forms of permanences: a manager's at her desks, the administration's anywhere."""

from datetime import date
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.refusals import NotFound, Refusal
from contracts.viewer import Role, Viewer
from services.partners import directory_store as store
from services.partners.desk_settings import managed_desk
from services.partners.directory_forms import Field, Options, Sheet, refused, show
from services.partners.domain import today_in_paris
from services.partners.permanence_tables import Permanence
from services.partners.permanences import SavePermanence, find_permanence, save_permanence
from services.partners.web_admin import ADMINISTRATION
from services.partners.web_admin_members import KEEPERS, MANAGERS, SETTINGS
from services.runtime.web import dates
from services.runtime.web.forms import read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
LEAD = (
    "Les référentes la voient sur le réseau et sur la carte de vos contacts. Écrivez un lieu public, jamais l’adresse "
    "d’une personne."
)


@pages.get("/bureau/reglages/{desk}/permanence", MANAGERS)
async def new_at_desk(request: Request, viewer: Asking, desk: UUID) -> Response:
    """The form of a new permanence of one of her desks."""
    return show(request, viewer, (await _at_desk(request, viewer, desk))[1])


@pages.post("/bureau/reglages/{desk}/permanence", MANAGERS)
async def make_at_desk(request: Request, viewer: Asking, desk: UUID) -> Response:
    """Make it."""
    organisation, sheet = await _at_desk(request, viewer, desk)
    return await _save(request, viewer, sheet, organisation, None, desk)


@pages.get("/annuaire/{organisation}/permanence", ADMINISTRATION)
async def new_of_organisation(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """The form of a new permanence of an organisation or of one of its desks."""
    return show(request, viewer, await _of_organisation(request, viewer, organisation))


@pages.post("/annuaire/{organisation}/permanence", ADMINISTRATION)
async def make_of_organisation(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """Make it."""
    sheet = await _of_organisation(request, viewer, organisation)
    return await _save(request, viewer, sheet, organisation, None)


@pages.get("/annuaire/permanences/{ref}", KEEPERS)
async def edit(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The form of one that exists."""
    return show(request, viewer, (await _existing(request, viewer, ref))[1])


@pages.post("/annuaire/permanences/{ref}", KEEPERS)
async def change(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Change it; its last day ends it."""
    row, sheet = await _existing(request, viewer, ref)
    desk = None if viewer.has(Role.ADMINISTRATOR) else row.desk
    return await _save(request, viewer, sheet, row.organisation, ref, desk)


async def _save(
    request: Request, viewer: Viewer, sheet: Sheet, organisation: UUID, ref: UUID | None, desk: UUID | None = None
) -> Response:
    sent = await request.form()
    command, errors = read(SavePermanence, sent)
    if command is None:
        return show(request, viewer, sheet, sent, errors, 422)
    if desk is not None:
        command = command.model_copy(update={"desk": desk})
    try:
        async with service_of(request).database.web(viewer) as work:
            await save_permanence(command, organisation, ref, work, viewer)
    except NotFound:
        raise
    except Refusal as refusal:
        return show(request, viewer, sheet, sent, refused(refusal), refusal.status)
    return redirect(sheet.back[0], "saved")


async def _at_desk(request: Request, viewer: Viewer, desk: UUID) -> tuple[UUID, Sheet]:
    async with service_of(request).database.web(viewer) as work:
        row = await managed_desk(viewer, work, desk)
        fields = _fields(None, today_in_paris(work.now))
    return row.organisation, Sheet(f"Ajouter une permanence à {row.name}", LEAD, "Ajouter", SETTINGS, fields)


async def _of_organisation(request: Request, viewer: Viewer, organisation: UUID) -> Sheet:
    async with service_of(request).database.web(viewer) as work:
        row = await store.organisation_of(viewer, work, organisation)
        desks = [(str(one.ref), one.name) for one in await store.desks_of(viewer, work, organisation)]
        fields = _fields(None, today_in_paris(work.now), desks)
    back = (f"/annuaire/{organisation}", row.name)
    return Sheet(f"Ajouter une permanence à {row.name}", LEAD, "Ajouter", back, fields)


async def _existing(request: Request, viewer: Viewer, ref: UUID) -> tuple[Permanence, Sheet]:
    async with service_of(request).database.web(viewer) as work:
        row = await find_permanence(viewer, work, ref)
        administers = viewer.has(Role.ADMINISTRATOR)
        organisation = await store.organisation_of(viewer, work, row.organisation)
        found = await store.desks_of(viewer, work, row.organisation) if administers else []
        fields = _fields(row, today_in_paris(work.now), [(str(one.ref), one.name) for one in found])
    back = (f"/annuaire/{row.organisation}", organisation.name) if administers else SETTINGS
    return row, Sheet(f"Permanence\u202f: {row.place}", LEAD, "Enregistrer", back, fields)


def _fields(row: Permanence | None, today: date, desks: Options = ()) -> tuple[Field, ...]:
    days = [(str(number), name.capitalize()) for number, name in enumerate(dates.DAYS, 1)]
    hours = f"{dates.hour(row.opens)} - {dates.hour(row.closes)}" if row else ""
    found = [
        Field("place", "Où", value=row.place if row else "", hint="Par exemple\u202f: Maison de quartier des Essais."),
        Field("weekday", "Quel jour de la semaine", "select", str(row.weekday) if row else "", days),
        Field("hours", "De quelle heure à quelle heure", value=hours, hint="Ainsi\u202f: 9 h - 12 h."),
        Field("valid_from", "À partir du", "date", (row.valid_from if row else today).isoformat(), required=False),
        Field("valid_until", "Dernier jour", "date", row.valid_until.isoformat() if row and row.valid_until else "",
              required=False, hint="Vide\u202f: sans date de fin. Un dernier jour l’arrête."),
        Field("closed_on_holidays", "Les jours fériés", "checkboxes",
              ["true"] if row is None or row.closed_on_holidays else [], [("true", "Pas de permanence ces jours-là")]),
    ]  # fmt: skip
    if desks:
        hint = "Vide\u202f: c’est une permanence de tout l’organisme."
        value = str(row.desk) if row and row.desk else ""
        found.append(Field("desk", "Pour quel guichet", "select", value, desks, hint, required=False))
    return tuple(found)
