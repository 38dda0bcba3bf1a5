"""A referral on hold: whose turn it is, until which day, and how it comes back to the state it was in."""

from dataclasses import replace
from datetime import date, timedelta

from contracts.actions import AnswerInformation, Hold, RequestInformation, Resume
from contracts.facts import ReferralHeld, ReferralInfoAnswered, ReferralInfoRequested, ReferralResumed
from contracts.lifecycle import State
from contracts.refusals import DateInThePast, InvalidInput, ResumeDateRequired
from contracts.vocabulary import TaskKind, Turn
from services.referral.business_time import paris_day
from services.referral.life import Decision, Life, Moment, NewTask, already_answered, in_state, moved

HOLD_WITHIN = timedelta(days=366)


def hold(life: Life, action: Hold, moment: Moment) -> Decision:
    """Names whose turn it is and the day it comes back: tomorrow at the earliest, within a year."""
    _check_resume(action.resume_on, moment)
    own = {"reason": action.reason, "resume_on": action.resume_on}
    return moved(life, moment, ReferralHeld, own, **_on_hold(life, moment, action.turn, action.resume_on))


def request_information(life: Life, action: RequestInformation, moment: Moment) -> Decision:
    """The desk waits for the sender, who gets a task; the question's text is intake's, under `note`."""
    _check_resume(action.resume_on, moment)
    held = _on_hold(life, moment, Turn.REFERENT, action.resume_on)
    own = {"note": action.note, "resume_on": action.resume_on}
    decision = moved(life, moment, ReferralInfoRequested, own, question=action.note, **held)
    return replace(decision, task=NewTask(TaskKind.QUESTION, action.resume_on))


def answer_information(life: Life, action: AnswerInformation, moment: Moment) -> Decision:
    """Back to where it was; refused when no question is open (it came back by itself, or is on hold for another)."""
    if life.question is None:
        raise already_answered(life)
    return moved(life, moment, ReferralInfoAnswered, {"note": action.note}, state=_back(life))


def resume(life: Life, _action: Resume, moment: Moment) -> Decision:
    """Back to where it was, by the desk."""
    return moved(life, moment, ReferralResumed, state=_back(life))


def resume_by_clock(life: Life, moment: Moment) -> Decision:
    """Back to where it was, because its day has come."""
    in_state(life, "resume")
    if life.resume_on is None or life.resume_on > paris_day(moment.now):
        raise already_answered(life)
    return moved(life, moment, ReferralResumed, state=_back(life))


def _on_hold(life: Life, moment: Moment, turn: Turn, resume_on: date) -> dict[str, object]:
    return {
        "state": State.ON_HOLD, "state_before_hold": life.state, "turn": turn, "resume_on": resume_on,
        "on_hold_since": moment.now,
    }


def _back(life: Life) -> State:
    return life.state_before_hold or State.IN_PROGRESS


def _check_resume(day: date, moment: Moment) -> None:
    today = paris_day(moment.now)
    if day < today:
        raise DateInThePast(field="resume_on")
    if day == today:
        raise ResumeDateRequired(field="resume_on")
    if day > today + HOLD_WITHIN:
        raise InvalidInput(field="resume_on", reason="Choisissez une date dans l’année qui vient.")
