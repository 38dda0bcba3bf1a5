"""What is written from the code and never by hand: the routes of the proxy, and the table of settings in the docs.

`python -m deploy.generate` writes both; a test fails when one is out of date.
"""

import re
from pathlib import Path

from pydantic_core import PydanticUndefined

from contracts.topology import PREFIXES, SERVICES
from services.runtime.settings import Settings

HERE = Path(__file__).parent
CADDYFILE = HERE / "Caddyfile"
OPERATIONS = HERE.parent / "docs" / "operations.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
_HEAD = """\
# Written by `python -m deploy.generate` from contracts/topology.py. RELAIS_SITE is the name people type; Caddy fetches
# its certificate. Each service may be told apart by RELAIS_UPSTREAM_<SERVICE>, host:port.
{$RELAIS_SITE:localhost} {
	encode zstd gzip
	# For machines inside only: counts, and whether a service is ready.
	@inside path /metrics /livez /readyz
	handle @inside {
		respond 404
	}
"""


def caddyfile() -> str:
    """The reverse proxy: each request to the service of its first words; the directory takes what nobody else does."""
    routes = []
    for service in SERVICES:
        paths = [f"/{prefix} /{prefix}/*" for prefix in PREFIXES[service] if prefix]
        if "" not in PREFIXES[service]:
            routes.append(f"	@{service} path {' '.join(paths)}\n	handle @{service} {{\n{_proxy(service)}	}}\n")
    (fallback,) = (service for service in SERVICES if "" in PREFIXES[service])
    return f"{_HEAD}{''.join(routes)}	handle {{\n{_proxy(fallback)}	}}\n}}\n"


def settings_table() -> str:
    """Every setting as a Markdown table: variable, default, meaning."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "computed" if field.default is PydanticUndefined else field.default
        shown = "" if default is None else f"`{default}`" if default != "computed" else "see below"
        rows.append(f"| `RELAIS_{name.upper()}` | {shown} | {field.description or 'how much is logged'} |")
    return "\n".join(rows)


def with_settings(text: str) -> str:
    """That text with the table between its two marks."""
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n{settings_table()}\n{END}", text, flags=re.S)


def write() -> None:
    """Write both files."""
    CADDYFILE.write_text(caddyfile())
    OPERATIONS.write_text(with_settings(OPERATIONS.read_text("utf-8")), "utf-8")


def _proxy(service: str) -> str:
    return f"		reverse_proxy {{$RELAIS_UPSTREAM_{service.upper()}:{service}:8400}}\n"


if __name__ == "__main__":
    write()
