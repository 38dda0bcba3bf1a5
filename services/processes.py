"""Every service by name: its schema, and how one is made. The one file that knows all four."""

from collections.abc import Callable
from importlib import import_module

from contracts.topology import SERVICES
from services.runtime.clock import Clock, system_clock
from services.runtime.migrations import Schema
from services.runtime.process import Servers, Service
from services.runtime.settings import Settings


def schema(name: str) -> Schema:
    """The schema that a service declares in its `tables` module."""
    found: Schema = import_module(f"services.{name}.tables").SCHEMA
    return found


def schemas() -> list[Schema]:
    """All schemas, in the order in which they are migrated."""
    return [schema(name) for name in SERVICES]


def load() -> None:
    """Import every service. Making one does it, too; here it is done before there are servers."""
    for name in SERVICES:
        import_module(f"services.{name}.app")


def make(name: str, settings: Settings, servers: Servers, clock: Clock = system_clock) -> Service:
    """A service with its parts, not yet started."""
    tables = import_module(f"services.{name}.tables")
    build: Callable[[Service], object] = import_module(f"services.{name}.app").build
    if settings.screening is not None:
        import_module("services.intake.screening_file").learn_local_rights(settings.screening)
    service = Service(name, settings, servers, tables.SCHEMA, tables.PLUMBING, clock)
    build(service)
    return service
