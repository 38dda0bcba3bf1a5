"""Opposing the evaluation: recorded in its own table, under a role of its own, and without any effect anywhere else."""

import re
from uuid import UUID, uuid4

import pytest
from asyncpg import InsufficientPrivilegeError

from contracts.asks import Disclose
from contracts.viewer import Role, Viewer
from services.intake.base import Base
from services.intake.erasable import APART
from services.intake.evaluation import answer_of
from tests.intake.people_world import People, a_desk, referent, text_of
from tests.intake.test_own_page import opened


async def answers(people: People, viewer: Viewer, person: UUID) -> bool | None:
    """What is on record, as the evaluation's own role reads it."""
    async with people.service.app.state.evaluation.web(viewer) as work:  # type: ignore[union-attr]
        found = await answer_of(viewer, (person,), work)
        return found.opposed if found else None


async def test_an_answer_is_recorded_changed_and_shown_on_its_own_page(people: People):
    viewer = referent()
    person = await people.meet(viewer, evaluation_told=True)
    client, address = await people.client(viewer), f"/personnes/{person}/evaluation"
    assert "Aucune réponse n’est notée." in text_of((await client.get(address)).text)
    form = {"command_id": str(uuid4()), "choice": "opposed"}
    for _ in range(2):
        assert (await client.post(address, data=form)).status_code == 303
    assert await answers(people, viewer, person) is True
    assert re.search(r'value="opposed"[^>]*checked', (await client.get(address)).text)
    await client.post(address, data={"command_id": str(uuid4()), "choice": "not_opposed"})
    assert await answers(people, viewer, person) is False
    assert (await client.post(address, data={"command_id": str(uuid4())})).status_code == 422


