"""Server-sent events as hints: "your list moved". The page then reads again, with its own rights.

A topic is `desk.<ref>`, `organisation.<ref>` or `referral.<ref>`; nothing else is ever said here.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable

from starlette.responses import StreamingResponse

HEARTBEAT = 15.0
MOST_LISTENERS = 5_000
# What moved while a page was on its way to the browser, before its stream was open, must not be missed.
RECENT = 5.0
MOST_TOPICS = 10_000


class Live:
    """The open pages of one process and the topics each waits for."""

    def __init__(self) -> None:
        self.waiting: set[tuple[frozenset[str], asyncio.Event]] = set()
        self.last: dict[str, float] = {}
        self.closed = False

    def moved(self, topic: str) -> None:
        """Wake every page that waits for this topic, and those that will in a moment."""
        if len(self.last) >= MOST_TOPICS:
            self.last.clear()
        self.last[topic] = time.monotonic()
        for topics, event in tuple(self.waiting):
            if topic in topics:
                event.set()

    def close(self) -> None:
        """End every stream, so that the process can stop; browsers reconnect by themselves."""
        self.closed = True
        for _, event in tuple(self.waiting):
            event.set()

    def stream(self, topics: Iterable[str]) -> StreamingResponse:
        """The response of a page's event stream; 503 would be tried again by the browser, so it just ends when full."""
        return StreamingResponse(
            self._events(frozenset(topics)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def _events(self, topics: frozenset[str]) -> AsyncIterator[str]:
        if len(self.waiting) >= MOST_LISTENERS:
            return
        event = asyncio.Event()
        if any(time.monotonic() - self.last.get(topic, -RECENT) < RECENT for topic in topics):
            event.set()
        entry = (topics, event)
        self.waiting.add(entry)
        try:
            yield "retry: 1000\n: ouvert\n\n"
            while not self.closed:
                try:
                    await asyncio.wait_for(event.wait(), HEARTBEAT)
                except TimeoutError:
                    yield ": toujours là\n\n"
                    continue
                event.clear()
                if not self.closed:
                    yield "event: moved\ndata: 1\n\n"
        finally:
            self.waiting.discard(entry)
