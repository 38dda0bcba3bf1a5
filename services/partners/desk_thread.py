"""The thread of a referral at its desk: behind, now, ahead, each knot with its instant or what was promised. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.lifecycle import ENDED, State
from contracts.replies import ReferralView
from contracts.vocabulary import Outcome
from services.partners.domain import today_in_paris
from services.partners.tables import DeskItem
from services.runtime.web import dates


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
