"""A desk and its contacts as somebody sees them before she sends: how soon it answers, what to bring, when it receives.

Pure. The delay is the desk's and never a professional's; the count behind it is always said.
"""

from datetime import date, time
from math import ceil

from contracts.replies import ContactOption, DeskDelay, DeskOption, Permanence
from contracts.vocabulary import Capacity
from services.runtime.web import dates

FEWEST = 5  # sent lately: fewer say nothing of what is usual


def usual_delay(delay: DeskDelay | None) -> str | None:
    """`en 1,5 jour ouvré d’habitude (12 envois en 90 jours, 2 attendent encore)`; None when nothing is known."""
    if delay is None:
        return None
    sent = f"{delay.sent} envoi{'s' if delay.sent > 1 else ''} en {delay.days} jours"
    if delay.sent < FEWEST:
        return f"Pas encore assez d’envois pour le dire ({sent})"
    waits = f", {delay.waiting} attend{'ent' if delay.waiting > 1 else ''} encore" if delay.waiting else ""
    if delay.median_days is None:
        return f"Plus de la moitié attend encore ({sent})"
    return f"{_days(delay.median_days)}, une fois sur deux ({sent}{waits})"


def _days(median: float) -> str:
    if median <= 0.5:
        return "Dans la demi-journée"
    halves = ceil(median * 2) / 2
    number = f"{halves:g}".replace(".", ",")
    return f"En {number} jour{'s' if halves >= 2 else ''} ouvré{'s' if halves >= 2 else ''}"


def room(desk: DeskOption, today: date) -> tuple[str, str]:
    """The chip of a desk: its words and its kind (due or soft)."""
    if not desk.open:
        until = f"Fermé {dates.until(desk.closed_until, today)}" if desk.closed_until else "Ne reçoit pas en ce moment"
        return until, "soft"
    if desk.capacity is Capacity.FULL:
        return (f"Complet {dates.until(desk.full_until, today)}" if desk.full_until else "Complet"), "due"
    return "Prend de nouvelles orientations", "soft"


def desk_facts(desk: DeskOption, delay: DeskDelay | None, today: date) -> list[tuple[str, str]]:
    """What is worth knowing of a desk before sending, as a list of facts."""
    documents = ", ".join(one.label for one in desk.documents)
    bring = ". ".join(one for one in (documents, desk.documents_note) if one)
    nearest = min((one for one in desk.permanences if one.next_on), key=_when, default=None)
    found = [
        ("Répond", usual_delay(delay)),
        ("Téléphone", desk.phone),
        ("À apporter", bring),
        ("Prochaine permanence", next_permanence(nearest, today) if nearest else None),
    ]
    return [(label, text) for label, text in found if text]


def next_permanence(one: Permanence, today: date) -> str:
    """`mardi 24 novembre, 9 h – 12 h, Maison de quartier`."""
    day = dates.day(one.next_on, today) if one.next_on else dates.DAYS[one.weekday - 1]
    return f"{day}, {dates.hour(one.opens)} – {dates.hour(one.closes)}, {one.place}"


def presence(contact: ContactOption, today: date) -> str | None:
    """`En absence jusqu’au jeudi 19 novembre, remplacée par Odirine F.`; None while she is there."""
    if contact.absent_until is None:
        return None if contact.available else "En absence, sans suppléance"
    away = f"En absence {dates.until(contact.absent_until, today)}"
    if contact.available and contact.deputy_name:
        return f"{away}. {contact.deputy_name} prend le relais"
    return f"{away}, sans suppléance"


def _when(one: Permanence) -> tuple[date, time]:
    assert one.next_on is not None
    return one.next_on, one.opens
