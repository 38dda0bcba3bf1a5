"""How long before its end an agreement is shown to its referent: a clock of the territory’s ladder, kept by referral.

Learnt beside the pages, so that none waits for it; while referral is away the last known holds, and before the first
answer the usual.
"""

from datetime import timedelta

from fastapi import FastAPI, Request

from contracts.asks import ReadTerritoryClocks
from contracts.refusals import Refusal
from services.intake.domain import ENDS_SOON
from services.runtime import telemetry
from services.runtime.jobs import Job
from services.runtime.process import Service

log = telemetry.logger("consent_soon")
LEARN_EVERY = 30.0


async def learn_soon(service: Service) -> timedelta:
    """Ask referral what holds today and keep it; what holds from now on."""
    assert service.app is not None
    try:
        found = await service.bus.ask(ReadTerritoryClocks())
    except Refusal as refusal:
        log.warning("territory_clocks_not_learnt", slug=refusal.slug)
    else:
        service.app.state.consent_soon = timedelta(days=found.consent_days)
    return soon_at(service.app)


def soon_at(app: FastAPI) -> timedelta:
    """How long before its end an agreement is shown, as last known."""
    found: timedelta = getattr(app.state, "consent_soon", ENDS_SOON)
    return found


def soon_of(request: Request) -> timedelta:
    """As `soon_at`, for a page."""
    return soon_at(request.app)


def jobs(service: Service) -> list[Job]:
    """The learner."""
    return [Job("learn_soon", LEARN_EVERY, lambda: learn_soon(service))]
