"""What would have been promised and told with other clocks: past facts folded again, and the plan of each made anew.

Pure, and the same rules as live: with the clocks that were in force it plans what was planned, to the instant. What
people did stays what they did; that they might have answered sooner to another reminder, nobody can know.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from contracts.ladder import Audience, LadderStep, Reminder
from contracts.lifecycle import ENDED, State
from contracts.vocabulary import AttemptResult, Outcome
from services.referral.desk_terms import Terms
from services.referral.ladder import Standing, plan
from services.referral.life import acknowledge_due, contact_due

TermsOf = Callable[[UUID], Terms]
Told = tuple[UUID, LadderStep, Audience]
_BEGINS = frozenset({"sent", "reopened", "outcome_contradicted", "decline_contested"})


class Happened(NamedTuple):
    """What the plan depends on of one fact; `what` is its name without object and version (`sent`, `closed`…)."""

    ref: UUID
    what: str
    at: datetime
    state: State
    desk: UUID
    by_clock: bool = False
    urgent: bool = False
    reached: bool = False
    outcome: Outcome | None = None
    step: LadderStep | None = None


class Planned(NamedTuple):
    """A fact, the standing after it, and the plan that it would have carried."""

    fact: Happened
    standing: Standing
    reminders: tuple[Reminder, ...]


@dataclass
class Simulated:
    """Counts by desk in a stretch of time; `told` by desk, step and audience, each reminder once for each audience.

    `sendings` began in it, `late_answers` are those of them that had no answer when it was due; `contacts` and
    `late_contacts` the same for first contacts. `expired` are those that would have come to their term unanswered.
    """

    told: Counter[Told] = field(default_factory=Counter)
    sendings: Counter[UUID] = field(default_factory=Counter)
    late_answers: Counter[UUID] = field(default_factory=Counter)
    contacts: Counter[UUID] = field(default_factory=Counter)
    late_contacts: Counter[UUID] = field(default_factory=Counter)
    expired: Counter[UUID] = field(default_factory=Counter)


def happened(type_name: str, data: Mapping[str, Any]) -> Happened:
    """A fact of a referral from its type (`referral.sent.v1`) and its JSON data."""
    at = datetime.fromisoformat(data["at"])
    outcome, step = data.get("outcome"), data.get("step")
    return Happened(
        UUID(data["ref"]), type_name.split(".")[1], at, State(data["state"]), UUID(data["desk"]),
        by_clock=data.get("actor") is None, urgent=bool(data.get("urgent")),
        reached=data.get("result") == AttemptResult.REACHED, outcome=Outcome(outcome) if outcome else None,
        step=LadderStep(step) if step in set(LadderStep) else None,
    )


def replay(facts: Sequence[Happened], terms_of: TermsOf) -> Iterator[Planned]:
    """Every fact of one referral, the first one its sending, with the plan that follows from those terms."""
    standing: Standing | None = None
    for fact in facts:
        terms = terms_of(fact.desk)
        standing = _after(standing, fact, terms)
        ladder = terms.ladder(fact.at)
        yield Planned(fact, standing, plan(standing, ladder.rungs, terms.calendar))


def simulate(
    lives: Iterable[Sequence[Happened]], terms_of: TermsOf, since: datetime, until: datetime
) -> Simulated:
    """What falls into that stretch: reminders told, promises kept or not."""
    found = Simulated()
    for facts in lives:
        if not facts or facts[-1].state is State.ENTERED_IN_ERROR:
            continue
        planned = list(replay(facts, terms_of))
        for index, one in enumerate(planned):
            ends = planned[index + 1].fact.at if index + 1 < len(planned) else until
            _count_told(found, one, since, min(ends, until))
            _count_promise(found, planned[index:], since, until)
    return found


def _count_told(found: Simulated, one: Planned, since: datetime, before: datetime) -> None:
    for reminder in one.reminders:
        if since <= reminder.at < before:
            for audience in reminder.audience:
                found.told[one.fact.desk, reminder.step, audience] += 1


def _count_promise(found: Simulated, ahead: Sequence[Planned], since: datetime, until: datetime) -> None:
    """Whether what this fact began was kept: an answer after a sending, a contact after an acknowledgement."""
    one, desk = ahead[0], ahead[0].fact.desk
    if not since <= one.fact.at < until:
        return
    if one.fact.what in _BEGINS and one.standing.acknowledge_due is not None and one.standing.expires_at is not None:
        # An expiry is no answer: what it ended had waited until then.
        done = _first(ahead[1:], lambda fact: fact.what != "expired" and fact.state is not State.SENT) or until
        found.sendings[desk] += 1
        found.late_answers[desk] += done > one.standing.acknowledge_due
        found.expired[desk] += done >= one.standing.expires_at
    if one.fact.what == "acknowledged" and one.standing.contact_due is not None:
        done = _first(ahead[1:], lambda fact: fact.reached or fact.state in ENDED) or until
        found.contacts[desk] += 1
        found.late_contacts[desk] += done > one.standing.contact_due


def _first(ahead: Iterable[Planned], wanted: Callable[[Happened], bool]) -> datetime | None:
    return next((one.fact.at for one in ahead if wanted(one.fact)), None)


def _after(before: Standing | None, fact: Happened, terms: Terms) -> Standing:
    """The same changes that the rules make to a referral, for what a plan depends on."""
    standing = before or Standing(fact.state, fact.at, fact.at, urgent=fact.urgent)
    changes: dict[str, Any] = {"state": fact.state, "moved_at": fact.at, "resumed_by_clock": False}
    clocks = terms.ladder(fact.at).clocks
    if fact.what in _BEGINS:
        due = acknowledge_due(fact.at, urgent=standing.urgent, calendar=terms.calendar, clocks=clocks)
        expires = fact.at + timedelta(days=clocks.expires_days)
        changes |= {"awaiting_since": fact.at, "acknowledge_due": due, "expires_at": expires, "ended_at": None}
        if fact.what != "decline_contested":
            changes |= {"contact_due": None, "reached": False, "outcome": None, "checked": None}
    match fact.what:
        case "acknowledged":
            changes["contact_due"] = contact_due(fact.at, terms.calendar, clocks)
        case "contact_attempted" if fact.reached:
            changes["reached"] = True
        case "info_requested":
            changes["question"] = True
        case "closed":
            changes |= {"outcome": fact.outcome, "checked": None}
        case "checked":
            changes["checked"] = fact.step
        case "resumed":
            changes["resumed_by_clock"] = fact.by_clock
    if fact.state is not State.ON_HOLD:
        changes["question"] = False
    if fact.state in ENDED and standing.ended_at is None:
        changes["ended_at"] = fact.at
    return replace(standing, **changes)
