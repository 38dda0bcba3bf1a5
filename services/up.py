"""What the commands do: start, prepare, serve until asked to stop, and stop cleanly."""

import asyncio
import contextlib
import gc
import signal
import sys
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from contracts.topology import SERVICES
from services import demonstration_folder
from services.processes import load, make, schema, schemas
from services.runtime import telemetry
from services.runtime.clock import system_clock
from services.runtime.process import Service
from services.runtime.settings import Settings
from services.runtime.watchdog import Watchdog
from services.stage import Stage
from services.terminal import bar, console
from services.whole import Ground, Whole

DEMONSTRATION = {"people": 120, "months": 6}


def _observe(settings: Settings) -> None:
    telemetry.configure(settings.log_level, otlp_endpoint=settings.otlp_endpoint, console=settings.console_traces)


async def serve_all(settings: Settings, *, fresh: bool = False) -> None:
    """`relais up`: servers, migrations, demonstration data in an empty folder, all services, one port, until a
    signal. `fresh`: a demonstration is emptied first; any other folder is refused.
    """
    _observe(settings)
    if fresh or demonstration_folder.is_half_made(settings):
        demonstration_folder.empty(settings)
    stage = Stage(settings, _fill)
    ground = await _ground_while_loading(settings)
    try:
        await stage.open(ground)
        token = await _setup_token(stage.services["partners"])
        await _serve(stage, settings, lambda address: _announce(settings, address, token))
    finally:
        await stage.close()
    if stage.broken is not None:
        raise stage.broken


async def _fill(whole: Whole) -> None:
    gc.enable()
    await _seed(whole, **DEMONSTRATION)


async def _ground_while_loading(settings: Settings) -> Ground:
    """The servers come up, and the tables are brought up to date, in a thread while the services are loaded here: a
    third of the time to the first page.
    """
    tables_are_there = threading.Event()
    starting = asyncio.get_running_loop().run_in_executor(None, _bring_up, settings, tables_are_there)
    try:
        schemas()
        tables_are_there.set()
        load()
    except BaseException:
        tables_are_there.set()
        (await starting).stop()
        raise
    return await starting


def _bring_up(settings: Settings, tables_are_there: threading.Event) -> Ground:
    ground = Ground.start(settings)
    try:
        tables_are_there.wait()
        asyncio.run(ground.prepare(settings.territory))
    except BaseException:
        ground.stop()
        raise
    return ground


async def serve_one(settings: Settings, name: str) -> None:
    """`relais run SERVICE`: one service on your servers."""
    if name not in SERVICES:
        raise SystemExit(f"relais : service inconnu. Choisissez parmi {', '.join(SERVICES)}.")
    if settings.database_url is None or settings.nats_url is None:
        raise SystemExit("relais : donnez RELAIS_DATABASE_URL et RELAIS_NATS_URL, ou lancez tout avec « relais up ».")
    _observe(settings)
    ground = Ground.start(settings)
    service = make(name, settings, ground.servers)
    await service.start()
    try:
        token = await _setup_token(service) if name == "partners" else None
        await _serve(service.app, settings, lambda address: _announce_one(name, address, token))
    finally:
        await service.stop()


async def prepare(settings: Settings) -> None:
    """`relais migrate`."""
    ground = Ground.start(settings)
    try:
        await ground.prepare(settings.territory)
        console.print("Base et flux à jour.")
    finally:
        ground.stop()


async def fill(settings: Settings, *, people: int, months: int, rng_seed: int) -> None:
    """`relais seed`: with a progress bar, into the data folder of a stopped application or into your servers."""
    async with _started(settings) as whole:
        await _seed(whole, people=people, months=months, rng_seed=rng_seed)


async def check(settings: Settings, *, replay: int | None, service: str | None) -> int:
    """`relais doctor`: 0 when all is well, 1 when something is wrong."""
    from services.doctor import examine, render, replay_dead_letter

    ground = Ground.start(settings)
    try:
        if replay is not None:
            if service not in SERVICES:
                raise SystemExit("relais : dites aussi de quel service, avec --service.")
            await replay_dead_letter(settings, ground.servers, service, replay)
            console.print("Fait rejoué.")
            return 0
        findings = await examine(settings, ground)
        console.print(render(findings), markup=False, soft_wrap=True)
        return 0 if all(finding.ok for finding in findings) else 1
    finally:
        ground.stop()


