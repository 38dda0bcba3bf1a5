"""The stream and its durable consumers: made by one step, compared with what was asked, never overwritten in passing.

An existing durable ignores changed settings silently, and a declaration by a client would overwrite what an operator
set; so this is the only place that creates them, and it reads back what the server holds.
"""

from dataclasses import dataclass
from pathlib import Path

import nats
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from contracts.envelope import STREAM
from contracts.topology import SERVICES, durables, fact_subjects

DAYS = 86_400.0
ACK_WAIT = 30.0


@dataclass(frozen=True)
class Drift:
    """A setting of the server that is not what was asked."""

    thing: str
    setting: str
    asked: str
    found: str


def stream_config(territory: str) -> StreamConfig:
    """Facts are kept for 30 days: PostgreSQL is the record, the stream only carries."""
    return StreamConfig(
        name=STREAM,
        subjects=[f"relais.{territory}.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=30 * DAYS,
        discard=DiscardPolicy.OLD,
        duplicate_window=3600.0,
        num_replicas=1,
        allow_direct=False,
        deny_delete=False,
        deny_purge=True,
    )


def consumer_config(durable: str, subject: str) -> ConsumerConfig:
    """Explicit acknowledgement, delivery without end; a fact that keeps failing is given up in the database, not
    here.
    """
    return ConsumerConfig(
        name=durable,
        durable_name=durable,
        filter_subject=subject,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT,
        max_deliver=-1,
        max_ack_pending=1000,
        deliver_policy=DeliverPolicy.ALL,
    )


async def ensure(url: str, credentials: Path, territory: str) -> list[Drift]:
    """Create what is missing and return what differs; changes nothing that exists."""
    client = await nats.connect(url, user_credentials=str(credentials), inbox_prefix=b"_INBOX_admin", connect_timeout=5)
    try:
        js = client.jetstream(timeout=10)
        asked = stream_config(territory)
        try:
            found = (await js.stream_info(STREAM)).config
        except NotFoundError:
            found = (await js.add_stream(asked)).config
        drifts = _compare(
            f"stream {STREAM}",
            asked,
            found,
            ("subjects", "max_age", "discard", "duplicate_window", "storage", "retention", "deny_purge"),
        )
        for service in SERVICES:
            for thing, durable in durables(service).items():
                drifts += await _ensure_consumer(js, durable, fact_subjects(thing, territory))
        return drifts
    finally:
        await client.close()


async def _ensure_consumer(js: nats.js.JetStreamContext, durable: str, subject: str) -> list[Drift]:
    asked = consumer_config(durable, subject)
    try:
        found = (await js.consumer_info(STREAM, durable)).config
    except NotFoundError:
        found = (await js.add_consumer(STREAM, asked)).config
    return _compare(
        f"consumer {durable}",
        asked,
        found,
        ("filter_subject", "ack_policy", "ack_wait", "max_deliver", "max_ack_pending"),
    )


def _compare(thing: str, asked: object, found: object, settings: tuple[str, ...]) -> list[Drift]:
    return [
        Drift(thing, name, str(getattr(asked, name)), str(getattr(found, name)))
        for name in settings
        if _plain(getattr(asked, name)) != _plain(getattr(found, name))
    ]


def _plain(value: object) -> str:
    return str(getattr(value, "value", value)).removesuffix(".0")
