"""Who may be told at each rung, and who must be among them: a rung that nobody hears who can act on it is no rung.

Pure. The deputy is not chosen: she stands in for the contact, wherever the ladder of the house names her.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from contracts.ladder import Audience, LadderStep
from contracts.refusals import InvalidInput
from services.referral.ladder import Rung

_A, _S = Audience, LadderStep


class Hearers(NamedTuple):
    """`may` be told, in the order of the form; at least one of `needed` must be, and `why` says so."""

    may: tuple[Audience, ...]
    needed: frozenset[Audience]
    why: str


_DESK = frozenset({_A.ASSIGNEE, _A.MANAGER})
_ACTS = "Quelqu’un du guichet doit être prévenu\u202f: lui seul peut répondre."
_WATCHES = "La coordination doit être prévenue\u202f: sans elle, un silence pourrait passer inaperçu."
_FOLLOWS = "Qui a confié l’orientation doit être prévenu\u202f: cela l’attend."
_ALL = (_A.ASSIGNEE, _A.MANAGER, _A.COORDINATOR, _A.REFERENT)
_BY_DESK = Hearers(_ALL, _DESK, _ACTS)
_BY_COORDINATION = Hearers(_ALL, frozenset({_A.COORDINATOR}), _WATCHES)
_REFERENT = frozenset({_A.REFERENT})
HEARERS: dict[LadderStep, Hearers] = {
    _S.ACKNOWLEDGE_SOON: _BY_DESK, _S.ACKNOWLEDGE_DUE: _BY_DESK, _S.ACKNOWLEDGE_LATE: _BY_COORDINATION,
    _S.EXPIRES_SOON: Hearers((_A.REFERENT, _A.MANAGER, _A.COORDINATOR), _REFERENT, _FOLLOWS),
    _S.CONTACT_SOON: _BY_DESK, _S.CONTACT_DUE: _BY_DESK, _S.CONTACT_LATE: _BY_COORDINATION,
    _S.NO_ACTIVITY: _BY_DESK, _S.NO_ACTIVITY_LONG: _BY_COORDINATION,
    _S.HOLD_ENDED: _BY_DESK,
    _S.QUESTION_WAITS: Hearers((_A.REFERENT, _A.COORDINATOR), _REFERENT, _FOLLOWS),
    # What a person says at a check is not for the desk.
    _S.CHECK_30: Hearers((_A.REFERENT,), _REFERENT, _FOLLOWS),
    _S.CHECK_90: Hearers((_A.REFERENT,), _REFERENT, _FOLLOWS),
}  # fmt: skip
CHOSEN = tuple(step for step, one in HEARERS.items() if len(one.may) > 1)
PREFIX = "who_"


def with_hearers(rung: Rung, chosen: Collection[Audience]) -> tuple[Audience, ...]:
    """The audience of that rung for what was chosen, in one order; the deputy goes with the contact where the rung of
    the house has her.
    """
    follows = {Audience.DEPUTY} if Audience.DEPUTY in rung.audience and Audience.ASSIGNEE in chosen else set()
    return tuple(one for one in Audience if one in {*chosen, *follows})


def check_hearers(rung: Rung) -> None:
    """Refusal: InvalidInput at the field of that step, for nobody who can act, or for somebody whom it is not for."""
    hearers, field = HEARERS[rung.step], PREFIX + rung.step.value
    if not hearers.needed & set(rung.audience):
        raise InvalidInput(field=field, reason=hearers.why)
    if set(rung.audience) - {*hearers.may, Audience.DEPUTY}:
        raise InvalidInput(field=field, reason="Choisissez des réponses de la liste.")


def choices_of(values: Mapping[str, Collection[Audience]]) -> dict[LadderStep, tuple[Audience, ...]]:
    """What the form says of each step whose audience can be chosen."""
    return {step: tuple(values.get(PREFIX + step.value) or ()) for step in CHOSEN}
