"""A thread that ends the process when its event loop has not ticked for 15 s, so that a supervisor can start it again.

A frozen loop answers neither a health route nor SIGTERM; nats-py can freeze one once it has given up reconnecting.
"""

import asyncio
import os
import sys
import threading
import time

LIMIT = 15.0


class Watchdog:
    """Start inside the loop; `stop` before the loop ends."""

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit, self.beat, self.stopped = limit, time.monotonic(), threading.Event()

    def start(self) -> None:
        """Begin to tick and to watch."""
        self.loop = asyncio.get_running_loop()
        self._tick()
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """End the watch."""
        self.stopped.set()

    def _tick(self) -> None:
        self.beat = time.monotonic()
        if not self.stopped.is_set():
            self.loop.call_later(min(1.0, self.limit / 4), self._tick)

    def _watch(self) -> None:
        while not self.stopped.wait(self.limit / 8):
            if time.monotonic() - self.beat > self.limit:
                sys.stderr.write(f"relais: la boucle ne répond plus depuis {self.limit:.0f} s, arrêt du processus\n")
                sys.stderr.flush()
                os._exit(70)