async def test_she_answers_on_her_own_page_too(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    browser = await opened(people, viewer, person)
    form = {"command_id": str(uuid4()), "choice": "opposed"}
    assert (await browser.post("/moi/evaluation", data=form)).headers["location"] == "/moi/page"
    assert await answers(people, viewer, person) is True
    assert re.search(r'value="opposed"[^>]*checked', (await browser.get("/moi/evaluation")).text)


async def test_neither_pages_nor_clocks_can_read_an_answer(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    for transaction in (people.work(viewer), people.service.database.worker()):
        with pytest.raises(InsufficientPrivilegeError):
            async with transaction as work:
                await work.execute("SELECT opposed FROM evaluationanswer")
    for statement in ("INSERT INTO evaluationanswer (ref, person, organisation, opposed, actor, actor_kind, at) VALUES"
                      " (:ref, :ref, :ref, true, :ref, 'x', now())",
                      "SELECT 1 FROM evaluationanswer WHERE person = :ref"):  # fmt: skip
        with pytest.raises(InsufficientPrivilegeError):
            async with people.work(viewer) as work:
                await work.execute(statement, ref=person)


async def test_the_role_of_the_evaluation_reaches_nothing_else(people: People):
    viewer = referent()
    await people.meet(viewer)
    for table in Base.metadata.tables.values():
        if table.name in APART:
            continue
        with pytest.raises(InsufficientPrivilegeError):
            async with people.service.app.state.evaluation.web(viewer) as work:  # type: ignore[union-attr]
                await work.execute(f'SELECT 1 FROM intake."{table.name}"')


async def test_another_organisation_cannot_read_an_answer(people: People):
    viewer, other = referent(), referent()
    person = await people.meet(viewer)
    await (await people.client(viewer)).post(
        f"/personnes/{person}/evaluation", data={"command_id": str(uuid4()), "choice": "opposed"}
    )
    assert await answers(people, other, person) is None
    client = await people.client(other)
    assert (await client.get(f"/personnes/{person}/evaluation")).status_code == 404


async def test_an_erased_person_s_answer_goes_by_her_reference_alone(people: People):
    viewer = referent()
    person = await people.meet(viewer)
    await (await people.client(viewer)).post(
        f"/personnes/{person}/evaluation", data={"command_id": str(uuid4()), "choice": "opposed"}
    )
    async with people.service.database.worker() as work:
        await work.execute("DELETE FROM evaluationanswer WHERE person = :person", person=person)
    assert await answers(people, viewer, person) is None


# --- twins ---------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Without what tells two files apart by chance: references, numbers of files, instants."""
    text = re.sub(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "<ref>", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "<hash>", text)
    text = re.sub(r"\b\d\d-[2-9A-HJKMNP-TV-Z]{5}\b", "<dossier>", text)
    instant = r"\d{4}-\d\d-\d\d[T ][0-9:.+Z]+|\d{1,2} h(?: \d\d)?|il y a \d+ minutes?|à l’instant"
    return re.sub(instant, "<instant>", text)


async def told_of(people: People, viewer: Viewer, opposed: bool) -> str:
    """The whole life of one person, who answers so, and everything that anybody can see of it."""
    desk = a_desk()
    desk = desk.model_copy(update={"desk": UUID(int=1), "organisation": UUID(int=2), "convention": UUID(int=3)})
    person = await people.meet(viewer, first_name="Jumelle", last_name="Vantadour", evaluation_told=True)
    client = await people.client(viewer)
    choice = {"command_id": str(uuid4()), "choice": "opposed" if opposed else "not_opposed"}
    assert (await client.post(f"/personnes/{person}/evaluation", data=choice)).status_code == 303
    grant = await people.agree(viewer, person, desk)
    ref = await people.hand_over(viewer, person, grant, desk, "sent")
    agent = viewer.model_copy(update={
        "account": UUID(int=4), "organisation": desk.organisation, "desks": (desk.desk,),
        "roles": frozenset({Role.DESK_AGENT}),
    })  # fmt: skip
    seen = [str(await people.partners.ask(Disclose(viewer=agent, referrals=(ref,))))]  # type: ignore[union-attr]
    pages = [f"/personnes/{person}", "/personnes", "/aujourdhui", "/orientations", f"/orientations/{ref}",
             f"/personnes/{person}/sa-page/papier", f"/personnes/{person}/confier?droit=rsa",
             "/api/people"]  # fmt: skip
    seen += [(await client.get(path)).text for path in pages]
    seen.append((await client.post("/personnes", data={"q": "Vantadour"})).text)
    browser = await opened(people, viewer, person)
    seen.append((await browser.get("/moi/page")).text)
    async with people.service.database.worker() as work:
        for name in sorted(table.name for table in Base.metadata.tables.values() if table.name not in APART):
            if name in ("journalpending", "noticedraft"):
                continue
            columns = [column.name for column in Base.metadata.tables[f"intake.{name}"].columns
                       if column.name in ("person", "ref", "subject")]  # fmt: skip
            for column in columns[:1]:
                rows = await work.execute(f'SELECT t.* FROM intake."{name}" t WHERE "{column}" = :one', one=person)
                seen += [f"{name} {len(row)} {_kept(dict(row))}" for row in rows]
        facts = await work.execute("SELECT type, version FROM fact WHERE envelope::text LIKE :like ORDER BY seq",
                                   like=f"%{person}%")  # fmt: skip
        seen += [str(tuple(row)) for row in facts]
    return plain("\n".join(seen))


def _kept(row: dict[str, object]) -> list[str]:
    """Values that are not sealed and not random."""
    random = ("address", "secret")
    return [f"{name}={value}" for name, value in row.items() if not isinstance(value, bytes) and name not in random]


async def test_two_people_who_differ_only_in_their_answer_are_the_same_everywhere_else(people: People):
    organisation = uuid4()
    worlds = []
    for opposed in (True, False):
        viewer = referent(organisation).model_copy(update={"account": uuid4(), "organisation": uuid4()})
        worlds.append(await told_of(people, viewer, opposed))
    assert len(worlds[0]) > 20_000
    for mine, theirs in zip(worlds[0].splitlines(), worlds[1].splitlines(), strict=True):
        assert mine == theirs
