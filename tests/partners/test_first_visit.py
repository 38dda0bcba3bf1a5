"""The first visit: three things to know, once a role, on the way to the page that was wanted; and in the help."""

import html
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from contracts.viewer import Role
from services.partners.demonstration import demo_accounts
from services.partners.tables import Membership
from services.partners.welcome import WELCOMES
from services.partners.welcome_tables import Welcomed
from services.runtime.web.guard import COOKIE, session_hash
from tests.partners.conftest import World

PAGE = "/aide/trois-choses"
HOMES = {
    Role.REFERENT: "/aujourdhui", Role.DESK_AGENT: "/bureau", Role.DESK_MANAGER: "/bureau",
    Role.COORDINATOR: "/tableau", Role.DPO: "/demandes", Role.ADMINISTRATOR: "/annuaire",
}  # fmt: skip


def somebody(role: Role, number: int = 0) -> str:
    return [one["ref"] for one in demo_accounts() if one["role"] == role.value][number]


async def never_here(world: World, account: str) -> None:
    async with world.service.database.worker() as work:
        await work.execute("DELETE FROM partners.welcomed WHERE account = :account", account=UUID(account))


async def enter(world: World, account: str, suite: str = ""):
    browser = world.browser()
    answer = await browser.post("/connexion/demonstration", data={"account": account, "suite": suite})
    assert answer.status_code == 303
    return browser, answer.headers["location"]


@pytest.mark.parametrize("role", Role)
async def test_each_role_is_shown_its_three_things_once(world: World, role: Role) -> None:
    account = somebody(role)
    await never_here(world, account)
    browser, where = await enter(world, account)
    assert where == PAGE
    page = html.unescape((await browser.get(where)).text)
    for thing in WELCOMES[role].things:
        assert thing.title in page and f'href="{thing.href}"' in page
    assert f'<a class="ds-button" href="{HOMES[role]}">Commencer</a>' in page
    assert all(name in page for name, _, _ in WELCOMES[role].steps)
    assert (await enter(world, account))[1] == HOMES[role]


async def test_the_page_that_was_wanted_comes_next_and_no_other_site_does(world: World) -> None:
    account = somebody(Role.DESK_AGENT)
    await never_here(world, account)
    browser, where = await enter(world, account, "/bureau?vue=attente")
    assert where.startswith(f"{PAGE}?suite=/bureau")
    page = (await browser.get(where)).text
    assert 'href="/bureau?vue=attente">Continuer vers la page demandée' in page
    page = (await browser.get(PAGE, params={"suite": "//ailleurs.example"})).text
    assert "ailleurs" not in page and 'href="/bureau">Commencer' in page


async def test_nothing_brings_it_back_not_even_leaving_at_once_and_the_help_has_it(world: World) -> None:
    account = somebody(Role.REFERENT, 1)
    await never_here(world, account)
    await enter(world, account)  # and the window is closed
    browser, where = await enter(world, account)
    assert where == HOMES[Role.REFERENT]
    assert f'href="{PAGE}"' in (await browser.get("/aide")).text
    assert "Commencez par Aujourd’hui" in html.unescape((await browser.get(PAGE)).text)


async def test_a_new_role_brings_its_own_things(world: World) -> None:
    account = UUID(somebody(Role.COORDINATOR))
    await world.was_here(str(account))
    async with world.service.database.worker() as work:
        role = Membership(ref=uuid4(), account=account, role=Role.DPO.value)
        work.session.add(role)
    try:
        browser, where = await enter(world, str(account))
        assert where == PAGE
        page = html.unescape((await browser.get(where)).text)
        for known in (Role.COORDINATOR, Role.DPO):
            assert WELCOMES[known].things[0].title in page
    finally:
        async with world.service.database.worker() as work:
            await work.execute("DELETE FROM partners.membership WHERE ref = :ref", ref=role.ref)
        await never_here(world, str(account))


async def test_who_was_welcomed_is_told_to_nobody_else(world: World) -> None:
    await world.was_here(somebody(Role.REFERENT))
    browser, _ = await enter(world, somebody(Role.DPO))
    viewer = await world.service.viewer_of(session_hash(browser.cookies[COOKIE]))
    assert viewer is not None
    async with world.service.database.web(viewer) as work:
        accounts = set((await work.session.execute(select(Welcomed.account))).scalars())  # type: ignore[call-overload]
    assert accounts == {viewer.account}


async def test_the_help_says_what_each_page_is_for_and_whom_to_ask(world: World) -> None:
    browser, _ = await enter(world, somebody(Role.DESK_AGENT))
    page = html.unescape((await browser.get("/aide")).text)
    administrator = next(one for one in demo_accounts() if one["role"] == Role.ADMINISTRATOR.value)
    assert administrator["name"] in page and f'mailto:{administrator["login"]}' in page
    assert "Orientations reçues" in page and "Circuits de partage" not in page
    for address in (PAGE, "/aide/clavier", "/accessibilite", "/compte"):
        assert f'href="{address}"' in page


async def test_a_page_opens_its_own_help_and_an_error_has_none(world: World) -> None:
    browser, _ = await enter(world, somebody(Role.DESK_AGENT))
    page = html.unescape((await browser.get("/absences")).text)
    aside = page.split('<aside class="page-help"', 1)[1].split("</aside>", 1)[0]
    assert "<details" in aside and "Notez vos jours et qui assure le relais." in aside
    assert '<aside class="page-help"' not in (await browser.get("/nulle/part")).text
    assert '<aside class="page-help"' in (await world.browser().get("/connexion")).text
