"""A fact that the bus left out is fetched from the record, so that what waits behind it goes on.

A consumer parks what comes too early; this asks for what is missing, for every service that may ask.
"""

from typing import TYPE_CHECKING

from contracts.asks import ReadFacts
from contracts.refusals import Refusal
from services.runtime import telemetry

if TYPE_CHECKING:
    from services.runtime.process import Service

log = telemetry.logger("gaps")
GAP_SECONDS = 60.0
GAPS_EVERY = 15.0


async def fill_gaps(service: "Service", older_than: float = GAP_SECONDS) -> None:
    """Fetch from the record the facts that the bus left out for that many seconds; try again what only failed."""
    await service.inbox.release_parked()
    for consumer, ref, version in await service.inbox.gaps(older_than):
        try:
            found = await service.bus.ask(ReadFacts(ref=ref, after=version))
        except Refusal as refusal:
            log.warning("gap_not_filled", consumer=consumer, slug=refusal.slug)
            continue
        await service.inbox.take(consumer, found.envelopes)
