"""Every page that a role reaches from its home, over a hundred thousand referrals: how long the server takes.

The pages are found by following links, one of each kind, so that a new page is measured without being listed here.
"""

import asyncio
import gzip
import re
import time
from collections import deque
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import httpx

from contracts.topology import SERVICES
from contracts.viewer import Role
from services.bench.copies import multiply
from services.bench.figures import Figure, percentile
from services.bench.people import database_of, sign_in
from services.bench.servers import Bench, application, started
from services.partners.demonstration import people
from services.runtime.clock import system_clock
from services.seed import seed
from services.whole import Whole

REFERRALS, SEEDED_PEOPLE, MONTHS = 100_000, 120, 6
TIMES, WARM_UP, AT_MOST = 40, 2, 60
HOMES = {
    Role.REFERENT: ("/aujourdhui", "/personnes", "/orientations"),
    Role.DESK_AGENT: ("/bureau", "/avis"),
    Role.DESK_MANAGER: ("/bureau", "/bureau/reglages"),
    Role.COORDINATOR: ("/tableau", "/tableau/bloquees", "/reseau"),
    Role.DPO: ("/journal", "/demandes", "/circuits", "/effacements"),
    Role.ADMINISTRATOR: ("/annuaire", "/reseau"),
}
_ON_THE_WAY = " + ".join(
    [
        "SELECT (SELECT count(*) FROM intake.handover WHERE step = 'sending')",
        "(SELECT count(*) FROM notify.reminder WHERE state = 'armed' AND due_at <= now())",
    ]
    + [f"(SELECT count(*) FROM {name}.{name}_outbox)" for name in SERVICES]
)
PATIENCE = 120.0
# Files for a spreadsheet, a printer or a calendar are no pages; the help and the components are text.
_NOT_PAGES = re.compile(r"\.(csv|xlsx|pdf|ics|json|sql|txt)|/flux|/deconnexion|/composants|/aide|/static|/api/")
_REFERENCE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass(frozen=True)
class Measured:
    """One page of one role: its address with references left out, and the milliseconds of each request."""

    role: str
    kind: str
    took: tuple[float, ...]

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return percentile(self.took, 0.95)


async def measure_pages(referrals: int = REFERRALS) -> tuple[list[Figure], list[Measured], int]:
    """The figures, every page from the slowest on, and how many referrals there were."""
    async with started() as bench:
        await _sow(bench)
        there = await multiply(bench.ground.owner_url, referrals)
        cookies = await _sign_in_each(bench)
        app = await application(bench.environment, "up", "--port", "0")
        try:
            await _all_arrived(bench.ground.owner_url)
            found = [one for role, cookie in cookies.items() for one in await _walk(app.port, role, cookie)]
            weights = [(HOMES[role][0], await _weight(app.port, role, cookie)) for role, cookie in cookies.items()]
        finally:
            await app.stop()
    found.sort(key=lambda one: -one.p95)
    every = [one for page in found for one in page.took]
    heaviest = max(weights, key=lambda one: one[1])
    slowest = Figure(13, f"page la plus lente ({found[0].kind}), p95", found[0].p95, "ms", 50, 25, least=False)
    whole = Figure(14, f"{len(found)} pages ensemble, p95", percentile(every, 0.95), "ms", 50, 25, least=False)
    first = Figure(16, f"premier affichage ({heaviest[0]}), comprimé", heaviest[1], "ko", 100, 80, least=False)
    return [slowest, whole, first], found, there


async def _sow(bench: Bench) -> None:
    whole = Whole(bench.settings, bench.ground)
    await whole.start()
    try:
        await seed(
            whole.services, people=SEEDED_PEOPLE, months=MONTHS, now=system_clock(), progress=lambda done, total: None
        )
        await _all_arrived(bench.ground.owner_url)
    finally:
        await whole.stop()


async def _all_arrived(owner_url: str) -> None:
    """Copies of what is on its way would be sent again for ever; and pages are asked once what was due is told."""
    connection = await asyncpg.connect(owner_url)
    until = time.monotonic() + PATIENCE
    try:
        while await connection.fetchval(_ON_THE_WAY):
            if time.monotonic() > until:
                raise TimeoutError("what was on its way did not arrive in time")
            await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def _sign_in_each(bench: Bench) -> dict[Role, str]:
    async with database_of("partners", bench.settings, bench.ground.servers) as directory:
        first: dict[Role, UUID] = {}
        for one in people():
            first.setdefault(one.role, one.ref)
        return {role: (await sign_in(directory, first[role]))[0] for role in HOMES}


async def _walk(port: int, role: Role, cookie: str) -> list[Measured]:
    """Every kind of page within reach, one address of each."""
    todo, seen, found = deque(HOMES[role]), set(), []
    cookies = {"relais_session": cookie}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", cookies=cookies, timeout=60) as client:
        while todo and len(found) < AT_MOST:
            address = todo.popleft()
            kind = _kind(address)
            if kind in seen or _NOT_PAGES.search(address):
                continue
            seen.add(kind)
            answer = await client.get(address)
            if answer.status_code != 200 or "text/html" not in answer.headers.get("content-type", ""):
                if answer.status_code >= 500:
                    raise RuntimeError(f"{kind} answered {answer.status_code}")
                continue
            links = re.findall(r'href="(/[^"#]*)"', answer.text)
            todo.extend(one.replace("&amp;", "&") for one in links)
            found.append(Measured(role.value, kind, await _times(client, address)))
    return found


async def _weight(port: int, role: Role, cookie: str) -> float:
    """Kilobytes of the home page of a role with all that it loads, compressed with gzip as a proxy would; the typeface
    is compressed by itself.
    """
    cookies = {"relais_session": cookie}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", cookies=cookies, timeout=60) as client:
        page = (await client.get(HOMES[role][0])).text
        todo, seen, size = re.findall(r'(?:href|src)="(/static/[^"]+)"', page), set(), len(gzip.compress(page.encode()))
        while todo:
            file = todo.pop()
            if file in seen:
                continue
            seen.add(file)
            answer = await client.get(file)
            size += len(answer.content) if file.endswith(".woff2") else len(gzip.compress(answer.content))
            if file.split("?")[0].endswith(".js"):
                todo += [f"/static/{one}" for one in re.findall(r'from "\./([\w.-]+)"', answer.text)]
    return size / 1000


def _kind(address: str) -> str:
    """References, and which page of a list, left out."""
    return re.sub(r"[?&]page=\d+", "", _REFERENCE.sub("…", address))


async def _times(client: httpx.AsyncClient, address: str) -> tuple[float, ...]:
    took = []
    for _ in range(WARM_UP + TIMES):
        began = time.monotonic()
        answer = await client.get(address)
        took.append(1000 * (time.monotonic() - began))
        if answer.status_code != 200:
            raise RuntimeError(f"{_kind(address)} answered {answer.status_code}")
    return tuple(took[WARM_UP:])
