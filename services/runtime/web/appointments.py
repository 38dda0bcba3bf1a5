"""The page of a joint appointment, the same for both sides: what stands, how to answer, the form that proposes another.

Nothing of a person accompanied is in it: an instant, a place of the directory, who takes part by side; so neither is
there in the calendar file.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from fastapi import Request
from pydantic import BaseModel, Field, TypeAdapter
from starlette.responses import Response

from contracts import actions as act
from contracts.refusals import AppointmentChanged, Refusal
from contracts.replies import AppointmentNow, Permanence, ReferralView
from contracts.viewer import Viewer
from contracts.vocabulary import AppointmentPlace, AppointmentSide, AppointmentState, Attendee
from services.runtime.web import dates
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import service_of
from services.runtime.web.pages import redirect

LASTS = timedelta(hours=1)
SUMMARY = "Rendez-vous Relais"
_ARRANGEMENT: TypeAdapter[Any] = TypeAdapter(act.Arrangement)
_LIVE = (AppointmentState.PROPOSED, AppointmentState.ACCEPTED)
_ANSWERS = {
    "accept_appointment": "Accepter ce rendez-vous",
    "note_appointment_held": "Il a eu lieu",
    "decline_appointment": "Il ne convient pas",
    "cancel_appointment": "Annuler ce rendez-vous",
}
Ask = Callable[[Any, UUID], Awaitable[object]]


@dataclass(frozen=True)
class Around:
    """What the page stands on: `here` is its address, `back` where one came from, `side` who looks.

    `desk` names the desk as people do; `permanences` are those that may be chosen, `known` all of them.
    """

    ref: UUID
    here: str
    back: tuple[str, str]
    title: str
    side: AppointmentSide
    desk: str
    permanences: Sequence[Permanence] = ()
    known: Sequence[Permanence] = field(default_factory=tuple)

    def place(self, appointment: AppointmentNow) -> str:
        """Where, in words: the desk, a permanence, or by telephone."""
        if appointment.place is AppointmentPlace.DESK:
            return f"Au guichet\u202f: {self.desk}"
        if appointment.place is AppointmentPlace.PHONE:
            return AppointmentPlace.PHONE.label
        return next((one.place for one in self.known if one.ref == appointment.permanence), "À une permanence")


class ProposeForm(BaseModel):
    """`at` is an hour of Paris; `place` a code, or the reference of a permanence."""

    command_id: UUID
    starts_on: date
    at: time
    place: str = Field(min_length=1)
    attendees: tuple[Attendee, ...] = Field(min_length=1)

    def action(self) -> act.ProposeAppointment:
        """The proposal; its reference derives from the command."""
        place, permanence = self.place, None
        if place not in (AppointmentPlace.DESK, AppointmentPlace.PHONE):
            place, permanence = AppointmentPlace.PERMANENCE, UUID(self.place)
        starts = datetime.combine(self.starts_on, self.at, dates.PARIS).astimezone(UTC)
        return act.ProposeAppointment(
            appointment=uuid5(self.command_id, "appointment"), starts=starts, place=AppointmentPlace(place),
            permanence=permanence, attendees=self.attendees,
        )  # fmt: skip


def card_of(view: ReferralView | None, around: Around, now: datetime) -> dict[str, Any] | None:
    """What the referral's page shows of its appointment; None when there is none to show nor to propose."""
    if view is None:
        return None
    appointment = view.appointment
    may_propose = "propose_appointment" in view.actions
    if appointment is None:
        return {"href": around.here, "shown": None, "label": "Proposer un rendez-vous"} if may_propose else None
    waits = "accept_appointment" in view.actions
    return {
        "href": around.here,
        "shown": _shown(appointment, around, now),
        "label": "Répondre" if waits else "Voir ou changer" if may_propose else None,
    }


def show(
    request: Request,
    viewer: Viewer,
    view: ReferralView | None,
    around: Around,
    typed: dict[str, Any] | None = None,
    errors: Errors | None = None,
    status: int = 200,
) -> Response:
    """The page: what stands with its answers, then the form of a proposal."""
    now = service_of(request).clock()
    actions = view.actions if view else ()
    appointment = view.appointment if view else None
    today = now.astimezone(dates.PARIS).date()
    response: Response = request.app.state.pages.render(
        request,
        "appointment.html",
        status=status,
        viewer=viewer,
        around=around,
        away=view is None,
        shown=_shown(appointment, around, now) if appointment else None,
        appointment=appointment.ref if appointment else None,
        answers=_answers(actions),
        may_propose="propose_appointment" in actions,
        places=[
            (AppointmentPlace.DESK.value, f"Au guichet\u202f: {around.desk}"),
            *((str(one.ref), f"{one.place}", _held(one, today)) for one in around.permanences),
            (AppointmentPlace.PHONE.value, AppointmentPlace.PHONE.label),
        ],
        people=Attendee.options(),
        typed={"command_id": str(uuid4()), "starts_on": "", "at": "10:00", "place": "desk",
               "attendees": [one.value for one in Attendee], **(typed or {})},
        errors=errors or {},
    )  # fmt: skip
    return response


