"""The ladder of a referral: who is to be told what, and when, as long as nothing else happens.

The referral service computes the instants, in business time, and puts the whole plan into each of its facts; the notify
service does nothing but tell. A new plan replaces the one before: what is not in it any more is not told.
"""

from datetime import datetime

from contracts.envelope import Frozen
from contracts.vocabulary import Word


class Audience(Word):
    """Who is told; `assignee` is the contact who has the referral in hand, her deputy while she is absent."""

    ASSIGNEE = "assignee", "Le contact"
    DEPUTY = "deputy", "La suppléante ou le suppléant"
    MANAGER = "manager", "Responsable du guichet"
    COORDINATOR = "coordinator", "Coordination"
    REFERENT = "referent", "Référente ou référent"


class LadderStep(Word):
    """Why somebody is told; the label names no person and no right."""

    ACKNOWLEDGE_SOON = "acknowledge_soon", "L’échéance de réponse d’une orientation approche."
    ACKNOWLEDGE_DUE = "acknowledge_due", "L’échéance de réponse d’une orientation est arrivée."
    ACKNOWLEDGE_LATE = "acknowledge_late", "Une orientation reste sans réponse du guichet."
    EXPIRES_SOON = "expires_soon", "Une orientation que vous avez confiée sera bientôt close faute de réponse."
    CONTACT_SOON = "contact_soon", "L’échéance du premier contact d’une orientation approche."
    CONTACT_DUE = "contact_due", "L’échéance du premier contact d’une orientation est arrivée."
    CONTACT_LATE = "contact_late", "Une orientation reste sans premier contact."
    NO_ACTIVITY = "no_activity", "Une orientation n’a pas bougé depuis deux semaines."
    NO_ACTIVITY_LONG = "no_activity_long", "Une orientation n’a pas bougé depuis un mois."
    HOLD_ENDED = "hold_ended", "La pause d’une orientation est terminée."
    QUESTION_WAITS = "question_waits", "Une question d’un guichet attend votre réponse."
    CHECK_30 = "check_30", "Un mois après, vérifiez avec la personne ce qu’il en est."
    CHECK_90 = "check_90", "Trois mois après, vérifiez avec la personne ce qu’il en est."


class Reminder(Frozen):
    """One rung: at that instant (aware, UTC), those are told, unless the plan was replaced before."""

    step: LadderStep
    at: datetime
    audience: tuple[Audience, ...]
