"""The sign-in code is in the mail and nowhere else; the local box is open on this machine alone."""

import httpx
import pytest

from contracts.asks import SendSignInCode
from contracts.refusals import ServiceAway
from services.notify import mail
from services.notify.app import build
from services.notify.sink import Box, has_box
from services.notify.tables import PLUMBING, SCHEMA
from services.runtime.process import Service
from services.runtime.settings import Settings
from tests.notify.conftest import content

CODE = "724 915"


async def test_the_code_is_in_the_body_of_the_mail_and_stays_nowhere(world, notify_ground, capfd):
    reply = await world.partners.ask(SendSignInCode(email="agent@guichet.example", code=CODE, minutes=10))
    assert reply.accepted
    (received,) = world.relay.to("agent@guichet.example")
    assert received.message["Subject"] == mail.CODE_SUBJECT
    assert CODE in received.message.get_body(("plain",)).get_content()
    assert CODE not in "".join(f"{name}{value}" for name, value in received.message.items())
    out, err = capfd.readouterr()
    assert CODE not in out + err
    async with world.service.database.worker() as work:
        tables = [table.name for table in SCHEMA.metadata.sorted_tables]
        for table in tables:
            rows = await work.execute(f"SELECT t::text FROM {table} t")
            assert not [row for row in rows.scalars() if CODE in row or "agent@guichet" in row], table
    kept = [file for file in notify_ground.nats.log.parent.rglob("*") if file.is_file()]
    assert kept and not [file for file in kept if CODE.encode() in content(file)]


async def test_a_refused_address_is_not_accepted_and_a_relay_away_is_said(world):
    world.relay.refused.add("inconnue@guichet.example")
    assert not (await world.partners.ask(SendSignInCode(email="inconnue@guichet.example", code=CODE))).accepted
    async with world.relay.away():
        with pytest.raises(ServiceAway):
            await world.partners.ask(SendSignInCode(email="agent@guichet.example", code=CODE))


@pytest.mark.parametrize(
    ("given", "open_here"),
    [
        ({}, True),
        ({"empty": True}, True),
        ({"public_url": "http://localhost:8400"}, True),
        ({"public_url": "https://relais.valbrume.example"}, False),
        ({"host": "0.0.0.0"}, False),
        ({"smtp_url": "smtp://relay.example"}, False),
        ({"database_url": "postgresql://db/relais", "nats_url": "nats://bus:4222"}, False),
    ],
)
def test_the_box_exists_only_where_nobody_else_can_reach_it(given, open_here):
    assert has_box(Settings(**given)) is open_here


async def test_the_code_is_read_in_the_box_by_somebody_who_is_not_signed_in(notify_ground):
    service = alone(notify_ground, Settings(var=notify_ground.servers.keys.parent, territory="essai"))
    async with pages(service) as client:
        assert "La boîte est vide" in (await client.get("/courrier")).text
        reply = await service.parts.answers[SendSignInCode](SendSignInCode(email="vous@guichet.example", code=CODE))
        assert reply.accepted
        shown = (await client.get("/courrier")).text
        assert "vous@guichet.example" in shown and mail.CODE_SUBJECT in shown and CODE not in shown
        assert CODE in (await client.get("/courrier/1")).text
        for missing in ("/courrier/2", "/courrier/0", "/courrier/x"):
            assert (await client.get(missing)).status_code == 404
    await service.stop()


async def test_there_is_no_box_page_where_mails_leave(world):
    async with pages(world.service) as client:
        for path in ("/courrier", "/courrier/1"):
            assert (await client.get(path)).status_code == 404


async def test_without_box_and_without_relay_the_asker_is_told(notify_ground):
    settings = Settings(var=notify_ground.servers.keys.parent, territory="essai", host="0.0.0.0")
    service = alone(notify_ground, settings)
    with pytest.raises(ServiceAway):
        await service.parts.answers[SendSignInCode](SendSignInCode(email="vous@guichet.example", code=CODE))
    await service.stop()


async def test_the_box_keeps_the_last_two_hundred_mails():
    class Letter:
        rcpt_tos = ("vous@guichet.example",)
        content = b"Subject: essai\r\n\r\nbonjour\r\n"

    box = Box(lambda: None)
    for _ in range(201):
        await box.handle_DATA(None, None, Letter())
    assert len(box.newest_first()) == 200
    assert box.newest_first()[0].number == 201
    assert box.find(1) is None and box.find(2).text.strip() == "bonjour"


def alone(ground, settings) -> Service:
    service = Service("notify", settings, ground.servers, SCHEMA, PLUMBING)
    build(service)
    return service


def pages(service) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=service.app)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers={"accept": "text/html"})
