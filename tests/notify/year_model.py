"""What must have been told, counted beside the service from the facts alone: plain sets, no database, none of its code.

A plan replaces the one before when its fact is taken; what is due when the scheduler turns, fires. Each day's count is
by kind, so that the equation is held against something that the ledger did not count itself.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.envelope import Envelope
from contracts.facts import FACTS
from tests.notify.year_people import People

PARIS = ZoneInfo("Europe/Paris")
A_DAY = timedelta(hours=24)
TO_THE_CONTACT = {
    "referral.sent.v1": "referral_awaits", "referral.reopened.v1": "referral_reopened",
    "referral.decline_contested.v1": "decline_contested", "referral.assigned.v1": "referral_assigned",
    "referral.outcome_contradicted.v1": "outcome_contradicted",
    "referral.appointment_proposed.v1": "appointment_proposed",
}  # fmt: skip
TO_THE_REFERENT = {
    "referral.info_requested.v1": "question_asked", "referral.declined.v1": "referral_declined",
    "referral.redirect_proposed.v1": "redirect_proposed", "referral.expired.v1": "referral_expired",
    "referral.closed.v1": "referral_closed", "referral.appointment_accepted.v1": "appointment_accepted",
}  # fmt: skip
OPEN = frozenset({"sent", "acknowledged", "in_progress", "on_hold"})
Timer = tuple[UUID, str, datetime]


@dataclass
class Armed:
    """A timer that waits, with whom it concerns as its last plan said."""

    audience: tuple[str, ...]
    assignee: UUID
    referent: UUID
    desk: UUID


@dataclass
class Model:
    """Timers and tellings of one territory; `due` counts the latter by day of Paris and kind."""

    people: People
    armed: dict[UUID, dict[Timer, Armed]] = field(default_factory=lambda: defaultdict(dict))
    fired: set[Timer] = field(default_factory=set)
    due: Counter[tuple[date, str]] = field(default_factory=Counter)
    versions: Counter[UUID] = field(default_factory=Counter)
    early: dict[UUID, dict[int, Envelope]] = field(default_factory=lambda: defaultdict(dict))
    seen: set[UUID] = field(default_factory=set)
    disarmed: int = 0
    late: int = 0

    def take(self, envelopes: Sequence[Envelope], now: datetime) -> None:
        """These were taken; a counted fact has its effect once those before it have."""
        for one in (one for one in envelopes if one.id not in self.seen):
            self.seen.add(one.id)
            ref, version = UUID(one.subject), int(one.data.get("version") or 0)
            if not version:
                for manager in one.data["managers"]:
                    self._tell(one, "manager_" + one.data["what"], manager)
                continue
            self.early[ref][version] = one
            while (after := self.early[ref].pop(self.versions[ref] + 1, None)) is not None:
                self.versions[ref] += 1
                self._apply(ref, after, now)

    def fire(self, now: datetime) -> None:
        """The scheduler turned at that instant: whatever was armed and due has fired."""
        for ref, timers in self.armed.items():
            for timer in [one for one in timers if one[2] <= now]:
                armed = timers.pop(timer)
                self.fired.add(timer)
                self.due[_day(timer[2]), timer[1]] += max(1, len(self._whom(armed)))
            assert all(one[0] == ref for one in timers)

    def _apply(self, ref: UUID, envelope: Envelope, now: datetime) -> None:
        data = envelope.data
        plan = {(ref, one["step"], _instant(one["at"])): one for one in data["reminders"]}
        ahead = {timer: one for timer, one in plan.items() if now - timer[2] <= A_DAY}
        self.late += len(plan) - len(ahead)
        eve = self._eve(ref, envelope)
        gone = self.armed[ref].keys() - ahead.keys() - eve.keys()
        self.disarmed += len(gone)
        self.armed[ref] = eve | {
            timer: Armed(tuple(one["audience"]), UUID(data["assignee"]), UUID(data["referent"]), UUID(data["desk"]))
            for timer, one in ahead.items() if timer not in self.fired
        }  # fmt: skip
        by_referent = data.get("by") == "referent"
        if envelope.type in TO_THE_CONTACT and data.get("by", "referent") == "referent":
            self._tell(envelope, TO_THE_CONTACT[envelope.type], data["assignee"])
        if envelope.type in TO_THE_REFERENT and not by_referent:
            self._tell(envelope, TO_THE_REFERENT[envelope.type], data["referent"])

    def _eve(self, ref: UUID, envelope: Envelope) -> dict[Timer, Armed]:
        """The reminder of the appointment that stands after that fact, for both sides."""
        data, what = envelope.data, envelope.type.split(".")[1]
        stands = {timer: armed for timer, armed in self.armed[ref].items() if timer[1] == "appointment_eve"}
        if what.startswith("appointment_"):
            stands = {(ref, "appointment_eve", _instant(data["eve"])): None} if data.get("eve") else {}
        if data["state"] not in OPEN:
            return {}
        whom = Armed(("assignee", "referent"), UUID(data["assignee"]), UUID(data["referent"]), UUID(data["desk"]))
        told = what in ("assigned", "appointment_accepted")
        return {timer: whom if told else armed for timer, armed in stands.items() if timer not in self.fired}

    def _tell(self, envelope: Envelope, kind: str, _account: Any) -> None:
        self.due[_day(_instant(envelope.data["at"])), kind] += 1

    def _whom(self, armed: Armed) -> set[UUID]:
        """Everybody whom that timer concerns; the deputy has no telling of her own."""
        behind = self.people.behind(armed.desk)
        whom = {
            "assignee": (armed.assignee,), "referent": (armed.referent,), "deputy": (),
            "manager": behind.managers, "coordinator": behind.coordinators,
        }  # fmt: skip
        return {account for one in armed.audience for account in whom[one]}

    def on(self, day: date) -> Counter[str]:
        """How many tellings were due that day, by kind."""
        return Counter({kind: number for (one, kind), number in self.due.items() if one == day})


def _day(at: datetime) -> date:
    return at.astimezone(PARIS).date()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


assert set(TO_THE_CONTACT) | set(TO_THE_REFERENT) <= set(FACTS)
