"""A list that moves by itself misses nothing, also while its page is on its way."""

import asyncio
from collections.abc import AsyncIterator

import httpx

from tests.journey import story
from tests.journey.story import AGENT, SOCIAL


async def first_event(client: httpx.AsyncClient, within: float) -> str | None:
    """The first event of the desk's stream, or None when there is none in that time."""

    async def read() -> str | None:
        async with client.stream("GET", "/bureau/flux") as answer:
            lines: AsyncIterator[str] = answer.aiter_lines()
            async for line in lines:
                if line.startswith("event:"):
                    return line
        return None

    try:
        return await asyncio.wait_for(read(), within)
    except TimeoutError:
        return None


async def test_what_moved_before_the_stream_was_open_is_still_told(relais) -> None:
    agent = await relais.sign_in(story.login(AGENT))
    live = relais.service("partners").live
    live.last.clear()
    assert await first_event(agent, 1) is None
    live.moved(f"desk.{SOCIAL}")
    assert await first_event(agent, 4) == "event: moved"


async def test_what_moved_at_another_desk_is_not_told(relais) -> None:
    agent = await relais.sign_in(story.login(AGENT))
    live = relais.service("partners").live
    live.last.clear()
    live.moved(f"desk.{story.ref_of('desk', 'caf', 'logement')}")
    assert await first_event(agent, 1) is None
