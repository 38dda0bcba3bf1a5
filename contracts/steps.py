"""The steps of a referral's time line in words: a short name for each, and the coded words among its details.

Each service tells the same step from where its reader stands; what a code means is the same for all.
"""

from functools import cache
from typing import get_args

from contracts import facts
from contracts.vocabulary import Word

LABELS: dict[str, str] = {
    "ReferralSent": "Confiée",
    "ReferralAcknowledged": "Réception confirmée",
    "ReferralAssigned": "Confiée à un collègue du guichet",
    "ReferralInfoRequested": "Précision demandée",
    "ReferralInfoAnswered": "Réponse donnée",
    "ReferralContactAttempted": "Contact tenté",
    "ReferralHeld": "Mise en pause",
    "ReferralResumed": "Reprise",
    "ReferralAccompanimentRefused": "Accompagnant refusé",
    "ReferralDeclined": "Déclinée",
    "ReferralDeclineContested": "Refus contesté par la coordination",
    "ReferralRedirectProposed": "Autre guichet proposé",
    "ReferralRedirectRefused": "Guichet gardé",
    "ReferralRedirected": "Confiée à un autre guichet",
    "ReferralRecalled": "Rappelée",
    "ReferralRecalledByDeparture": "Reprise, un organisme a quitté le réseau",
    "ReferralWithdrawn": "Accord retiré par la personne",
    "ReferralExpired": "Restée sans réponse",
    "ReferralClosed": "Terminée",
    "ReferralOutcomeConfirmed": "Issue confirmée",
    "ReferralOutcomeContradicted": "Issue contredite",
    "ReferralReopened": "Rouverte",
    "ReferralEnteredInError": "Signalée comme erreur de saisie",
    "ReferralChecked": "Vérifiée avec la personne",
    "ReferralRenewalRecorded": "Renouvellement du droit",
    "ReferralManagerAsked": "Demande de la coordination au responsable",
    "ReferralAppointmentProposed": "Rendez-vous proposé",
    "ReferralAppointmentAccepted": "Rendez-vous convenu",
    "ReferralAppointmentDeclined": "Rendez-vous pas retenu",
    "ReferralAppointmentCancelled": "Rendez-vous annulé",
    "ReferralAppointmentHeld": "Rendez-vous tenu",
    "ReminderTold": "Rappel envoyé",
    "DeskItemDelivered": "Arrivée au guichet",
    "DeskItemViewed": "Ouverte par le guichet",
    "RightOpened": "Droit ouvert",
}


@cache
def _kinds(fact: str) -> dict[str, type[Word]]:
    model = getattr(facts, fact, None)
    found = {} if model is None else model.model_fields
    return {
        name: kind
        for name, field in found.items()
        for kind in (field.annotation, *get_args(field.annotation))
        if isinstance(kind, type) and issubclass(kind, Word)
    }


def coded(fact: str, name: str, code: str | None) -> Word | None:
    """The word behind a detail of that step, by the type of the fact's own field.

    None where the field holds no coded word, or one of a later version.
    """
    kind = _kinds(fact).get(name)
    return kind(code) if kind is not None and code in set(kind) else None
