"""What happened to a referral, told to its desk: every step with who did it, and the questions with their answers."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.replies import HandoverNote, ReferralView, Step
from contracts.steps import coded
from services.partners.attempts import means_of
from services.partners.domain import today_in_paris
from services.partners.store import Names
from services.runtime.web import dates

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
    }
    words = {name: _word(step, name) for name in step.details} | words
    what = _SENTENCES.get(step.fact, "Étape").format_map(defaultdict(str, words))
    return {"what": what, "who": names.account(step.actor) or None, "note": _more(step, now), **_at(step.at, now)}


def _more(step: Step, now: datetime) -> str | None:
    today, given, found = today_in_paris(now), step.details, []
    if step.fact == "ReferralContactAttempted":
        found.append(means_of(step))
    for key, words in (
        ("promised_for", "premier contact promis {}"),
        ("resume_on", "reprend {}"),
        ("date_of_effect", "date d’effet\u202f: {}"),
    ):
        if given.get(key):
            found.append(words.format(dates.day(date.fromisoformat(given[key]), today)))
    for key in ("ground", "cause", "turn"):
        if given.get(key) and step.fact in ("ReferralClosed", "ReferralHeld"):
            found.append(_word(step, key))
    text = ", ".join(found)
    return text[:1].upper() + text[1:] + "." if text else None


def _at(at: datetime, now: datetime) -> dict[str, str]:
    return {"at_text": dates.when(at, now), "at_iso": dates.iso(at), "at_exact": dates.exact(at)}


def _word(step: Step, name: str) -> str:
    found, code = coded(step.fact, name, step.details.get(name)), step.details.get(name)
    label = found.label if found is not None else code or ""
    return label[:1].lower() + label[1:] if found is not None else label


def _uuid(given: str | None) -> UUID | None:
    try:
        return UUID(given) if given else None
    except ValueError:
        return None
