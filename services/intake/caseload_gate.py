"""The one place that asks why: a route of a person, or of a referral, of a colleague's caseload opens once it was said.

`PersonPages` puts the question before every route of a person or of a referral, pages and interface, readings and
changes alike; intake is not built with a route that a referent calls with a reference and that does not ask.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from contracts.asks import ListAbsences
from contracts.refusals import InvalidInput, ReasonNeeded, Refusal
from contracts.viewer import Role, Viewer
from services.intake import caseload, caseload_watch
from services.intake.caseload import Standing
from services.intake.journal_kinds import Reason
from services.runtime.web.guard import SAFE, Asking, Endpoint, Pages, service_of
from services.runtime.web.shell import wants_json

FIELD, HEADER = "caseload_reason", "Caseload-Reason"
_KINDS = {"personnes": "person", "orientations": "handover", "referrals": "handover"}
_WATCHED = re.compile(rf"(?:/api)?/({'|'.join(_KINDS)})/([^/]+)(/.*)?")
_ASKING = "/personnes/{ref}/motif"


class UngatedRoute(Exception):
    """A route of a person was added that does not ask why a colleague's file is opened."""


class WhyFirst(Exception):
    """A form was sent about a colleague's person: it comes back with the question, and with what was typed."""

    def __init__(self, person: UUID, sent: FormData) -> None:
        self.person, self.sent = person, sent
        super().__init__("why-first")


class PersonPages(Pages):
    """A router whose routes of a person ask first why somebody opens a colleague's file."""

    def _add(
        self, method: str, path: str, roles: frozenset[Role], options: dict[str, Any]
    ) -> Callable[[Endpoint], Endpoint]:
        if is_watched(path):
            options = {**options, "dependencies": [*options.get("dependencies", ()), Depends(say_why)]}
        return super()._add(method, path, roles, options)


def is_watched(path: str) -> bool:
    """Whether a route at that address shows or changes one person, named by `{ref}`."""
    found = _WATCHED.fullmatch(path)
    return path != _ASKING and found is not None and found[2] == "{ref}"


def require_gates(routers: Iterable[APIRouter]) -> None:
    """Refuse to build with a route of a person that does not ask: one of her addresses, or any that a referent calls
    with a reference. Raises UngatedRoute.
    """
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    without = [
        f"{sorted(one.methods)[0]} {one.path}"
        for one in routes
        if (is_watched(one.path) or _names_something(one)) and not (is_watched(one.path) and _asks(one))
    ]
    if without:
        raise UngatedRoute(", ".join(without))


def _names_something(route: APIRoute) -> bool:
    return route.path != _ASKING and "{" in route.path and Role.REFERENT in getattr(route.endpoint, "relais_roles", ())


def _asks(route: APIRoute) -> bool:
    return any(asked.dependency is say_why for asked in route.dependencies)


async def say_why(request: Request, viewer: Asking) -> None:
    """Let through what is hers, what she said why, and what nobody of her organisation follows (the route answers).

    A form may bring the coded reason itself, as `caseload_reason`, and a program as the header `Caseload-Reason`.
    Raises ReasonNeeded for a reading and for a program, WhyFirst for a form, InvalidInput for a reason that is none.
    """
    async with service_of(request).database.web(viewer) as work:
        found = await caseload.standing(viewer, work, **_about(request))
    if found is None or found.opens:
        return
    if request.url.path.startswith("/api/"):
        return await _say_in_header(request, viewer, found)
    if request.method in SAFE or wants_json(request):
        raise ReasonNeeded(person=str(found.person))
    sent = await request.form()
    reason = _said(sent) or (Reason.DEPUTY if await stands_in(request, viewer, found) else None)
    if reason is None:
        raise WhyFirst(found.person, sent)
    await keep_reason(request, viewer, found.person, reason)


def _about(request: Request) -> dict[str, UUID]:
    found = _WATCHED.fullmatch(request.url.path)
    try:
        return {_KINDS[found[1]]: UUID(str(request.path_params["ref"]))} if found else {}
    except ValueError:
        return {}


async def _say_in_header(request: Request, viewer: Viewer, found: Standing) -> None:
    given = request.headers.get(HEADER)
    if given is None and await stands_in(request, viewer, found):
        return await keep_reason(request, viewer, found.person, Reason.DEPUTY)
    if given is None:
        raise ReasonNeeded(person=str(found.person))
    if given not in set(Reason):
        raise InvalidInput(field=HEADER, reason=f"{HEADER} n’est pas un des motifs connus.")
    await say_in_call(request, viewer, found.person, Reason(given))
    return None


def _said(sent: FormData) -> Reason | None:
    given = str(sent.get(FIELD, ""))
    return Reason(given) if given in set(Reason) - {Reason.DEPUTY} else None


async def stands_in(request: Request, viewer: Viewer, found: Standing) -> bool:
    """Whether the directory names the viewer as deputy of that colleague today; when it is away, she is asked."""
    try:
        absences = (await service_of(request).bus.ask(ListAbsences(viewer=viewer))).absences
    except Refusal:
        return False
    return any((one.account, one.deputy) == (found.referent, viewer.account) for one in absences)


async def say_in_call(request: Request, viewer: Viewer, person: UUID, reason: Reason) -> None:
    """The reason that a program sends with its call. Refusal: InvalidInput for `deputy`, which the directory says."""
    if reason is Reason.DEPUTY:
        raise InvalidInput(field=FIELD, reason="La suppléance se lit dans l’annuaire.")
    async with service_of(request).database.web(viewer) as work:
        found = await caseload.standing(viewer, work, person=person)
    if found is not None and not found.opens:
        await keep_reason(request, viewer, person, reason)


async def keep_reason(request: Request, viewer: Viewer, person: UUID, reason: Reason) -> None:
    """Keep the reason and open the file for some hours; the DPO is told when there are many in a day."""
    service = service_of(request)
    async with service.database.web(viewer) as work:
        await caseload.give_reason(viewer, work, person, reason)
        if reason is not Reason.DEPUTY:
            await caseload_watch.watch(viewer, work, caseload_watch.most_of(service.settings))