async def take(
    request: Request, viewer: Viewer, view: ReferralView | None, around: Around, ask: Ask
) -> Response:
    """What the page sent: a proposal or an answer, handed to `ask` with its command; what was typed is kept."""
    sent = await request.form()
    typed: dict[str, Any] = {name: str(sent[name]) for name in sent}
    typed["attendees"] = [str(one) for one in sent.getlist("attendees")]
    if typed.get("action") in _ANSWERS:
        try:
            action = _ARRANGEMENT.validate_python({"kind": typed["action"], "appointment": typed.get("appointment")})
            command = UUID(typed.get("command_id", ""))
        except ValueError:
            return show(request, viewer, view, around, {}, {"form": str(AppointmentChanged())}, 409)
    else:
        form, errors = read(ProposeForm, sent)
        if form is not None and form.place not in _places(around):
            form, errors = None, {"place": "Choisissez un lieu de la liste."}
        if form is None:
            return show(request, viewer, view, around, typed, _named(errors), 422)
        action, command = form.action(), form.command_id
    try:
        await ask(action, command)
    except Refusal as refusal:
        named = _named({refusal.field or "form": str(refusal)})
        return show(request, viewer, view, around, typed, named, refusal.status)
    return redirect(around.back[0], "acted")


def calendar(appointment: AppointmentNow, around: Around, url: str) -> Response:
    """The appointment as an `.ics` file (RFC 5545): when, where, the address of the page; nobody in it."""
    from icalendar import Calendar, Event  # not before somebody wants one

    event = Event()
    event.add("uid", f"{appointment.ref}@relais")
    event.add("summary", SUMMARY)
    event.add("dtstamp", appointment.starts.astimezone(UTC))
    event.add("dtstart", appointment.starts.astimezone(UTC))
    event.add("dtend", (appointment.starts + LASTS).astimezone(UTC))
    event.add("location", around.place(appointment))
    event.add("url", url)
    event.add("class", "PRIVATE")
    event.add("status", {AppointmentState.PROPOSED: "TENTATIVE", AppointmentState.ACCEPTED: "CONFIRMED",
                         AppointmentState.HELD: "CONFIRMED"}.get(appointment.state, "CANCELLED"))  # fmt: skip
    found = Calendar()
    found.add("prodid", "-//Relais//fr")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add_component(event)
    headers = {"content-disposition": 'attachment; filename="rendez-vous.ics"'}
    return Response(found.to_ical(), media_type="text/calendar; charset=utf-8", headers=headers)


def for_desk(known: Sequence[Permanence], *, desk: UUID, organisations: Sequence[UUID]) -> list[Permanence]:
    """The permanences still to be held of that desk, or of these organisations as a whole."""
    return [
        one for one in known
        if one.next_on and (one.desk == desk or (one.desk is None and one.organisation in organisations))
    ]  # fmt: skip


def _answers(actions: Sequence[str]) -> list[tuple[str, str]]:
    """The buttons; whoever has to answer says no by declining, and does not cancel."""
    left_out = "cancel_appointment" if "decline_appointment" in actions else ""
    return [(code, label) for code, label in _ANSWERS.items() if code in actions and code != left_out]


def _shown(appointment: AppointmentNow, around: Around, now: datetime) -> dict[str, Any]:
    live = appointment.state in _LIVE
    who = "Vous l’avez proposé" if appointment.by is around.side else f"Proposé par {_other(around.side)}"
    waits = appointment.state is AppointmentState.PROPOSED
    kind = "due" if waits and appointment.by is not around.side else "new" if live else "soft"
    chip = "Attend votre réponse" if kind == "due" else "Attend une réponse" if waits else appointment.state.label
    today = now.astimezone(dates.PARIS).date()
    return {
        "when": f"{dates.day(appointment.starts, today)} à {dates.hour(appointment.starts)}",
        "iso": dates.iso(appointment.starts),
        "exact": dates.exact(appointment.starts),
        "place": around.place(appointment),
        "people": ", ".join(one.label.lower() for one in appointment.attendees),
        "chip": chip,
        "kind": kind,
        "who": who,
        "file": f"{around.here}.ics" if live else None,
    }


def _other(side: AppointmentSide) -> str:
    return "le guichet" if side is AppointmentSide.REFERENT else "la personne référente"


def _held(one: Permanence, today: date) -> str:
    hours = " – ".join(f"{at.hour} h" + (f" {at.minute:02d}" if at.minute else "") for at in (one.opens, one.closes))
    return f"prochaine\u202f: {dates.day(one.next_on, today)}, {hours}" if one.next_on else ""


def _places(around: Around) -> set[str]:
    return {AppointmentPlace.DESK.value, AppointmentPlace.PHONE.value, *(str(one.ref) for one in around.permanences)}


def _named(errors: Errors) -> Errors:
    """`starts` is one field to the rule and two to the form."""
    return {{"starts": "starts_on"}.get(name, name): sentence for name, sentence in errors.items()}
