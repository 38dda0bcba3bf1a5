"""The DPO's pages of requests about data: the list with its delays, one request with its decision, and a new one."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.envelope import Frozen
from contracts.refusals import InvalidInput, NotFound, Refusal
from contracts.replies import Network
from contracts.viewer import Viewer
from services.intake import data_request_decisions as decisions
from services.intake import data_requests, journal
from services.intake.data_request_rules import (
    ARTICLES,
    ExtensionReason,
    Kind,
    Origin,
    RefusalReason,
    State,
    Step,
    days_left,
    steps_from,
    urgency,
)
from services.intake.data_request_tables import DataRequest, DataRequestEvent
from services.intake.data_request_trace import entry_of
from services.intake.data_requests import (
    WORDS,
    list_requests,
    of_territory,
    open_request,
    read_request,
    trace_of,
)
from services.intake.journal_kinds import Kind as Done
from services.intake.journal_kinds import Thing
from services.intake.journal_search import numbers_of
from services.intake.limiting import limit_of
from services.intake.officer import reading
from services.intake.web import DPO, errors_of, keys_of, show_form, typed_in
from services.intake.web_referrals import network_of
from services.runtime.database import Work
from services.runtime.web import forms
from services.runtime.web.dates import PARIS, day
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
ORIGINS = [one for one in Origin.options() if one[0] not in (Origin.PERSON_PAGE, Origin.RETENTION)]
OPTIONS = {
    "kinds": [(one.value, one.label, f"Article {ARTICLES[one]} du RGPD") for one in Kind],
    "origins": ORIGINS,
    "extensions": ExtensionReason.options(),
    "refusals": RefusalReason.options(),
}
_BY_NUMBER = """
SELECT coalesce(merged_into, ref) AS ref FROM person
WHERE file_number = :number AND (:everywhere OR organisation = :organisation)
"""


class NewRequestForm(Frozen):
    command_id: UUID
    file_number: str
    kind: Kind
    origin: Origin
    received_on: date | None = None
    words: str = ""


class DecisionForm(Frozen):
    """The button is `step`; `extension` and `refusal` are the reasons that two of them need."""

    step: str
    extension: ExtensionReason | None = None
    refusal: RefusalReason | None = None


def _today(work: Work) -> date:
    return work.now.astimezone(PARIS).date()


@pages.get("/demandes", DPO)
async def requests(request: Request, viewer: Asking, vue: str = "en-cours") -> Response:
    """Every request of the territory, overdue first; nobody's name is in it."""
    ended = vue == "terminees"
    network = await network_of(request)
    async with reading(request, viewer) as work:
        rows = await list_requests(viewer, work, ended=ended)
        files = await numbers_of(work, {one.person for one in rows})
        shown = [row_of(one, work, files.get(one.person), network) for one in rows]
        late, cut = sum(one["kind"] == "late" for one in shown), len(rows) == data_requests.MOST
    response: Response = request.app.state.pages.render(
        request, "data_requests.html", viewer=viewer, rows=shown, ended=ended, late=late, cut=cut
    )
    return response


def row_of(one: DataRequest, work: Work, number: str | None, network: Network | None) -> dict[str, Any]:
    """One request as a row of a list."""
    today, over = _today(work), one.ended_at is not None
    chip = State(one.state).label if over else days_left(one.due_on, today)
    kind = "soft" if over else urgency(one.due_on, today)
    where = network.organisations.get(one.organisation) if network else None
    meta = [f"Dossier {number}" if number else "Dossier effacé", *([where] if where else [])]
    meta += [f"reçue {day(one.received_on)}", Origin(one.origin).label.lower()]
    if not over:
        meta.append(f"{State(one.state).label.lower()}, réponse due {day(one.due_on)}")
    return {
        "href": f"/demandes/{one.ref}",
        "who": Kind(one.kind).label,
        "chip": chip,
        "chip_kind": kind,
        "kind": kind if kind in ("late", "due") else None,
        "meta": meta,
    }


@pages.get("/demandes/nouvelle", DPO)
async def new_request(request: Request, viewer: Asking) -> Response:
    """The form of a request that came by letter, mail or phone."""
    return show_form(request, "data_request_new.html", viewer, {"origin": "letter"}, {}, options=OPTIONS)


@pages.post("/demandes/nouvelle", DPO)
async def keep_new_request(request: Request, viewer: Asking) -> Response:
    """Keep a request for the person of a file number."""
    sent = await request.form()
    form, errors = forms.read(NewRequestForm, sent)
    status = 422
    if form is not None:
        try:
            async with decisions.decision_of(viewer, service_of(request)) as work:
                ref = await _open(form, work, request)
            return redirect(f"/demandes/{ref}", "saved")
        except Refusal as refusal:
            errors, status = errors_of(refusal), refusal.status
    return show_form(request, "data_request_new.html", viewer, typed_in(sent), errors, status, options=OPTIONS)


