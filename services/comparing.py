"""The commands by which territories exchange their published aggregates as files."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from contracts.refusals import Refusal
from services.referral import comparison
from services.runtime.database import Work
from services.runtime.settings import Settings
from services.terminal import console
from services.whole import at_rest


async def export(settings: Settings, out: Path, month: str | None) -> int:
    """`relais comparison export`: 0 when the file is written, 1 when nothing is published or the file is there."""
    try:
        async with _work(settings) as (work, signer):
            found = await comparison.export(work, signer, month)
    except Refusal:
        console.print("relais : aucun trimestre publié. Publiez d’abord sur la page Données ouvertes.")
        return 1
    try:
        with out.open("x", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
    except FileExistsError:
        console.print(f"relais : {out} existe déjà.")
        return 1
    console.print(f"{out} : {len(found['opened'])} mesures, trimestre {found['month']}.", soft_wrap=True)
    return 0


async def take(settings: Settings, files: list[Path]) -> int:
    """`relais comparison import`: 0 when all were taken, 1 when one was refused, and then none is kept."""
    try:
        texts = [file.read_bytes() for file in files]
    except OSError as error:
        console.print(f"relais : {error.filename} : {error.strerror}", soft_wrap=True)
        return 1
    new = taken = 0
    try:
        async with _work(settings) as (work, signer):
            for text in texts:
                new += await comparison.keep(work, signer, text)
                taken += 1
    except Refusal as refusal:
        console.print(f"relais : {files[taken]} : {refusal}", soft_wrap=True)
        return 1
    console.print(f"{len(files)} fichiers lus, {new} nouveaux.")
    return 0


@asynccontextmanager
async def _work(settings: Settings) -> AsyncIterator[tuple[Work, comparison.Signer]]:
    async with at_rest(settings, "referral") as services, services["referral"].database.worker() as work:
        yield work, comparison.Signer(settings.keys / "referral" / "comparison")
