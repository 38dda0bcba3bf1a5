"""A ladder in words: its thread, the fields of its form, and two ladders side by side over the same past. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.ladder import Audience, LadderStep
from contracts.vocabulary import LadderReason
from services.referral.board_view import Names, count, listed
from services.referral.ladder import Ladder, Rung
from services.referral.ladder_simulation import Simulated
from services.referral.ladder_versions import RUNG_BOUNDS, TERRITORY, URGENT_BOUNDS, Version
from services.runtime.web import dates

_S = LadderStep
WHO = {
    Audience.ASSIGNEE: "le contact",
    Audience.DEPUTY: "sa suppléance",
    Audience.MANAGER: "le ou la responsable",
    Audience.COORDINATOR: "la coordination",
    Audience.REFERENT: "qui a confié",
}
# How a step is called, and from what its days count.
NAMES: dict[LadderStep, tuple[str, str]] = {
    _S.ACKNOWLEDGE_SOON: ("Rappel avant l’échéance de réponse", "jours ouvrés avant"),
    _S.ACKNOWLEDGE_DUE: ("Échéance de réponse", "le jour même"),
    _S.ACKNOWLEDGE_LATE: ("Toujours sans réponse", "jours ouvrés après l’échéance"),
    _S.EXPIRES_SOON: ("Bientôt close faute de réponse", "jours avant la clôture"),
    _S.CONTACT_SOON: ("Rappel avant l’échéance du premier contact", "jours ouvrés avant"),
    _S.CONTACT_DUE: ("Échéance du premier contact", "le jour même"),
    _S.CONTACT_LATE: ("Toujours sans premier contact", "jours ouvrés après l’échéance"),
    _S.NO_ACTIVITY: ("Rien n’a bougé", "jours sans rien"),
    _S.NO_ACTIVITY_LONG: ("Rien n’a bougé depuis longtemps", "jours sans rien"),
    _S.HOLD_ENDED: ("Fin d’une pause", "jours ouvrés après la reprise"),
    _S.QUESTION_WAITS: ("Une question du guichet attend", "jours ouvrés après la question"),
    _S.CHECK_30: ("Première vérification avec la personne", "jours après la fin"),
    _S.CHECK_90: ("Seconde vérification avec la personne", "jours après la fin"),
}
CLOCKS = {
    "acknowledge_days": ("Répondre", "jours ouvrés du guichet"),
    "urgent_hours": ("Répondre à une urgente", "heures ouvrées du guichet"),
    "contact_days": ("Contacter la personne", "jours ouvrés après la réponse"),
    "expires_days": ("Close sans réponse au bout de", "jours"),
    "consent_days": ("Prévenir de la fin d’un accord", "jours avant la fin"),
}
_SAME_EVERYWHERE = "Le même délai dans tout le territoire\u202f: l’accord est à la personne, pas au guichet"
# Not asked: they are the due instants themselves.
FIXED = frozenset(step for step, (least, most, _) in RUNG_BOUNDS.items() if least == most)


def overview(ladder: Ladder) -> list[dict[str, Any]]:
    """The promises as one thread, from the sending to the last check."""
    clocks = ladder.clocks
    checks = [rung for step in (_S.CHECK_30, _S.CHECK_90) if (rung := ladder.rung(step)) is not None]
    return [
        _knot("Confiée", "jour 0", "done"),
        _knot("Réponse", f"en {_days(clocks.acknowledge_days)}"),
        _knot("Premier contact", f"{_days(clocks.contact_days)} après"),
        _knot("Terminée", None),
        *(_knot("Vérifiée avec la personne", f"{one.days} jours après") for one in checks),
    ]


def stages(ladder: Ladder) -> list[dict[str, Any]]:
    """Who is told, rung by rung, in the three stretches of a referral."""
    clocks = ladder.clocks
    ends = {"what": "Close sans réponse", "at_text": f"jour {clocks.expires_days}", "at_iso": None,
            "who": "une tâche pour qui a confié", "note": None}  # fmt: skip
    return [
        {"title": "Tant que le guichet n’a pas répondu", "entries": [
            *_rungs(ladder, _S.ACKNOWLEDGE_SOON),
            *_rungs(ladder, _S.ACKNOWLEDGE_DUE, at=_days(clocks.acknowledge_days)),
            *_rungs(ladder, _S.ACKNOWLEDGE_LATE, _S.EXPIRES_SOON), ends,
        ]},
        {"title": "Après la réponse, tant que la personne n’est pas jointe", "entries": [
            *_rungs(ladder, _S.CONTACT_SOON),
            *_rungs(ladder, _S.CONTACT_DUE, at=f"{_days(clocks.contact_days)} après la réponse"),
            *_rungs(ladder, _S.CONTACT_LATE),
        ]},
        {"title": "Ensuite, et après la fin", "entries": _rungs(
            ladder, _S.QUESTION_WAITS, _S.HOLD_ENDED, _S.NO_ACTIVITY, _S.NO_ACTIVITY_LONG, _S.CHECK_30, _S.CHECK_90
        )},
    ]  # fmt: skip


def consent_stage(ladder: Ladder) -> dict[str, Any]:
    """When the end of an agreement is told, and to whom, by the ladder of the territory."""
    when_told = f"{count(ladder.clocks.consent_days, 'jour', 'jours')} avant la fin"
    told = {"what": "L’accord d’une personne se termine bientôt", "at_text": when_told, "at_iso": None,
            "who": "qui suit la personne", "note": _SAME_EVERYWHERE}  # fmt: skip
    return {"title": "Avant la fin d’un accord", "entries": [told]}


def _days(number: int) -> str:
    return count(number, "jour ouvré", "jours ouvrés")


def _rungs(ladder: Ladder, *steps: LadderStep, at: str | None = None) -> list[dict[str, Any]]:
    found = [ladder.rung(one) for one in steps]
    return [
        {"what": NAMES[one.step][0], "at_text": at or when(one), "at_iso": None, "who": whom(one), "note": urgent(one)}
        for one in found if one is not None
    ]


def _knot(label: str, at: str | None, state: str = "todo") -> dict[str, Any]:
    return {"label": label, "at_text": at, "at_iso": None, "state": state}


def whom(rung: Rung) -> str:
    """Who is told, in words."""
    return listed([WHO[one] for one in rung.audience])


def when(rung: Rung) -> str:
    """`3 jours ouvrés après l’échéance`."""
    words = NAMES[rung.step][1]
    if not rung.days:
        return "le jour même"
    days = abs(rung.days)
    return f"{days} {words.replace('jours', 'jour').replace('ouvrés', 'ouvré') if days == 1 else words}"


def urgent(rung: Rung) -> str | None:
    """`Urgente : 4 heures ouvrées après`; None where nothing else holds for it."""
    if rung.step not in URGENT_BOUNDS:
        return None
    if rung.urgent_hours is None:
        return "Urgente\u202f: pas de rappel"
    hours = count(abs(rung.urgent_hours), "heure ouvrée", "heures ouvrées")
    return f"Urgente\u202f: {hours} {'avant' if rung.urgent_hours < 0 else 'après'}"


PROMISES: tuple[tuple[str, Callable[[Simulated], Counter[UUID]]], ...] = (
    ("Réponses attendues", lambda one: one.sendings),
    ("dont en retard", lambda one: one.late_answers),
    ("Premiers contacts attendus", lambda one: one.contacts),
    ("dont en retard", lambda one: one.late_contacts),
    ("Closes sans réponse", lambda one: one.expired),
    ("Rappels", lambda one: _told_by_desk(one)),
)


def side_by_side(now: Simulated, then: Simulated) -> list[list[str]]:
    """What would have been, with today’s delays and with the others: name, today, then."""
    return [[name, str(of(now).total()), str(of(then).total())] for name, of in PROMISES]


def told_rows(now: Simulated, then: Simulated) -> list[list[str]]:
    """How many reminders by step and audience, with today’s delays and with the others."""
    def by_step(one: Simulated) -> Counter[tuple[LadderStep, Audience]]:
        found: Counter[tuple[LadderStep, Audience]] = Counter()
        for (_, step, audience), number in one.told.items():
            found[step, audience] += number
        return found

    before, after = by_step(now), by_step(then)
    order = [(step, audience) for step in NAMES for audience in Audience]
    return [
        [f"{NAMES[step][0]}\u202f: {WHO[audience]}", str(before[step, audience]), str(after[step, audience])]
        for step, audience in order if before[step, audience] or after[step, audience]
    ]


def desk_rows(now: Simulated, then: Simulated, names: Names) -> list[list[str]]:
    """By desk: answers awaited, late ones and reminders, today and then; never by person."""
    told = _told_by_desk(now), _told_by_desk(then)
    desks = {*now.sendings, *then.sendings, *told[0], *told[1]}
    rows = [
        [names.desk_alone(desk), str(now.sendings[desk]), f"{now.late_answers[desk]} → {then.late_answers[desk]}",
         f"{told[0][desk]} → {told[1][desk]}"]
        for desk in desks
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row[0])


def verdict(now: Simulated, then: Simulated) -> str:
    """What changes, in one sentence."""
    late = then.late_answers.total() - now.late_answers.total()
    told = _told_by_desk(then).total() - _told_by_desk(now).total()
    return f"{_more(late, 'réponse en retard', 'réponses en retard')}, {_more(told, 'rappel', 'rappels')}."


def _more(difference: int, one: str, many: str) -> str:
    if not difference:
        return f"autant de {many}"
    return f"{count(abs(difference), one, many)} de {'plus' if difference > 0 else 'moins'}"


def _told_by_desk(one: Simulated) -> Counter[UUID]:
    found: Counter[UUID] = Counter()
    for (desk, _, _), number in one.told.items():
        found[desk] += number
    return found


def version_entries(
    versions: Iterable[Version], accounts: Mapping[UUID, str], today: date, now: datetime
) -> list[dict[str, Any]]:
    """The versions, the newest first: from when, what, who made it, when and why."""
    found = []
    for one in sorted(versions, key=lambda version: (version.applies_from, version.made_at), reverse=True):
        ahead = "À partir du" if one.applies_from > today else "Depuis le"
        what = summary(one.ladder, territory=one.owner == TERRITORY) if one.ladder else "comme le territoire"
        found.append({
            "what": f"{ahead} {one.applies_from:%d/%m/%Y}\u202f: {what}",
            "who": accounts.get(one.made_by), "at_text": dates.when(one.made_at, now),
            "at_iso": dates.iso(one.made_at), "at_exact": dates.exact(one.made_at),
            "note": LadderReason(one.reason).label if one.reason in set(LadderReason) else None,
        })  # fmt: skip
    return found


def summary(ladder: Ladder, *, territory: bool = False) -> str:
    """`répondre en 2 jours, contacter en 5, close au bout de 30`; of the territory also `prévenir de la fin d’un accord
    15 jours avant`.
    """
    clocks = ladder.clocks
    told = f", prévenir de la fin d’un accord {count(clocks.consent_days, 'jour', 'jours')} avant" if territory else ""
    return (
        f"répondre en {count(clocks.acknowledge_days, 'jour', 'jours')} ({clocks.urgent_hours} h si c’est urgent), "
        f"contacter en {count(clocks.contact_days, 'jour', 'jours')}, close au bout de {clocks.expires_days} jours"
        f"{told}"
    )
