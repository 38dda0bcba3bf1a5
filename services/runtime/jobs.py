"""Periodic work of a service (clocks, reconcilers, sweepers): one task a job, never two at once, no failure silent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from services.runtime import telemetry

log = telemetry.logger("jobs")
# How far back a job looks: often at the last day, now and then at all, so that what was late is not left.
A_DAY, EVER = timedelta(days=1), timedelta(days=36_500)
WHOLE_EVERY = 3600.0


@dataclass(frozen=True)
class Job:
    """`run` every `every` seconds; an exception is logged by its class and the job goes on."""

    name: str
    every: float
    run: Callable[[], Awaitable[object]]


class Jobs:
    """The running jobs of one service."""

    def __init__(self, jobs: list[Job]) -> None:
        self.jobs = jobs
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start every job; the first turn comes at once."""
        self.tasks = [asyncio.create_task(self._turn(job), name=job.name) for job in self.jobs]

    async def stop(self) -> None:
        """Cancel until every job has ended: a cancellation that meets the end of a wait may be lost (CPython 3.11)."""
        while running := [task for task in self.tasks if not task.done()]:
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=1)

    async def _turn(self, job: Job) -> None:
        while True:
            try:
                with telemetry.span(f"job {job.name}"):
                    await job.run()
            except Exception as error:
                telemetry.JOB_FAILURES.labels(job.name).inc()
                log.error("job_failed", job=job.name, error=type(error).__name__)
            await asyncio.sleep(job.every)