async def _open(form: NewRequestForm, work: Work, request: Request) -> UUID:
    viewer = decisions.deciding(work)
    number = form.file_number.strip().upper()
    everywhere = of_territory(viewer)
    found = list((
        await work.execute(_BY_NUMBER, number=number, everywhere=everywhere, organisation=viewer.organisation)
    ).scalars())
    if len(found) != 1:
        raise InvalidInput(field="file_number", reason="Aucun dossier ne porte ce numéro. Vérifiez-le.")
    return await open_request(
        work,
        found[0],
        form.kind,
        form.origin,
        ref=form.command_id,
        received_on=form.received_on,
        words=form.words,
        keys=keys_of(request),
    )


@pages.get("/demandes/{ref}", DPO)
async def one_request(request: Request, viewer: Asking, ref: UUID) -> Response:
    """One request: what is asked, until when, what was done, and the decision."""
    return await _show(request, viewer, ref, {}, {}, 200)


@pages.post("/demandes/{ref}", DPO)
async def decide(request: Request, viewer: Asking, ref: UUID) -> Response:
    """Take up, extend, refuse, do, or lift a limit."""
    sent = await request.form()
    form, errors = forms.read(DecisionForm, sent)
    if form is None:
        return await _show(request, viewer, ref, typed_in(sent), errors, 422)
    try:
        if await _decide(request, viewer, ref, form) is Kind.ERASURE:
            return redirect(f"/demandes/{ref}/effacer")
    except Refusal as refusal:
        return await _show(request, viewer, ref, typed_in(sent), errors_of(refusal), refusal.status)
    return redirect(f"/demandes/{ref}", "acted")


async def _decide(request: Request, viewer: Viewer, ref: UUID, form: DecisionForm) -> Kind | None:
    """Do it; an erasure is not done here: it is asked for on a page of its own, and returned."""
    service = service_of(request)
    if form.step == Step.TAKE:
        await decisions.take_up(viewer, service, ref)
    elif form.step == Step.EXTEND:
        if form.extension is None:
            raise InvalidInput(field="extension", reason="Dites pourquoi\u202f: la personne en sera informée.")
        await decisions.extend(viewer, service, ref, form.extension)
    elif form.step == Step.REFUSE:
        if form.refusal is None:
            raise InvalidInput(field="refusal", reason="Dites pourquoi\u202f: la personne en sera informée.")
        await decisions.refuse(viewer, service, ref, form.refusal)
    elif form.step == Step.DO:
        async with reading(request, viewer) as work:
            if Kind((await read_request(viewer, work, ref)).kind) is Kind.ERASURE:
                return Kind.ERASURE
        await decisions.fulfil(viewer, service, ref, request.app.state.eraser)
    elif form.step == "lift":
        await decisions.lift(viewer, service, ref)
    else:
        raise NotFound
    return None


async def _show(
    request: Request, viewer: Viewer, ref: UUID, typed: dict[str, Any], errors: dict[str, str], status: int
) -> Response:
    network = await network_of(request)
    async with reading(request, viewer) as work:
        row = await read_request(viewer, work, ref)
        trace = await trace_of(viewer, work, ref)
        number = (await numbers_of(work, {row.person})).get(row.person)
        limit = await limit_of(work, row.person)
        words = keys_of(request).open(row.person, WORDS, row.words)
        if words is not None:
            await journal.record(
                work, viewer, Done.REQUEST_HANDLED, object=Thing.REQUEST, ref=ref, person=row.person,
                organisation=row.organisation, reason="read",
            )  # fmt: skip
        context = {
            "row": row,
            "article": ARTICLES[Kind(row.kind)],
            "title": Kind(row.kind).label,
            "shown": row_of(row, work, number, network),
            "facts": _facts(row, words, number, network, work),
            "trace": [_entry(one, network) for one in trace],
            "steps": [one.value for one in steps_from(State(row.state))],
            "limited": limit is not None and limit.request == row.ref,
            "options": OPTIONS,
        }
    return show_form(request, "data_request.html", viewer, typed, errors, status, **context)


def _facts(
    row: DataRequest, words: str | None, number: str | None, network: Network | None, work: Work
) -> list[tuple[str, str]]:
    left = "" if row.ended_at else f" ({days_left(row.due_on, _today(work))})"
    pairs = [
        ("Dossier", number or "effacé"),
        ("Organisme", network.organisations.get(row.organisation) if network else None),
        ("Reçue", f"{day(row.received_on)}, {Origin(row.origin).label.lower()}"),
        ("Réponse due", day(row.due_on) + left),
        ("État", State(row.state).label),
        ("Prolongée parce que", ExtensionReason(row.extension).label if row.extension else None),
        ("Refusée parce que", RefusalReason(row.refusal).label if row.refusal else None),
        ("Dans ses mots", words),
    ]
    return [(label, value) for label, value in pairs if value]


def _entry(one: DataRequestEvent, network: Network | None) -> dict[str, Any]:
    return entry_of(one, network.accounts if network else {})
