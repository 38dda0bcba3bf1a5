"""Members of the directory: their card, invitation, change, yearly confirmation and departure; for the administration,
and for a manager at her own desks.
"""

from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.asks import CountCases
from contracts.refusals import NotFound, Refusal, ServiceAway
from contracts.replies import CasesCounted
from contracts.viewer import Role, Viewer
from services.partners import directory_store as store
from services.partners.departures import heirs_of, leave_member, successors_of
from services.partners.directory import may_change
from services.partners.directory_commands import LeaveMember, SaveMember
from services.partners.directory_forms import Field, Options, Sheet, member_fields, refused, show
from services.partners.directory_members import change_member, confirm_member, invite_member
from services.partners.directory_store import Member
from services.partners.directory_words import entries_of, member_row, some
from services.partners.web_admin import ADMINISTRATION
from services.runtime.database import Work
from services.runtime.web.forms import read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
KEEPERS = frozenset({Role.ADMINISTRATOR, Role.DESK_MANAGER})
MANAGERS = frozenset({Role.DESK_MANAGER})
SETTINGS = ("/bureau/reglages", "Réglages du guichet")


@pages.get("/annuaire/{organisation}/membre", ADMINISTRATION)
async def new_member(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """The form of an invitation."""
    return show(request, viewer, await _invitation(request, viewer, organisation))


@pages.post("/annuaire/{organisation}/membre", ADMINISTRATION)
async def invite(request: Request, viewer: Asking, organisation: UUID) -> Response:
    """Make the account."""
    return await _invite(request, viewer, organisation)


@pages.get("/bureau/reglages/membre", MANAGERS)
async def new_colleague(request: Request, viewer: Asking) -> Response:
    """The same form for a manager: her desks alone."""
    return show(request, viewer, await _invitation(request, viewer, viewer.organisation))


@pages.post("/bureau/reglages/membre", MANAGERS)
async def invite_colleague(request: Request, viewer: Asking) -> Response:
    """Make the account, at her desks."""
    return await _invite(request, viewer, viewer.organisation)


@pages.get("/annuaire/membres/{account}", KEEPERS)
async def show_member(request: Request, viewer: Asking, account: UUID) -> Response:
    """Her card: roles, last confirmation, what was changed."""
    async with service_of(request).database.web(viewer) as work:
        member = await _member(viewer, work, account)
        events = await store.events_of(viewer, work, about=account)
        now = work.now
        organisation = await store.organisation_of_account(viewer, work, account)
    return request.app.state.pages.render(
        request,
        "directory_member.html",
        viewer=viewer,
        member=member,
        row=member_row(member, now),
        back=_back(viewer, organisation),
        entries=entries_of(events, now),
    )


@pages.post("/annuaire/membres/{account}/confirmation", KEEPERS)
async def confirm(request: Request, viewer: Asking, account: UUID) -> Response:
    """She still is a contact: asked again in a year."""
    async with service_of(request).database.web(viewer) as work:
        await confirm_member(account, work, viewer)
    return redirect(f"/annuaire/membres/{account}", "acted")


@pages.get("/annuaire/membres/{account}/modifier", KEEPERS)
async def edit_member(request: Request, viewer: Asking, account: UUID) -> Response:
    """Her form."""
    return show(request, viewer, await _change_sheet(request, viewer, account))


@pages.post("/annuaire/membres/{account}/modifier", KEEPERS)
async def change(request: Request, viewer: Asking, account: UUID) -> Response:
    """Change her."""
    sheet, sent = await _change_sheet(request, viewer, account), await request.form()
    command, errors = read(SaveMember, sent)
    if command is None:
        return show(request, viewer, sheet, sent, errors, 422)
    try:
        async with service_of(request).database.web(viewer) as work:
            await change_member(command, account, work, viewer)
    except NotFound:
        raise
    except Refusal as refusal:
        return show(request, viewer, sheet, sent, refused(refusal), refusal.status)
    return redirect(f"/annuaire/membres/{account}", "saved")


@pages.get("/annuaire/membres/{account}/depart", KEEPERS)
async def preview_departure(request: Request, viewer: Asking, account: UUID) -> Response:
    """What would happen, in numbers, and who takes over."""
    sheet, _ = await _departure(request, viewer, account)
    return show(request, viewer, sheet)


@pages.post("/annuaire/membres/{account}/depart", KEEPERS)
async def depart(request: Request, viewer: Asking, account: UUID) -> Response:
    """End her account."""
    (sheet, cases), sent = await _departure(request, viewer, account), await request.form()
    command, errors = read(LeaveMember, sent)
    if command is None:
        return show(request, viewer, sheet, sent, errors, 422)
    follows = cases.people + cases.open_referrals + cases.drafts if cases else 1
    try:
        async with service_of(request).database.web(viewer) as work:
            await leave_member(command, account, work, viewer, follows=follows)
    except NotFound:
        raise
    except Refusal as refusal:
        return show(request, viewer, sheet, sent, refused(refusal), refusal.status)
    return redirect(sheet.back[0] if viewer.has(Role.ADMINISTRATOR) else SETTINGS[0], "saved")


async def _member(viewer: Viewer, work: Work, account: UUID) -> Member:
    member = await store.member_of(viewer, work, account)
    if not await may_change(viewer, work, account):
        raise NotFound
    return member


async def _invite(request: Request, viewer: Viewer, organisation: UUID) -> Response:
    sheet, sent = await _invitation(request, viewer, organisation), await request.form()
    command, errors = read(SaveMember, sent)
    if command is None:
        return show(request, viewer, sheet, sent, errors, 422)
    try:
        async with service_of(request).database.web(viewer) as work:
            made = await invite_member(command, organisation, work, viewer)
    except NotFound:
        raise
    except Refusal as refusal:
        return show(request, viewer, sheet, sent, refused(refusal), refusal.status)
    return redirect(f"/annuaire/membres/{made}", "saved")


async def _invitation(request: Request, viewer: Viewer, organisation: UUID) -> Sheet:
    async with service_of(request).database.web(viewer) as work:
        row = await store.organisation_of(viewer, work, organisation)
        desks = _desks(viewer, await store.desks_of(viewer, work, organisation))
    lead = "La personne se connecte dès maintenant avec son adresse\u202f: un code lui est envoyé à chaque fois."
    fields = member_fields(None, desks, set(), everything=viewer.has(Role.ADMINISTRATOR))
    return Sheet(f"Inviter quelqu’un\u202f: {row.name}", lead, "Inviter", _back(viewer, organisation), fields)


async def _change_sheet(request: Request, viewer: Viewer, account: UUID) -> Sheet:
    async with service_of(request).database.web(viewer) as work:
        member = await _member(viewer, work, account)
        organisation = await store.organisation_of_account(viewer, work, account)
        desks = _desks(viewer, await store.desks_of(viewer, work, organisation))
        heirs = await heirs_of(viewer, work, account, organisation)
    everything = viewer.has(Role.ADMINISTRATOR)
    refers = everything and any(role == Role.REFERENT for role, _, _ in member.roles)
    had = {(role, str(desk) if desk else "") for role, desk, _ in member.roles}
    options = [(str(ref), name) for ref, name in heirs] if refers else []
    lead = "Un rôle retiré coupe ses sessions\u202f: elle se reconnecte avec ceux qui restent."
    back = (f"/annuaire/membres/{account}", member.name)
    fields = member_fields(member, desks, had, everything=everything, heirs=options)
    return Sheet(f"Modifier {member.name}", lead, "Enregistrer", back, fields)


async def _departure(request: Request, viewer: Viewer, account: UUID) -> tuple[Sheet, CasesCounted | None]:
    service = service_of(request)
    async with service.database.web(viewer) as work:
        member = await _member(viewer, work, account)
        organisation = await store.organisation_of_account(viewer, work, account)
        sessions = await store.count_sessions(viewer, work, account=account, organisation=None)
        heirs = await heirs_of(viewer, work, account, organisation)
        desks = [desk for _, desk, _ in member.roles if desk]
        successors = await successors_of(viewer, work, account, desks)
    async with service.database.worker() as work:
        in_hand = await store.count_in_hands(viewer, work, account=account, organisation=None)
    refers = any(role == Role.REFERENT for role, _, _ in member.roles)
    try:
        cases = await service.bus.ask(CountCases(viewer=viewer, organisation=organisation, account=account))
    except ServiceAway:
        cases = None
    notes = [f"Son compte est fermé et {some(sessions, 'session coupée', 'sessions coupées')} aussitôt."]
    if desks:
        taken_on = some(in_hand, "orientation en main passe", "orientations en main passent")
        notes.append(f"{taken_on} à un collègue du guichet. Les délais ne changent pas.")
    if refers:
        notes.append(_followed(cases))
    notes.append("Ce qu’elle a fait garde son nom. Son adresse pourra servir à un autre compte.")
    fields = _takeover(desks, refers, successors, heirs)
    back = (f"/annuaire/membres/{account}", member.name)
    lead = "Une seule action, tout de suite. Voici ce qu’elle fera."
    sheet = Sheet(f"Départ de {member.name}", lead, "Noter le départ", back, fields, tuple(notes), danger=True)
    return sheet, cases


def _followed(cases: CasesCounted | None) -> str:
    if cases is None:
        return "Les personnes qu’elle suit ne peuvent pas être comptées en ce moment\u202f: il faut une reprise."
    return (
        f"{some(cases.people, 'personne suivie', 'personnes suivies')}, "
        f"{some(cases.open_referrals, 'orientation', 'orientations')} en cours et "
        f"{some(cases.drafts, 'orientation préparée', 'orientations préparées')} vont à qui reprend, avec les tâches."
    )


def _takeover(
    desks: list[UUID], refers: bool, successors: list[tuple[UUID, str]], heirs: list[tuple[UUID, str]]
) -> tuple[Field, ...]:
    found = []
    if desks and successors:
        hint = "Vide\u202f: sa suppléante, sinon qui a le moins d’orientations en main\u202f; à défaut, vous décidez."
        options: Options = [(str(ref), name) for ref, name in successors]
        found.append(Field("successor", "Qui reprend au guichet", "select", "", options, hint, required=False))
    if refers and heirs:
        hint = "Elle ou il suivra les personnes, et recevra les tâches."
        found.append(Field("heir", "Qui suit les personnes", "select", "", [(str(ref), name) for ref, name in heirs],
                           hint))  # fmt: skip
    return tuple(found)


def _desks(viewer: Viewer, rows: list) -> list[tuple[str, str]]:  # type: ignore[type-arg]
    everything = viewer.has(Role.ADMINISTRATOR)
    return [(str(one.ref), one.name) for one in rows if everything or one.ref in viewer.manages]


def _back(viewer: Viewer, organisation: UUID) -> tuple[str, str]:
    return (f"/annuaire/{organisation}", "Organisme") if viewer.has(Role.ADMINISTRATOR) else SETTINGS
