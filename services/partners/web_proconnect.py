"""The trip to ProConnect and back, and the farewell that ends the session there too.

All three are plain links and not forms: the content security policy lets no form leave this site.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from contracts.refusals import FederatedSignInRefused, FederatedSignInTooWeak, NotFound, Refusal
from services.partners import federation
from services.partners.domain import fingerprint, own_path
from services.partners.entering import enter, keep_browser, parts_of, site_here, visit_of
from services.partners.proconnect import Trip
from services.partners.sign_in import too_many
from services.partners.sign_in_limits import give_back, spend
from services.partners.sign_in_rules import STARTS_BY_BROWSER, STARTS_BY_NETWORK, TRIES_BY_NETWORK, Method, Outcome
from services.partners.sign_in_tries import begin, note, take
from services.partners.web import FAREWELL, FAREWELL_LIFE, sign_in_page
from services.runtime.web.guard import OPEN, Pages, service_of

pages = Pages()
TRIP, TRIP_LIFE = "proconnect", timedelta(minutes=10)


@pages.get("/connexion/proconnect", OPEN)
async def depart(request: Request, suite: str = "") -> Response:
    """Leave for the provider; what is to be compared at the return stays here, sealed, for ten minutes."""
    parts, visit = parts_of(request), visit_of(request)
    if not parts.proconnect.offered:
        raise NotFound
    try:
        address, trip = await parts.proconnect.depart(site_here(request).origin)
        async with service_of(request).database.web(None) as work:
            counted = [(STARTS_BY_BROWSER, fingerprint(visit.browser)), (STARTS_BY_NETWORK, visit.network)]
            passed = await spend(counted, work)
            if passed is None:
                value = {"state": trip.state, "nonce": trip.nonce, "verifier": trip.verifier, "suite": own_path(suite)}
                await begin(TRIP, fingerprint(visit.browser), None, value, parts.keys, work)
        if passed is not None:
            raise too_many(passed)
    except Refusal as refusal:
        return await _back(request, suite, refusal)
    return keep_browser(request, RedirectResponse(address, 303))


@pages.get("/connexion/proconnect/retour", OPEN)
async def arrive(request: Request, code: str = "", state: str = "") -> Response:
    """Come back: once, in the browser that left, with the state it left with."""
    parts, visit = parts_of(request), visit_of(request)
    if not parts.proconnect.offered:
        raise NotFound
    counted = [(TRIES_BY_NETWORK, visit.network)]
    async with service_of(request).database.web(None) as work:
        passed = await spend(counted, work)
        begun = await take(TRIP, fingerprint(visit.browser), TRIP_LIFE, parts.keys, work)
    suite = str(begun.value.get("suite") or "") if begun else ""
    if passed is not None:
        return await _back(request, suite, too_many(passed))
    if begun is None or not code or not secrets.compare_digest(begun.value["state"].encode(), state.encode()):
        return await _back(request, suite, FederatedSignInRefused(), Outcome.WRONG)
    trip = Trip(begun.value["state"], begun.value["nonce"], begun.value["verifier"])
    try:
        identity = await parts.proconnect.arrive(trip, code, site_here(request).origin)
    except FederatedSignInTooWeak as refusal:
        return await _back(request, suite, refusal, Outcome.TOO_WEAK)
    except Refusal as refusal:
        return await _back(request, suite, refusal, Outcome.WRONG)
    async with service_of(request).database.web(None) as work:
        found = await federation.admit(identity, visit, work)
        if isinstance(found, UUID):
            await give_back(counted, work)
    if isinstance(found, Refusal):
        return await _back(request, suite, found)
    return await enter(request, found, Method.PROCONNECT, suite, federation=identity.id_token)


@pages.get("/connexion/proconnect/fin", OPEN)
async def say_farewell(request: Request) -> Response:
    """End the provider's own session too, once, with the token that it gave for it."""
    parts = parts_of(request)
    async with service_of(request).database.web(None) as work:
        begun = await take(FAREWELL, fingerprint(visit_of(request).browser), FAREWELL_LIFE, parts.keys, work)
    if begun is None or not parts.proconnect.offered:
        return RedirectResponse("/connexion", 303)
    try:
        address = await parts.proconnect.farewell(begun.value["id_token"], site_here(request).origin)
    except Refusal:
        address = None
    return RedirectResponse(address or "/connexion", 303)


async def _back(request: Request, suite: str, refusal: Refusal, outcome: Outcome | None = None) -> Response:
    if outcome is not None:
        async with service_of(request).database.web(None) as work:
            await note(outcome, Method.PROCONNECT, None, visit_of(request), work)
    return await sign_in_page(request, suite, errors={"proconnect": str(refusal)}, status=refusal.status)
