"""The rights appointment as a guided conversation on one address, and the list of what has to be ready first.

What is said stays in the form until the end (`appointment_guide`); going back loses nothing, and no script is needed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import InvalidInput, Refusal
from contracts.rights import catalogue, reason_of_competence, right_name
from contracts.viewer import Viewer
from contracts.vocabulary import Ground, NonTakeUpCause, Scheme
from services.intake import caseload, store
from services.intake.appointment_guide import (
    GOAL,
    PARTS,
    PREPARE,
    RIGHTS,
    SUMMARY,
    Before,
    Page,
    Talk,
    carried,
    known_answers,
    lines_of,
    page_of,
    pages_of,
    read_talk,
    rights_kept,
    rights_removed,
    situation_said,
    steps_kept,
    topics_of,
    without_ground,
)
from services.intake.appointment_guide_commands import KeepAppointment, NoteStep
from services.intake.appointment_guide_handlers import keep_appointment, note_step
from services.intake.appointment_guide_store import Plan, plan_of
from services.intake.appointment_guide_words import PICTURES, Helper, Preparation, Readiness, suggested
from services.intake.caseload_gate import PersonPages
from services.intake.dossier import age, short_name
from services.intake.free_text import accept_free_text
from services.intake.person_keys import PersonKeys
from services.intake.screening import Screening, not_looked_at
from services.intake.store import PersonFile
from services.intake.web import REFERENTS, Errors, command_id_of, errors_of, keys_of, questions_of, show_form
from services.intake.web_file import title_of
from services.runtime.web import forms
from services.runtime.web.dates import PARIS
from services.runtime.web.guard import Asking, service_of
from services.runtime.web.pages import redirect

pages = PersonPages()
_SITUATION = ("household", "housing", "employment", "resources_band")


@dataclass(frozen=True)
class Opened:
    """The person of a conversation, and what was on file before it."""

    found: PersonFile
    plan: Plan
    title: str
    now: datetime

    def before(self) -> dict[str, Before]:
        """The rights noted before, by code."""
        return {row.right: Before(row.ref, row.ground, row.cause) for row in self.found.rights}

    @property
    def scheme(self) -> Scheme:
        """Who is in charge of a right depends on it."""
        return Scheme(self.found.person.scheme)


@dataclass(frozen=True)
class Shown:
    """A page with what stands on it."""

    page: Page
    talk: Talk
    errors: Errors
    questions: dict[str, tuple[tuple[str, str], ...]]
    status: int = 200


async def _open(request: Request, viewer: Viewer, ref: UUID) -> Opened:
    async with service_of(request).database.web(viewer) as work:
        await caseload.open_person(viewer, work, ref, asks=request.method == "GET")
        found = await store.person_file(viewer, work, ref)
        return Opened(found, await plan_of(viewer, work, ref), title_of(found.person, work), work.now)


def _screening(request: Request) -> Screening:
    found: Screening = request.app.state.screening
    return found


@pages.get("/personnes/{ref}/rendez-vous", REFERENTS)
async def begin(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The first page: her goal, with what the file already knows for the pages that follow."""
    opened, screening = await _open(request, viewer, ref), _screening(request)
    talk = _known(opened, screening, keys_of(request))
    return _show(request, viewer, opened, Shown(pages_of(screening)[0], talk, {}, {}), str(uuid4()))


def _known(opened: Opened, screening: Screening, keys: PersonKeys) -> Talk:
    person, row, last = opened.found.person, opened.found.situation, opened.plan.last
    situation = {name: getattr(row, name) if row else None for name in _SITUATION}
    years = age(person.birth_date, opened.now.astimezone(PARIS).date())
    done = {True: Readiness.DONE.value, False: Readiness.TODO.value}
    return Talk(
        goal=(keys.open(person.ref, "goal", last.goal) or "") if last else "",
        confirmed=("goal",) if last and last.goal else (),
        answers=known_answers(screening, years, situation),
        states={one.preparation: done[one.done_at is not None] for one in opened.plan.steps},
        helpers={one.preparation: one.helper for one in opened.plan.steps if one.helper},
    )


