"""What a desk tried to reach a person: counted for its page, offered in one tap, and what is still missing before it
may say that she cannot be reached.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.replies import ReferralView, Step
from contracts.steps import coded
from contracts.vocabulary import AttemptChannel, AttemptResult
from services.partners.domain import today_in_paris
from services.runtime.web import dates

# The referral service decides (`UnreachableTooEarly`); here the same numbers only say beforehand what is missing.
ATTEMPTS, CHANNELS, DAYS = 3, 2, 2
ATTEMPTED, REFUSED = "ReferralContactAttempted", "ReferralAccompanimentRefused"


@dataclass(frozen=True)
class Tried:
    """The attempts of one episode: how many, by how many means, on how many days in Paris."""

    count: int = 0
    channels: int = 0
    days: int = 0


def tried_of(view: ReferralView) -> Tried:
    """The attempts of the present episode, by the record."""
    steps = _attempts(view)
    days: set[date] = {today_in_paris(one.at) for one in steps}
    return Tried(len(steps), len({one.details.get("channel") for one in steps}), len(days))


def missing(tried: Tried) -> str | None:
    """What is still to be done before «injoignable», in a sentence; None when nothing is."""
    parts = []
    if tried.count < ATTEMPTS:
        left = ATTEMPTS - tried.count
        parts.append(f"{left} tentative{'s' if left > 1 else ''}")
    if tried.channels < CHANNELS:
        parts.append("un autre moyen" if tried.channels else f"{CHANNELS} moyens différents")
    if tried.days < DAYS:
        parts.append("un autre jour" if tried.days else f"{DAYS} jours différents")
    if not parts:
        return None
    said = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} et {parts[-1]}"
    return f"Pour noter «\u202finjoignable\u202f», il manque encore\u202f: {said}."


def one_tap(view: ReferralView, now: datetime) -> dict[str, Any] | None:
    """What the page offers in one tap: a result each, by the means used last; None where no attempt can be noted.

    What is missing before «injoignable» is said while the person was not reached.
    """
    if "log_attempt" not in view.actions:
        return None
    steps, tried = _attempts(view), tried_of(view)
    channel = _channel(steps[-1]) if steps else AttemptChannel.PHONE
    return {
        "channel": channel,
        "means": _means(channel),
        "results": AttemptResult.options(),
        "so_far": _so_far(tried, steps, now),
        "missing": missing(tried) if steps and steps[-1].details.get("result") != AttemptResult.REACHED else None,
    }


def refused_accompaniment(view: ReferralView) -> str | None:
    """`Refusé 2 fois : manque de place`, of the present episode; None when nobody was refused."""
    steps = [one for one in view.steps if one.fact == REFUSED and one.episode == view.episode]
    if not steps:
        return None
    reasons = dict.fromkeys(_label(one, "reason") for one in steps)
    return f"Refusé {len(steps)} fois\u202f: {', '.join(one for one in reasons if one)}"


def _so_far(tried: Tried, steps: list[Step], now: datetime) -> str:
    if not steps:
        return "Aucun essai n’est encore noté."
    last, plural = steps[-1], tried.count > 1
    result = _label(last, "result")
    return (
        f"{tried.count} essai{'s notés' if plural else ' noté'}, par {tried.channels} moyen"
        f"{'s' if tried.channels > 1 else ''}, sur {tried.days} jour{'s' if tried.days > 1 else ''}."
        f" Le dernier {dates.when(last.at, now)}\u202f: {result}."
    )


def _attempts(view: ReferralView) -> list[Step]:
    found = (one for one in view.steps if one.fact == ATTEMPTED and one.episode == view.episode)
    return sorted(found, key=lambda one: one.at)


def means_of(step: Step) -> str:
    """By which means an attempt was made, inside a sentence: `par SMS`, `en personne`."""
    return _means(_channel(step))


def _means(channel: AttemptChannel) -> str:
    return {
        AttemptChannel.PHONE: "par téléphone",
        AttemptChannel.SMS: "par SMS",
        AttemptChannel.MAIL: "par courriel",
        AttemptChannel.LETTER: "par courrier",
        AttemptChannel.VISIT: "en personne",
        AttemptChannel.REFERENT: "par la personne qui l’accompagne",
    }[channel]


def _channel(step: Step) -> AttemptChannel:
    found = coded(step.fact, "channel", step.details.get("channel"))
    return found if isinstance(found, AttemptChannel) else AttemptChannel.PHONE


def _label(step: Step, name: str) -> str:
    word = coded(step.fact, name, step.details.get(name))
    return f"{word.label[:1].lower()}{word.label[1:]}" if word else ""
