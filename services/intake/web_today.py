"""Aujourd’hui: what needs the referent now, each with its one next action; then what moved last."""

from datetime import timedelta
from typing import Any

from fastapi import Request
from starlette.responses import Response

from contracts.asks import ListTasks
from contracts.refusals import ServiceAway
from contracts.replies import Task
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import TaskKind
from services.intake import handover_lists as lists
from services.intake.dossier import full_name
from services.intake.progress import knots_of, status_of
from services.intake.tables import ConsentGrant, Handover, Person
from services.intake.web import REFERENTS
from services.runtime.database import Work
from services.runtime.web.dates import day, until
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages()
ENDING_WITHIN = timedelta(days=15)
Item = dict[str, Any]

# The one next action of each task: its word, and the page below the referral ("" is the referral itself).
_NEXT: dict[TaskKind, tuple[str, str]] = {
    TaskKind.EXPIRED: ("Rouvrir", "/reopen"),
    TaskKind.UNREACHABLE: ("Vérifier avec elle", ""),
    TaskKind.DECLINED: ("Choisir un autre guichet", "/again"),
    TaskKind.QUESTION: ("Répondre", "/answer_information"),
    TaskKind.REDIRECT: ("Décider", ""),
    TaskKind.OUTCOME_TO_CHECK: ("Vérifier avec elle", ""),
    TaskKind.CONSENT_ENDING: ("Renouveler l’accord", "/renew"),
}
_PRESSING = frozenset({TaskKind.EXPIRED, TaskKind.UNREACHABLE, TaskKind.DECLINED})


@pages.get("/aujourdhui", REFERENTS)
async def today(request: Request, viewer: Asking) -> Response:
    """The referent's day."""
    service = service_of(request)
    tasks = await _tasks(request, viewer)
    async with service.database.web(viewer) as work:
        about = await lists.by_refs(viewer, work, {task.referral for task in tasks or ()})
        late = await lists.late_at_desk(viewer, work)
        unfinished = await lists.to_finish(viewer, work)
        ending = await lists.grants_ending(viewer, work, work.now + ENDING_WITHIN)
        moved = await lists.last_moved(viewer, work)
    asked = {task.referral for task in tasks or ()}
    items = [
        *(_task(task, *about[task.referral]) for task in tasks or () if task.referral in about),
        *(_late(row, person, work) for row, person in late if row.ref not in asked),
        *(_unfinished(row, person) for row, person in unfinished),
        *(_ending(grant, person, work) for grant, person in ending),
    ]
    items.sort(key=lambda item: ("late", "due", None).index(item["kind"]))
    return request.app.state.pages.render(
        request,
        "today.html",
        viewer=viewer,
        items=items,
        lead=lead_of(items),
        away=tasks is None,
        moved=[referral_row(row, person, work) for row, person in moved],
    )


@pages.get("/aujourdhui/flux", REFERENTS)
async def today_moved(request: Request, viewer: Asking) -> Response:
    """Hints that something of her organisation moved."""
    return service_of(request).live.stream([f"organisation.{viewer.organisation}"])


async def _tasks(request: Request, viewer: Viewer) -> tuple[Task, ...] | None:
    try:
        return (await service_of(request).bus.ask(ListTasks(viewer=viewer))).tasks
    except ServiceAway:
        return None


def lead_of(items: list[Item]) -> str:
    """The sentence that the page starts with."""
    if not items:
        return "Rien ne vous attend aujourd’hui."
    late = sum(item["kind"] == "late" for item in items)
    one = "1 chose vous attend" if len(items) == 1 else f"{len(items)} choses vous attendent"
    if not late:
        return f"{one} aujourd’hui."
    return (
        f"{one} aujourd’hui, dont {late} en retard."
        if late < len(items)
        else f"{one} et {'est' if late == 1 else 'sont'} en retard."
    )


def _task(task: Task, row: Handover, person: Person) -> Item:
    label, below = _NEXT[task.kind]
    href = {
        "/again": f"/personnes/{person.ref}/confier?droit={row.right}",
        "/renew": f"/personnes/{person.ref}/accord?guichet={row.desk}&droit={row.right}",
    }.get(below, f"/orientations/{row.ref}{below}")
    return _item(
        row,
        person,
        str(task.kind.label),
        "late" if task.kind in _PRESSING else "due",
        label,
        href,
        since=day(task.since),
    )


def _late(row: Handover, person: Person, work: Work) -> Item:
    assert row.next_due is not None
    text = f"Le guichet devait répondre {day(row.next_due)}"
    return _item(row, person, text, "late", "Voir", f"/orientations/{row.ref}")


def _unfinished(row: Handover, person: Person) -> Item:
    text = {"draft": "Préparée, pas encore envoyée", "awaiting_consent": "En attente de l’accord de la personne"}.get(
        row.step, "N’est pas partie\u202f: regardez pourquoi"
    )
    if row.step == "awaiting_consent":
        href = f"/personnes/{person.ref}/accord?guichet={row.desk}&droit={row.right}"
        return _item(row, person, text, "due", "Recueillir l’accord", href)
    href = f"/personnes/{person.ref}/confier?brouillon={row.ref}"
    return _item(row, person, text, "late" if row.step == "refused" else "due", "Reprendre", href)


def _ending(grant: ConsentGrant, person: Person, work: Work) -> Item:
    over = grant.expires_at <= work.now
    return {
        "who": full_name(person),
        "chip": "Accord terminé, le guichet ne lit plus rien" if over else "Accord bientôt terminé",
        "kind": "late" if over else None,
        "href": f"/personnes/{person.ref}",
        "meta": [f"{grant.recipient_organisation_name}, {grant.desk_name}", until(grant.expires_at)],
        "action": "Renouveler l’accord",
        "action_href": f"/personnes/{person.ref}/accord?guichet={grant.desk}&droit={next(iter(grant.rights), '')}",
    }


def _item(
    row: Handover, person: Person, text: str, kind: str, action: str, href: str, since: str | None = None
) -> Item:
    return {
        "who": full_name(person),
        "chip": text,
        "kind": kind,
        "href": f"/orientations/{row.ref}",
        "meta": [right_name(row.right), row.recipient_organisation_name, *([f"depuis {since}"] if since else [])],
        "action": action,
        "action_href": href,
    }


def referral_row(row: Handover, person: Person, work: Work) -> Item:
    """A hand-over as a row of a list: who, which right, where, how far, and its chip."""
    chip, kind = status_of(row, work.now)
    return {
        "who": full_name(person),
        "href": f"/orientations/{row.ref}",
        "chip": chip,
        "kind": kind,
        "meta": [right_name(row.right), f"{row.recipient_organisation_name}, {row.desk_name}", f"à {row.contact_name}"],
        "knots": knots_of(row, work.now),
        "ref": row.ref,
    }
