"""One referral in words for its desk: the thread, the actions it may start, what was shared, and what happened."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.consent import Disclosure, ProhibitedUse
from contracts.ladder import LadderStep
from contracts.lifecycle import BY_ACTION, ENDED, State, Transition
from contracts.replies import HandoverNote, ReferralView, Step
from contracts.vocabulary import (
    AccompanimentRefusal,
    AppointmentPlace,
    AttemptChannel,
    AttemptResult,
    ConsentMethod,
    DeclineReason,
    DepartureReason,
    ErrorReason,
    HoldReason,
    KeptRight,
    ManagerAsk,
    NonTakeUpCause,
    Outcome,
    RecallReason,
    RefusalGround,
    ReopenReason,
    Turn,
    Word,
)
from services.partners.action_forms import FORMS
from services.partners.domain import today_in_paris
from services.partners.store import Names
from services.partners.tables import DeskItem
from services.runtime.web import dates

RARE = frozenset({"refuse_accompaniment"})


@dataclass(frozen=True)
class Course:
    """What the thread needs, from the record or, when referral is away, from the desk's own list."""

    state: State
    sent_at: datetime
    delivered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    first_contact_at: datetime | None = None
    ended_at: datetime | None = None
    acknowledge_due: datetime | None = None
    contact_due: datetime | None = None
    promised_for: date | None = None
    outcome: str | None = None

    @classmethod
    def of_view(cls, view: ReferralView) -> "Course":
        """From the record."""
        return cls(**{name: getattr(view, name) for name in cls.__dataclass_fields__})

    @classmethod
    def of_item(cls, item: DeskItem) -> "Course":
        """From the list: it knows no instant of acknowledging or contacting."""
        return cls(
            state=State(item.state),
            sent_at=item.received_at,
            delivered_at=item.received_at,
            ended_at=item.ended_at,
            acknowledge_due=item.acknowledge_due,
            contact_due=item.contact_due,
            promised_for=item.promised_for,
            outcome=item.outcome,
        )


def thread_of(course: Course, now: datetime) -> list[dict[str, Any]]:
    """The knots: behind, now, ahead. A referral that ended without an outcome stops where it stopped."""
    acknowledged = course.acknowledged_at is not None or course.state in (
        State.ACKNOWLEDGED, State.IN_PROGRESS, State.ON_HOLD, State.CLOSED,
    )  # fmt: skip
    contacted = course.first_contact_at is not None
    knots = [_done("Confiée", course.sent_at, now), _done("Reçue", course.delivered_at or course.sent_at, now)]
    if acknowledged:
        knots.append(_done("Accusé de réception", course.acknowledged_at, now))
    if contacted:
        knots.append(_done("Premier contact", course.first_contact_at, now))
    if course.state is State.CLOSED:
        label = Outcome(course.outcome).label if course.outcome else "Issue"
        return [*knots, _done(label, course.ended_at, now)]
    if course.state in ENDED:
        return [*knots, {**_done(course.state.label, course.ended_at, now), "state": "ended"}]
    ahead = [label for label, passed in (
        ("Accusé de réception", acknowledged), ("Premier contact", contacted), ("Issue", False),
    ) if not passed]  # fmt: skip
    knots.append(_present(ahead[0], course, now))
    return knots + [_knot(label, None, None, "todo") for label in ahead[1:]]


def _present(label: str, course: Course, now: datetime) -> dict[str, Any]:
    due = {"Accusé de réception": course.acknowledge_due, "Premier contact": course.contact_due}.get(label)
    text = f"attendu {dates.when(due, now)}" if due else None
    if label == "Premier contact" and course.promised_for:
        text = f"promis {dates.day(course.promised_for, today_in_paris(now))}"
    state = "now"
    if due is not None:
        state = "late" if due < now else "due" if today_in_paris(due) == today_in_paris(now) else "now"
    return {**_knot(label, text, due, state)}


def _done(label: str, at: datetime | None, now: datetime) -> dict[str, Any]:
    return _knot(label, dates.day(at, today_in_paris(now)) if at else None, at, "done")


def _knot(label: str, text: str | None, at: datetime | None, state: str) -> dict[str, Any]:
    return {
        "label": label,
        "at_text": text,
        "at_iso": dates.iso(at) if at else None,
        "at_exact": dates.exact(at) if at else None,
        "state": state,
    }


# --- actions ------------------------------------------------------------------------------------------------------


