"""The end of a convention is told 60, 30 and 7 days before, once each, and afterwards the page of circuits says it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.partners.convention_ends import announce_ends, step_before
from services.partners.conventions import after_last_day
from services.partners.domain import today_in_paris
from tests.conftest import Running
from tests.journey.story import in_days, login

SENTENCE = "Une convention avec un organisme se termine bientôt"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "step"), [(61, None), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7)]
)
def test_the_nearest_of_three_announcements_is_due(days: int, step: int | None) -> None:
    assert step_before(after_last_day(today_in_paris(NOW) + timedelta(days=days)), NOW) == step


async def an_ending_convention(relais: Running, days: int) -> tuple[UUID, UUID]:
    """An organisation and its only convention."""
    organisation, convention = uuid4(), uuid4()
    async with relais.service("partners").database.worker() as work:
        await work.execute(
            "INSERT INTO partners.organisation (ref, name, kind, closed) VALUES (:ref, 'Mission locale d’Essai',"
            " 'association', false)",
            ref=organisation,
        )
        await work.execute(
            "INSERT INTO partners.convention (ref, organisation, starts, ends)"
            " VALUES (:ref, :organisation, :starts, :ends)",
            ref=convention,
            organisation=organisation,
            starts=work.now - timedelta(days=300),
            ends=after_last_day(today_in_paris(work.now) + timedelta(days=days)),
        )
    return organisation, convention


async def test_who_answers_for_the_sharing_is_told_once_until_it_is_prolonged(relais: Running, until) -> None:
    organisation, convention = await an_ending_convention(relais, 25)
    partners = relais.service("partners").database
    assert await announce_ends(partners) >= 1
    assert await announce_ends(partners) == 0
    dpo, coordinator = await relais.sign_in(login(28)), await relais.sign_in(login(27))
    pages = {dpo: f"/reseau/conventions/{convention}", coordinator: f"/reseau/organismes/{organisation}"}

    async def told() -> bool:
        return all([page in (await one.get("/avis")).text for one, page in pages.items()])

    await until(told, within=30)
    for one, page in pages.items():
        assert SENTENCE in (await one.get("/avis")).text and (await one.get(page)).status_code == 200
    prolonged = await dpo.post(f"/reseau/conventions/{convention}", data={"ends": in_days(400), "reason": "Avenant"})
    assert prolonged.status_code == 303

    async def dropped() -> bool:
        async with relais.service("notify").database.worker() as work:
            rows = await work.execute(
                "SELECT read_at FROM notify.telling WHERE kind = 'convention_ending' AND referral = ANY(:refs)",
                refs=[organisation, convention],
            )
            found = list(rows.scalars())
        return len(found) >= 2 and all(found)

    await until(dropped, within=30)
    assert await announce_ends(partners) == 0


async def test_a_referent_is_not_told_and_one_that_another_follows_ends_nothing(relais: Running) -> None:
    organisation, _ = await an_ending_convention(relais, 5)
    partners = relais.service("partners").database
    async with partners.worker() as work:
        await work.execute(
            "INSERT INTO partners.convention (ref, organisation, starts, ends) SELECT gen_random_uuid(), organisation,"
            " ends, ends + interval '1 year' FROM partners.convention WHERE organisation = :ref",
            ref=organisation,
        )
    assert await announce_ends(partners) == 0
    referent = await relais.sign_in(login(0))
    assert SENTENCE not in (await referent.get("/avis")).text


async def test_afterwards_the_page_of_circuits_says_it(relais: Running, until) -> None:
    organisation, convention = await an_ending_convention(relais, 3)
    dpo = await relais.sign_in(login(28))
    page = f"/reseau/organismes/{organisation}"
    assert page not in (await dpo.get("/circuits")).text
    ended = await dpo.post(f"/reseau/conventions/{convention}", data={"action": "end", "reason": "Dénoncée"})
    assert ended.status_code == 303

    async def said() -> bool:
        text = (await dpo.get("/circuits")).text
        return "Conventions finies" in text and page in text

    await until(said, within=30)
