"""The scheduler: fires due reminders, beats, and notices a clock that jumps. Any number may run beside each other."""

import asyncio
import time
from datetime import datetime
from uuid import UUID

from prometheus_client import Counter, Gauge

from contracts.asks import FindAudience
from contracts.replies import AudienceFound
from services.notify import reminders
from services.notify.domain import SCHEDULER
from services.notify.subscribers import TELLING_DUE
from services.runtime import telemetry
from services.runtime.process import Remembered, Service

log = telemetry.logger("scheduler")

EVERY = 1.0
BATCH = 1000  # what is due at one instant fires before the work that it makes begins to compete
BEHIND_KEPT = 30.0
BEAT_EVERY = 5.0
# A wall clock that moved this much more or less than the monotonic one was set by somebody.
JUMP = 5.0
FIRED = Counter("relais_reminders_fired_total", "Reminders fired, by step", ["step"])
LATE = Gauge("relais_reminders_late_seconds", "How long the longest due armed reminder has been due")
JUMPS = Counter("relais_clock_jumps_total", "Times the wall clock moved against the monotonic one")
BEAT = Gauge("relais_scheduler_beat_timestamp_seconds", "When the scheduler last finished a turn")
_BEAT = """
INSERT INTO heartbeat (name, beat_at, seen_at, skew) VALUES (:name, :now, now(), extract(epoch FROM
    (cast(:now AS timestamptz) - clock_timestamp())))
ON CONFLICT (territory, name) DO UPDATE SET beat_at = excluded.beat_at, seen_at = excluded.seen_at, skew = excluded.skew
"""


class Scheduler:
    """One process's scheduler."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.behind = Remembered(self._behind, seconds=BEHIND_KEPT)
        self._beaten = 0.0
        self._clocks: tuple[datetime, float] | None = None

    async def turn(self) -> None:
        """Fire all that is due, then beat."""
        self._check_clock()
        while await self.fire_due() == BATCH:
            pass
        if time.monotonic() - self._beaten >= BEAT_EVERY:
            await self._beat()

    async def fire_due(self) -> int:
        """Fire one batch; returns how many reminders it took in hand."""
        async with self.service.database.worker() as work:
            due = await reminders.take_due(work, BATCH)
        LATE.set(max(((work.now - one.due_at).total_seconds() for one in due), default=0.0))
        if not due:
            return 0
        desks = list({one.desk for one in due})
        behind = dict(zip(desks, await asyncio.gather(*map(self.behind.of, desks)), strict=True))
        async with self.service.database.worker() as work:
            await reminders.fire(work, due, behind)
            work.hint(TELLING_DUE)
        for one in due:
            FIRED.labels(one.step).inc()
        return len(due)

    async def _behind(self, desk: UUID) -> AudienceFound:
        return await self.service.bus.ask(FindAudience(desk=desk))

    async def _beat(self) -> None:
        async with self.service.database.worker() as work:
            await work.execute(_BEAT, name=SCHEDULER, now=work.now)
        self._beaten = time.monotonic()
        BEAT.set(time.time())

    def _check_clock(self) -> None:
        """Instants are kept, not delays: after a jump what is due fires, and somebody is told that it jumped."""
        now, ticks = self.service.clock(), time.monotonic()
        if self._clocks is not None:
            moved = (now - self._clocks[0]).total_seconds() - (ticks - self._clocks[1])
            if abs(moved) > JUMP:
                JUMPS.inc()
                log.error("clock_jumped", count=int(moved))
        self._clocks = now, ticks
