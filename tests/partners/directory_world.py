"""The directory as the tests fill it in: organisations, desks, members, and what is kept of them."""

import html
from uuid import UUID, uuid4

from services.partners.demonstration import ref_of

CAF, CCAS = ref_of("organisation", "caf"), ref_of("organisation", "ccas")


SOCIAL, HOUSING = ref_of("desk", "caf", "social"), ref_of("desk", "caf", "logement")


async def post(client, path, status=303, **data):
    answer = await client.post(path, data={"command_id": str(uuid4()), **data})
    assert answer.status_code == status, (path, answer.status_code, html.unescape(answer.text)[-3000:])
    return answer


async def text_of(client, path, status=200):
    answer = await client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return html.unescape(answer.text)


def last(answer) -> UUID:
    return UUID(answer.headers["location"].rsplit("/", 1)[-1])


async def one(world, statement, **values):
    async with world.service.database.worker() as work:
        return (await work.execute(statement, **values)).scalar()


async def facts(world, kind, ref):
    async with world.service.database.worker() as work:
        rows = await work.execute(
            "SELECT envelope FROM fact WHERE type = :type AND ref = :ref ORDER BY seq", type=kind.type_name(), ref=ref
        )
        return [kind.model_validate(row["data"]) for row in rows.scalars()]


async def make_organisation(administrator, name="Association d’essai", kind="association"):
    return last(await post(administrator, "/annuaire/nouveau", name=name, kind=kind))


async def make_desk(administrator, organisation, name="Accueil"):
    await post(
        administrator, f"/annuaire/{organisation}/guichet",
        name=name, rights=["domiciliation"], modes=["rdv_pris"], receives="true",
    )  # fmt: skip


async def invite(client, organisation, name="Nolwenne Aubrecourt", path=None, **roles):
    email = f"{uuid4().hex[:10]}@essai.example"
    path = path or f"/annuaire/{organisation}/membre"
    return last(await post(client, path, name=name, email=email, function="Agente", **roles)), email


async def signed_in(world, account):
    client = world.browser()
    await post(client, "/connexion/demonstration", account=str(account))
    return client
