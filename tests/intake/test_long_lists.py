"""A list that is longer than a page: each row stands on one page, and each page leads to the next."""

import pytest

from services.intake import handover_lists as lists
from services.intake import people_search
from tests.intake.handover_world import World
from tests.intake.pages_world import text
from tests.intake.people_world import People, referent, text_of


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


async def test_a_search_that_finds_more_than_it_shows_says_so(people: People, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(people_search, "MOST_FOUND", 2)
    viewer = referent()
    refs = [await people.meet(viewer, first_name=name) for name in ("Anna", "Berthe", "Clara")]
    client = await people.client(viewer)
    for address, one in (("/personnes", "personnes"), (f"/personnes/{refs[0]}/doublons", "dossiers")):
        answer = await client.post(address, data={"q": "Valtorix"})
        assert (f"Plus de 2 {one}" in text_of(answer.text)) is (one == "personnes")
        assert answer.text.count('class="who"') == 2
    await people.meet(viewer, first_name="Dora")
    answer = await client.post(f"/personnes/{refs[0]}/doublons", data={"q": "Valtorix"})
    assert "Plus de 2 dossiers" in text_of(answer.text)
