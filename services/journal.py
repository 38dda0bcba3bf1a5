"""What `relais journal` does: check the chain with its heads, or write the journal out, on the data folder of a stopped
application or on your servers.
"""

from pathlib import Path

from services.intake import journal_sealing, journal_verify
from services.runtime.settings import Settings
from services.terminal import bar, console
from services.whole import at_rest


async def verify(settings: Settings) -> int:
    """Seal what waits, then check everything: 0 when all is well, 1 when something is wrong."""
    async with at_rest(settings, "intake") as services:
        service = services["intake"]
        await journal_sealing.seal_all(service)
        key, folder = journal_sealing.key_of(service), settings.journal_copy
        with bar("Vérification du journal") as shown:
            report = await journal_verify.check_and_note(service, key, folder, shown.reached)
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
    try:
        out.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        console.print(f"relais : {out} existe déjà. Choisissez un autre fichier.", soft_wrap=True)
        return 1
    async with at_rest(settings, "intake") as services:
        await journal_sealing.seal_all(services["intake"])
        with out.open("w", encoding="utf-8") as file:
            lines = await journal_verify.write_out(services["intake"], file)
    key = settings.keys / "intake" / "journal" / "head.pub"
    heads = settings.journal_copy / f"{settings.territory}.jsonl"
    console.print(f"{lines} lignes écrites dans {out}.", soft_wrap=True)
    console.print(f"Pour vérifier ailleurs : python verify_journal.py {out} {heads} {key}", soft_wrap=True)
    return 0


def _counted(report: journal_verify.Report) -> str:
    waiting = f", {report.waiting} en attente de scellement" if report.waiting else ""
    return f"{report.links} entrées scellées, {report.heads} têtes signées{waiting}."
