"""The embedded NATS: each user does what it may and nothing else, and every message outlives a kill."""

import asyncio
import json
import os
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nats
import pytest
from nats.errors import Error as NatsError

from services.runtime.embedded.nats import EmbeddedNats, ServerTooOld, write_server_config
from services.runtime.nats_keys import Permissions, write_operator
from tests.embedded_world import SPEAKER, USERS, mode, short_folder


@pytest.fixture
def root() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def bus() -> Iterator[EmbeddedNats]:
    with short_folder() as folder:
        server = EmbeddedNats.start(folder, USERS)
        yield server
        server.stop()


async def awaited(condition: Callable[[], bool]) -> bool:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)
    return True


async def silent(error: Exception) -> None:
    """The client reports on the way what the test expects it to raise."""


class Peers:
    """One client for each user, and what the server refused them."""

    def __init__(self, bus: EmbeddedNats) -> None:
        self.bus = bus
        self.refusals: dict[str, list[str]] = {}

    async def connect(self, name: str) -> nats.NATS:
        refusals = self.refusals.setdefault(name, [])

        async def note(error: Exception) -> None:
            refusals.append(str(error))

        return await nats.connect(self.bus.url, user_credentials=str(self.bus.credentials(name)), error_cb=note)


async def test_a_user_does_what_it_may(bus: EmbeddedNats):
    peers = Peers(bus)
    speaker, listener = await peers.connect("speaker"), await peers.connect("listener")

    async def answer(message) -> None:
        await message.respond(b"une fois")

    await listener.subscribe("talk.question", cb=answer)
    await listener.flush()
    assert (await speaker.request("talk.question", b"?", timeout=5)).data == b"une fois"
    stream = speaker.jetstream()
    await stream.add_stream(name="SAID", subjects=["talk.said"])
    assert (await stream.publish("talk.said", b"dit")).seq == 1
    assert peers.refusals == {"speaker": [], "listener": []}
    await speaker.close()
    await listener.close()


@pytest.mark.parametrize(
    ("name", "publishes", "subscribes"),
    [("speaker", "elsewhere", "talk.question"), ("listener", "talk.x", "talk.>"), ("mute", "talk.x", "_INBOX.x")],
)
async def test_a_user_does_nothing_else(bus: EmbeddedNats, name: str, publishes: str, subscribes: str):
    peers = Peers(bus)
    client = await peers.connect(name)
    await client.publish(publishes, b"")
    await client.subscribe(subscribes)
    await client.flush()
    assert await awaited(lambda: len(peers.refusals[name]) == 2)
    publish, subscribe = peers.refusals[name]
    assert "publish" in publish
    assert "subscription" in subscribe
    await client.close()


async def test_only_the_first_answer_to_a_question_is_let_through(bus: EmbeddedNats):
    peers = Peers(bus)
    speaker, listener = await peers.connect("speaker"), await peers.connect("listener")

    async def answer_twice(message) -> None:
        await message.respond(b"1")
        await message.respond(b"2")

    await listener.subscribe("talk.question", cb=answer_twice)
    await listener.flush()
    assert (await speaker.request("talk.question", b"?", timeout=5)).data == b"1"
    assert await awaited(lambda: len(peers.refusals["listener"]) == 1)
    await speaker.close()
    await listener.close()


async def test_narrowed_permissions_void_the_credentials_that_had_more(root: Path):
    wide = EmbeddedNats.start(root, USERS)
    copied = root.parent / "copied.creds"
    shutil.copy(wide.credentials("speaker"), copied)
    unchanged = wide.credentials("listener").read_text()
    wide.stop()
    narrow = EmbeddedNats.start(root, {**USERS, "speaker": Permissions(("talk.>",), ())})
    try:
        await (await Peers(narrow).connect("speaker")).close()
        assert narrow.credentials("listener").read_text() == unchanged
        with pytest.raises(NatsError, match="Authorization"):
            await nats.connect(narrow.url, user_credentials=str(copied), allow_reconnect=False, error_cb=silent)
    finally:
        narrow.stop()


async def test_the_server_syncs_every_message_and_keeps_it_through_a_kill(bus: EmbeddedNats):
    with urllib.request.urlopen(f"{bus.monitor_url}/varz") as page:
        assert json.load(page)["jetstream"]["config"]["sync_always"] is True
    client = await Peers(bus).connect("speaker")
    await client.jetstream().add_stream(name="TALK", subjects=["talk.kept"])
    await client.jetstream().publish("talk.kept", b"dit")
    await client.close()
    url = bus.url
    bus.kill()
    bus.restart()
    assert bus.url == url
    client = await Peers(bus).connect("speaker")
    assert (await client.jetstream().stream_info("TALK")).state.messages == 1
    await client.close()


def test_seeds_and_credentials_are_readable_by_us_alone(bus: EmbeddedNats):
    keys = bus.credentials("speaker").parents[1]
    for path in (keys, *keys.rglob("*")):
        assert mode(path) == (0o700 if path.is_dir() else 0o600), path
        assert path.stat().st_uid == os.geteuid()
    config = (keys.parent / "nats" / "nats.conf").read_text()
    seeds = [path.read_text() for path in (keys / "operator").glob("*.seed")]
    assert len(seeds) == 3
    assert not any(seed in config for seed in seeds)


def test_a_server_of_yours_gets_the_same_configuration_with_relative_paths(root: Path):
    root.mkdir()
    config = write_server_config(root, write_operator(root / "keys", USERS), host="0.0.0.0", port=4222).read_text()
    assert 'host: "0.0.0.0"' in config
    assert "sync_interval: always" in config
    assert str(root) not in config
    assert "http:" not in config


@pytest.mark.parametrize("name", ["operator", "system", "a.b", "", "Majuscule", "../a"])
def test_a_user_name_that_is_no_plain_token_is_refused(root: Path, name: str):
    with pytest.raises(ValueError, match="ne peut pas nommer"):
        write_operator(root / "keys", {name: SPEAKER})


@pytest.mark.parametrize("said", ["nats-server: v2.15.0", "nats-server: v2.9.10", "autre chose"])
def test_a_nats_server_that_is_too_old_is_refused(root: Path, said: str):
    old = root.parent / "nats-server"
    old.write_text(f"#!/bin/sh\necho '{said}'\n")
    old.chmod(0o755)
    with pytest.raises(ServerTooOld, match=r"au moins 2\.15\.1"):
        EmbeddedNats.start(root, USERS, program=old)