def actions_of(view: ReferralView) -> tuple[Transition | None, list[Transition], list[Transition]]:
    """The next action, two beside it, and the rarer ones; all drawn from the life cycle's table."""
    found = [BY_ACTION[one] for one in view.actions if one in FORMS]
    if not view.accompanied:
        found = [one for one in found if one.action != "refuse_accompaniment"]
    if view.proposed_desk is not None:
        found = [one for one in found if one.action != "propose_redirect"]
    main = next((one for one in found if one.action == "resume" and view.turn is Turn.DESK), None)
    if not waits(view):
        main = main or next((one for one in found if one.main), None)
    rest = sorted((one for one in found if one is not main), key=lambda one: (one.action in RARE, not one.main))
    beside = [one for one in rest if one.action not in RARE][:2]
    return main, beside, [one for one in rest if one not in beside]


def waits(view: ReferralView) -> bool:
    """True while it is not the desk's turn: then nothing is pressed upon it."""
    return view.state is State.ON_HOLD and view.turn not in (None, Turn.DESK)


def waiting_sentence(view: ReferralView, now: datetime) -> str | None:
    """Whose turn it is and until when, while the referral is on hold."""
    if view.state is not State.ON_HOLD or view.turn is None:
        return None
    turn = f"{view.turn.label[0].lower()}{view.turn.label[1:]}"
    back = f" Elle revient dans votre liste {dates.day(view.resume_on, today_in_paris(now))}." if view.resume_on else ""
    return f"En pause\u202f: c’est {turn} d’agir.{back}"


# --- what was shared ----------------------------------------------------------------------------------------------


def shared_pairs(disclosure: Disclosure) -> list[tuple[str, str | None]]:
    """Every shared field with its text, then every category that was not shared, as such (None)."""
    pairs: list[tuple[str, str | None]] = [(one.label, one.text) for one in disclosure.shared]
    known = {one.category for one in disclosure.shared}
    pairs += [(one.label, "non renseigné") for one in disclosure.categories if one not in known]
    return pairs + [(label, None) for label in disclosure.not_shared]


def consent_sentence(disclosure: Disclosure, now: datetime) -> str:
    """How the person agreed, in which language, until when; and what it is never used for."""
    today = today_in_paris(now)
    method = ConsentMethod(disclosure.method).label
    read_back = ", relu avec la personne" if disclosure.read_back else ""
    return (
        f"{method}, {dates.day(disclosure.given_at, today)}, en {disclosure.language.label.lower()}{read_back}."
        f" But\u202f: {disclosure.purpose.label.lower()}. Valable {dates.until(disclosure.expires_at, today)}."
        f" {ProhibitedUse.FRAUD_CONTROL.label}."
    )


def of(name: str) -> str:
    """`d’Odirine`, `de Mélibert`."""
    return f"d’{name}" if name[:1].lower() in "aeiouyàâéèêëîïôûh" else f"de {name}"


# --- what happened ------------------------------------------------------------------------------------------------

_SENTENCES: dict[str, str] = {
    "ReferralSent": "Orientation confiée au guichet",
    "ReferralAcknowledged": "Réception confirmée",
    "ReferralAssigned": "Confiée à {assignee}",
    "ReferralInfoRequested": "Précision demandée à la personne référente",
    "ReferralInfoAnswered": "Précision reçue",
    "ReferralContactAttempted": "Contact noté\u202f: {result}",
    "ReferralHeld": "Mise en pause\u202f: {reason}",
    "ReferralResumed": "Reprise",
    "ReferralAccompanimentRefused": "Accompagnant refusé\u202f: {reason}",
    "ReferralDeclined": "Déclinée\u202f: {reason}",
    "ReferralDeclineContested": "Refus contesté par la coordination",
    "ReferralRedirectProposed": "Autre guichet proposé\u202f: {to_desk}",
    "ReferralRedirectRefused": "L’orientation reste à ce guichet",
    "ReferralRedirected": "Confiée à un autre guichet",
    "ReferralRecalled": "Rappelée\u202f: {reason}",
    "ReferralRecalledByDeparture": "Reprise\u202f: {reason}",
    "ReferralWithdrawn": "La personne a retiré son accord",
    "ReferralExpired": "Restée sans réponse jusqu’au terme",
    "ReferralClosed": "Close\u202f: {outcome}",
    "ReferralOutcomeConfirmed": "Issue confirmée avec la personne",
    "ReferralOutcomeContradicted": "Issue contredite\u202f: l’orientation est rouverte",
    "ReferralReopened": "Rouverte\u202f: {reason}",
    "ReferralEnteredInError": "Saisie par erreur\u202f: {reason}",
    "ReferralChecked": "Vérifiée avec la personne par qui l’accompagne",
    "ReferralRenewalRecorded": "Renouvellement du droit\u202f: {kept}",
    "ReferralManagerAsked": "La coordination demande au responsable\u202f: {what}",
    "ReferralAppointmentProposed": "Rendez-vous proposé\u202f: {starts}, {place}",
    "ReferralAppointmentAccepted": "Rendez-vous convenu\u202f: {starts}",
    "ReferralAppointmentDeclined": "Rendez-vous pas retenu\u202f: {starts}",
    "ReferralAppointmentCancelled": "Rendez-vous annulé\u202f: {starts}",
    "ReferralAppointmentHeld": "Rendez-vous tenu\u202f: {starts}",
    "ReminderTold": "Rappel envoyé\u202f: {step}",
}
_REASONS: dict[str, type[Word]] = {
    "ReferralHeld": HoldReason,
    "ReferralAccompanimentRefused": AccompanimentRefusal,
    "ReferralDeclined": DeclineReason,
    "ReferralRecalled": RecallReason,
    "ReferralRecalledByDeparture": DepartureReason,
    "ReferralReopened": ReopenReason,
    "ReferralEnteredInError": ErrorReason,
}
_WORDS: dict[str, type[Word]] = {
    "step": LadderStep,
    "place": AppointmentPlace,
    "channel": AttemptChannel,
    "result": AttemptResult,
    "outcome": Outcome,
    "ground": RefusalGround,
    "cause": NonTakeUpCause,
    "turn": Turn,
    "kept": KeptRight,
    "what": ManagerAsk,
}


