"""`relais retention`: what every service keeps too long goes, or is counted, with a bar and a report without names."""

from collections.abc import Mapping

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from contracts.topology import SERVICES
from services.intake import retention
from services.processes import make, schema
from services.runtime.process import Service
from services.runtime.purging import PLUMBING_AGES, Age, count_over_age, purge
from services.runtime.settings import Settings
from services.whole import Ground

console = Console(highlight=False)


async def keep_to_ages(settings: Settings, *, dry_run: bool) -> dict[str, dict[str, int]]:
    """On the data folder of a stopped application, or on your servers: counts by service and kind, also printed.

    No service is started, so that no clock of theirs does anything beside; the facts of erasures wait in the outbox.
    """
    ground = Ground.start(settings)
    try:
        await ground.prepare(settings.territory)
        services = {name: make(name, settings, ground.servers) for name in SERVICES}
        try:
            counts = await _count(services)
            if not dry_run:
                counts = await _let_go(services, counts)
        finally:
            for service in services.values():
                await service.database.close()
    finally:
        ground.stop()
    console.print(_report(counts, settings, dry_run=dry_run))
    return counts


def _ages(service: Service) -> tuple[Age, ...]:
    return (*PLUMBING_AGES, *service.schema.ages)


async def _count(services: Mapping[str, Service]) -> dict[str, dict[str, int]]:
    columns = (TextColumn("Ce qui est au terme"), BarColumn(), MofNCompleteColumn())
    counts = {}
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=len(services))
        for name, service in services.items():
            counts[name] = await _over_age(service)
            progress.advance(bar)
    return counts


async def _over_age(service: Service) -> dict[str, int]:
    if service.name == "intake":
        return dict((await retention.would_go(service)).counts)
    return await count_over_age(service.database, _ages(service))


async def _let_go(services: Mapping[str, Service], expected: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    total = sum(sum(one.values()) for one in expected.values())
    columns = (TextColumn("Conservation"), BarColumn(), MofNCompleteColumn())
    gone: dict[str, dict[str, int]] = {}
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=total)
        for name, service in services.items():
            if name == "intake":
                assert service.app is not None
                eraser = service.app.state.eraser
                report = await retention.keep_to_ages(service, eraser, lambda _, n: progress.advance(bar, n))
                gone[name] = dict(report.counts)
            else:
                gone[name] = await purge(service.database, _ages(service), lambda _, n: progress.advance(bar, n))
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
