"""The life of a referral as one table: from where, to where, by whom. Pages draw their buttons from it.

Pure: no clock, no storage. The referral service applies it under a row lock; what else a rule needs (dates, counts) is
checked beside the command in `services/referral/domain.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.viewer import Role
from contracts.vocabulary import Outcome, Word


class State(Word):
    DRAFT = "draft", "Brouillon"
    AWAITING_CONSENT = "awaiting_consent", "En attente d’accord"
    SENT = "sent", "Confiée"
    ACKNOWLEDGED = "acknowledged", "Réception confirmée"
    IN_PROGRESS = "in_progress", "En cours"
    ON_HOLD = "on_hold", "En pause"
    CLOSED = "closed", "Terminée"
    DECLINED = "declined", "Déclinée"
    REDIRECTED = "redirected", "Réorientée"
    RECALLED = "recalled", "Rappelée"
    EXPIRED = "expired", "Restée sans réponse"
    WITHDRAWN = "withdrawn", "Accord retiré"
    ENTERED_IN_ERROR = "entered_in_error", "Saisie par erreur"


class Party(Word):
    """Who may act: the sender's side, the recipient desk's side, the coordination, or nobody in person."""

    REFERENT = "referent", "Référente"
    DESK = "desk", "Guichet"
    MANAGER = "manager", "Responsable du guichet"
    COORDINATOR = "coordinator", "Coordination"
    CLOCK = "clock", "Horloge"
    CONSENT = "consent", "L’accord de la personne"
    PERSON = "person", "La personne"


OPEN = frozenset({State.SENT, State.ACKNOWLEDGED, State.IN_PROGRESS, State.ON_HOLD})
BEFORE_SENDING = frozenset({State.DRAFT, State.AWAITING_CONSENT})
ENDED = frozenset(State) - OPEN - BEFORE_SENDING
SAME = None

MAX_HOPS = 3
REOPEN_WITHIN = timedelta(days=90)
EXPIRES_AFTER = timedelta(days=30)
READABLE_AFTER_CLOSING = timedelta(days=30)
OUTCOMES_WITHOUT_CONTACT = frozenset({Outcome.ALREADY_OPEN, Outcome.NOT_ELIGIBLE, Outcome.DECEASED, Outcome.MOVED_AWAY})


def reading_ended(state: State, ended_at: datetime | None, at: datetime) -> bool:
    """Whether a desk's reading has ended with that state: at once, and READABLE_AFTER_CLOSING after it was closed."""
    if state is State.CLOSED:
        return ended_at is not None and ended_at + READABLE_AFTER_CLOSING <= at
    return state in ENDED


@dataclass(frozen=True)
class Transition:
    """One row: `action` moves a referral from any of `sources` to `target` (None: same state; on_hold returns)."""

    action: str
    label: str
    sources: frozenset[State]
    target: State | None
    parties: frozenset[Party]
    fact: str
    main: bool = False


def _row(
    action: str,
    label: str,
    sources: frozenset[State] | set[State],
    target: State | None,
    parties: set[Party],
    fact: str,
    main: bool = False,
) -> Transition:
    return Transition(action, label, frozenset(sources), target, frozenset(parties), fact, main)


