"""An import through its pages, as the tests make it."""

import html
import re
from uuid import uuid4

HEADS = "source;identifiant;nom;nature;siret;commune;telephone;guichet;droits;modes"


def name() -> str:
    return f"Organisme {uuid4().hex[:8]}"


async def upload(client, *files, status=303):
    sent = [("file", (f"annuaire-{place}.csv", body, "text/csv")) for place, body in enumerate(files)]
    answer = await client.post("/annuaire/import", files=sent)
    assert answer.status_code == status, html.unescape(answer.text)[-3000:]
    return answer.headers["location"] if status == 303 else html.unescape(answer.text)


async def text_of(client, path, status=200):
    answer = await client.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.text[-2000:])
    return html.unescape(answer.text)


async def post(client, path, status=303, **data):
    answer = await client.post(path, data=data)
    assert answer.status_code == status, (path, answer.status_code, html.unescape(answer.text)[-3000:])
    return answer


def lines(*rows: str) -> bytes:
    return "\r\n".join((HEADS, *rows)).encode("cp1252")


async def apply(client, here, until):
    page = await text_of(client, here)
    digest = re.search(r'name="digest" value="([0-9a-f]*)"', page)[1]
    await post(client, f"{here}/appliquer", digest=digest)

    async def over():
        page = await text_of(client, here)
        return page if "Import terminé" in page else None

    return await until(over)


async def rows(world, statement, **values):
    async with world.service.database.worker() as work:
        return (await work.execute(statement, **values)).all()


async def found(world, name):
    statement = "SELECT * FROM organisation o JOIN organisationcard c ON c.organisation = o.ref WHERE o.name = :name"
    return await rows(world, statement, name=name)
