"""The alarm of the reminders on pages of other services: what notify says of itself, or that it says nothing."""

import asyncio

from contracts.asks import CheckReminders
from contracts.refusals import ServiceAway
from services.runtime.process import Service

PATIENCE = 1.0
SILENT = (
    "Les rappels ne partent plus\u202f: le service qui les envoie ne répond pas."
    " Prévenez l’administration du territoire."
)


async def reminders_alarm(service: Service) -> str | None:
    """The sentence to show to whoever answers for the territory, None while the reminders leave; a second at most."""
    try:
        return (await asyncio.wait_for(service.bus.ask(CheckReminders()), PATIENCE)).alarm
    except (ServiceAway, TimeoutError):
        return SILENT