_S = State
_DESK = {Party.DESK, Party.MANAGER}
_BOTH = {Party.REFERENT, *_DESK}
TABLE: tuple[Transition, ...] = (
    _row("send", "Confier", BEFORE_SENDING, _S.SENT, {Party.REFERENT}, "ReferralSent", main=True),
    _row("acknowledge", "Accuser réception", {_S.SENT}, _S.ACKNOWLEDGED, _DESK, "ReferralAcknowledged", main=True),
    _row(
        "log_attempt",
        "Noter un contact",
        {_S.ACKNOWLEDGED, _S.IN_PROGRESS},
        _S.IN_PROGRESS,
        _DESK,
        "ReferralContactAttempted",
        main=True,
    ),
    _row(
        "close", "Clore", {_S.ACKNOWLEDGED, _S.IN_PROGRESS, _S.ON_HOLD}, _S.CLOSED, _DESK, "ReferralClosed", main=True
    ),
    _row("resume", "Reprendre", {_S.ON_HOLD}, SAME, _DESK, "ReferralResumed", main=True),
    _row(
        "request_information",
        "Demander une précision",
        {_S.ACKNOWLEDGED, _S.IN_PROGRESS},
        _S.ON_HOLD,
        _DESK,
        "ReferralInfoRequested",
    ),
    _row("answer_information", "Répondre", {_S.ON_HOLD}, SAME, {Party.REFERENT}, "ReferralInfoAnswered", main=True),
    _row("hold", "Mettre en pause", {_S.ACKNOWLEDGED, _S.IN_PROGRESS}, _S.ON_HOLD, _DESK, "ReferralHeld"),
    _row("refuse_accompaniment", "Accompagnant refusé", OPEN - {_S.SENT}, SAME, _DESK, "ReferralAccompanimentRefused"),
    _row("decline", "Ce n’est pas pour nous", {_S.SENT, _S.ACKNOWLEDGED}, _S.DECLINED, _DESK, "ReferralDeclined"),
    _row(
        "contest_decline", "Contester le refus", {_S.DECLINED}, _S.SENT, {Party.COORDINATOR}, "ReferralDeclineContested"
    ),
    _row(
        "propose_redirect",
        "Proposer un autre guichet",
        {_S.SENT, _S.ACKNOWLEDGED},
        SAME,
        _DESK,
        "ReferralRedirectProposed",
    ),
    _row(
        "confirm_redirect",
        "Confier à l’autre guichet",
        {_S.SENT, _S.ACKNOWLEDGED},
        _S.REDIRECTED,
        {Party.REFERENT},
        "ReferralRedirected",
        main=True,
    ),
    _row(
        "refuse_redirect",
        "Garder ce guichet",
        {_S.SENT, _S.ACKNOWLEDGED},
        SAME,
        {Party.REFERENT},
        "ReferralRedirectRefused",
    ),
    _row("assign", "Confier à un collègue", OPEN, SAME, {Party.MANAGER}, "ReferralAssigned"),
    _row("recall", "Rappeler", OPEN, _S.RECALLED, {Party.REFERENT}, "ReferralRecalled"),
    _row("withdraw", "Accord retiré", OPEN, _S.WITHDRAWN, {Party.CONSENT}, "ReferralWithdrawn"),
    _row("expire", "Restée sans réponse", {_S.SENT}, _S.EXPIRED, {Party.CLOCK}, "ReferralExpired"),
    _row(
        "record_check",
        "Vérifier avec la personne",
        {_S.CLOSED},
        SAME,
        {Party.REFERENT, Party.PERSON},
        "ReferralChecked",
        main=True,
    ),
    _row(
        "record_renewal",
        "Noter le renouvellement",
        {_S.CLOSED},
        SAME,
        {Party.REFERENT},
        "ReferralRenewalRecorded",
    ),
    _row(
        "confirm_outcome",
        "C’est bien cela",
        {_S.CLOSED},
        SAME,
        {Party.REFERENT, Party.PERSON},
        "ReferralOutcomeConfirmed",
        main=True,
    ),
    _row(
        "contradict_outcome",
        "Ce n’est pas le cas",
        {_S.CLOSED},
        _S.SENT,
        {Party.REFERENT, Party.PERSON},
        "ReferralOutcomeContradicted",
    ),
    _row(
        "reopen",
        "Rouvrir",
        {_S.CLOSED, _S.DECLINED, _S.EXPIRED, _S.RECALLED},
        _S.SENT,
        {Party.REFERENT, Party.COORDINATOR},
        "ReferralReopened",
    ),
    _row(
        "mark_in_error",
        "Signaler une erreur de saisie",
        (OPEN | ENDED) - {_S.ENTERED_IN_ERROR},
        _S.ENTERED_IN_ERROR,
        {Party.REFERENT, Party.COORDINATOR},
        "ReferralEnteredInError",
    ),
    _row("accept_appointment", "Accepter ce rendez-vous", OPEN, SAME, _BOTH, "ReferralAppointmentAccepted"),
    _row("propose_appointment", "Proposer un rendez-vous", OPEN, SAME, _BOTH, "ReferralAppointmentProposed"),
    _row("decline_appointment", "Ce rendez-vous ne convient pas", OPEN, SAME, _BOTH, "ReferralAppointmentDeclined"),
    _row("cancel_appointment", "Annuler le rendez-vous", OPEN, SAME, _BOTH, "ReferralAppointmentCancelled"),
    _row("note_appointment_held", "Le rendez-vous a eu lieu", OPEN, SAME, _BOTH, "ReferralAppointmentHeld"),
)
BY_ACTION = {row.action: row for row in TABLE}


def actions_from(state: State, parties: frozenset[Party]) -> tuple[Transition, ...]:
    """The rows that those parties may start from that state, in the order of the table."""
    return tuple(row for row in TABLE if state in row.sources and row.parties & parties)


def parties_of(roles: frozenset[Role], *, sender: bool, desk: bool, manages: bool) -> frozenset[Party]:
    """The parties that somebody with those roles is, for a referral that her organisation sent or her desk received.

    `manages` says that she is the manager of that very desk.
    """
    found = set()
    if sender and Role.REFERENT in roles:
        found.add(Party.REFERENT)
    if desk and roles & {Role.DESK_AGENT, Role.DESK_MANAGER}:
        found.add(Party.DESK)
    if desk and manages and Role.DESK_MANAGER in roles:
        found.add(Party.MANAGER)
    if Role.COORDINATOR in roles:
        found.add(Party.COORDINATOR)
    return frozenset(found)
