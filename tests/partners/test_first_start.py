"""The first start of an empty installation: no default account, a token in the terminal, and it serves once."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from services import up
from services.partners import first_start
from services.partners.demonstration import make_directory
from services.runtime.web.guard import COOKIE

FORM = {
    "organisation": "CCAS de Test", "kind": "ccas", "siret": "732 829 320 00074", "name": "Ada Premier",
    "email": "Ada.Premier@ccas.example",
}  # fmt: skip


async def cleared(ground) -> None:
    """Nobody and nothing: as the owner, since no role of the service may delete the directory."""
    engine = create_async_engine(make_url(ground.owner_url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE partners.organisation, partners.setuptoken CASCADE"))
    await engine.dispose()


@pytest.fixture
async def empty(world, partners_ground):
    """The installation without anybody; the demonstration's directory is made again afterwards."""
    await cleared(partners_ground)
    yield world
    await cleared(partners_ground)
    async with world.service.database.worker() as work:
        await make_directory(work)


async def test_the_token_makes_the_first_administrator_and_leads_to_her_means(empty):
    token = await first_start.make_token(empty.service.database)
    browser = empty.browser()
    assert (await browser.get("/installation")).status_code == 200
    answer = await browser.post("/installation", data=FORM | {"token": token})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/compte"
    assert COOKIE in browser.cookies
    page = (await browser.get("/compte")).text
    assert "Ada Premier" in page
    assert "Ajoutez maintenant une clé d’accès ou un mot de passe" in page
    assert (await browser.get("/compte/moyens")).status_code == 200
    async with empty.service.database.worker() as work:
        row = (await work.execute("SELECT email FROM account")).one()
        siret = (await work.execute("SELECT siret FROM organisation")).one().siret
    assert row.email == "ada.premier@ccas.example"
    assert re.fullmatch(r"\d{14}", siret)


async def test_the_token_serves_once_and_the_page_is_gone_with_it(empty):
    token = await first_start.make_token(empty.service.database)
    await empty.browser().post("/installation", data=FORM | {"token": token})
    again = await empty.browser().post("/installation", data=FORM | {"token": token, "email": "b@ccas.example"})
    assert again.status_code == 404
    assert (await empty.browser().get("/installation")).status_code == 404
    assert await first_start.make_token(empty.service.database) is None


async def test_a_wrong_an_old_and_a_replaced_token_are_refused_and_what_was_typed_stays(empty):
    replaced = await first_start.make_token(empty.service.database)
    token = await first_start.make_token(empty.service.database)
    for wrong in ("", "au-hasard", replaced):
        answer = await empty.browser().post("/installation", data=FORM | {"token": wrong})
        assert answer.status_code == 422
        assert "CCAS de Test" in answer.text
    empty.shift = timedelta(minutes=31)
    assert (await empty.browser().post("/installation", data=FORM | {"token": token})).status_code == 422
    async with empty.service.database.worker() as work:
        assert (await work.execute("SELECT count(*) FROM account")).scalar() == 0


async def test_of_two_that_come_at_once_one_wins(empty):
    import asyncio

    token = await first_start.make_token(empty.service.database)
    forms = [FORM | {"token": token, "email": f"a{number}@ccas.example"} for number in range(6)]
    answers = await asyncio.gather(*(empty.browser().post("/installation", data=one) for one in forms))
    assert sorted(one.status_code for one in answers).count(303) == 1
    async with empty.service.database.worker() as work:
        assert (await work.execute("SELECT count(*) FROM account")).scalar() == 1


async def test_there_is_no_way_in_without_the_token(empty):
    for address in ("admin@example", "administrateur@relais.example", "relais@valbrume.example"):
        await empty.browser().post("/connexion", data={"email": address})
    await empty.service.parts.stop()
    assert empty.around.codes == []
    for path in ("/compte", "/reseau", "/aide"):
        assert (await empty.browser().get(path)).status_code == 303


async def test_with_accounts_there_is_neither_page_nor_token(world):
    assert await first_start.make_token(world.service.database) is None
    assert (await world.browser().get("/installation")).status_code == 404
    assert (await world.browser().post("/installation", data=FORM | {"token": "x"})).status_code == 404


async def test_the_token_is_kept_as_a_hash(empty):
    token = await first_start.make_token(empty.service.database)
    async with empty.service.database.worker() as work:
        kept = (await work.execute("SELECT t::text FROM setuptoken t")).scalar()
    assert token and token not in kept


def test_the_terminal_says_address_and_token(capsys):
    up._announce_setup("http://127.0.0.1:8400/", "un-jeton")
    said = capsys.readouterr().out
    assert "http://127.0.0.1:8400/installation" in said
    assert "un-jeton" in said
    up._announce_setup("http://127.0.0.1:8400/", None)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("siret", ["123", "73282932000075", "abcdefghijklmn"])
async def test_a_siret_that_does_not_exist_is_told(empty, siret):
    token = await first_start.make_token(empty.service.database)
    answer = await empty.browser().post("/installation", data=FORM | {"token": token, "siret": siret})
    assert answer.status_code == 422
    assert "SIRET n’existe pas" in answer.text
