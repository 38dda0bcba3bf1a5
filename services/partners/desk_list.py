"""The desk's list in words: its sentence, its views, its rows and their one action."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.lifecycle import BY_ACTION, OPEN, State
from contracts.pages import referral_page_of_desk
from contracts.rights import right_name
from contracts.vocabulary import HandoverMode, Outcome, Turn
from services.partners.desk_counts import Counts
from services.partners.disclosures import Readings
from services.partners.domain import Tab, Urgency, tab_of, today_in_paris, urgency
from services.partners.store import Names
from services.partners.tables import DeskItem
from services.partners.wanted import MOST_ENDED
from services.runtime.web import dates

TAB_LABELS = {
    Tab.TO_ANSWER: "Nouvelles",
    Tab.TODAY: "Pour aujourd’hui",
    Tab.LATE: "En retard",
    Tab.IN_PROGRESS: "À nous d’agir",
    Tab.WAITING: "À d’autres d’agir",
    Tab.ENDED: "Closes",
}
EMPTY = {
    Tab.TO_ANSWER: ("Rien de nouveau", "Les orientations confiées à votre guichet apparaîtront ici dès leur arrivée."),
    Tab.TODAY: ("Rien pour aujourd’hui", "Ce qui est à faire dans la journée vient ici le matin."),
    Tab.LATE: ("Aucun retard", "Une orientation vient ici quand sa date est passée."),
    Tab.WAITING: ("Rien en attente", "Ce qui attend une réponse de quelqu’un d’autre apparaîtra ici."),
    Tab.IN_PROGRESS: ("Rien ne vous attend", "Une orientation dont vous accusez réception vient ici."),
    Tab.ENDED: ("Rien de clos", "Les orientations closes, déclinées ou rappelées restent ici pour mémoire."),
}
NOTHING_KEPT = ("Rien de tel dans cette vue", "Enlevez un filtre, ou choisissez une autre vue.")
_MASCULINE = frozenset({"CCAS", "CIAS", "Département"})
_FEMININE = frozenset({"Caf", "CAF", "CPAM", "MSA", "Carsat", "MDPH", "Maison"})
_NEXT = {
    State.SENT: "acknowledge",
    State.ACKNOWLEDGED: "log_attempt",
    State.IN_PROGRESS: "log_attempt",
    State.ON_HOLD: "resume",
}


@dataclass(frozen=True)
class Row:
    """One row as the page shows it."""

    href: str
    who: str
    chip: str | None
    kind: str | None
    meta: tuple[str, ...]
    action_label: str | None
    action_href: str | None
    pick: str | None = None


def the_organisation(name: str) -> str:
    """The name with its article: `la Caf de Valbrume`, `le CCAS de Valbrume`, `France Travail`."""
    first = name.split(" ")[0]
    article = "le " if first in _MASCULINE else "la " if first in _FEMININE else "l’" if first == "Association" else ""
    return f"{article}{name}"


def of_organisation(name: str) -> str:
    """`du CCAS de Valbrume`, `de la Caf de Valbrume`, `de l’Association Le Fil`."""
    named = the_organisation(name)
    return f"du {name}" if named.startswith("le ") else f"de {named}"


def lead(counts: Counts, *, narrowed: bool = False) -> str:
    """What the list asks for today: what waits for an answer, then what was answered before.

    `narrowed` says that the counts are only of what the list keeps now.
    """
    said = " ".join(one for one in (_new_ones(counts), _followed(counts)) if one)
    return f"Avec ces filtres, {said[:1].lower()}{said[1:]}" if narrowed else said


def counted(tab: Tab, counts: Counts) -> int | str:
    """The number beside a view."""
    found = counts.tabs[tab]
    return f"{MOST_ENDED}+" if tab is Tab.ENDED and found >= MOST_ENDED else found


def _followed(counts: Counts) -> str:
    late, due = counts.tabs[Tab.LATE] - counts.late, counts.tabs[Tab.TODAY] - counts.due
    parts = [f"{due} {'sont' if due > 1 else 'est'} à faire aujourd’hui"] if due > 0 else []
    parts += [f"{late} {'sont' if late > 1 else 'est'} en retard"] if late > 0 else []
    return f"De celles que vous suivez, {' et '.join(parts)}." if parts else ""


def _new_ones(counts: Counts) -> str:
    waiting = counts.tabs[Tab.TO_ANSWER]
    if not waiting:
        return "Aucune orientation n’attend de réponse."
    late = f"{counts.late} {'sont' if counts.late > 1 else 'est'} en retard"
    if counts.due:
        some = _some(counts.due, "attend", "attendent")
        return f"{some} une réponse aujourd’hui" + (f", {late}." if counts.late else ".")
    if counts.late:
        return f"{_some(waiting, 'attend', 'attendent')} une réponse, {late}."
    return f"{_some(waiting, 'attend', 'attendent')} une réponse, aucune n’est pour aujourd’hui."


def row_of(item: DeskItem, readings: Readings, names: Names, now: datetime) -> Row:
    """One item as a row: who, what today asks for, where it comes from, and the one next action."""
    state = State(item.state)
    turn = Turn(item.turn) if item.turn else None
    tab = tab_of(state, turn)
    pressing = _pressing(item, tab, now)
    action = _NEXT.get(state) if tab in (Tab.TO_ANSWER, Tab.IN_PROGRESS) else None
    href = referral_page_of_desk(item.ref)
    chip = _chip(item, state, tab, pressing, now)
    return Row(
        href=href,
        who=readings.who(item.ref),
        chip=chip,
        kind=pressing.value or None,
        meta=tuple(one for one in _meta(item, state, turn, names, now) if one != (chip or "").lower()),
        action_label=BY_ACTION[action].label if action else None,
        action_href=f"{href}/{action}" if action else None,
    )


def rows_of(
    items: Sequence[DeskItem], readings: Readings, names: Names, now: datetime, manages: Collection[UUID] = ()
) -> list[Row]:
    """The rows of a page, in its order; those that are open at a desk of `manages` can be picked, to be given away."""
    rows = [row_of(item, readings, names, now) for item in items]
    return [
        replace(row, pick=str(item.ref)) if item.desk in manages and State(item.state) in OPEN else row
        for row, item in zip(rows, items, strict=True)
    ]


def due_of(item: DeskItem) -> datetime | None:
    """The instant by which the desk has to do something, or None."""
    return item.acknowledge_due if item.state == State.SENT else item.next_due


def _pressing(item: DeskItem, tab: Tab, now: datetime) -> Urgency:
    if tab in (Tab.ENDED, Tab.WAITING):
        return Urgency.NONE
    found = urgency(due_of(item), viewed=item.viewed_at is not None, now=now)
    return Urgency.NONE if found is Urgency.NEW and tab is not Tab.TO_ANSWER else found


def _chip(item: DeskItem, state: State, tab: Tab, pressing: Urgency, now: datetime) -> str | None:
    due = due_of(item)
    if tab is Tab.ENDED:
        return Outcome(item.outcome).label if item.outcome and state is State.CLOSED else state.label
    if item.unattended_since is not None:
        return "Plus personne ne la suit"
    if pressing is Urgency.LATE and due is not None:
        return f"En retard{_for_days(due, now)}"
    if pressing is Urgency.DUE and due is not None:
        return f"Réponse avant {dates.hour(due)}" if tab is Tab.TO_ANSWER else "À faire aujourd’hui"
    if item.urgent and state is State.SENT:
        return "Urgente"
    if pressing is Urgency.NEW:
        return "Nouvelle"
    return "En pause" if state is State.ON_HOLD else None


def _for_days(due: datetime, now: datetime) -> str:
    days = (today_in_paris(now) - today_in_paris(due)).days
    return f" de {days} jour{'s' if days > 1 else ''}" if days else ""


def _meta(item: DeskItem, state: State, turn: Turn | None, names: Names, now: datetime) -> list[str]:
    today = today_in_paris(now)
    found = [right_name(item.right), of_organisation(names.organisation(item.sender_organisation))]
    came_today = today_in_paris(item.received_at) == today
    found.append(f"reçue {dates.when(item.received_at, now) if came_today else dates.day(item.received_at, today)}")
    if item.urgent and state is State.SENT:
        found.append("urgente")
    found.append(HandoverMode(item.mode).label.lower())
    if item.accompanied:
        found.append("la personne sera accompagnée")
    if item.redirect_proposed and state in (State.SENT, State.ACKNOWLEDGED):
        found.append("autre guichet proposé")
    if item.promised_for and not item.attempts and state in (State.ACKNOWLEDGED, State.IN_PROGRESS):
        found.append(f"premier contact promis {dates.day(item.promised_for, today)}")
    if item.attempts:
        found.append(f"{item.attempts} tentative{'s' if item.attempts > 1 else ''}")
    if state is State.ON_HOLD and turn is not None:
        found.append(f"c’est {turn.label[0].lower()}{turn.label[1:]} de répondre")
    if item.ended_at:
        found.append(f"terminée {dates.day(item.ended_at, today)}")
    return found


def _some(count: int, one: str, many: str) -> str:
    return f"{count} orientation{'s' if count > 1 else ''} {many if count > 1 else one}"
