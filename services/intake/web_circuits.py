"""Circuits de partage: who may share with whom, on which basis and for what; the DPO validates and ends the rows."""

from datetime import date, datetime, timedelta
from typing import Any

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from contracts.consent import Basis
from contracts.pages import NETWORK_ORGANISATION
from contracts.refusals import NotFound, Refusal
from contracts.viewer import Viewer
from contracts.vocabulary import OrganisationKind, Purpose
from services.intake import circuits
from services.intake.circuits import DPOS, EndRoute, Pair, ValidateRoute
from services.intake.demonstration import SENDERS
from services.intake.web import Questions, errors_of, questions_of
from services.intake.web_referrals import network_of
from services.runtime.web import dates
from services.runtime.web.dates import PARIS
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of
from services.runtime.web.pages import redirect

pages = Pages()
_MOMENT = timedelta(microseconds=1)  # the last day is the one before the end
_KINDS = {"validated": "Version {} validée", "ended": "Version {} arrêtée"}


class PairForm(BaseModel):
    """The cell that one wants to open."""

    sender_kind: OrganisationKind
    recipient_kind: OrganisationKind


class RouteForm(BaseModel):
    """A new version, first shown with what it would close; `action` preview, validate, preview_end or end."""

    basis: Basis = Basis.PERSON_AGREEMENT
    purposes: tuple[Purpose, ...] = ()
    starts: date | None = None
    why: str = ""
    confirmed: tuple[str, ...] = ()
    action: str = "preview"


@pages.get("/circuits", DPOS)
async def show_circuits(request: Request, viewer: Asking) -> Response:
    """The matrix: by sender, the recipients with a route and those without."""
    return await _matrix(request, viewer, {})


@pages.post("/circuits", DPOS)
async def choose_circuit(request: Request, viewer: Asking) -> Response:
    """Go to one cell."""
    form, errors = read(PairForm, await request.form())
    if form is None:
        return await _matrix(request, viewer, errors, 422)
    return redirect(_address(form.sender_kind, form.recipient_kind))


@pages.get("/circuits/{sender}/{recipient}", DPOS)
async def show_circuit(request: Request, viewer: Asking, sender: str, recipient: str) -> Response:
    """One cell: its versions, what was decided, and the form of a new version."""
    return await _cell(request, viewer, _pair(sender, recipient), {}, {})


@pages.post("/circuits/{sender}/{recipient}", DPOS)
async def decide_circuit(request: Request, viewer: Asking, sender: str, recipient: str) -> Response:
    """First what it would close, then, confirmed, the decision."""
    pair, sent = _pair(sender, recipient), await request.form()
    typed: dict[str, Any] = {name: str(value) for name, value in sent.items()}
    typed["purposes"] = [str(one) for one in sent.getlist("purposes")]
    form, errors = read(RouteForm, sent)
    if form is None:
        return await _cell(request, viewer, pair, typed, errors, 422)
    ending = form.action in ("preview_end", "end")
    counted = await circuits.closed_by(
        service_of(request), pair, frozenset() if ending else frozenset(form.purposes)
    )
    if form.action not in ("validate", "end"):
        return await _cell(request, viewer, pair, typed, {}, counted=counted, ending=ending)
    try:
        await _decide(request, viewer, pair, form, counted, ending)
    except Refusal as refusal:
        return await _cell(
            request, viewer, pair, typed, errors_of(refusal), refusal.status,
            counted=counted, ending=ending, questions=questions_of(refusal, typed, form.confirmed),
        )  # fmt: skip
    return redirect(_address(pair.sender_kind, pair.recipient_kind), "saved")


async def _decide(
    request: Request, viewer: Viewer, pair: Pair, form: RouteForm, counted: int, ending: bool
) -> None:
    said: dict[str, Any] = {"why": form.why, "confirmed": form.confirmed}
    async with service_of(request).database.web(viewer) as work:
        if ending:
            await circuits.end_route(EndRoute(**pair.model_dump(), **said), work, viewer, counted)
            return
        command = ValidateRoute(
            **pair.model_dump(),
            basis=form.basis,
            purposes=frozenset(form.purposes),
            starts=form.starts or work.now.astimezone(PARIS).date(),
            **said,
        )
        await circuits.validate_route(command, work, viewer, counted)


def _pair(sender: str, recipient: str) -> Pair:
    known = set(OrganisationKind)
    if sender not in known or recipient not in known:
        raise NotFound
    return Pair(sender_kind=OrganisationKind(sender), recipient_kind=OrganisationKind(recipient))


def _address(sender: OrganisationKind, recipient: OrganisationKind) -> str:
    return f"/circuits/{sender.value}/{recipient.value}"


