"""An import that is killed, fails in a row, or finds something changed: nothing twice, nothing unseen."""

import html
import re
from uuid import UUID, uuid4

import pytest

from services.partners.import_applying import apply_batch
from tests.partners.import_pages_world import apply, found, lines, name, post, rows, text_of, upload


@pytest.fixture
async def administrator(world):
    return await world.as_account(role="administrator")


async def of_source(world, source):
    statement = "SELECT organisation FROM organisationorigin WHERE source = :source"
    return [one.organisation for one in await rows(world, statement, source=source)]


async def set_state(work, here, state):
    given = {"ref": UUID(here.rsplit("/", 1)[-1]), "state": state, "now": work.now}
    await work.execute("UPDATE directoryimport SET state = :state, started_at = :now WHERE ref = :ref", **given)


async def test_an_import_that_is_killed_in_the_middle_goes_on_and_makes_nothing_twice(world, administrator, until):
    source, names = uuid4().hex[:8], [name() for _ in range(5)]
    desk = "Accueil;RSA;Rendez-vous pris"
    body = lines(*(f"{source};{place};{one};Association;;Dol;;{desk}" for place, one in enumerate(names)),
                 f"{source};4;{names[4]};Association;;Dol;;Annexe;RSA;Rendez-vous pris")  # fmt: skip
    here = await upload(administrator, body)
    database = world.service.database
    with pytest.raises(ZeroDivisionError):
        async with database.worker() as work:
            await set_state(work, here, "applying")
            assert await apply_batch(work, 3)
            raise ZeroDivisionError
    assert await of_source(world, source) == []
    async with database.worker() as work:
        await set_state(work, here, "applying")
        assert await apply_batch(work, 3)
        await set_state(work, here, "stopped")
    assert len(await of_source(world, source)) == 3
    async with database.worker() as work:
        await set_state(work, here, "applying")

    async def over():
        page = await text_of(administrator, here)
        return page if "Import terminé" in page else None

    await until(over)
    async with database.worker() as work:
        await set_state(work, here, "applying")
    await until(over)
    made = await of_source(world, source)
    assert len(made) == 5
    counted = "SELECT count(*) AS count FROM {} WHERE organisation = ANY(:made)"
    assert (await rows(world, counted.format("desk"), made=made))[0].count == 6
    assert (await rows(world, counted.format("directoryevent"), made=made))[0].count == 11


async def test_a_row_that_fails_is_left_and_the_others_are_done(world, administrator, until):
    source, broken, fine = uuid4().hex[:8], name(), name()
    body = lines(*(f"{source};{one};{one};Association;;;;;;" for one in (broken, fine)))
    here = await upload(administrator, body)
    async with world.service.database.worker() as work:
        await work.execute(
            "UPDATE directoryimportrow SET act = 'change', found = jsonb_set(found, '{target}', '\"nothing\"')"
            " WHERE draft = :ref AND number = 2", ref=UUID(here.rsplit("/", 1)[-1]),
        )  # fmt: skip
        await set_state(work, here, "applying")

    async def over():
        page = await text_of(administrator, here)
        return page if "Import terminé" in page else None

    page = await until(over)
    assert "Une erreur est survenue de notre côté." in page
    assert await found(world, broken) == [] and len(await found(world, fine)) == 1


async def test_nothing_is_done_that_was_not_shown(world, administrator):
    one, source = name(), uuid4().hex[:8]
    here = await upload(administrator, lines(f"{source};1;{one};Association;;Dol;;;;"))
    digest = re.search(r'name="digest" value="([0-9a-f]+)"', await text_of(administrator, here))[1]
    await post(administrator, "/annuaire/nouveau", name=one, kind="association", city="Dol")
    answer = await post(administrator, f"{here}/appliquer", status=409, digest=digest)
    page = html.unescape(answer.text)
    assert "L’annuaire a changé depuis" in page and "1 inchangée" in page
    await post(administrator, f"{here}/abandon")
    assert (await administrator.get(here)).status_code == 404
    draft = UUID(here.rsplit("/", 1)[-1])
    assert await rows(world, "SELECT 1 FROM directoryimportrow WHERE draft = :draft", draft=draft) == []


async def test_what_changed_while_an_import_went_on_is_left_and_said(world, administrator, until):
    one, source = name(), uuid4().hex[:8]
    await apply(administrator, await upload(administrator, lines(f"{source};1;{one};Association;;Dol;;;;")), until)
    here = await upload(administrator, lines(f"{source};1;{one};Association;;Brest;;;;"))
    async with world.service.database.worker() as work:
        await work.execute("UPDATE organisationcard SET city = 'Rennes' WHERE city = 'Dol' AND organisation ="
                           " (SELECT ref FROM organisation WHERE name = :name)", name=one)  # fmt: skip
        await set_state(work, here, "applying")

    async def over():
        page = await text_of(administrator, here)
        return page if "Import terminé" in page else None

    assert "L’annuaire a changé entre-temps" in await until(over)
    assert (await found(world, one))[0].city == "Rennes"