async def write_one_migration(service: str, message: str) -> None:
    """Compare a fresh migrated database with the declared tables, and write what is missing."""
    from services.runtime.migrations import migrate, write_migration

    with tempfile.TemporaryDirectory(prefix="relais-") as folder:
        Path(folder).chmod(0o755)
        ground = Ground.start(Settings(var=Path(folder)))
        try:
            # Declared access may name a table that is only now to be made.
            bare = [replace(one, access=()) for one in schemas() if one.service == service]
            await migrate(ground.owner_url, ground.servers.keys, bare)
            console.print(str(await write_migration(ground.owner_url, schema(service), message)))
        finally:
            ground.stop()


@asynccontextmanager
async def _started(settings: Settings) -> AsyncIterator[Whole]:
    ground = Ground.start(settings)
    try:
        await ground.prepare(settings.territory)
        whole = Whole(settings, ground)
        await whole.start()
        try:
            yield whole
        finally:
            await whole.stop()
    finally:
        ground.stop()


async def _seed(whole: Whole, *, people: int, months: int, rng_seed: int = 1) -> None:
    from services.seed import SownBefore, seed

    try:
        with bar("Territoire imaginaire") as shown:
            report = await seed(
                whole.services,
                people=people,
                months=months,
                rng_seed=rng_seed,
                now=system_clock(),
                progress=shown.reached,
            )
    except SownBefore:
        raise SystemExit(
            "relais : ces personnes imaginaires y sont déjà. D’autres : --rng-seed 2 ; ailleurs : --var DOSSIER."
        ) from None
    console.print(str(report), soft_wrap=True)


def server_config(app: Any, settings: Settings) -> uvicorn.Config:  # noqa: ANN401 - an ASGI application
    """How an application is served; only proxies of the settings say from where, and by what, a visitor came."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=5,
    )


async def _serve(app: Any, settings: Settings, announce: Any) -> None:  # noqa: ANN401 - an ASGI application, a callable
    server = uvicorn.Server(server_config(app, settings))
    # What is loaded by now lives as long as the process: not looked at again, a referral costs about a tenth less.
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 50, 50)
    watchdog = Watchdog()
    watchdog.start()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, _stop, server, app)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            port = server.servers[0].sockets[0].getsockname()[1]
            announce(settings.public_url or f"http://{settings.host}:{port}/")
        try:
            await serving
        except SystemExit:
            raise SystemExit(
                f"relais : le port {settings.port} est déjà pris. Choisissez-en un autre avec --port."
            ) from None
    finally:
        watchdog.stop()


def _stop(server: uvicorn.Server, app: Any) -> None:  # noqa: ANN401 - an ASGI application
    for service in getattr(app, "services", {}).values():
        service.live.close()
    server.should_exit = True


async def _setup_token(partners: Service) -> str | None:
    from services.partners.first_start import make_token

    return await make_token(partners.database)


def _announce_setup(address: str, token: str | None) -> None:
    """Only here and only now: the token is in no log, and the database keeps its hash."""
    if token is not None:
        console.print("\nPersonne n’a encore de compte. Créez le premier dans les 30 minutes :")
        console.print(f"  adresse  {address.rstrip('/')}/installation", markup=False, soft_wrap=True)
        console.print(f"  jeton    {token}", markup=False, soft_wrap=True)


def _announce_one(name: str, address: str, token: str | None) -> None:
    console.print(f"Relais, service {name} : {address}")
    _announce_setup(address, token)
    sys.stdout.flush()


def _announce(settings: Settings, address: str, token: str | None = None) -> None:
    console.print(f"\nRelais est prêt : [bold]{address}[/bold]")
    if settings.demonstration:
        from services.partners.demonstration import demo_accounts

        console.print("\nDémonstration, territoire imaginaire. Sur la page de connexion, choisissez un rôle :")
        shown: set[str] = set()
        for account in demo_accounts():
            if account["role"] not in shown:
                shown.add(account["role"])
                console.print(f"  {account['role']:<15} {account['login']}", markup=False)
        console.print("Tous les comptes : ./relais demo-accounts")
    _announce_setup(address, token)
    console.print("Ctrl-C arrête tout.")
    sys.stdout.flush()
