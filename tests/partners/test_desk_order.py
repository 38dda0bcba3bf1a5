"""What comes first on a desk's page: who waits for a right; a request to erase only when it is late."""

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from contracts.replies import ErasureAsked
from contracts.vocabulary import ErasureCause, ErasureState


def to_erase(world, fact, days):
    return ErasureAsked(
        ref=uuid4(), referral=fact.ref, desk=fact.desk, cause=ErasureCause.WITHDRAWAL, shared=("Téléphone",),
        asked_at=world.now, due_on=world.now.date() + timedelta(days=days), state=ErasureState.ASKED,
    )  # fmt: skip


@pytest.mark.parametrize(("days", "first"), [(30, "rangs"), (-1, "a-effacer")])
async def test_a_request_to_erase_comes_before_the_queue_only_when_it_is_late(world, until, days, first):
    fact = world.sent()
    await world.publish(fact)
    world.known(fact)

    async def there():
        return await world.items(ref=fact.ref)

    await until(there)
    world.around.to_erase.append(to_erase(world, fact, days))
    page = html.unescape((await (await world.at_desk()).get("/bureau")).text)
    assert re.findall(r'id="(rangs|a-effacer)"', page)[0] == first
    assert ("d’effacement</a> attend" in page) is (first == "rangs"), "above the queue stays one line that leads to it"


async def test_of_many_requests_to_erase_the_page_says_how_many_wait_in_all(world):
    fact = world.sent()
    world.around.to_erase.extend(to_erase(world, fact, 30) for _ in range(22))
    page = html.unescape((await (await world.at_desk()).get("/bureau")).text)
    assert "22 demandes d’effacement" in page and "2 de plus viendront ici" in page
    assert page.count(f'data-key="/bureau/{fact.ref}/effacement"') == 20
