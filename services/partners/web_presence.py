"""The part of a referral's page that says who else looks at it, and that it has changed meanwhile.

The page itself is not read again for that: reading it is reading a person's data, and is written in the journal.
"""

import time
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from contracts.refusals import NotFound
from contracts.viewer import Viewer
from services.partners import presence, store
from services.partners.sessions import still_lives
from services.partners.web_desk import AT_DESK
from services.runtime.process import Service
from services.runtime.web.guard import COOKIE, Asking, Pages, service_of, session_hash

pages = Pages()
# Shorter than a minute, so that whoever stays is never forgotten.
AGAIN = 30.0


@pages.get("/bureau/{ref}/presence", AT_DESK)
async def show_presence(request: Request, viewer: Asking, ref: UUID, version: int = 0) -> Response:
    """Who else looks at it now, and whether it moved on since `version`, which the open page shows."""
    async with service_of(request).database.web(viewer) as work:
        item = await store.read_item(viewer, ref, work)
        others = await presence.others_present(viewer, item, work)
    return request.app.state.pages.render(
        request,
        "presence.html",
        viewer=viewer,
        ref=ref,
        version=version,
        looking=presence.sentence(others),
        moved=0 < version < item.version,
    )


@pages.get("/bureau/{ref}/presence/flux", AT_DESK)
async def follow_presence(request: Request, viewer: Asking, ref: UUID) -> Response:
    """The hints that somebody came, went or acted; as long as it is open, its reader is present."""
    service = service_of(request)
    seen = await _be_there(service, viewer, ref)
    answer = service.live.stream([presence.topic(ref), *(f"desk.{desk}" for desk in viewer.desks)])
    session = session_hash(request.cookies[COOKIE])
    answer.body_iterator = _staying(service, viewer, ref, session, seen, answer.body_iterator)
    return answer


async def _staying(
    service: Service, viewer: Viewer, ref: UUID, session: str, seen: list[str], hints: AsyncIterable[Any]
) -> AsyncIterator[str]:
    """The stream's own words, and a hint when who is there has changed; it ends with the session or the right."""
    at = time.monotonic()
    async for said in hints:
        yield str(said)
        if time.monotonic() - at < AGAIN:
            continue
        at = time.monotonic()
        async with service.database.web(None) as work:
            if not await still_lives(session, work):
                return
        try:
            now = await _be_there(service, viewer, ref)
        except NotFound:
            return
        if now != seen:
            seen = now
            yield "event: moved\ndata: 1\n\n"


async def _be_there(service: Service, viewer: Viewer, ref: UUID) -> list[str]:
    async with service.database.web(viewer) as work:
        item = await store.read_item(viewer, ref, work)
        await presence.be_present(viewer, item, work)
        return await presence.others_present(viewer, item, work)