@pages.post("/personnes/{ref}/rendez-vous", REFERENTS)
async def go_on(request: Request, viewer: Asking, ref: UUID) -> Response:
    """One step on, one step back, one right more, or the end: then it is kept."""
    sent, screening = await request.form(), _screening(request)
    opened, talk = await _open(request, viewer, ref), read_talk(sent, screening)
    every, action = pages_of(screening), str(sent.get("action", "next"))
    here = page_of(every, str(sent.get("page", "")))
    command = command_id_of(sent)
    if action == "back":
        shown = Shown(page_of(every, here.code, -1), talk, {}, {})
    elif action == "add":
        shown = _added(here, talk, str(sent.get("add", "")))
    else:
        wrong = _wrong(here, talk, screening, opened)
        if wrong is not None:
            shown = wrong
        elif action != "keep" or here.code != SUMMARY:
            shown = Shown(page_of(every, here.code, 1), talk, {}, {})
        else:
            return await _keep(request, viewer, opened, talk, command)
    return _show(request, viewer, opened, shown, command)


def _added(here: Page, talk: Talk, code: str) -> Shown:
    if code not in catalogue():
        return Shown(here, talk, {"add": "Choisissez un droit de la liste."}, {}, 422)
    return Shown(here, talk.with_right(code), {}, {})


def _wrong(here: Page, talk: Talk, screening: Screening, opened: Opened) -> Shown | None:
    if here.code == GOAL:
        try:
            accept_free_text(talk.goal, "goal", confirmed=talk.confirmed)
        except Refusal as refusal:
            return _goal_refused(here, talk, refusal)
    if here.code == RIGHTS:
        missing = without_ground(lines_of(talk, screening, opened.before()))
        sentence = "Dites ce qui fait penser à ce droit\u202f: {}."
        errors = {f"ground_{code}": sentence.format(right_name(code)) for code in missing}
        return Shown(here, talk, errors, {}, 422) if errors else None
    if here.code == SUMMARY:
        try:
            _instant(talk.next_at)
        except ValueError:
            return Shown(here, talk, {"next_at": "Écrivez la date et l’heure."}, {}, 422)
    return None


def _goal_refused(page: Page, talk: Talk, refusal: Refusal) -> Shown:
    asked = questions_of(refusal, {"goal": talk.goal}, talk.confirmed)
    return Shown(page, talk, errors_of(refusal), asked, refusal.status)


def _instant(typed: str) -> datetime | None:
    return datetime.fromisoformat(typed).replace(tzinfo=PARIS) if typed else None


async def _keep(request: Request, viewer: Viewer, opened: Opened, talk: Talk, command: str) -> Response:
    screening = _screening(request)
    lines, ref = lines_of(talk, screening, opened.before()), opened.found.person.ref
    keeping = KeepAppointment(
        command_id=UUID(command),
        person=ref,
        goal=talk.goal,
        confirmed=frozenset(talk.confirmed),
        topics=topics_of(talk, screening),
        rights=rights_kept(lines),
        removed=rights_removed(lines),
        steps=steps_kept(talk),
        situation=situation_said(talk, screening),
        met=talk.met,
        next_at=_instant(talk.next_at),
    )
    every = pages_of(screening)
    try:
        async with service_of(request).database.web(viewer) as work:
            await keep_appointment(keeping, work, keys_of(request))
    except Refusal as refusal:
        if refusal.field == "goal":
            return _show(request, viewer, opened, _goal_refused(every[0], talk, refusal), command)
        shown = Shown(every[-1], talk, errors_of(refusal), {}, refusal.status)
        return _show(request, viewer, opened, shown, command)
    return redirect(f"/personnes/{ref}/resume", "saved")


