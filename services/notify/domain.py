"""Who is told, when, and when not: the rules of a telling. Pure: the instant is an argument, the address an answer.

A telling says that a referral waits and nothing else; it times the telling, never the deciding.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.replies import Address
from contracts.vocabulary import Word

STALE_AFTER = timedelta(hours=24)
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=15)
MAX_ATTEMPTS = 24
LEASE = timedelta(minutes=2)


class Kind(Word):
    """Why somebody is told; the label is the sentence of the mail, which names no person and no right."""

    REFERRAL_AWAITS = "referral_awaits", "Une orientation vous a été confiée et attend votre réponse."
    REFERRAL_ASSIGNED = "referral_assigned", "Votre guichet vous a confié le suivi d’une orientation."
    REFERRAL_REOPENED = "referral_reopened", "Une orientation a été rouverte et attend de nouveau votre réponse."
    DECLINE_CONTESTED = "decline_contested", "La coordination vous demande de revoir une orientation déclinée."
    OUTCOME_CONTRADICTED = "outcome_contradicted", "L’issue d’une orientation est à revoir avec vous."


class State(Word):
    """`sending` is a pending telling that a process has in hand; after LEASE another may take it."""

    PENDING = "pending", "À dire"
    SENDING = "sending", "En cours d’envoi"
    SENT = "sent", "Dite"
    SUPPRESSED = "suppressed", "Sans objet"
    FAILED = "failed", "Échouée"


class Reason(Word):
    """Why a telling was not sent, or what the last failure was."""

    STALE = "stale", "Trop ancienne pour être encore utile"
    ALREADY_DONE = "already_done", "L’orientation n’attend plus cette personne"
    OWN_ACTION = "own_action", "Elle l’a fait elle-même"
    LEFT = "left", "Ce compte n’est plus actif"
    UNKNOWN = "unknown", "Ce compte est inconnu"
    DIRECTORY_AWAY = "directory_away", "L’annuaire ne répond pas"
    RELAY_AWAY = "relay_away", "Le serveur de courriel ne répond pas"
    RELAY_REFUSED = "relay_refused", "Le serveur de courriel a refusé l’adresse ou le message"
    NO_RELAY = "no_relay", "Aucun serveur de courriel n’est réglé"
    SURPRISE = "surprise", "Erreur inattendue"


@dataclass(frozen=True)
class Recipients:
    """To whom one mail goes: the contact, and her deputy while she is absent."""

    emails: tuple[str, ...]
    deputised: bool = False


def why_not(*, at: datetime, now: datetime, assignee: UUID, actor: UUID | None) -> Reason | None:
    """Why nobody is to be told of something that happened at `at`; None: tell."""
    if now - at > STALE_AFTER:
        return Reason.STALE
    return Reason.OWN_ACTION if actor == assignee else None


def recipients_of(address: Address) -> Recipients | Reason:
    """Who receives the mail, as the directory has it at the moment of sending, or why nobody does."""
    if not address.active:
        return Reason.LEFT
    if address.absent and address.deputy_email and address.deputy_email != address.email:
        return Recipients((address.email, address.deputy_email), deputised=True)
    return Recipients((address.email,))


def next_delay(attempts: int) -> timedelta:
    """How long to wait after that many attempts: 5 s, 10 s, 20 s … at most 15 minutes."""
    return min(FIRST_DELAY * 2 ** min(max(attempts - 1, 0), 20), LONGEST_DELAY)
