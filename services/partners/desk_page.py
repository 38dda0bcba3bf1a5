"""One referral in words for its desk: the actions it may start, whose turn it is, and what was shared. Pure."""

from datetime import datetime

from contracts.consent import Disclosure, ProhibitedUse
from contracts.lifecycle import BY_ACTION, State, Transition
from contracts.replies import ReferralView
from contracts.vocabulary import ConsentMethod, Turn
from services.partners.action_forms import FORMS
from services.partners.domain import today_in_paris
from services.runtime.web import dates

RARE = frozenset({"refuse_accompaniment"})


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
