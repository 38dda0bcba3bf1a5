"""Orientations: the list of what her organisation confided, and the page on which one is followed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.asks import DescribeNetwork, ReadReferral
from contracts.consent import Category
from contracts.refusals import NotFound, Refusal, ServiceAway, every_refusal
from contracts.replies import Network, ReferralView
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import ConsentMethod
from services.intake import handover_lists as lists
from services.intake import handover_store as store
from services.intake import journal, notes
from services.intake.caseload_gate import PersonPages
from services.intake.dossier import full_name
from services.intake.journal_kinds import Kind
from services.intake.mail_returns import mails_that_return, phone_of_desk
from services.intake.overdue import is_overdue, overdue_of
from services.intake.person_keys import PersonKeys
from services.intake.progress import knots_of, status_of
from services.intake.referral_words import buttons_of, timeline_of, turn_of
from services.intake.tables import ConsentGrant, Handover, Note, Person
from services.intake.undo import first_reading, is_recalled, recalled_words, undo_of
from services.intake.web import REFERENTS, keys_of
from services.intake.web_today import referral_row
from services.runtime.driver import Row
from services.runtime.process import Remembered
from services.runtime.web import dates
from services.runtime.web.appointments import card_of
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()
NETWORK_SECONDS = 60.0
TABS = {
    "guichet": ("En attente du guichet", "attendent une réponse du guichet", "attend une réponse du guichet"),
    "en-cours": ("En cours", "sont en cours", "est en cours"),
    "a-moi": ("En attente de moi", "attendent une réponse de votre part", "attend une réponse de votre part"),
    "closes": ("Terminées", "sont terminées", "est terminée"),
    "brouillons": ("Brouillons", "ne sont pas encore envoyées", "n’est pas encore envoyée"),
}
_NO_PAGE_YET = ("draft", "awaiting_consent")


@pages.get("/orientations", REFERENTS)
async def referrals(request: Request, viewer: Asking, liste: str = "guichet", page: int = 1) -> Response:
    """One tab of the list, forty a page."""
    if liste not in TABS:
        raise NotFound
    page = max(1, min(page, 10_000))
    async with service_of(request).database.web(viewer) as work:
        counts = await lists.count_tabs(viewer, work)
        found = await lists.list_tab(viewer, work, liste, page)
        rows = [_row(row, referral_row(row, work)) for row in found]
        await journal.record_list(work, viewer, Kind.LISTED, [row.person for row in found])
    return request.app.state.pages.render(
        request,
        "referrals.html",
        viewer=viewer,
        rows=rows,
        here=liste,
        lead=_lead(liste, counts[liste], rows),
        before=f"/orientations?liste={liste}&page={page - 1}" if page > 1 else None,
        after=f"/orientations?liste={liste}&page={page + 1}" if counts[liste] > page * lists.PAGE else None,
        tabs=[
            {"href": f"/orientations?liste={name}", "label": words[0], "count": counts[name], "current": name == liste}
            for name, words in TABS.items()
        ],
    )


def _row(row: Row, shown: dict[str, Any]) -> dict[str, Any]:
    if row.step in (*_NO_PAGE_YET, "refused"):
        return shown | {"action": "Reprendre", "action_href": f"/personnes/{row.person}/confier?brouillon={row.ref}"}
    return shown | {"action": None, "action_href": None}


def _lead(tab: str, count: int, rows: list[dict[str, Any]]) -> str:
    if not count:
        return "Aucune orientation ici pour le moment."
    many, one = TABS[tab][1], TABS[tab][2]
    # Of one page among several, how many are late would say nothing of the list.
    late = sum(row["kind"] == "late" for row in rows) if count == len(rows) else 0
    text = f"1 orientation {one}" if count == 1 else f"{count} orientations {many}"
    return f"{text}, dont {late} en retard." if late else f"{text}."


@pages.get("/orientations/flux", REFERENTS)
async def referrals_moved(request: Request, viewer: Asking) -> Response:
    """Hints that something of her organisation moved."""
    return service_of(request).live.stream([f"organisation.{viewer.organisation}"])


@pages.get("/orientations/{ref}", REFERENTS)
async def referral(request: Request, viewer: Asking, ref: UUID) -> Response:
    """One referral: who, the thread, the next action, what the desk may read, questions, and the time line."""
    async with service_of(request).database.web(viewer) as work:
        found = await store.find_own(viewer, work, ref)
        if found is None:
            raise NotFound
        row, person = found
        await journal.record_opening(work, viewer, row)
        kept = (await store.notes_of(viewer, work, [ref])).get(ref, [])
        grant = next(
            (one for one in await store.grants_of_person(viewer, work, row.person) if one.ref == row.grant), None
        )
        recalled = recalled_words(await first_reading(viewer, work, row)) if is_recalled(row) else None
    if row.step == store.ABANDONED:
        return redirect(f"/personnes/{row.person}")
    if row.step in _NO_PAGE_YET:
        return redirect(f"/personnes/{row.person}/confier?brouillon={ref}")
    view, away = await read_referral(request, viewer, ref)
    main, others = buttons_of(view.actions if view else (), ref)
    network = await network_of(request)
    chip, kind = status_of(row, work.now)
    keys, service = keys_of(request), service_of(request)
    returns = await mails_that_return(service, {row.contact, view.assignee} if view else {row.contact})
    wanted = bool(returns) or (view is not None and is_overdue(row, work.now))
    phone = await phone_of_desk(service, viewer, row.desk) if wanted else None
    return request.app.state.pages.render(
        request,
        "referral.html",
        returns=bool(returns) and (view is None or view.ended_at is None),
        desk_phone=phone,
        overdue=overdue_of(row, phone, work.now) if view else None,
        viewer=viewer,
        who=full_name(person),
        right=right_name(row.right),
        row=row,
        view=view,
        away=away,
        chip=chip,
        kind=kind,
        knots=knots_of(row, work.now),
        main=main,
        others=others,
        turn=turn_of(view) if view else None,
        timeline=timeline_of(view, network) if view else [],
        notes=[_note(one, network, keys) for one in kept],
        proposed=_proposed(view, network),
        message=keys.open(row.person, "need_summary", row.need_summary),
        accompanied_by=keys.open(row.person, "accompaniment", row.accompaniment),
        consent=_consent(row, grant, work.now),
        refusal=_refusal_sentence(row),
        appointment=appointment_of(row, view, network, work.now),
        recalled=recalled,
        undo=undo_of(row, view.version, work.now) if view and "recall" in view.actions else None,
    )


def appointment_of(
    row: Handover, view: ReferralView | None, network: Network | None, now: datetime
) -> dict[str, Any] | None:
    """The appointment as the page shows it."""
    from services.intake.web_appointments import around_of  # it stands on this module

    return card_of(view, around_of(row, network), now)


async def read_referral(request: Request, viewer: Viewer, ref: UUID) -> tuple[ReferralView | None, bool]:
    """The referral from its record, and whether the referral service is away; None while it does not know it yet."""
    try:
        return await service_of(request).bus.ask(ReadReferral(viewer=viewer, ref=ref)), False
    except ServiceAway:
        return None, True
    except NotFound:
        return None, False


async def network_of(request: Request) -> Network | None:
    """The names of desks and professionals, kept for a minute; None while the directory is away."""
    state, service = request.app.state, service_of(request)
    if not hasattr(state, "network"):
        state.network = Remembered(lambda _: service.bus.ask(DescribeNetwork()), seconds=NETWORK_SECONDS)
    try:
        found: Network = await state.network.of("")
        return found
    except ServiceAway:
        return None


async def names_of(request: Request) -> dict[UUID, str]:
    """The names of professionals by account; none while the directory is away."""
    network = await network_of(request)
    return network.accounts if network else {}


async def open_handover(request: Request, viewer: Viewer, ref: UUID) -> tuple[Handover, Person]:
    """A hand-over of the viewer's organisation with its person; its opening is journalled. Refusal: NotFound."""
    async with service_of(request).database.web(viewer) as work:
        found = await store.find_own(viewer, work, ref)
        if found is None:
            raise NotFound
        await journal.record_opening(work, viewer, found[0])
    return found


