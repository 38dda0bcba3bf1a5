"""The relay: takes committed facts from the outbox and hands them to the stream, at least once, for as long as it
takes.
"""

from typing import Any

from faststream_outbox import OutboxBroker
from faststream_outbox.retry import ExponentialRetry
from sqlalchemy import Table

from services.runtime.bus import Bus
from services.runtime.database import Database

WORKERS = 4


class Relay:
    """One service's relay. A fact that the stream refuses is tried again without end, with a delay of at most 10 s."""

    def __init__(self, database: Database, outbox: Table, bus: Bus, workers: int = WORKERS) -> None:
        self.bus = bus
        self.broker = OutboxBroker(
            database.worker_engine, outbox_table=outbox, logger=None, apply_types=False, graceful_timeout=10
        )
        self.broker.subscriber(
            "facts",
            max_workers=workers,
            fetch_batch_size=200,
            min_fetch_interval=0.02,
            max_fetch_interval=2.0,
            terminal_flush_batch_size=100,
            lease_ttl_seconds=30,
            retry_strategy=ExponentialRetry(initial_delay_seconds=0.2, max_delay_seconds=10, jitter_factor=0.2),
        )(self.carry)

    async def carry(self, body: Any) -> None:  # noqa: ANN401 - the decoded JSON object of the envelope
        """Publish one fact and wait for the stream."""
        await self.bus.publish(body)

    async def start(self) -> None:
        """Begin to carry."""
        await self.broker.start()

    async def stop(self) -> None:
        """Finish what is in hand, then stop; what is left stays in the outbox."""
        await self.broker.stop()
