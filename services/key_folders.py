"""The keys of an installation on servers of yours: a folder for each service, and the configuration of nats-server.

A service is handed its own folder and nothing else; the folder of the operator stays with whoever makes keys.
"""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from contracts.topology import SERVICES
from services.runtime.embedded.nats import write_server_config
from services.runtime.migrations import kinds_of, password
from services.runtime.nats_keys import write_operator
from services.runtime.settings import Settings
from services.whole import bus_users

NATS_PORT, MONITOR_PORT = 4222, 8222


def write_keys(out: Path, settings: Settings) -> Path:
    """Make what is missing below `out` (0700) and return the path of `nats.conf`; what is there is kept.

    `out/<service>/` holds `nats.creds` and a password for each PostgreSQL role; `out/admin/nats.creds` makes the
    stream; `out/operator/` holds the seeds, `out/system/` the system account's credentials: neither is for a service.
    The server listens as the settings call it: on loopback, unless RELAIS_NATS_URL and RELAIS_NATS_MONITOR_URL name
    another host.
    """
    out = out.expanduser().absolute()
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    operator = write_operator(out, bus_users(settings.territory))
    for service in SERVICES:
        for kind in kinds_of(service):
            password(out, service, kind)
    folder = out / "nats"
    folder.mkdir(mode=0o700, exist_ok=True)
    host, port = _listening(settings.nats_url, NATS_PORT)
    monitor = ":".join(map(str, _listening(settings.nats_monitor_url, MONITOR_PORT)))
    config = write_server_config(folder, operator, host=host, port=port, monitor=monitor)
    config.chmod(0o600)
    return config


def _listening(url: str | None, port: int) -> tuple[str, int]:
    """Where a server that clients call by that address has to listen."""
    called = urlsplit(url or f"//127.0.0.1:{port}")
    try:
        here = called.hostname == "localhost" or ip_address(called.hostname or "").is_loopback
    except ValueError:
        here = False
    return "127.0.0.1" if here else "0.0.0.0", called.port or port
