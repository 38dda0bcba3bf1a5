"""Each service may do on the bus what the map of the contracts says, and nothing else; read off a real server."""

import asyncio
from collections.abc import AsyncIterator

import nats
import pytest
from nats.aio.client import Client

from contracts.asks import Disclose, SendReferral
from contracts.envelope import STREAM
from contracts.facts import PersonMet, ReferralSent
from contracts.topology import ERASES, SERVICES, durables, fact_subjects
from services.runtime import stream
from services.runtime.settings import Settings
from services.whole import Ground


class Refusals(list[str]):
    """The permission errors that the server sent to one client."""


async def connect(servers: Ground, service: str) -> tuple[Client, Refusals]:
    refusals = Refusals()

    async def note(error: Exception) -> None:
        refusals.append(str(error))

    client = await nats.connect(
        servers.servers.nats_url,
        user_credentials=str(servers.servers.keys / service / "nats.creds"),
        inbox_prefix=f"_INBOX_{service}".encode(),
        error_cb=note,
        allow_reconnect=False,
    )
    return client, refusals


@pytest.fixture
async def clients(servers: Ground, settings: Settings) -> AsyncIterator[dict[str, tuple[Client, Refusals]]]:
    await stream.ensure(servers.servers.nats_url, servers.servers.keys / "admin" / "nats.creds", settings.territory)
    found = {service: await connect(servers, service) for service in SERVICES}
    yield found
    await asyncio.gather(*(client.close() for client, _ in found.values()))


async def is_refused(client: Client, refusals: Refusals, subject: str, *, subscribe: bool = False) -> bool:
    before = len(refusals)
    if subscribe:
        await client.subscribe(subject)
    else:
        await client.publish(subject, b"{}")
    await client.flush()
    await client.flush()
    return len(refusals) > before


async def test_only_the_owner_of_an_object_publishes_its_facts(clients, settings: Settings) -> None:
    subject = ReferralSent.subject(settings.territory)
    for service, (client, refusals) in clients.items():
        assert await is_refused(client, refusals, subject) is (service != "referral"), service
    assert await is_refused(*clients["partners"], PersonMet.subject(settings.territory))


async def test_only_those_who_may_ask_ask(clients, settings: Settings) -> None:
    for ask, allowed in ((Disclose, {"partners"}), (SendReferral, {"intake"})):
        for service, (client, refusals) in clients.items():
            assert await is_refused(client, refusals, ask.subject(settings.territory)) is (service not in allowed)


async def test_nobody_listens_to_asks_or_answers_of_others(clients, settings: Settings) -> None:
    for service, (client, refusals) in clients.items():
        for subject in (f"ask.{settings.territory}.>", "_INBOX.>", "relais.>", ">", "$JS.>"):
            assert await is_refused(client, refusals, subject, subscribe=True), (service, subject)
        other = next(one for one in SERVICES if one != service)
        assert await is_refused(client, refusals, f"_INBOX_{other}.>", subscribe=True)


async def test_nobody_takes_facts_from_anothers_consumer_or_past_it(clients) -> None:
    for service, (client, refusals) in clients.items():
        for other in SERVICES:
            for durable in durables(other).values():
                subject = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{durable}"
                assert await is_refused(client, refusals, subject) is (other != service), (service, durable)
        for api in (
            "STREAM.MSG.GET",
            "DIRECT.GET",
            "STREAM.PURGE",
            "STREAM.DELETE",
            "CONSUMER.CREATE",
            "STREAM.UPDATE",
        ):
            may = service == ERASES and api == "STREAM.MSG.GET"  # it looks for what speaks of an erased person
            assert await is_refused(client, refusals, f"$JS.API.{api}.{STREAM}") is not may, (service, api)
        assert await is_refused(client, refusals, f"$JS.API.STREAM.MSG.DELETE.{STREAM}") is (service != ERASES), service


async def test_drift_of_a_consumer_is_reported_and_not_overwritten(servers: Ground, settings: Settings) -> None:
    creds = servers.servers.keys / "admin" / "nats.creds"
    await stream.ensure(servers.servers.nats_url, creds, settings.territory)
    client = await nats.connect(servers.servers.nats_url, user_credentials=str(creds), inbox_prefix=b"_INBOX_admin")
    try:
        js = client.jetstream()
        asked = stream.consumer_config("notify-referral", fact_subjects("referral", settings.territory))
        await js.add_consumer(STREAM, asked.evolve(max_ack_pending=7))
        drifts = await stream.ensure(servers.servers.nats_url, creds, settings.territory)
        assert [(one.thing, one.setting, one.found) for one in drifts] == [
            ("consumer notify-referral", "max_ack_pending", "7")
        ]
        await js.add_consumer(STREAM, asked)
        assert await stream.ensure(servers.servers.nats_url, creds, settings.territory) == []
    finally:
        await client.close()
