"""The conventions with the partners: the DPO or the administration records, prolongs or ends them, with a reason."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from contracts.refusals import Refusal
from contracts.viewer import Viewer
from services.partners import conventions
from services.partners.conventions import KEEPERS, WARN_WITHIN, ChangeConvention, RecordConvention, last_day
from services.partners.domain import today_in_paris
from services.partners.import_columns import folded
from services.partners.store import read_names
from services.runtime.web import dates
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
MOST_OFFERED, MOST_NAMED = 60, 12
_KINDS = {"recorded": "Enregistrée", "prolonged": "Prolongée", "ended": "Écourtée"}


class NewForm(BaseModel):
    """A new convention: both days included."""

    organisation: UUID
    starts: date
    ends: date
    reason: str


class ChangeForm(BaseModel):
    """Another last day; `action` end: as of now."""

    ends: date | None = None
    reason: str = ""
    action: str = "change"


@pages.get("/reseau/conventions", KEEPERS)
async def show_conventions(request: Request, viewer: Asking, mots: str = "", organisme: str = "") -> Response:
    """Every convention, the first to end first, and a form for a new one: with one organisation, or with some of those
    whose name has these words.
    """
    return await _list(request, viewer, {"organisation": organisme}, {}, words=mots[:100])


@pages.post("/reseau/conventions", KEEPERS)
async def record(request: Request, viewer: Asking) -> Response:
    """Record a new one."""
    sent = await request.form()
    typed = {name: str(value) for name, value in sent.items()}
    form, errors = read(NewForm, sent)
    if form is None:
        return await _list(request, viewer, typed, errors, 422)
    try:
        async with service_of(request).database.web(viewer) as work:
            await conventions.record_convention(RecordConvention(**form.model_dump()), work, viewer)
    except Refusal as refusal:
        return await _list(request, viewer, typed, {refusal.field or "form": str(refusal)}, refusal.status)
    return redirect("/reseau/conventions", "saved")


@pages.get("/reseau/conventions/{ref}", KEEPERS)
async def show_convention(request: Request, viewer: Asking, ref: UUID) -> Response:
    """One convention, what was decided about it, and a form to prolong or end it."""
    return await _one(request, viewer, ref, {}, {})


@pages.post("/reseau/conventions/{ref}", KEEPERS)
async def change(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Prolong it, or end it: reading under it ends with this transaction."""
    sent = await request.form()
    typed = {name: str(value) for name, value in sent.items()}
    form, errors = read(ChangeForm, sent)
    if form is not None and form.action != "end" and form.ends is None:
        form, errors = None, {"ends": "Indiquez le dernier jour."}
    if form is None:
        return await _one(request, viewer, ref, typed, errors, 422)
    try:
        async with service_of(request).database.web(viewer) as work:
            yesterday = today_in_paris(work.now) - timedelta(days=1)
            ends = yesterday if form.action == "end" or form.ends is None else form.ends
            command = ChangeConvention(convention=ref, ends=ends, reason=form.reason)
            await conventions.change_convention(command, work, viewer)
    except Refusal as refusal:
        return await _one(request, viewer, ref, typed, {refusal.field or "form": str(refusal)}, refusal.status)
    return redirect(f"/reseau/conventions/{ref}", "saved")


async def _list(
    request: Request, viewer: Viewer, typed: dict[str, str], errors: Errors, status: int = 200, *, words: str = ""
) -> Response:
    async with service_of(request).database.web(viewer) as work:
        rows = await conventions.every_convention(viewer, work)
        partners = await conventions.partners_of(viewer, work)
        now = work.now
    latest = {row.organisation: row for row in rows}  # sorted by end
    shown = [_row(row, now, latest[row.organisation].ref == row.ref) for row in rows]
    live = [one for one in shown if not one["over"]]
    without = [one.name for one in partners if not one.covered]
    found = [one for one in partners if all(word in folded(one.name) for word in folded(words).split())]
    chosen = [one for one in partners if str(one.ref) == typed.get("organisation")]
    offered = chosen or found[:MOST_OFFERED]
    return request.app.state.pages.render(
        request,
        "conventions.html",
        status=status,
        viewer=viewer,
        live=live,
        over=[one for one in shown if one["over"]],
        ending=sum(one["ending"] for one in live),
        without=without[:MOST_NAMED],
        without_count=len(without),
        organisations=sorted(((str(one.ref), one.name) for one in offered), key=lambda one: one[1]),
        found=0 if chosen else len(found),
        words=words,
        searched=bool(words) or len(partners) > MOST_OFFERED,
        typed={"organisation": "", "starts": "", "ends": "", "reason": "", **typed},
        errors=errors,
    )


def _row(row: Any, now: datetime, latest: bool) -> dict[str, Any]:  # noqa: ANN401 - a row
    over, ending = row.ends <= now, latest and now < row.ends <= now + WARN_WITHIN
    days = (last_day(row.ends) - today_in_paris(now)).days
    chip = ("Finie", "soft") if over else ("À venir", "soft") if row.starts > now else ("En vigueur", "open")
    if ending:
        chip = (f"Fin dans {days} jour{'s' if days > 1 else ''}" if days > 0 else "Finit aujourd’hui", "due")
    first, final = row.starts.astimezone(conventions.PARIS).date(), last_day(row.ends)
    return {
        "href": f"/reseau/conventions/{row.ref}",
        "name": row.name,
        "chip": chip[0],
        "kind": chip[1],
        "over": over,
        "ending": ending,
        "meta": [f"du {first:%d/%m/%Y} au {final:%d/%m/%Y}"],
    }


async def _one(
    request: Request, viewer: Viewer, ref: UUID, typed: dict[str, str], errors: Errors, status: int = 200
) -> Response:
    async with service_of(request).database.web(viewer) as work:
        row = await conventions.find_convention(viewer, work, ref)
        history = await conventions.history_of(viewer, work, ref)
        names = await read_names(
            viewer, work, organisations=[row.organisation], accounts=[one.actor for one in history]
        )
        now = work.now
    final = last_day(row.ends)
    return request.app.state.pages.render(
        request,
        "convention.html",
        status=status,
        viewer=viewer,
        ref=ref,
        name=names.organisation(row.organisation),
        over=row.ends <= now,
        pairs=[
            ("En vigueur depuis", f"{row.starts.astimezone(conventions.PARIS):%d/%m/%Y}"),
            ("Dernier jour", f"{final:%d/%m/%Y}"),
        ],
        entries=[
            {
                "what": f"{_KINDS[one.kind]}, jusqu’au {last_day(one.ends):%d/%m/%Y}",
                "at_text": dates.when(one.at, now),
                "at_iso": dates.iso(one.at),
                "at_exact": dates.exact(one.at),
                "who": names.account(one.actor) or None,
                "note": one.reason,
            }
            for one in history
        ],
        typed={"ends": "", "reason": "", **typed},
        errors=errors,
    )
