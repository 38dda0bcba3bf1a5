"""What `relais journal` does: check the chain with its heads, or write the journal out, on the data folder of a stopped
application or on your servers.
"""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from services.intake import journal_sealing, journal_verify
from services.processes import make
from services.runtime.process import Service
from services.runtime.settings import Settings
from services.whole import Ground

console = Console(highlight=False)


@asynccontextmanager
async def _intake(settings: Settings) -> AsyncIterator[Service]:
    ground = Ground.start(settings)
    try:
        service = make("intake", settings, ground.servers)
        try:
            yield service
        finally:
            await service.database.close()
    finally:
        ground.stop()


async def verify(settings: Settings) -> int:
    """Seal what waits, then check everything: 0 when all is well, 1 when something is wrong."""
    async with _intake(settings) as service:
        await journal_sealing.seal_all(service)
        key, folder = journal_sealing.key_of(service), settings.journal_copy
        columns = (TextColumn("Vérification du journal"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task("", total=None)
            report = await journal_verify.check_and_note(
                service, key, folder, lambda done, last: progress.update(bar, completed=done, total=last)
            )
    console.print(f"Journal de {settings.territory} : {_counted(report)}")
    if report.ok:
        said = "La chaîne est entière : rien n’a été modifié, effacé, inséré, déplacé ni réécrit."
        console.print(said, soft_wrap=True)
        return 0
    console.print(f"[bold]Le journal n’est pas intact[/bold] ({len(report.problems)}) :")
    for problem in report.problems:
        console.print(f"  {problem}", markup=False, soft_wrap=True)
    console.print("Gardez la base et la copie des têtes en l’état, et prévenez votre DPO.")
    return 1


async def export(settings: Settings, out: Path) -> int:
    """Write the journal to a new file, readable by its owner alone: 0, or 1 when the file exists."""
    with contextlib.suppress(FileExistsError):
        out.touch(mode=0o600, exist_ok=False)
        async with _intake(settings) as service:
            await journal_sealing.seal_all(service)
            with out.open("w", encoding="utf-8") as file:
                lines = await journal_verify.write_out(service, file)
        folder = settings.keys / "intake" / "journal" / "head.pub"
        heads = settings.journal_copy / f"{settings.territory}.jsonl"
        console.print(f"{lines} lignes écrites dans {out}.", soft_wrap=True)
        console.print(f"Pour vérifier ailleurs : python verify_journal.py {out} {heads} {folder}", soft_wrap=True)
        return 0
    console.print(f"relais : {out} existe déjà. Choisissez un autre fichier.", soft_wrap=True)
    return 1


def _counted(report: journal_verify.Report) -> str:
    waiting = f", {report.waiting} en attente de scellement" if report.waiting else ""
    return f"{report.links} entrées scellées, {report.heads} têtes signées{waiting}."
