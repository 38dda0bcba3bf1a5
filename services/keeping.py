"""`relais retention`: what every service keeps too long goes, or is counted, with a bar and a report without names."""

from collections.abc import Mapping

from rich.table import Table

from contracts.topology import SERVICES
from services.intake import retention
from services.processes import schema
from services.runtime.process import Service
from services.runtime.purging import PLUMBING_AGES, Age, count_over_age, purge
from services.runtime.settings import Settings
from services.terminal import bar, console
from services.whole import at_rest


async def keep_to_ages(settings: Settings, *, dry_run: bool) -> dict[str, dict[str, int]]:
    """On the data folder of a stopped application, or on your servers: counts by service and kind, also printed.

    No service is started, so that no clock of theirs does anything beside; the facts of erasures wait in the outbox.
    """
    async with at_rest(settings, *SERVICES, prepare=True) as services:
        counts = await _count(services)
        if not dry_run:
            counts = await _let_go(services, counts)
    console.print(_report(counts, settings, dry_run=dry_run))
    return counts


def _ages(service: Service) -> tuple[Age, ...]:
    return (*PLUMBING_AGES, *service.schema.ages)


async def _count(services: Mapping[str, Service]) -> dict[str, dict[str, int]]:
    counts = {}
    with bar("Ce qui est au terme", len(services)) as shown:
        for name, service in services.items():
            counts[name] = await _over_age(service)
            shown.advance()
    return counts


async def _over_age(service: Service) -> dict[str, int]:
    if service.name == "intake":
        return dict((await retention.would_go(service)).counts)
    return await count_over_age(service.database, _ages(service))


async def _let_go(services: Mapping[str, Service], expected: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    total = sum(sum(one.values()) for one in expected.values())
    gone: dict[str, dict[str, int]] = {}
    with bar("Conservation", total) as shown:
        for name, service in services.items():
            if name == "intake":
                assert service.app is not None
                eraser = service.app.state.eraser
                report = await retention.keep_to_ages(service, eraser, lambda _, n: shown.advance(n))
                gone[name] = dict(report.counts)
            else:
                gone[name] = await purge(service.database, _ages(service), lambda _, n: shown.advance(n))
    return gone


def _report(counts: Mapping[str, Mapping[str, int]], settings: Settings, *, dry_run: bool) -> Table:
    """A table of what went, or would go, with the ages that the territory chose below it."""
    title = "Ce qui serait effacé (rien ne l’a été)" if dry_run else "Ce qui a été effacé"
    table = Table("Service", "Nature", "Lignes", title=title)
    for name, kinds in counts.items():
        for kind, count in kinds.items():
            table.add_row(name, _what(name, kind), str(count))
    table.caption = "\n".join(f"{what}\u202f: {age}" for what, age in retention.chosen(settings))
    return table


def _what(name: str, kind: str) -> str:
    own = {age.table: age.what for age in schema(name).ages}
    return own.get(kind) or retention.WHAT.get(kind, kind)
