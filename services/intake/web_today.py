"""Aujourd’hui: what needs the referent now, by gesture and each with its one next action; then her people, and what
moved last.
"""

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

from fastapi import Request
from starlette.responses import Response

from contracts.asks import ListTasks
from contracts.refusals import ServiceAway
from contracts.replies import Task
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import DepartureTask, FollowTask, TaskKind
from services.intake import handover_lists as lists
from services.intake import journal, store
from services.intake.colleague_tasks import read_colleague_tasks, sections_of
from services.intake.consent_soon import soon_of
from services.intake.dossier import end_of, full_name
from services.intake.journal_kinds import Kind
from services.intake.progress import knots_of, status_of
from services.intake.tables import ConsentGrant, Handover, Person
from services.intake.today_groups import ENDING, LATE, UNFINISHED, groups_of, in_full, kind_of, lead_of
from services.intake.web import REFERENTS
from services.runtime.database import Work
from services.runtime.web.dates import PARIS, day
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages()
MY_PEOPLE = 6
Item = dict[str, Any]

# The one next action of each task: its word, and the page below the referral ("" is the referral itself).
_NEXT: dict[TaskKind | DepartureTask | FollowTask, tuple[str, str]] = {
    TaskKind.EXPIRED: ("Rouvrir", "/reopen"),
    TaskKind.UNREACHABLE: ("Vérifier avec elle", ""),
    TaskKind.DECLINED: ("Choisir un autre guichet", "/again"),
    TaskKind.QUESTION: ("Répondre", "/answer_information"),
    TaskKind.REDIRECT: ("Décider", ""),
    TaskKind.OUTCOME_TO_CHECK: ("Vérifier avec elle", ""),
    TaskKind.CONSENT_ENDING: ("Renouveler l’accord", "/renew"),
    FollowTask.CHECK_30: ("Vérifier avec elle", "/record_check"),
    FollowTask.CHECK_90: ("Vérifier avec elle", "/record_check"),
    FollowTask.RIGHT_TO_RENEW: ("Noter le renouvellement", "/record_renewal"),
    DepartureTask.UNATTENDED: ("Rappeler", "/recall"),
    DepartureTask.DESK_LEFT: ("Choisir un autre guichet", "/again"),
}
# What one press does from the list itself: the word, and the action of the life cycle.
_IN_PLACE: dict[TaskKind | DepartureTask, tuple[str, str]] = {
    TaskKind.OUTCOME_TO_CHECK: ("C’est bien cela", "confirm_outcome"),
}
# A chip is two or three words; what to do about it is the word of its button.
_CHIPS: dict[TaskKind | DepartureTask | FollowTask, str] = {
    TaskKind.EXPIRED: "Sans réponse",
    TaskKind.UNREACHABLE: "Injoignable",
    TaskKind.DECLINED: "Déclinée",
    TaskKind.CONSENT_ENDING: "Accord bientôt fini",
    FollowTask.CHECK_30: "Un mois après",
    FollowTask.CHECK_90: "Trois mois après",
    FollowTask.RIGHT_TO_RENEW: "Bientôt à terme",
    DepartureTask.UNATTENDED: "Plus suivie",
    DepartureTask.DESK_LEFT: "Organisme parti",
}
# The heading of their group says the same.
_SAID_ABOVE = frozenset({TaskKind.QUESTION, TaskKind.REDIRECT, TaskKind.OUTCOME_TO_CHECK})
_PRESSING = frozenset({TaskKind.EXPIRED, TaskKind.UNREACHABLE, TaskKind.DECLINED, *DepartureTask})