def _note(note: Note, network: Network | None, keys: PersonKeys) -> dict[str, Any]:
    text = notes.text_of(note, keys)
    return {
        "what": "Question du guichet" if note.kind == notes.QUESTION else "Votre réponse",
        "note": text or "Effacée",
        "at_text": dates.when(note.at),
        "at_iso": dates.iso(note.at),
        "at_exact": dates.exact(note.at),
        "who": network.accounts.get(note.author) if network else None,
    }


def _proposed(view: ReferralView | None, network: Network | None) -> str | None:
    if view is None or view.proposed_desk is None:
        return None
    desk = network.desks.get(view.proposed_desk) if network else None
    organisation = (
        network.organisations.get(view.proposed_organisation) if network and view.proposed_organisation else None
    )
    return ", ".join(one for one in (organisation, desk) if one) or "un autre guichet"


def _consent(row: Handover, grant: ConsentGrant | None, now: datetime) -> dict[str, Any] | None:
    if grant is None:
        return None
    over = row.readable_until is not None and row.readable_until <= now
    ended = grant.withdrawn_at is not None or grant.expires_at <= now or over
    return {
        "ended": ended,
        "withdrawn": grant.withdrawn_at,
        "given": grant.given_at,
        "expires": grant.expires_at,
        "method": ConsentMethod(grant.method).label,
        "readable_until": row.readable_until,
        "shared": [one.label for one in Category if one.value in grant.categories],
        "not_shared": [one.label for one in Category if one.value not in grant.categories],
    }


def _refusal_sentence(row: Handover) -> str | None:
    if row.step != "refused":
        return None
    return str(every_refusal().get(row.refusal or "", Refusal)())
