"""Who was asked to erase what, and what was answered: the DPO's list, the overdue first, and a person's own card."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.consent import Category
from contracts.envelope import Frozen
from contracts.paris import paris_day
from contracts.refusals import Refusal
from contracts.rights import right_name
from contracts.viewer import Viewer
from contracts.vocabulary import ErasureState, KeepingReason
from services.intake.erasure_departures import note_answer_received, request_of
from services.intake.erasure_words import cause_label
from services.intake.web import DPO, errors_of, show_form, typed_in
from services.runtime.database import Work
from services.runtime.web import dates, forms
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
MOST = 300
_WAITING = "SELECT * FROM intake.erasurerequest WHERE state = 'asked' ORDER BY due_on, asked_at LIMIT :most"
_ANSWERED = "SELECT * FROM intake.erasurerequest WHERE state <> 'asked' ORDER BY answered_at DESC LIMIT :most"
_COUNTS = """
SELECT count(*) FILTER (WHERE due_on < :today) AS late, count(*) FILTER (WHERE due_on >= :today) AS waiting
FROM intake.erasurerequest WHERE state = 'asked'
"""
_OF_PERSON = """
SELECT * FROM intake.erasurerequest WHERE person = :person AND organisation = :organisation ORDER BY asked_at DESC
"""


@pages.get("/effacements", DPO)
async def show_erasures(request: Request, viewer: Asking) -> Response:
    """Every request of the territory: late, waiting, answered. Nobody accompanied is named."""
    async with service_of(request).database.web(viewer) as work:
        waiting = [shown(row, work.now) for row in await work.execute(_WAITING, most=MOST)]
        answered = [shown(row, work.now) for row in await work.execute(_ANSWERED, most=MOST)]
        counts = (await work.execute(_COUNTS, today=paris_day(work.now))).one()
    return request.app.state.pages.render(
        request,
        "erasures.html",
        viewer=viewer,
        late=[one for one in waiting if one["late"]],
        waiting=[one for one in waiting if not one["late"]],
        answered=answered,
        counts=counts,
        most=MOST,
    )


class AnswerForm(Frozen):
    """What came by another way: `erased`, or why it is kept."""

    answer: Literal["erased"] | KeepingReason


@pages.get("/effacements/{ref}", DPO)
async def show_one(request: Request, viewer: Asking, ref: UUID) -> Response:
    """One request, and the form for an answer that came by letter, mail or call."""
    return await _one(request, viewer, ref, {}, {})


@pages.post("/effacements/{ref}", DPO)
async def note_one(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Keep that answer, under the name of the officer who received it."""
    sent = await request.form()
    form, errors = forms.read(AnswerForm, sent)
    status = 422
    if form is not None:
        try:
            async with service_of(request).database.web(viewer) as work:
                reason = form.answer if isinstance(form.answer, KeepingReason) else None
                await note_answer_received(viewer, work, ref, reason)
            return redirect("/effacements", "saved")
        except Refusal as refusal:
            errors, status = errors_of(refusal), refusal.status
    return await _one(request, viewer, ref, typed_in(sent), errors, status)


async def _one(
    request: Request, viewer: Viewer, ref: UUID, typed: dict[str, Any], errors: dict[str, str], status: int = 200
) -> Response:
    async with service_of(request).database.web(viewer) as work:
        found = shown(await request_of(viewer, work, ref), work.now)
    answers = [("erased", "Tout est effacé"), *((one.value, f"Conservé\u202f: {one.label}") for one in KeepingReason)]
    return show_form(request, "erasure_answer.html", viewer, typed, errors, status, ref=ref, one=found, answers=answers)


async def erasures_of(viewer: Viewer, work: Work, person: UUID) -> list[dict[str, Any]]:
    """The requests about one person of the viewer's organisation, the newest first."""
    found = await work.execute(_OF_PERSON, person=person, organisation=viewer.organisation)
    return [shown(row, work.now) for row in found]


def shown(row: Any, now: datetime) -> dict[str, Any]:  # noqa: ANN401 - a row
    """One request in words."""
    today = paris_day(now)
    state = ErasureState(row.state)
    late = state is ErasureState.ASKED and row.due_on < today
    chip, kind = (
        ("En retard", "late") if late else (state.label, {"asked": "due", "erased": "open", "kept": "soft"}[row.state])
    )
    meta = [right_name(row.right), cause_label(row.cause), f"demandé {dates.day(row.asked_at, today)}"]
    if state is ErasureState.ASKED:
        meta.append(f"à répondre au plus tard {dates.day(row.due_on, today)}")
    else:
        meta.append(f"répondu {dates.day(row.answered_at, today)}")
    return {
        "href": f"/effacements/{row.ref}" if state is not ErasureState.ERASED else None,
        "who": f"{row.recipient_organisation_name}, {row.desk_name}",
        "chip": chip,
        "kind": kind,
        "late": late,
        "meta": meta,
        "what": ", ".join(Category(one).label for one in row.categories),
        "why": KeepingReason(row.reason).label if row.reason else None,
        "read": row.read_from is not None,
    }
