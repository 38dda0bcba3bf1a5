"""The time line of a referral for one viewer: its facts in order, each with its instant, actor and coded words."""

from collections.abc import Sequence

from contracts.envelope import Envelope
from contracts.facts import FACTS, ReferralAssigned, ReferralFact
from contracts.replies import Step
from contracts.viewer import Viewer
from services.referral.ladder_tables import ManagerAsked
from services.referral.life import Life
from services.referral.reminder_tables import ReminderGiven

_COMMON = frozenset(ReferralFact.model_fields)
# Where it went next is between the referent and the other desk.
# What the person said of the desk is for her referent.
_NOT_FOR_DESKS = frozenset({"child", "redirected_from", "contacted", "useful", "right_open"})


def steps_for(viewer: Viewer, life: Life, envelopes: Sequence[Envelope]) -> tuple[Step, ...]:
    """One step a fact. A desk does not see by reference where the referral came from or went to."""
    hidden = _NOT_FOR_DESKS if viewer.organisation != life.sender_organisation else frozenset()
    return tuple(_step(envelope, hidden) for envelope in envelopes if envelope.type in FACTS)


def _step(envelope: Envelope, hidden: frozenset[str]) -> Step:
    kind = FACTS[envelope.type]
    fact = kind.model_validate(envelope.data)
    assert isinstance(fact, ReferralFact)
    shown = [name for name in kind.model_fields if name not in _COMMON and name not in hidden]
    if kind is ReferralAssigned:
        shown.append("assignee")
    if fact.turn is not None:
        shown.append("turn")
    details = {name: _word(getattr(fact, name)) for name in shown if getattr(fact, name) is not None}
    return Step(fact=kind.__name__, at=fact.at, actor=fact.actor, episode=fact.episode, details=details)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(_word(one) for one in value)
    return value.value if hasattr(value, "value") else str(value)


def with_reminders(
    steps: Sequence[Step], given: Sequence[ReminderGiven], asked: Sequence[ManagerAsked] = ()
) -> tuple[Step, ...]:
    """The steps, the reminders told to somebody and what was asked by hand, in the order of their instants."""
    told = [
        Step(fact="ReminderTold", at=one.at, episode=0, details={"step": one.step, "told": str(one.told)})
        for one in given if one.told
    ]
    told += [Step(fact="ReferralManagerAsked", at=one.at, episode=0, details={"what": one.what}) for one in asked]
    return tuple(sorted([*steps, *told], key=lambda one: one.at))