def _show(request: Request, viewer: Viewer, opened: Opened, shown: Shown, command: str) -> Response:
    screening, page, talk = _screening(request), shown.page, shown.talk
    every = pages_of(screening)
    return show_form(
        request,
        "appointment_guide.html",
        viewer,
        {"command_id": command},
        shown.errors,
        shown.status,
        questions=shown.questions or (questions_of(None, {}, talk.confirmed) if page.code == GOAL else {}),
        ref=opened.found.person.ref,
        title=opened.title,
        short=short_name(opened.found.person),
        page=page,
        first=page == every[0],
        talk=talk,
        knots=_knots(page),
        hidden_fields=carried(talk, page, screening),
        **_of_page(page, talk, screening, opened),
    )


def _knots(page: Page) -> list[dict[str, Any]]:
    states = ["done"] * page.part + ["now"] + ["todo"] * (len(PARTS) - page.part - 1)
    return [{"label": label, "state": state, "at_text": None, "at_iso": None}
            for label, state in zip(PARTS, states, strict=True)]  # fmt: skip


def _of_page(page: Page, talk: Talk, screening: Screening, opened: Opened) -> dict[str, Any]:
    lines = lines_of(talk, screening, opened.before())
    kept = {one.code for one in lines if one.ticked}
    first, listed = suggested(kept), {one.code for one in lines}
    return {
        "asked": screening.asked_in(page.group) if page.group else (),
        "lines": [_line(one, opened.scheme, screening) for one in lines],
        "rules": len(screening.rule),
        "compared": screening.compared,
        "silent": [right_name(code) for code in not_looked_at(screening, talk.answers) if code not in kept],
        "to_add": [(code, right.name) for code, right in catalogue().items() if code not in listed],
        "grounds": Ground.options(),
        "causes": NonTakeUpCause.options(),
        "suggested": [_step(one) for one in first],
        "others": [_step(one) for one in Preparation if one not in first],
        "readiness": [("", "Pas regardé"), *Readiness.options()],
        "helpers": [("", "À voir"), *Helper.options()],
        "steps_said": ", ".join(
            f"{Preparation(code).label} ({Readiness(state).label.lower()})" for code, state in talk.states.items()
        ),
        "options_of": lambda question: [(option.code, option.text) for option in question.options],
        "codes": {"goal": GOAL, "rights": RIGHTS, "prepare": PREPARE, "summary": SUMMARY},
    }


def _who_receives(right: str, scheme: Scheme) -> str:
    said = reason_of_competence(right, scheme).split("\u202f: ", 1)[-1]
    return said[:1].upper() + said[1:]


def _step(one: Preparation) -> dict[str, str]:
    return {"code": one.value, "label": one.label, "picture": PICTURES[one]}


def _line(one: Any, scheme: Scheme, screening: Screening) -> dict[str, Any]:  # noqa: ANN401 - a Line
    return {
        "code": one.code,
        "name": right_name(one.code),
        "ticked": one.ticked,
        "ground": one.ground,
        "cause": one.cause,
        "reasons": one.reasons,
        "sources": [(source, screening.compared_on(source)) for source in one.sources],
        "already": one.already,
        "noted": one.presumed is not None,
        "by_hand": not one.reasons and one.presumed is None,
        "why_there": _who_receives(one.code, scheme),
    }


class StepForm(Frozen):
    """One thing to prepare; an empty state takes it off the list."""

    command_id: UUID
    preparation: Preparation
    state: Readiness | None = None
    helper: Helper | None = None


@pages.post("/personnes/{ref}/demarches", REFERENTS)
async def tick_off(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Where one thing to prepare stands now."""
    form, errors = forms.read(StepForm, await request.form())
    if form is None:
        raise InvalidInput(reason=next(iter(errors.values())))
    command = NoteStep(
        command_id=form.command_id, person=ref, preparation=form.preparation, state=form.state, helper=form.helper
    )
    async with service_of(request).database.web(viewer) as work:
        await note_step(command, work)
    return redirect(f"/personnes/{ref}#demarches", "acted")
