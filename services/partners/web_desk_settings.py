"""The manager's own pages: how her desks work, who works there, and whom she has to confirm."""

from datetime import datetime
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.refusals import NotFound, Refusal
from contracts.viewer import Viewer
from contracts.vocabulary import Capacity, Document, HandoverMode
from services.partners import directory_store as store
from services.partners.desk_settings import is_full, managed_desk, save_settings, settings_of
from services.partners.directory_commands import SaveSettings
from services.partners.directory_forms import Sheet, hours_words, refused, settings_fields, show
from services.partners.directory_tables import DeskSetting
from services.partners.directory_words import entries_of, member_row
from services.partners.domain import today_in_paris
from services.partners.permanences import every_permanence, every_week
from services.partners.tables import Desk
from services.partners.web_admin_members import MANAGERS, SETTINGS
from services.runtime.web import dates
from services.runtime.web.forms import read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
USUAL_HOURS = "Non précisés\u202f: les heures ouvrées habituelles comptent"


@pages.get("/bureau/reglages", MANAGERS)
async def show_settings(request: Request, viewer: Asking) -> Response:
    """Each desk that she manages: its settings, its members, and what was changed."""
    async with service_of(request).database.web(viewer) as work:
        desks = [await managed_desk(viewer, work, ref) for ref in viewer.manages]
        settings = await settings_of(viewer, work, viewer.manages)
        members = {one.ref: await store.members_at(viewer, work, one.ref) for one in desks}
        events = {one.ref: await store.events_of(viewer, work, desk=one.ref) for one in desks}
        held = await every_permanence(viewer, work)
        now = work.now
    return request.app.state.pages.render(
        request,
        "desk_settings.html",
        viewer=viewer,
        desks=[
            {
                "ref": one.ref,
                "name": one.name,
                "pairs": _pairs(one, settings.get(one.ref), now),
                "permanences": [
                    {"href": f"/annuaire/permanences/{found.ref}", "place": found.place, "when": every_week(found),
                     "next": f"prochaine {dates.day(found.next_on, today_in_paris(now))}" if found.next_on
                     else "n’est plus tenue"}
                    for found in held if found.desk == one.ref
                ],
                "members": [member_row(member, now) for member in members[one.ref]],
                "entries": entries_of(events[one.ref], now),
            }
            for one in desks
        ],
        to_confirm=len({one.ref for rows in members.values() for one in rows if one.to_confirm(now)}),
    )


@pages.get("/bureau/reglages/{desk}", MANAGERS)
async def edit_settings(request: Request, viewer: Asking, desk: UUID) -> Response:
    """The form of one desk."""
    return show(request, viewer, await _sheet(request, viewer, desk))


@pages.post("/bureau/reglages/{desk}", MANAGERS)
async def change_settings(request: Request, viewer: Asking, desk: UUID) -> Response:
    """Change how it works."""
    sheet, sent = await _sheet(request, viewer, desk), await request.form()
    command, errors = read(SaveSettings, sent)
    if command is None:
        return show(request, viewer, sheet, sent, errors, 422)
    try:
        async with service_of(request).database.web(viewer) as work:
            await save_settings(command, desk, work, viewer)
    except NotFound:
        raise
    except Refusal as refusal:
        return show(request, viewer, sheet, sent, refused(refusal), refusal.status)
    return redirect(SETTINGS[0], "saved")


async def _sheet(request: Request, viewer: Viewer, desk: UUID) -> Sheet:
    async with service_of(request).database.web(viewer) as work:
        row = await managed_desk(viewer, work, desk)
        setting = (await settings_of(viewer, work, [desk])).get(desk)
    lead = (
        "Les référentes voient tout cela avant de vous confier quelqu’un. Les délais de réponse comptent vos heures "
        "d’ouverture."
    )
    return Sheet(f"Régler {row.name}", lead, "Enregistrer", SETTINGS, settings_fields(row, setting))


def _pairs(desk: Desk, setting: DeskSetting | None, now: datetime) -> list[tuple[str, str]]:
    today = today_in_paris(now)
    full = is_full(setting, today)
    until = f", {dates.until(setting.full_until, today)}" if full and setting and setting.full_until else ""
    documents = [Document(one).label for one in (setting.documents if setting else ())]
    if setting and setting.documents_note:
        documents.append(setting.documents_note)
    closing = "Aucune"
    if desk.closed_from:
        end = dates.until(desk.closed_until, today) if desk.closed_until else "sans date de fin"
        closing = f"À partir de {dates.day(desk.closed_from, today)}, {end}"
    return [
        ("Place", (Capacity.FULL if full else Capacity.OPEN).label + until),
        ("Fermeture", closing),
        ("Horaires", hours_words(setting) or USUAL_HOURS),
        ("Reçoit par", ", ".join(HandoverMode(one).label.lower() for one in desk.modes) or "rien n’est coché"),
        ("Pièces demandées", "\u202f; ".join(documents) or "Rien de particulier"),
    ]