@pages.get("/aujourdhui", REFERENTS)
async def today(request: Request, viewer: Asking) -> Response:
    """The referent's day."""
    service = service_of(request)
    tasks, others = await asyncio.gather(_tasks(request, viewer), read_colleague_tasks(service, viewer))
    full = in_full(tasks or ())
    async with service.database.web(viewer) as work:
        known = await lists.known_of(viewer, work, {task.referral for task in tasks or ()})
        shown = [*(task for task in tasks or () if task.ref in full), *others.shown()]
        about = await lists.by_refs(viewer, work, {task.referral for task in shown})
        late = await lists.late_at_desk(viewer, work)
        unfinished = await lists.to_finish(viewer, work)
        ending = await lists.grants_ending(viewer, work, work.now + soon_of(request))
        moved = await lists.last_moved(viewer, work)
        mine = await store.list_people(viewer, work, "mes-personnes", size=MY_PEOPLE)
        seen = [person.ref for _, person in (*about.values(), *late, *unfinished, *ending, *moved)]
        seen += [person.ref for person in mine]
        await journal.record_list(work, viewer, Kind.LISTED, seen)
    asked = {task.referral for task in tasks or ()}
    items = [
        *(_task(task, *about[task.referral]) for task in tasks or () if task.ref in full and task.referral in about),
        *(_counted(task) for task in tasks or () if task.ref not in full and task.referral in known),
        *(_late(row, person, work) for row, person in late if row.ref not in asked),
        *(_unfinished(row, person) for row, person in unfinished),
        *(_ending(grant, person, work) for grant, person in ending),
    ]
    return request.app.state.pages.render(
        request,
        "today.html",
        viewer=viewer,
        groups=groups_of(items),
        lead=lead_of(items),
        people=[_met(person) for person in mine],
        away=tasks is None,
        moved=[referral_row(row, person, work) for row, person in moved],
        colleagues=sections_of(
            others,
            {task.ref: _task(task, *about[task.referral]) for task in others.shown() if task.referral in about},
            viewer.account,
            work.now.astimezone(PARIS).date(),
        ),
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


def _counted(task: Task) -> Item:
    """A row that is counted and not shown."""
    kind = kind_of(task)
    return {"group": kind, "kind": "late" if kind in _PRESSING else "due"}


def _task(task: Task, row: Handover, person: Person) -> Item:
    kind = kind_of(task)
    label, below = _NEXT.get(kind, ("Voir", ""))
    href = {
        "/again": f"/personnes/{person.ref}/confier?droit={row.right}",
        "/renew": f"/personnes/{person.ref}/accord?guichet={row.desk}&droit={row.right}",
    }.get(below, f"/orientations/{row.ref}{below}")
    said = "" if kind in _SAID_ABOVE else _CHIPS.get(kind, str(kind.label))
    found = _item(row, person, kind, "late" if kind in _PRESSING else "due", said, label, href)
    found["meta"].append(f"depuis {day(task.since)}")
    if kind in _IN_PLACE:
        word, action = _IN_PLACE[kind]
        found["post"] = {"word": word, "to": f"/orientations/{row.ref}/{action}", "version": row.version}
        found["post"]["command"] = str(uuid4())
    return found


def _late(row: Handover, person: Person, work: Work) -> Item:
    assert row.next_due is not None
    found = _item(row, person, LATE, "late", "En retard", "Voir et relancer", f"/orientations/{row.ref}")
    found["meta"].append(f"devait répondre {day(row.next_due)}")
    return found


def _unfinished(row: Handover, person: Person) -> Item:
    text = {"draft": "Pas encore envoyée", "awaiting_consent": "Accord attendu"}.get(row.step, "N’est pas partie")
    if row.step == "awaiting_consent":
        href = f"/personnes/{person.ref}/accord?guichet={row.desk}&droit={row.right}"
        return _item(row, person, UNFINISHED, "due", text, "Recueillir l’accord", href)
    href = f"/personnes/{person.ref}/confier?brouillon={row.ref}"
    return _item(row, person, UNFINISHED, "late" if row.step == "refused" else "due", text, "Reprendre", href)


def _ending(grant: ConsentGrant, person: Person, work: Work) -> Item:
    ends = end_of(grant)
    over = ends <= work.now
    why = "Fin de la représentation" if ends == grant.represented_until else "Accord"
    return {
        "group": ENDING,
        "who": full_name(person),
        "chip": "Accord terminé" if over else "Accord bientôt terminé",
        "kind": "late" if over else "due",
        "href": f"/personnes/{person.ref}/accords/{grant.ref}",
        "meta": [
            f"{why}\u202f: {_ended(ends) if over else f'à renouveler avant {_before(ends)}'}",
            f"{grant.recipient_organisation_name}, {grant.desk_name}",
        ],
        "action": _NEXT[TaskKind.CONSENT_ENDING][0],
        "action_href": f"/personnes/{person.ref}/accord?renouvelle={grant.ref}",
    }


def _ended(ends: datetime) -> str:
    return f"terminé {day(ends)}, le guichet ne lit plus rien"


def _before(ends: datetime) -> str:
    text = day(ends)
    return text if text in ("aujourd’hui", "demain") else f"le {text}"


def _item(row: Handover, person: Person, group: str, kind: str, text: str, action: str, href: str) -> Item:
    return {
        "group": group,
        "who": full_name(person),
        "chip": text,
        "kind": kind,
        "href": f"/orientations/{row.ref}",
        "meta": [right_name(row.right), row.recipient_organisation_name],
        "action": action,
        "action_href": href,
    }


def _met(person: Person) -> Item:
    return {"who": full_name(person), "href": f"/personnes/{person.ref}", "seen": day(person.last_contact_at)}


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