async def _matrix(request: Request, viewer: Viewer, errors: Errors, status: int = 200) -> Response:
    async with service_of(request).database.web(viewer) as work:
        rows = await circuits.routes_in_force(viewer, work)
        lapsed = await circuits.lapsed_conventions(viewer, work)
        now = work.now
    network = await network_of(request) if lapsed else None
    names = network.organisations if network else {}
    senders = dict.fromkeys([*SENDERS, *(OrganisationKind(row.sender_kind) for row in rows)])
    return request.app.state.pages.render(
        request,
        "circuits.html",
        status=status,
        viewer=viewer,
        count=len({(row.sender_kind, row.recipient_kind) for row in rows}),
        lapsed=[
            (names.get(ref, "Un organisme"), dates.day(ends - _MOMENT), f"{NETWORK_ORGANISATION}/{ref}")
            for ref, ends in lapsed
        ],
        senders=[_sender(one, [row for row in rows if row.sender_kind == one.value], now) for one in senders],
        kinds=OrganisationKind.options(),
        errors=errors,
    )


def _sender(kind: OrganisationKind, rows: list[Any], now: datetime) -> dict[str, Any]:
    """The recipients of a sender, those on the same terms together, and those without a route."""
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in rows:
        coming = row.valid_from > now
        chip = f"Version {row.version}" + (", à venir" if coming else "")
        terms = ", ".join(_said(row, now))
        recipient = OrganisationKind(row.recipient_kind)
        groups.setdefault((chip, terms), []).append((_address(kind, recipient), recipient.label))
    open_to = {row.recipient_kind for row in rows}
    return {
        "label": kind.label,
        "groups": [{"chip": chip, "terms": terms, "to": to} for (chip, terms), to in groups.items()],
        "closed": [(_address(kind, one), one.label) for one in OrganisationKind if one.value not in open_to],
    }


def _said(row: Any, now: datetime) -> list[str]:  # noqa: ANN401 - a row of the table
    found = [Basis(row.basis).label, ", ".join(Purpose(one).label.lower() for one in row.purposes)]
    found.append(f"valable depuis le {row.valid_from.astimezone(PARIS):%d/%m/%Y}" if row.valid_from <= now
                 else f"à partir du {row.valid_from.astimezone(PARIS):%d/%m/%Y}")  # fmt: skip
    if row.valid_until is not None:
        found.append(f"jusqu’au {row.valid_until.astimezone(PARIS):%d/%m/%Y à %H:%M}")
    return found


async def _cell(
    request: Request,
    viewer: Viewer,
    pair: Pair,
    typed: dict[str, Any],
    errors: Errors,
    status: int = 200,
    *,
    counted: int | None = None,
    ending: bool = False,
    questions: Questions | None = None,
) -> Response:
    async with service_of(request).database.web(viewer) as work:
        versions = await circuits.versions_of(viewer, work, pair)
        decisions = await circuits.decisions_of(viewer, work, pair)
        now = work.now
    network = await network_of(request) if decisions else None
    live = next((one for one in versions if one.valid_until is None or one.valid_until > now), None)
    given: dict[str, Any] = {
        "basis": live.basis if live else Basis.PERSON_AGREEMENT.value,
        "purposes": list(live.purposes) if live else [],
        "starts": now.astimezone(PARIS).date().isoformat(),
        "why": "",
    }
    return request.app.state.pages.render(
        request,
        "circuit.html",
        status=status,
        viewer=viewer,
        here=_address(pair.sender_kind, pair.recipient_kind),
        sender=pair.sender_kind.label,
        recipient=pair.recipient_kind.label,
        live=_said(live, now) if live else None,
        version=live.version if live else None,
        counted=counted,
        ending=ending,
        bases=Basis.options(),
        purposes=Purpose.options(),
        entries=[_entry(one, network.accounts if network else {}, now) for one in decisions],
        past=[(f"Version {one.version}", ", ".join(_said(one, now))) for one in versions if one is not live],
        typed=given | typed,
        errors=errors,
        questions=questions or {},
    )


def _entry(row: Any, names: dict[Any, str], now: datetime) -> dict[str, Any]:  # noqa: ANN401 - a row of the table
    closed = f" {row.closes} orientation{'s' if row.closes > 1 else ''} n’étaient plus lisibles." if row.closes else ""
    return {
        "what": _KINDS[row.kind].format(row.version),
        "at_text": dates.when(row.at, now),
        "at_iso": dates.iso(row.at),
        "at_exact": dates.exact(row.at),
        "who": names.get(row.actor),
        "note": f"{row.reason}.{closed}",
    }
