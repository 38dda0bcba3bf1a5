"""What `relais up` serves under one address: the four services; and, for the seconds in which the demonstration starts
anew, a page that says so.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from services import demonstration_folder
from services.runtime.process import Service
from services.runtime.settings import Settings
from services.runtime.web.waiting import waiting_page
from services.whole import Ground, Whole

Fill = Callable[[Whole], Awaitable[None]]
# How long answers that are on their way may take before their database is gone.
LEAVING = 3.0


class Stage:
    """An ASGI application. `open` first; `close` ends whatever runs, also a start that is under way."""

    def __init__(self, settings: Settings, fill: Fill) -> None:
        self.settings, self.fill = settings, fill
        self.ground: Ground | None = None
        self.whole: Whole | None = None
        self.shown: Whole | None = None
        self.anew: asyncio.Task[None] | None = None
        self.broken: Exception | None = None
        self.answering = 0
        self.waiting = waiting_page(settings)

    @property
    def services(self) -> Mapping[str, Service]:
        """Those that answer now."""
        return self.shown.services if self.shown is not None else {}

    async def open(self, ground: Ground) -> None:
        """Migrate, start the services, and fill a demonstration in which nobody is yet. Raises StreamDrift."""
        self.ground = ground
        await ground.prepare(self.settings.territory)
        self.whole = whole = Whole(self.settings, ground)
        await whole.start()
        if not self.settings.demonstration:
            demonstration_folder.forget(self.settings)
        elif await _is_empty(whole):
            demonstration_folder.begin(self.settings)
            await self.fill(whole)
            demonstration_folder.filled(self.settings)
        if demonstration_folder.is_one(self.settings):
            whole.services["partners"].start_anew = self.start_anew
        self.shown = whole

    async def close(self) -> None:
        """Stop the services and the servers; a second time changes nothing."""
        if self.anew is not None and not self.anew.done():
            self.anew.cancel()
            await asyncio.gather(self.anew, return_exceptions=True)
        self.shown = None
        if self.whole is not None:
            await self.whole.stop()
        if self.ground is not None:
            self.ground.stop()
        self.whole = self.ground = None

    def start_anew(self) -> None:
        """From now on the page that waits; the demonstration is emptied and filled behind it."""
        if self.anew is None or self.anew.done():
            self.shown = None
            self.anew = asyncio.create_task(self._start_anew())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        app = self.shown or self.waiting
        self.answering += app is self.shown
        try:
            await app(scope, receive, send)
        finally:
            self.answering -= app is not self.waiting

    async def _start_anew(self) -> None:
        try:
            await self._nobody_waits_for_an_answer()
            await self._stop_below()
            await asyncio.to_thread(demonstration_folder.empty, self.settings)
            await self.open(await self._servers())
        except Exception as error:
            self.broken = error
            signal.raise_signal(signal.SIGTERM)  # nothing can be served: the process ends, and says why

    async def _stop_below(self) -> None:
        """In a thread, since a server that ends slowly must not hold the page that waits."""
        whole, ground, self.whole, self.ground = self.whole, self.ground, None, None
        if whole is not None:
            await whole.stop()
        if ground is not None:
            await asyncio.to_thread(ground.stop)

    async def _servers(self) -> Ground:
        """Started in a thread, and stopped again when nobody wants them any more."""
        starting = asyncio.ensure_future(asyncio.to_thread(Ground.start, self.settings))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            (await starting).stop()
            raise

    async def _nobody_waits_for_an_answer(self) -> None:
        assert self.whole is not None
        for service in self.whole.services.values():
            service.live.close()
        until = asyncio.get_running_loop().time() + LEAVING
        while self.answering and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.02)


async def _is_empty(whole: Whole) -> bool:
    async with whole.services["partners"].database.worker() as work:
        found: bool = (await work.execute("SELECT NOT EXISTS (SELECT 1 FROM organisation)")).scalar_one()
    return found
