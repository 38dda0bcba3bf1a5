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
from contracts.replies import Task, TasksFound
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import DepartureTask, FollowTask, TaskKind
from services.intake import handover_lists as lists
from services.intake import journal, people_list
from services.intake.colleague_tasks import read_colleague_tasks, sections_of
from services.intake.consent_soon import soon_of
from services.intake.dossier import full_name
from services.intake.journal_kinds import Kind
from services.intake.progress import knots_of, status_of
from services.intake.today_groups import ENDING, IN_FULL, LATE, UNFINISHED, groups_of, kind_of, lead_of
from services.intake.web import REFERENTS
from services.runtime.database import Work
from services.runtime.driver import Row
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
    found, others = await asyncio.gather(_tasks(request, viewer), read_colleague_tasks(service, viewer))
    tasks, beyond = (found.tasks, found.beyond) if found else ((), ())
    asked = {task.referral for task in tasks}.union(*(more.referrals for more in beyond))
    async with service.database.web(viewer) as work:
        hers = await lists.hers_today(viewer, work)
        late = [ref for ref in hers.late if ref not in asked]
        begun = [*hers.refused, *hers.begun]
        wanted = [task.referral for task in (*tasks, *others.shown())]
        rows = await lists.by_refs(viewer, work, [*wanted, *late[:IN_FULL], *begun[:IN_FULL], *hers.moved])
        ending = await lists.grants_ending(viewer, work, work.now + soon_of(request))
        mine = await people_list.list_people(viewer, work, "mes-personnes", size=MY_PEOPLE)
        seen = [row.person for row in (*rows.values(), *ending[:IN_FULL])]
        await journal.record_list(work, viewer, Kind.LISTED, [*seen, *(person.ref for person in mine)])
    items = [
        *(_task(task, rows[task.referral]) for task in tasks if task.referral in rows),
        *(_more(kind_of(more), len(more.referrals), late=kind_of(more) in _PRESSING) for more in beyond),
        *(_late(rows[ref]) for ref in late[:IN_FULL] if ref in rows),
        _more(LATE, len(late) - IN_FULL, late=True),
        *(_unfinished(rows[ref]) for ref in begun[:IN_FULL] if ref in rows),
        _more(UNFINISHED, len(hers.refused) - IN_FULL, late=True),
        _more(UNFINISHED, min(len(begun) - IN_FULL, len(hers.begun)), late=False),
        *(_ending(grant, work) for grant in ending[:IN_FULL]),
        *(_more(ENDING, 1, late=grant.ends <= work.now) for grant in ending[IN_FULL:]),
    ]
    items = [one for one in items if one.get("more") != 0]
    return request.app.state.pages.render(
        request,
        "today.html",
        viewer=viewer,
        groups=groups_of(items),
        lead=lead_of(items),
        people=[_met(person) for person in mine],
        away=found is None,
        moved=[referral_row(rows[ref], work) for ref in hers.moved if ref in rows],
        colleagues=sections_of(
            others,
            {task.ref: _task(task, rows[task.referral]) for task in others.shown() if task.referral in rows},
            viewer.account,
            work.now.astimezone(PARIS).date(),
        ),
    )


@pages.get("/aujourdhui/flux", REFERENTS)
async def today_moved(request: Request, viewer: Asking) -> Response:
    """Hints that something of her organisation moved."""
    return service_of(request).live.stream([f"organisation.{viewer.organisation}"])


async def _tasks(request: Request, viewer: Viewer) -> TasksFound | None:
    try:
        return await service_of(request).bus.ask(ListTasks(viewer=viewer, at_most=IN_FULL))
    except ServiceAway:
        return None


def _more(group: str, count: int, *, late: bool) -> Item:
    """Rows that are counted and not shown; none when there are no more."""
    return {"group": group, "kind": "late" if late else "due", "more": max(0, count)}


def _task(task: Task, row: Row) -> Item:
    kind = kind_of(task)
    label, below = _NEXT.get(kind, ("Voir", ""))
    href = {
        "/again": f"/personnes/{row.person}/confier?droit={row.right}",
        "/renew": f"/personnes/{row.person}/accord?guichet={row.desk}&droit={row.right}",
    }.get(below, f"/orientations/{row.ref}{below}")
    said = "" if kind in _SAID_ABOVE else _CHIPS.get(kind, str(kind.label))
    found = _item(row, kind, "late" if kind in _PRESSING else "due", said, label, href)
    found["meta"].append(f"depuis {day(task.since)}")
    if kind in _IN_PLACE:
        word, action = _IN_PLACE[kind]
        found["post"] = {"word": word, "to": f"/orientations/{row.ref}/{action}", "version": row.version}
        found["post"]["command"] = str(uuid4())
    return found


def _late(row: Row) -> Item:
    found = _item(row, LATE, "late", "En retard", "Voir et relancer", f"/orientations/{row.ref}")
    found["meta"].append(f"devait répondre {day(row.next_due)}")
    return found


def _unfinished(row: Row) -> Item:
    text = {"draft": "Pas encore envoyée", "awaiting_consent": "Accord attendu"}.get(row.step, "N’est pas partie")
    if row.step == "awaiting_consent":
        href = f"/personnes/{row.person}/accord?guichet={row.desk}&droit={row.right}"
        return _item(row, UNFINISHED, "due", text, "Recueillir l’accord", href)
    href = f"/personnes/{row.person}/confier?brouillon={row.ref}"
    return _item(row, UNFINISHED, "late" if row.step == "refused" else "due", text, "Reprendre", href)


def _ending(grant: Row, work: Work) -> Item:
    ends = grant.ends
    over = ends <= work.now
    why = "Fin de la représentation" if ends == grant.represented_until else "Accord"
    return {
        "group": ENDING,
        "who": full_name(grant),
        "chip": "Accord terminé" if over else "Accord bientôt terminé",
        "kind": "late" if over else "due",
        "href": f"/personnes/{grant.person}/accords/{grant.ref}",
        "meta": [
            f"{why}\u202f: {_ended(ends) if over else f'à renouveler avant {_before(ends)}'}",
            f"{grant.recipient_organisation_name}, {grant.desk_name}",
        ],
        "action": _NEXT[TaskKind.CONSENT_ENDING][0],
        "action_href": f"/personnes/{grant.person}/accord?renouvelle={grant.ref}",
    }


def _ended(ends: datetime) -> str:
    return f"terminé {day(ends)}, le guichet ne lit plus rien"


def _before(ends: datetime) -> str:
    text = day(ends)
    return text if text in ("aujourd’hui", "demain") else f"le {text}"


def _item(row: Row, group: str, kind: str, text: str, action: str, href: str) -> Item:
    return {
        "group": group,
        "who": full_name(row),
        "chip": text,
        "kind": kind,
        "href": f"/orientations/{row.ref}",
        "meta": [right_name(row.right), row.recipient_organisation_name],
        "action": action,
        "action_href": href,
    }


def _met(person: Row) -> Item:
    return {"who": full_name(person), "href": f"/personnes/{person.ref}", "seen": day(person.last_contact_at)}


def referral_row(row: Row, work: Work) -> Item:
    """A hand-over as a row of a list: who, which right, where, how far, and its chip."""
    chip, kind = status_of(row, work.now)
    return {
        "who": full_name(row),
        "href": f"/orientations/{row.ref}",
        "chip": chip,
        "kind": kind,
        "meta": [right_name(row.right), f"{row.recipient_organisation_name}, {row.desk_name}", f"à {row.contact_name}"],
        "knots": knots_of(row, work.now),
        "ref": row.ref,
    }
