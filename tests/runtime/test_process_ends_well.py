"""A frozen loop ends the process; a stop lets running work end; a lost bus is waited for, not given up."""

import asyncio
import subprocess
import sys
from uuid import uuid4

from services.runtime.jobs import Job, Jobs
from tests.runtime.probe import Probe, delivered, envelope

FROZEN = """
import asyncio
from services.runtime.watchdog import Watchdog
async def main():
    watchdog = Watchdog(limit=0.5)
    watchdog.start()
    first = watchdog.beat
    while watchdog.beat == first:  # until the loop has ticked of itself
        await asyncio.sleep(0)
    while True:
        pass
asyncio.run(main())
"""
ALIVE = """
import asyncio
from services.runtime.watchdog import Watchdog
async def main():
    watchdog = Watchdog(limit=0.5)
    watchdog.start()
    for _ in range(40):
        await asyncio.sleep(0.05)
    watchdog.stop()
asyncio.run(main())
"""


def test_a_process_whose_loop_is_frozen_ends_with_an_error() -> None:
    ended = subprocess.run([sys.executable, "-c", FROZEN], timeout=20, capture_output=True, text=True)
    assert ended.returncode == 70
    assert "ne répond plus" in ended.stderr


def test_a_process_whose_loop_ticks_is_left_alone() -> None:
    assert subprocess.run([sys.executable, "-c", ALIVE], timeout=20).returncode == 0


async def test_a_stop_lets_the_reaction_that_runs_end(probe: Probe, until) -> None:
    begun, go = asyncio.Event(), asyncio.Event()
    react = probe.react

    async def slow(fact, work) -> None:
        begun.set()
        await go.wait()
        await react(fact, work)

    kind = next(iter(probe.inbox.reactions))
    probe.inbox.reactions[kind] = (probe.inbox.reactions[kind][0], slow)
    fact = delivered()
    await probe.bus.publish(envelope(fact))
    await begun.wait()
    stopping = asyncio.create_task(probe.bus.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    go.set()
    await stopping
    assert await probe.effects(fact.ref) == [0]


async def test_the_client_never_gives_up_reconnecting(probe: Probe) -> None:
    connection = probe.bus.broker._connection
    assert connection is not None
    assert connection.options["max_reconnect_attempts"] == -1


async def test_a_job_that_fails_goes_on(until) -> None:
    turns = []

    async def work() -> None:
        turns.append(uuid4())
        if len(turns) == 1:
            raise ValueError("née 12/03/1951")

    jobs = Jobs([Job("essai", 0.01, work)])
    jobs.start()

    async def twice() -> bool:
        return len(turns) >= 2

    await until(twice)
    await jobs.stop()


async def test_a_job_that_loses_a_cancellation_ends_all_the_same() -> None:
    begun, lost = asyncio.Event(), []

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if lost:
                raise
            lost.append(1)

    jobs = Jobs([Job("essai", 0.0, work)])
    jobs.start()
    await begun.wait()
    await asyncio.wait_for(jobs.stop(), 10)
    assert lost
