"""How long before its end an agreement is shown: as referral last said, and never waited for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from contracts.asks import ReadTerritoryClocks
from contracts.replies import TerritoryClocks
from services.intake.consent_soon import learn_soon
from services.intake.domain import ENDS_SOON
from services.runtime.bus import Bus
from tests.intake.handover_neighbours import neighbour
from tests.intake.people_world import People, a_desk, referent, text_of


@asynccontextmanager
async def referral_saying(people: People, days: int) -> AsyncIterator[Bus]:
    """The referral service, answering that number of days; what intake learnt of it is forgotten afterwards."""

    async def clocks(_ask: ReadTerritoryClocks) -> TerritoryClocks:
        return TerritoryClocks(consent_days=days)

    bus = await neighbour("referral", people.service.servers, {ReadTerritoryClocks: clocks})
    await bus.broker._connection.flush()
    try:
        yield bus
    finally:
        await bus.stop()
        people.service.app.state.consent_soon = ENDS_SOON


async def test_a_changed_number_of_days_changes_when_an_agreement_is_shown_and_stays_while_referral_is_away(
    people: People,
):
    viewer, desk = referent(), a_desk()
    person = await people.meet(viewer)
    await people.agree(viewer, person, desk, datetime.now(UTC) - timedelta(days=60))  # thirty days are left
    client = await people.client(viewer)

    async def shown(path: str) -> str:
        answer = await client.get(path)
        assert answer.status_code == 200
        return text_of(answer.text)

    async def assert_told(days: int, told: bool) -> None:
        listed = await shown("/personnes?filtre=accord-bientot-fini")
        assert f"Accord fini dans {days} jours" in listed and ("Élise Valtorix" in listed) is told
        assert ("Accord bientôt terminé" in await shown("/aujourdhui")) is told
        assert ("Bientôt fini" in await shown(f"/personnes/{person}")) is told
        assert f"182 jours au plus. {days} jours avant" in await shown(f"/personnes/{person}/accord")

    assert await learn_soon(people.service) == timedelta(days=15), "nobody answers yet"
    await assert_told(15, False)
    async with referral_saying(people, 40) as referral:
        assert await learn_soon(people.service) == timedelta(days=40)
        await assert_told(40, True)
        await referral.stop()
        assert await learn_soon(people.service) == timedelta(days=40)
        await assert_told(40, True)
    async with referral_saying(people, 29):
        await learn_soon(people.service)
        await assert_told(29, False)
