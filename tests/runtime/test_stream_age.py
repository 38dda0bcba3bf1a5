"""Facts stay on the bus for thirty days and no longer; a server that holds another age is reported."""

import nats

from contracts.envelope import STREAM
from services.runtime import stream
from services.runtime.settings import Settings
from services.whole import Ground

DAY = 86_400


async def test_the_stream_keeps_facts_for_thirty_days_and_another_age_is_reported(
    servers: Ground, settings: Settings
) -> None:
    url, creds = servers.servers.nats_url, servers.servers.keys / "admin" / "nats.creds"
    await stream.ensure(url, creds, settings.territory)
    client = await nats.connect(url, user_credentials=str(creds), inbox_prefix=b"_INBOX_admin")
    try:
        js = client.jetstream()
        held = (await js.stream_info(STREAM)).config
        assert held.max_age == 30 * DAY and not held.deny_delete
        await js.update_stream(held.evolve(max_age=400.0 * DAY))
        (drift,) = await stream.ensure(url, creds, settings.territory)
        assert drift.setting == "max_age" and float(drift.found) == 400 * DAY and float(drift.asked) == 30 * DAY
        await js.update_stream(held)
        assert await stream.ensure(url, creds, settings.territory) == []
    finally:
        await client.close()
