"""The bus: the server's version, that it writes what it acknowledges, the stream, and that each service may connect."""

import asyncio
import json
import re
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

from contracts.topology import SERVICES
from services.doctor.finding import Finding, well, wrong
from services.runtime import stream
from services.runtime.embedded.nats import MINIMUM_VERSION
from services.runtime.settings import Settings
from services.whole import Ground

TIMEOUT = 5
KEYS = "Faites les clés avec « ./relais keys DOSSIER », donnez-les au service, et relancez nats-server."


async def look_at_nats(settings: Settings, ground: Ground) -> list[Finding]:
    """The server says its version when one connects, and whether it syncs on its status page."""
    async with _connected(ground, "admin") as client:
        said = str(client._server_info.get("version", ""))
    wanted = ".".join(map(str, MINIMUM_VERSION))
    if _numbers(said) < MINIMUM_VERSION:
        return [wrong("nats-server", f"version {said or 'inconnue'}, trop ancienne.", f"Passez à {wanted} au moins.")]
    return [well("nats-server", f"version {said}."), await _sync(settings, ground)]


async def look_at_stream(settings: Settings, ground: Ground) -> list[Finding]:
    """The stream and the durable consumers, as asked."""
    drifts = await stream.ensure(ground.servers.nats_url, _credentials(ground, "admin"), settings.territory)
    found = [
        wrong(
            "Flux",
            f"{drift.thing} : {drift.setting} vaut {drift.found}, {drift.asked} est attendu.",
            "Réglez-le avec l’outil « nats », ou supprimez ce consommateur : il sera refait, et rien n’est perdu.",
        )
        for drift in drifts
    ]
    return found or [well("Flux", "le flux et ses consommateurs sont réglés comme il faut.")]


async def look_at_users(settings: Settings, ground: Ground) -> list[Finding]:
    """Each service's credentials are accepted by the server."""
    found = []
    for service in SERVICES:
        if not _credentials(ground, service).exists():
            found.append(wrong("Bus", f"{service} n’a pas de clé ici.", KEYS))
            continue
        try:
            async with _connected(ground, service) as client:
                await client.flush(TIMEOUT)
        except (NatsError, OSError, TimeoutError) as error:
            found.append(wrong("Bus", f"{service} n’est pas admis ({type(error).__name__}).", KEYS))
    return found or [well("Bus", "les quatre services sont admis, chacun avec sa clé.")]


async def _sync(settings: Settings, ground: Ground) -> Finding:
    url = ground.nats.monitor_url if ground.nats is not None else settings.nats_monitor_url
    if url is None:
        mend = "Donnez l’adresse de sa page d’état dans RELAIS_NATS_MONITOR_URL."
        return wrong("nats-server", "impossible de lire s’il écrit sur le disque avant de confirmer.", mend)
    try:
        config = await asyncio.to_thread(_jetstream_config, url)
    except (OSError, ValueError):
        return wrong("nats-server", "sa page d’état ne répond pas.", "Vérifiez RELAIS_NATS_MONITOR_URL.")
    if not config.get("sync_always"):
        mend = "Réglez « sync_interval: always » dans le bloc jetstream de nats.conf, et relancez-le."
        return wrong("nats-server", "il confirme avant d’écrire sur le disque : une panne perd des faits.", mend)
    return well("nats-server", "il écrit sur le disque avant de confirmer.")


def _jetstream_config(url: str) -> dict[str, Any]:
    """`sync_interval: always` is read back as `sync_always` (nats-server 2.15); it is absent when it is not set."""
    with urllib.request.urlopen(f"{url.rstrip('/')}/varz", timeout=TIMEOUT) as answer:
        found: dict[str, Any] = json.load(answer)["jetstream"].get("config", {})
    return found


@asynccontextmanager
async def _connected(ground: Ground, name: str) -> AsyncIterator[Client]:
    async def silent(_error: Exception) -> None:
        """What is wrong is raised by the connection itself."""

    client = await nats.connect(
        ground.servers.nats_url, user_credentials=str(_credentials(ground, name)), allow_reconnect=False,
        connect_timeout=TIMEOUT, inbox_prefix=f"_INBOX_{name}".encode(), error_cb=silent,
    )  # fmt: skip
    try:
        yield client
    finally:
        await client.close()


def _credentials(ground: Ground, name: str) -> Path:
    return ground.servers.keys / name / "nats.creds"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3])) or (0,)
