"""A joint appointment about a referral: proposed by one side, answered by the other; one at a time.

The place is the desk, one of the permanences of the directory, or the telephone: never an address that somebody typed.
Facts hold its instant and references only.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from contracts import actions as act
from contracts.facts import (
    ReferralAppointmentAccepted,
    ReferralAppointmentCancelled,
    ReferralAppointmentDeclined,
    ReferralAppointmentHeld,
    ReferralAppointmentProposed,
)
from contracts.lifecycle import Party
from contracts.refusals import AppointmentChanged, DateInThePast, InvalidInput, NotYourAction
from contracts.replies import AppointmentNow
from contracts.vocabulary import AppointmentPlace, AppointmentSide, AppointmentState
from services.referral.business_time import PARIS, paris_day
from services.referral.calendar_rules import Calendar
from services.referral.life import Decision, Life, Moment, moved

WITHIN = timedelta(days=366)
REMINDED_AT = time(8)
_LIVE = frozenset({AppointmentState.PROPOSED, AppointmentState.ACCEPTED})


def propose(life: Life, action: act.ProposeAppointment, moment: Moment) -> Decision:
    """A new one, or another in the place of what stands. Refusals: DateInThePast, InvalidInput."""
    if action.starts <= moment.now:
        raise DateInThePast(field="starts")
    if action.starts > moment.now + WITHIN:
        raise InvalidInput(field="starts", reason="Choisissez une date dans l’année qui vient.")
    if (action.place is AppointmentPlace.PERMANENCE) != (action.permanence is not None):
        raise InvalidInput(field="place", reason="Choisissez un lieu de la liste.")
    if not action.attendees:
        raise InvalidInput(field="attendees", reason="Dites qui sera là.")
    own = {
        "appointment": action.appointment, "starts": action.starts, "place": action.place,
        "permanence": action.permanence, "attendees": action.attendees, "by": side_of(moment),
    }
    return moved(life, moment, ReferralAppointmentProposed, own, appointment=_kept(own, AppointmentState.PROPOSED))


def accept(life: Life, action: act.AcceptAppointment, moment: Moment) -> Decision:
    """By the other side than the one that proposed. Refusals: AppointmentChanged, NotYourAction."""
    found = _standing(life, action.appointment, AppointmentState.PROPOSED)
    if found.by is side_of(moment):
        raise NotYourAction()
    eve = eve_of(found.starts, moment.calendar)
    told = {"eve": eve if eve > moment.now else None}
    return _answered(life, moment, found, ReferralAppointmentAccepted, AppointmentState.ACCEPTED, told)


def decline(life: Life, action: act.DeclineAppointment, moment: Moment) -> Decision:
    """By the other side; nothing stands afterwards. Refusals: AppointmentChanged, NotYourAction."""
    found = _standing(life, action.appointment, AppointmentState.PROPOSED)
    if found.by is side_of(moment):
        raise NotYourAction()
    return _answered(life, moment, found, ReferralAppointmentDeclined, AppointmentState.DECLINED)


def cancel(life: Life, action: act.CancelAppointment, moment: Moment) -> Decision:
    """By either side, a proposal or what was agreed. Refusal: AppointmentChanged."""
    found = _standing(life, action.appointment, *_LIVE)
    return _answered(life, moment, found, ReferralAppointmentCancelled, AppointmentState.CANCELLED)


def note_held(life: Life, action: act.NoteAppointmentHeld, moment: Moment) -> Decision:
    """It took place: only once its hour has come. Refusals: AppointmentChanged, InvalidInput."""
    found = _standing(life, action.appointment, AppointmentState.ACCEPTED)
    if found.starts > moment.now:
        raise InvalidInput(field="appointment", reason="Ce rendez-vous n’a pas encore eu lieu.")
    return _answered(life, moment, found, ReferralAppointmentHeld, AppointmentState.HELD)


def standing_of(life: Life) -> AppointmentNow | None:
    """The appointment that was last spoken of, or None."""
    return AppointmentNow.model_validate(life.appointment) if life.appointment else None


def may_answer(life: Life, moment: Moment) -> bool:
    """Whether a proposal of the other side waits."""
    found = standing_of(life)
    return found is not None and found.state is AppointmentState.PROPOSED and found.by is not side_of(moment)


def may_cancel(life: Life, _moment: Moment) -> bool:
    """Whether something stands."""
    found = standing_of(life)
    return found is not None and found.state in _LIVE


def may_note(life: Life, moment: Moment) -> bool:
    """Whether what was agreed has come."""
    found = standing_of(life)
    return found is not None and found.state is AppointmentState.ACCEPTED and found.starts <= moment.now


def side_of(moment: Moment) -> AppointmentSide:
    """Whose side speaks."""
    return AppointmentSide.REFERENT if Party.REFERENT in moment.parties else AppointmentSide.DESK


def _standing(life: Life, appointment: object, *states: AppointmentState) -> AppointmentNow:
    found = standing_of(life)
    if found is None or found.ref != appointment or found.state not in states:
        raise AppointmentChanged()
    return found


def eve_of(starts: datetime, calendar: Calendar) -> datetime:
    """When both sides are reminded: the last day before it on which the desk works, before the mails of that day leave.

    The day before, whatever it is, at a desk that has not worked for two weeks.
    """
    before = paris_day(starts) - timedelta(days=1)
    days = (before - timedelta(days=back) for back in range(14))
    day = next((one for one in days if calendar.stretches(one)), before)
    return datetime.combine(day, REMINDED_AT, tzinfo=PARIS).astimezone(UTC)


def _answered(
    life: Life, moment: Moment, found: AppointmentNow, fact: Any, state: AppointmentState,  # noqa: ANN401 - a class of fact
    more: dict[str, Any] | None = None,
) -> Decision:  # fmt: skip
    kept = found.model_copy(update={"state": state}).model_dump(mode="json")
    own = {"appointment": found.ref, "starts": found.starts, "by": side_of(moment), **(more or {})}
    return moved(life, moment, fact, own, appointment=kept)


def _kept(own: dict[str, Any], state: AppointmentState) -> dict[str, Any]:
    named = {"ref" if name == "appointment" else name: value for name, value in own.items()}
    return AppointmentNow(**named, state=state).model_dump(mode="json")
