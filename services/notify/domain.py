"""Who is told, when, and when not: the rules of a telling. Pure: the instant is an argument, the address an answer.

A telling says that a referral waits and nothing else; it times the telling, never the deciding.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import phonenumbers

from contracts.ladder import LadderStep
from contracts.replies import Address
from contracts.vocabulary import Word

SCHEDULER = "scheduler"
STALE_AFTER = timedelta(hours=24)
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=15)
MAX_ATTEMPTS = 24
MAILS_A_WEEK = 25  # beyond that, what can wait is read in Relais alone
TEXTS_A_WEEK = 15  # beyond that, it is read in the mail and in Relais
LEASE = timedelta(minutes=2)


class Kind(Word):
    """Why somebody is told; the label is the sentence of the mail, which names no person and no right."""

    REFERRAL_AWAITS = "referral_awaits", "Une orientation vous a été confiée et attend votre réponse."
    REFERRAL_ASSIGNED = "referral_assigned", "Votre guichet vous a confié le suivi d’une orientation."
    REFERRAL_REOPENED = "referral_reopened", "Une orientation a été rouverte et attend de nouveau votre réponse."
    DECLINE_CONTESTED = "decline_contested", "La coordination vous demande de revoir une orientation déclinée."
    OUTCOME_CONTRADICTED = "outcome_contradicted", "L’issue d’une orientation est à revoir avec vous."
    REFERRAL_UNATTENDED = (
        "referral_unattended",
        "Une orientation de votre guichet n’est plus suivie par personne\u202f: attribuez-la.",
    )
    MANAGER_ASSIGN = "manager_assign", "La coordination vous demande d’attribuer une orientation de votre guichet."
    MANAGER_CONTACT = "manager_contact", "La coordination vous demande de faire contacter une personne sans attendre."
    MANAGER_NEWS = "manager_news", "La coordination vous demande où en est une orientation de votre guichet."
    QUESTION_ASKED = "question_asked", "Un guichet vous pose une question sur une orientation."
    REFERRAL_DECLINED = "referral_declined", "Un guichet a décliné une orientation que vous lui avez confiée."
    REDIRECT_PROPOSED = "redirect_proposed", "Un guichet propose de confier une orientation à un autre guichet."
    REFERRAL_EXPIRED = "referral_expired", "Une orientation que vous avez confiée est restée sans réponse."
    DESK_LEFT = "desk_left", "Un guichet a quitté le réseau\u202f: confiez ailleurs une orientation."
    REFERRAL_CLOSED = "referral_closed", "Une orientation que vous avez confiée est terminée."
    APPOINTMENT_PROPOSED = "appointment_proposed", "Un rendez-vous vous est proposé pour une orientation."
    APPOINTMENT_ACCEPTED = "appointment_accepted", "Le rendez-vous que vous avez proposé est convenu."
    APPOINTMENT_DECLINED = "appointment_declined", "Le rendez-vous que vous avez proposé ne convient pas."
    APPOINTMENT_CANCELLED = "appointment_cancelled", "Un rendez-vous prévu pour une orientation est annulé."
    APPOINTMENT_EVE = (
        "appointment_eve",
        "Un rendez-vous convenu pour une orientation a lieu au prochain jour ouvré\u202f: préparez-le.",
    )
    ERASURE_ASKED = "erasure_asked", "Une demande d’effacement vous attend."
    MANY_FILES = "many_files", "Quelqu’un a ouvert beaucoup de dossiers de collègues aujourd’hui\u202f: à regarder."
    EMERGENCY = "emergency", "Une urgence a été notée\u202f: à regarder, et à confirmer dans les 24 heures."
    CONVENTION_ENDING = (
        "convention_ending",
        "Une convention avec un organisme se termine bientôt\u202f: sans elle, plus rien n’est partagé avec lui.",
    )
    MAIL_COMES_BACK = (
        "mail_comes_back",
        "Les courriels à un contact de votre guichet reviennent\u202f: faites corriger son adresse.",
    )


# Told to the data protection officers; `referral` is then the reference of what was raised.
FOR_OFFICERS = frozenset({Kind.MANY_FILES.value, Kind.EMERGENCY.value})


class Rhythm(Word):
    """How often somebody wants mail. The bell of the pages shows everything, whatever the rhythm."""

    AT_ONCE = "at_once", "À mesure"
    DAILY = "daily", "Une fois par jour, à 8\u202fh\u202f30"
    WEEKLY = "weekly", "Une fois par semaine, le lundi"
    NEVER = "never", "Jamais par courriel"


class Way(Word):
    """By which channel a telling goes; the bell shows it whatever the way."""

    MAIL = "mail", "Courriel"
    SMS = "sms", "SMS"


class State(Word):
    """`sending` is a pending telling that a process has in hand; after LEASE another may take it."""

    PENDING = "pending", "À dire"
    SENDING = "sending", "En cours d’envoi"
    SENT = "sent", "Dite"
    SUPPRESSED = "suppressed", "Sans objet"
    FAILED = "failed", "Échouée"


WAITING = frozenset({State.PENDING.value, State.SENDING.value})


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
    MERGED = "merged", "Dite avec d’autres, dans le même message"
    OVERTAKEN = "overtaken", "Une étape plus récente de la même orientation a été dite"
    BUDGET = "budget", "Assez de messages cette semaine\u202f: à lire dans Relais"
    PREFERS_NOT = "prefers_not", "Cette personne ne veut pas de courriel\u202f: à lire dans Relais"
    WITHDRAWN = "withdrawn", "L’accord a été retiré"
    NOBODY = "nobody", "Personne à prévenir\u202f: le guichet n’a ni contact ni responsable"
    QUIET = "quiet", "Reportée après les heures calmes"
    PAUSED = "paused", "Le fournisseur ne répond pas\u202f: il est laissé en pause"
    BOUNCED = "bounced", "Le courriel est revenu\u202f: l’adresse ne reçoit pas"
    GATEWAY_AWAY = "gateway_away", "La passerelle de SMS ne répond pas"
    GATEWAY_REFUSED = "gateway_refused", "La passerelle de SMS a refusé le numéro ou le message"
    NO_GATEWAY = "no_gateway", "Aucune passerelle de SMS n’est réglée"
    NO_NUMBER = "no_number", "Pas de numéro mobile dans l’annuaire"
    ABSENT = "absent", "Personne absente\u202f: le courriel va aussi à sa suppléance"


@dataclass(frozen=True)
class Recipient:
    """One address, and whose it is."""

    account: UUID
    email: str


@dataclass(frozen=True)
class Recipients:
    """To whom mails go: the contact, and her deputy while she is absent; each gets one of her own."""

    people: tuple[Recipient, ...]
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
    contact = Recipient(address.account, address.email)
    if address.absent and address.deputy and address.deputy_email and address.deputy_email != address.email:
        return Recipients((contact, Recipient(address.deputy, address.deputy_email)), deputised=True)
    return Recipients((contact,))


def mobile_of(address: Address) -> str | Reason:
    """The number (E.164) to which a text message goes, or why none does."""
    if not address.active:
        return Reason.LEFT
    try:
        parsed = phonenumbers.parse(address.phone or "", "FR")
    except phonenumbers.NumberParseException:
        return Reason.NO_NUMBER
    if phonenumbers.number_type(parsed) != phonenumbers.PhoneNumberType.MOBILE:
        return Reason.NO_NUMBER
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def next_delay(attempts: int) -> timedelta:
    """How long to wait after that many attempts: 5 s, 10 s, 20 s … at most 15 minutes."""
    return min(FIRST_DELAY * 2 ** min(max(attempts - 1, 0), 20), LONGEST_DELAY)


def sentence_of(kind: str) -> str:
    """The sentence of a telling or of a step of the ladder."""
    return Kind(kind).label if kind in set(Kind) else LadderStep(kind).label
