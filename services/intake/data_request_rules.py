"""The requests that people make about their data (GDPR articles 15 to 21): kinds, delays, and what may follow what.

Pure: days and instants are arguments. Nothing here holds a value of a person.
"""

import calendar
from datetime import date
from enum import StrEnum

from contracts.vocabulary import Word

DELAY_MONTHS, EXTENSION_MONTHS = 1, 2
SOON_DAYS = 7


class Kind(Word):
    """What is asked for; articles of regulation (EU) 2016/679."""

    ACCESS = "access", "Accès à ses données"
    RECTIFICATION = "rectification", "Rectification"
    ERASURE = "erasure", "Effacement"
    LIMITATION = "limitation", "Limitation"
    OPPOSITION = "opposition", "Opposition"


ARTICLES = {
    Kind.ACCESS: 15,
    Kind.RECTIFICATION: 16,
    Kind.ERASURE: 17,
    Kind.LIMITATION: 18,
    Kind.OPPOSITION: 21,
}


class Origin(Word):
    """How the request came."""

    PERSON_PAGE = "person_page", "Sur sa page"
    REFERENT = "referent", "À la personne qui l’accompagne"
    LETTER = "letter", "Par courrier"
    MAIL = "mail", "Par courriel"
    PHONE = "phone", "Par téléphone"
    RETENTION = "retention", "Durée de conservation atteinte"


class State(Word):
    RECEIVED = "received", "Reçue"
    IN_PROGRESS = "in_progress", "En cours"
    EXTENDED = "extended", "Prolongée"
    DONE = "done", "Faite"
    REFUSED = "refused", "Refusée"


OPEN = (State.RECEIVED, State.IN_PROGRESS, State.EXTENDED)


class Event(Word):
    """What the trace of a request says was done."""

    RECEIVED = "received", "Reçue"
    IN_PROGRESS = "in_progress", "Prise en charge"
    EXTENDED = "extended", "Prolongée de deux mois"
    DONE = "done", "Faite"
    REFUSED = "refused", "Refusée"
    ENDED = "ended", "Accords et orientations arrêtés"
    LIFTED = "lifted", "Limitation levée"
    READ = "read", "Dossier consulté"
    EXPORTED = "exported", "Dossier téléchargé"
    CORRECTED = "corrected", "Fiche corrigée"


class ExtensionReason(Word):
    """GDPR article 12.3: two more months for complexity or number, and the person is told why within the first."""

    COMPLEX = "complex", "La demande est complexe"
    MANY = "many", "Beaucoup de demandes en même temps"


class RefusalReason(Word):
    """Why nothing is done; the person is told, with her right to complain to the CNIL (GDPR article 12.4)."""

    IDENTITY_UNPROVEN = "identity_unproven", "Son identité n’a pas pu être vérifiée"
    UNFOUNDED = "unfounded", "Demande manifestement infondée ou excessive"
    ALREADY_DONE = "already_done", "Déjà fait pour une demande précédente"
    LEGAL_DUTY = "legal_duty", "La loi oblige à garder ces données"
    LEGAL_CLAIM = "legal_claim", "Nécessaire à une action en justice"
    OVERRIDING_GROUNDS = "overriding_grounds", "Motifs légitimes et impérieux"
    NOT_OURS = "not_ours", "Ces données ne sont pas dans Relais"
    PERSON_GAVE_UP = "person_gave_up", "La personne y renonce"


class Step(StrEnum):
    """What the DPO can do with a request, besides reading it."""

    TAKE = "take"
    EXTEND = "extend"
    DO = "do"
    REFUSE = "refuse"


# From which states a step may be taken, and the state after it.
STEPS: dict[Step, tuple[tuple[State, ...], State]] = {
    Step.TAKE: ((State.RECEIVED,), State.IN_PROGRESS),
    Step.EXTEND: ((State.RECEIVED, State.IN_PROGRESS), State.EXTENDED),
    Step.DO: (OPEN, State.DONE),
    Step.REFUSE: (OPEN, State.REFUSED),
}


def steps_from(state: State) -> tuple[Step, ...]:
    """What may be done with a request in that state, in the order of the life cycle."""
    return tuple(step for step, (states, _) in STEPS.items() if state in states)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def due_on(received: date, *, extended: bool) -> date:
    """The last day for an answer: one month after receipt, two more when extended (GDPR article 12.3)."""
    return months_after(received, DELAY_MONTHS + (EXTENSION_MONTHS if extended else 0))


def days_left(due: date, today: date) -> str:
    """`encore 12 jours`, `dernier jour`, `en retard de 2 jours`."""
    days = (due - today).days
    if days == 0:
        return "dernier jour aujourd’hui"
    plural = "s" if abs(days) > 1 else ""
    return f"encore {days} jour{plural}" if days > 0 else f"en retard de {-days} jour{plural}"


def urgency(due: date, today: date) -> str:
    """The colour word of a request that is open: `late`, `due` in its last week, else `open`."""
    days = (due - today).days
    return "late" if days < 0 else "due" if days <= SOON_DAYS else "open"
