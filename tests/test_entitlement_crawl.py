"""Everything that one desk can see has an identifier: each is tried at every address and with every method, by another
desk, by another organisation, and by nobody.
"""

import asyncio
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi.routing import APIRoute

from services.partners.demonstration import people
from tests.conftest import Running
from tests.journey import story
from tests.journey.story import AGENT, REFERENT, Someone, act, in_days, login

ANY_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
FORM_COMMAND = re.compile(r'name="command_id" value="[^"]*"')
NAME, MESSAGE = "Florimonde", "Elle attend depuis la Saint-Glinglin."
OTHERS = {
    "another desk of the same organisation": 8,
    "another organisation": 10,
    "a referent elsewhere": 2,
    "nobody": None,
}


async def harvest(client: httpx.AsyncClient, start: list[str]) -> tuple[set[UUID], set[str]]:
    """Every reference on every page that can be reached by following links, and the pages' addresses."""
    todo, seen, found = list(start), set(), set()
    while todo:
        address = todo.pop()
        if address in seen or len(seen) > 150:
            continue
        seen.add(address)
        answer = await client.get(address)
        text = FORM_COMMAND.sub("", answer.text)
        found |= {UUID(one) for one in ANY_UUID.findall(text + address)}
        links = re.findall(r'href="(/(?:bureau|api)[^"#]*)"', text)
        todo += [one.replace("&amp;", "&") for one in links]
    return found, seen


def routes(relais: Running) -> set[tuple[str, str]]:
    """Method and path of every route that takes a reference."""
    return {
        (method, route.path)
        for service in relais.whole.services.values()
        for route in service.app.routes  # type: ignore[union-attr]
        if isinstance(route, APIRoute) and "{" in route.path and not route.path.startswith("/courrier")
        for method in route.methods
    }


def addresses(path: str, reference: UUID, actions: tuple[str, ...]) -> list[str]:
    """The address with that reference wherever one is asked for, and each action."""
    filled = re.sub(r"\{(?!action)\w+}", str(reference), path)
    return [filled.replace("{action}", one) for one in actions] if "{action}" in filled else [filled]


ACTIONS = ("acknowledge", "decline", "recall", "mark_in_error", "answer_information")
BODY = {
    "promised_for": in_days(2), "reason": "no_capacity", "text": "Oui", "channel": "telephone", "met_on": in_days(0),
    "error_reason": "test", "right": "rsa", "mode": "rdv_pris", "action": "send",
}  # fmt: skip


async def try_all(client: httpx.AsyncClient, tries: list[tuple[str, str]]) -> list[tuple[str, str, httpx.Response]]:
    """Send them, eight at a time."""
    gate = asyncio.Semaphore(8)

    async def send(method: str, address: str) -> tuple[str, str, httpx.Response]:
        async with gate:
            body: dict[str, Any] = {"data": {**BODY, "command_id": str(uuid4())}} if method != "GET" else {}
            return method, address, await client.request(method, address, **body)

    return await asyncio.gather(*(send(*one) for one in tries))


async def test_what_one_desk_sees_opens_nothing_for_anybody_else(relais, until) -> None:
    referent, agent = await relais.sign_in(login(REFERENT)), await relais.sign_in(login(AGENT))
    person = await story.meet(referent, Someone(NAME, "Tardivaux"))
    await story.review(referent, person, "rsa")
    await story.agree(referent, person, story.SOCIAL, "rsa")
    ref = await story.confide(referent, person, "rsa", message=MESSAGE)

    async def there() -> bool:
        return MESSAGE in (await agent.get(f"/bureau/{ref}")).text

    await until(there, within=30)
    await act(agent, ref, "acknowledge", promised_for=in_days(2))
    found, seen = await harvest(agent, ["/bureau", f"/bureau/{ref}", "/api/desk/items", f"/api/desk/items/{ref}"])
    assert ref in found and person not in found  # a desk never learns a person's reference
    assert len(seen) > 5
    # What everybody may know: organisations, desks, professionals. The rest is of this desk, or of its referrals.
    found -= {one.ref for one in people()}
    found = {ref, *list(found)[:6]}
    before = (await agent.get(f"/api/desk/items/{ref}")).json()

    tries = [
        (method, address)
        for method, path in sorted(routes(relais))
        for reference in found
        for address in addresses(path, reference, ACTIONS)
    ]
    tries += [
        (method, address)
        for _, path in sorted(routes(relais))
        for address in addresses(path, ref, ACTIONS[:1])
        for method in ("PUT", "PATCH", "DELETE")
    ]
    for who, index in OTHERS.items():
        client = relais.nobody() if index is None else await relais.sign_in(login(index))
        for method, address, answer in await try_all(client, tries):
            assert is_closed(answer), (who, method, address, answer.status_code)
            assert NAME not in answer.text and MESSAGE not in answer.text, (who, method, address)
    colleague = await relais.sign_in(login(6))
    assert not is_closed(await colleague.get(f"/bureau/{ref}"))  # the control: it does open for whom it should
    after = (await agent.get(f"/api/desk/items/{ref}")).json()
    assert after == before


def is_closed(answer: httpx.Response) -> bool:
    """404, 403, 401, the page that asks who it is, or no such method; 422 from what read only the form.

    The page that asks a person for her code is the same for every reference, known or not (test_own_page).
    """
    if answer.request.url.path.startswith(("/moi/r/", "/reseau/organismes/")):  # the directory is everybody's
        return answer.status_code in (200, 303, 404, 405)
    if answer.status_code == 303:
        return answer.headers["location"].startswith(("/connexion", "/moi"))
    return answer.status_code in {401, 403, 404, 405, 422}
