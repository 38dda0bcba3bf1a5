"""The generated documents: written by `./relais documents`, compared by the tests with what the code says now."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from contracts.readme import readme
from contracts.schema import asyncapi, breaks, schemas
from contracts.topology import SERVICES
from services import data_protection
from services.processes import make
from services.roles import matrix
from services.runtime.process import Servers
from services.runtime.settings import Settings
from services.runtime.web.answers import schemes
from services.runtime.web.guard import COOKIE

CONTRACTS = Path(__file__).parents[1] / "contracts"
ROLES = Path(__file__).parents[1] / "docs" / "roles.md"


class NotAdditive(Exception):
    """A published schema would change in a way that an older reader does not understand; each line says where."""


def openapi() -> dict[str, Any]:
    """The REST interface of all services as one OpenAPI document; pages are not in it."""
    licence = {"name": "AGPL-3.0-or-later"}
    found = get_openapi(title="Relais", version="1", routes=routes_of_all(), license_info=licence)
    found["components"]["securitySchemes"] = schemes(COOKIE)
    return found


@cache
def routes_of_all() -> tuple[BaseRoute, ...]:
    """Every route of the four services, which are made on throwaway keys and never started."""
    routes: list[BaseRoute] = []
    with tempfile.TemporaryDirectory(prefix="relais-") as keys:
        settings = Settings(var=Path("/nonexistent"), keys=Path(keys))
        servers = Servers("postgresql://nobody@localhost/none", "nats://localhost:1", settings.keys)
        for name in SERVICES:
            app = make(name, settings, servers).app
            assert isinstance(app, FastAPI)
            routes += app.routes
    return tuple(routes)


def documents() -> dict[Path, str]:
    """Every generated file and its text."""
    found = {CONTRACTS / "schemas" / f"{name}.json": _text(schema) for name, schema in schemas().items()}
    found[CONTRACTS / "asyncapi.json"] = _text(asyncapi())
    found[CONTRACTS / "README.md"] = readme()
    found[CONTRACTS / "openapi.json"] = _text(openapi())
    found[ROLES] = matrix(routes_of_all())
    found |= data_protection.pages()
    return found


def write() -> list[Path]:
    """Write what differs and return it. Raises NotAdditive, and writes nothing, for a schema that would break a
    reader.
    """
    found = documents()
    broken = [line for path, text in found.items() for line in not_additive(path, text)]
    if broken:
        raise NotAdditive("\n".join(broken))
    changed = [path for path, text in found.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        path.parent.mkdir(exist_ok=True)
        path.write_text(found[path], "utf-8")
    return changed


def not_additive(path: Path, text: str) -> list[str]:
    """What would break a reader of the committed schema at `path`; nothing for other documents and new files."""
    if path.parent.name != "schemas" or not path.exists():
        return []
    return breaks(json.loads(path.read_text("utf-8")), json.loads(text), path.stem)


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
