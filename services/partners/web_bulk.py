"""A manager gives several referrals of her desk to a colleague at once: one form, and what became of each of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from contracts.actions import Assign
from contracts.asks import ActOnReferral
from contracts.refusals import NotYourAction, ReferralAlreadyAnswered, Refusal
from contracts.viewer import Role, Viewer
from services.partners import store
from services.partners.attending import read_turnout
from services.partners.desk_list import Row, row_of
from services.partners.disclosures import IN_A_LIST, Readings, read_disclosures
from services.partners.domain import Colleague
from services.partners.store import Names
from services.partners.tables import DeskItem
from services.partners.web_actions import stamp_of
from services.runtime.database import Work
from services.runtime.process import Service
from services.runtime.web.forms import Errors, read
from services.runtime.web.guard import Asking, Pages, service_of

pages = Pages()
MANAGER = frozenset({Role.DESK_MANAGER})
MOST = 100
_PICK_ONE = "Cochez au moins une orientation."


class Given(BaseModel):
    """The form: the referrals, and who takes them."""

    o: tuple[UUID, ...] = Field(default=(), max_length=MOST)
    assignee: UUID


class _Lot:
    """What was picked, as it is now: items of desks that she manages, and who could take them."""

    def __init__(self, items: list[DeskItem], colleagues: dict[UUID, Colleague], names: Names, now: datetime) -> None:
        self.items, self.colleagues, self.names, self.now = items, colleagues, names, now

    def options(self) -> list[tuple[str, str, str]]:
        """Everybody who could take them, the least busy first."""
        name = self.names.account
        here = sorted(self.colleagues.values(), key=lambda one: (one.away, one.in_hand, name(one.account)))
        return [(str(one.account), name(one.account), _load(one)) for one in here]


@pages.get("/bureau/confier", MANAGER)
async def show_lot(request: Request, viewer: Asking) -> Response:
    """What was picked in the list (`o`, several), and to whom it may be given."""
    lot = await _lot(service_of(request), viewer, _refs(request.query_params.getlist("o")))
    return await _form(request, viewer, lot, {}, {} if lot.items else {"o": _PICK_ONE})


@pages.post("/bureau/confier", MANAGER)
async def give_lot(request: Request, viewer: Asking) -> Response:
    """Give each of them; the answer says of each what became of it, and the same form again changes nothing."""
    service, form = service_of(request), await request.form()
    lot = await _lot(service, viewer, _refs(form.getlist("o")))
    given, errors = read(Given, form)
    if not lot.items:
        errors = {"o": _PICK_ONE, **errors}
    if given is not None and given.assignee not in lot.colleagues:
        errors.setdefault("assignee", "Choisissez une personne de la liste.")
    if given is None or errors:
        typed = {name: str(value) for name, value in form.items()}
        return await _form(request, viewer, lot, typed, errors, status=422)
    command = stamp_of(form).command
    results = await asyncio.gather(*(_give(service, viewer, one, given.assignee, command) for one in lot.items))
    return await _result(request, viewer, lot, given.assignee, results)


async def _give(service: Service, viewer: Viewer, item: DeskItem, assignee: UUID, command: UUID) -> Refusal | None:
    if item.desk not in viewer.manages:
        return NotYourAction()
    ask = ActOnReferral(
        viewer=viewer, ref=item.ref, action=Assign(assignee=assignee), command_id=uuid5(command, str(item.ref))
    )
    try:
        await service.bus.ask(ask)
    except Refusal as refusal:
        return refusal
    return None


async def _lot(service: Service, viewer: Viewer, refs: Sequence[UUID]) -> _Lot:
    async with service.database.web(viewer) as work:
        items = await store.read_items(viewer, refs, work)
        colleagues = await _colleagues({one.desk for one in items} & set(viewer.manages), work)
        senders = [one.sender_organisation for one in items]
        names = await store.read_names(viewer, work, organisations=senders, accounts=colleagues)
        return _Lot(items, colleagues, names, work.now)


async def _colleagues(desks: set[UUID], work: Work) -> dict[UUID, Colleague]:
    found: dict[UUID, Colleague] = {}
    for desk in sorted(desks):
        for one in (await read_turnout(desk, desk, work)).colleagues:
            found.setdefault(one.account, one)
    return found


async def _form(
    request: Request, viewer: Viewer, lot: _Lot, typed: dict[str, str], errors: Errors, *, status: int = 200
) -> Response:
    readings = await read_disclosures(viewer, service_of(request), [one.ref for one in lot.items], only=IN_A_LIST)
    return request.app.state.pages.render(
        request,
        "assign_many.html",
        status=status,
        viewer=viewer,
        picks=[(str(one.ref), readings.who(one.ref), _where(one, lot, readings)) for one in lot.items],
        options=lot.options(),
        typed=typed,
        errors=errors,
        command_id=typed.get("command_id") or uuid4(),
    )


async def _result(
    request: Request, viewer: Viewer, lot: _Lot, assignee: UUID, results: Sequence[Refusal | None]
) -> Response:
    readings = await read_disclosures(viewer, service_of(request), [one.ref for one in lot.items], only=IN_A_LIST)
    done, to = sum(one is None for one in results), lot.names.account(assignee)
    return request.app.state.pages.render(
        request,
        "assigned_many.html",
        status=200 if done else 409,
        viewer=viewer,
        lead=said_of_lot(done, [one for one in results if one is not None], to),
        rows=[_told(item, lot, readings, refusal) for item, refusal in zip(lot.items, results, strict=True)],
    )


def said_of_lot(done: int, refusals: Sequence[Refusal], to: str) -> str:
    """`3 orientations sont confiées à Odirine F., 1 était déjà terminée.`"""
    told = f"{done} orientations sont confiées à {to}" if done > 1 else f"1 orientation est confiée à {to}"
    parts = [told if done else f"Aucune orientation n’est confiée à {to}"]
    ended = sum(isinstance(one, ReferralAlreadyAnswered) for one in refusals)
    others = len(refusals) - ended
    if ended:
        parts.append(f"{ended} étaient déjà terminées" if ended > 1 else "1 était déjà terminée")
    if others:
        parts.append(f"{others} n’ont pas pu l’être" if others > 1 else "1 n’a pas pu l’être")
    return ", ".join(parts) + "."


def _told(item: DeskItem, lot: _Lot, readings: Readings, refusal: Refusal | None) -> Row:
    row = row_of(item, readings, lot.names, lot.now)
    if refusal is None:
        chip, kind, meta = "Confiée", "open", row.meta[:2]
    else:
        ended = isinstance(refusal, ReferralAlreadyAnswered)
        label = str(refusal.details.get("state_label", "")).lower() if ended else ""
        chip, kind, meta = f"Déjà {label}" if label else "Pas confiée", "due", (*row.meta[:2], str(refusal))
    return replace(row, chip=chip, kind=kind, meta=meta, action_label=None, action_href=None)


def _where(item: DeskItem, lot: _Lot, readings: Readings) -> str:
    return ", ".join(row_of(item, readings, lot.names, lot.now).meta[:2])


def _load(one: Colleague) -> str:
    load = f"{one.in_hand} orientation{'s' if one.in_hand > 1 else ''} en main"
    return f"Absence en cours, {load}" if one.away else load


def _refs(given: Sequence[Any]) -> list[UUID]:
    """The references among what was given, in its order; others do not exist."""
    found = []
    for one in given[:MOST]:
        try:
            found.append(UUID(str(one)))
        except ValueError:
            continue
    return found