def timeline_of(view: ReferralView, names: Names, now: datetime) -> list[dict[str, Any]]:
    """Every step in French with who did it, the newest first."""
    return [_entry(step, names, now) for step in reversed(view.steps)]


def accounts_of(view: ReferralView) -> set[UUID | None]:
    """References of every professional whom the page names."""
    named = {step.actor for step in view.steps} | {view.sender, view.contact, view.assignee}
    return named | {_uuid(step.details.get("assignee")) for step in view.steps}


def messages_of(notes: tuple[HandoverNote, ...], names: Names, now: datetime) -> list[dict[str, Any]]:
    """The questions of the desk and the answers of the referent, oldest first."""
    label = {"question": "Question du guichet"}
    return [
        {
            "what": label.get(note.kind, "Réponse de la personne référente"),
            "who": names.account(note.author) or None,
            "note": note.text,
            **_at(note.at, now),
        }
        for note in sorted(notes, key=lambda one: one.at)
    ]


def _entry(step: Step, names: Names, now: datetime) -> dict[str, Any]:
    words = {
        "assignee": names.account(_uuid(step.details.get("assignee"))) or "un collègue",
        "to_desk": names.desk(_uuid(step.details.get("to_desk"))),
        "starts": dates.when(datetime.fromisoformat(step.details["starts"]), now) if "starts" in step.details else "",
        "reason": _word(_REASONS.get(step.fact), step.details.get("reason")),
        **{key: _word(kind, step.details.get(key)) for key, kind in _WORDS.items()},
    }
    what = _SENTENCES.get(step.fact, "Étape").format(**words)
    return {"what": what, "who": names.account(step.actor) or None, "note": _more(step, now), **_at(step.at, now)}


def _more(step: Step, now: datetime) -> str | None:
    today, given, found = today_in_paris(now), step.details, []
    if step.fact == "ReferralContactAttempted":
        found.append(f"par\u202f: {_word(AttemptChannel, given.get('channel'))}")
    for key, words in (
        ("promised_for", "premier contact promis {}"),
        ("resume_on", "reprend {}"),
        ("date_of_effect", "date d’effet\u202f: {}"),
    ):
        if given.get(key):
            found.append(words.format(dates.day(date.fromisoformat(given[key]), today)))
    for key in ("ground", "cause", "turn"):
        if given.get(key) and step.fact in ("ReferralClosed", "ReferralHeld"):
            found.append(_word(_WORDS[key], given[key]))
    text = ", ".join(found)
    return text[:1].upper() + text[1:] + "." if text else None


def _at(at: datetime, now: datetime) -> dict[str, str]:
    return {"at_text": dates.when(at, now), "at_iso": dates.iso(at), "at_exact": dates.exact(at)}


def _word(kind: type[Word] | None, code: str | None) -> str:
    if kind is None or code is None:
        return code or ""
    try:
        label = kind(code).label
    except ValueError:
        return code
    return label[:1].lower() + label[1:]


def _uuid(given: str | None) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError:
        return None
