"""An import of the directory measured: `python -m services.bench.imports [rows]` reads, checks and applies a file, and
says how long each step took, what a page took meanwhile, and what the application's memory rose to.
"""

import asyncio
import csv
import io
import re
import sys
import time
from pathlib import Path

import httpx

from contracts.viewer import Role
from services.bench.people import database_of, sign_in
from services.bench.servers import Bench, application, started
from services.partners.demonstration import make_directory, people
from services.runtime.web.guard import COOKIE

ROWS = 5_000
HEADS = ("source", "identifiant", "nom", "nature", "adresse", "code_postal", "commune", "telephone", "courriel",
         "thematiques", "contact_nom", "contact_fonction", "guichet", "droits", "modes")  # fmt: skip
DESK = ("Accueil", "Domiciliation", "Rendez-vous pris")


def a_file(rows: int) -> bytes:
    """A file of organisations as Excel writes it; every third has a desk."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEADS)
    for one in range(rows):
        writer.writerow((
            "mesure", one, f"Association d’essai {one}", "Association", f"{one} rue de l’Essai", "99001",
            f"Commune {one % 50}", "0261910001", f"accueil{one}@essai.example", "logement | budget", "Prénom Nom",
            "Responsable", *(DESK if one % 3 == 0 else ("", "", "")),
        ))  # fmt: skip
    return out.getvalue().encode("cp1252")


async def measure_import(rows: int = ROWS) -> dict[str, float]:
    """Seconds of each step, of the slowest page meanwhile, and megabytes before and at most."""
    async with started() as bench:
        cookie = await _administrator(bench)
        app = await application(bench.environment, "up", "--port", "0")
        client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{app.port}", cookies={COOKIE: cookie}, timeout=300,
            headers={"sec-fetch-site": "same-origin"},
        )  # fmt: skip
        try:
            async with client:
                found = {"memory_before_mb": _megabytes(app.process.pid, "VmRSS")}
                found |= await _import(client, a_file(rows))
                return {**found, "memory_at_most_mb": _megabytes(app.process.pid, "VmHWM")}
        finally:
            await app.stop()


async def _administrator(bench: Bench) -> str:
    async with database_of("partners", bench.settings, bench.ground.servers) as directory:
        async with directory.worker() as work:
            await make_directory(work)
        return (await sign_in(directory, next(one.ref for one in people() if one.role is Role.ADMINISTRATOR)))[0]


async def _import(client: httpx.AsyncClient, body: bytes) -> dict[str, float]:
    began = time.perf_counter()
    here = (await client.post("/annuaire/import", files={"file": ("annuaire.csv", body)})).headers["location"]
    read = time.perf_counter()
    page = (await client.get(here)).text
    digest = re.search(r'name="digest" value="([0-9a-f]*)"', page)
    assert digest is not None
    shown = time.perf_counter()
    await client.post(f"{here}/appliquer", data={"digest": digest[1]})
    slowest = 0.0
    while True:
        asked = time.perf_counter()
        page = (await client.get(here)).text
        slowest = max(slowest, time.perf_counter() - asked)
        if "Import terminé" in page:
            break
        await asyncio.sleep(0.5)
    applied = time.perf_counter()
    again = (await client.post("/annuaire/import", files={"file": ("annuaire.csv", body)})).headers["location"]
    assert "inchangées" in (await client.get(again)).text
    return {
        "read_and_check_s": read - began, "preview_s": shown - read, "apply_s": applied - shown,
        "slowest_page_meanwhile_s": slowest, "read_again_s": time.perf_counter() - applied,
    }  # fmt: skip


def _megabytes(pid: int, word: str) -> float:
    found = re.search(rf"^{word}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    for name, value in asyncio.run(measure_import(wanted)).items():
        print(f"{name}: {value:.2f}")
