"""A list that is longer than a page: each row stands on one page, and each page leads to the next."""

import pytest

from services.intake import handover_lists as lists
from tests.intake.handover_world import World
from tests.intake.pages_world import text


async def test_a_long_list_goes_on_over_the_page_and_shows_each_once(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lists, "PAGE", 2)
    ready = await world.ready()
    refs = [(await world.hand_over(ready)).ref for _ in range(3)]
    async with world.browser(ready.referent) as browser:
        first = await browser.get("/orientations?liste=guichet")
        assert (
            'href="/orientations?liste=guichet&amp;page=2" rel="next"' in first.text and 'rel="prev"' not in first.text
        )
        second = await browser.get("/orientations?liste=guichet&page=2")
        assert 'href="/orientations?liste=guichet&amp;page=1" rel="prev"' in second.text
        assert 'rel="next"' not in second.text and "3 orientations" in text(second)
    seen = [page.text.count(f'href="/orientations/{ref}"') > 0 for ref in refs for page in (first, second)]
    assert sum(seen) == 3
