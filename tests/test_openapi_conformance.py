"""The REST interface answers as its description says, whoever asks and whatever is sent: Schemathesis makes requests
from `contracts/openapi.json`, well-formed and malformed, as each role, against the running application.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.conftest import Running
from tests.journey import story
from tests.journey.story import AGENT, MANAGER, REFERENT, Someone

DESCRIPTION = json.loads((Path(__file__).parents[1] / "contracts" / "openapi.json").read_text("utf-8"))
OPERATIONS = sorted(
    (path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods if method != "parameters"
)
SEATS = {
    "nobody": None, "referent": REFERENT, "desk_agent": AGENT, "desk_manager": MANAGER, "coordinator": 27, "dpo": 28,
    "administrator": 29,
}  # fmt: skip
# Schemathesis draws from `random` inside its strategies; `seed` makes the requests the same in each run all the same.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")
REFUSALS = {"400", "401", "403", "404", "409", "410", "422", "429", "503"}
# Enough to meet every kind of value once or twice, and few for whom the door stays shut.
EXAMPLES, SHUT = 20, 2


@dataclass(frozen=True)
class Ground:
    """References that exist, so that requests get past the door."""

    ref: UUID
    person: UUID


@pytest.fixture(scope="module")
async def there(relais: Running) -> Ground:
    referent, agent = [await relais.sign_in(story.login(one)) for one in (REFERENT, AGENT)]
    sent = await story.send_one(referent, Someone("Isaure", "Conformel", phone="06 39 98 77 10"))
    await story.until_there(agent, sent.ref)
    return Ground(sent.ref, sent.person)


def described() -> Any:
    """The committed description, as Schemathesis reads it."""
    import schemathesis

    return schemathesis.openapi.from_dict(DESCRIPTION)


def cases(operation: Any, there: Ground) -> st.SearchStrategy[Any]:
    """Requests for one operation: right and wrong ones, half of them for a reference that exists."""
    from schemathesis import GenerationMode

    known = {"path_parameters": {"ref": str(there.ref)}} if "{ref}" in operation.path else {}

    def for_a_known_person(case: Any) -> Any:
        if isinstance(case.body, dict) and "person" in case.body:
            contact = str(story.people()[AGENT].ref)
            case.body |= {"person": str(there.person), "desk": str(story.SOCIAL), "contact": contact, "right": "rsa"}
        return case

    anywhere, wrong = (operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
    there_already = operation.as_strategy(GenerationMode.POSITIVE, **known).map(for_a_known_person)
    return st.one_of(anywhere, there_already, wrong)


def examine(operation: Any, there: Ground, base_url: str, cookies: dict[str, str], examples: int) -> set[int]:
    """Send the cases and hold every answer against the description; which statuses were answered."""
    import requests
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi import checks

    wanted = [
        not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
        checks.response_schema_conformance,
    ]  # fmt: skip
    answered: set[int] = set()
    session = requests.Session()
    session.cookies.update(cookies)
    few = settings(
        max_examples=examples, deadline=timedelta(seconds=20), database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip

    @seed(20261122)
    @few
    @given(case=cases(operation, there))
    def run(case: Any) -> None:
        answer = case.call(base_url=base_url, session=session, headers={"Sec-Fetch-Site": "same-origin"})
        answered.add(answer.status_code)
        case.validate_response(answer, checks=wanted)

    run()
    return answered


@pytest.mark.parametrize("seat", SEATS)
async def test_every_answer_is_one_that_the_description_names(seat: str, relais: Running, there: Ground) -> None:
    client = relais.nobody() if SEATS[seat] is None else await relais.sign_in(story.login(SEATS[seat]))
    schema, answered = described(), {}
    for path, method in OPERATIONS:
        # Who is refused at the door is so whatever she sends.
        shut = (await client.request(method, path.replace("{ref}", str(there.ref)), json={})).status_code in (401, 403)
        run = (schema[path][method.upper()], there, relais.base_url, dict(client.cookies), SHUT if shut else EXAMPLES)
        answered[method, path] = await asyncio.to_thread(examine, *run)
        assert answered[method, path] <= {401, 403} or not shut, (method, path, answered)
    if seat == "nobody":
        assert set().union(*answered.values()) == {401}
    else:  # the control: each role reaches something, or is told that nothing there is hers
        assert any(200 in found for found in answered.values()) or seat in ("dpo", "administrator")


def test_every_operation_says_who_may_ask_and_every_refusal() -> None:
    schemes = DESCRIPTION["components"]["securitySchemes"]
    for path, method in OPERATIONS:
        found = DESCRIPTION["paths"][path][method]
        assert found["security"] and all(name in schemes for one in found["security"] for name in one), path
        assert set(found["responses"]) >= REFUSALS, path
        for status in REFUSALS:
            body = found["responses"][status]["content"]["application/json"]["schema"]
            assert body == {"$ref": "#/components/schemas/RefusalRead"}, (path, status)


async def test_an_undeclared_answer_is_found(relais: Running, there: Ground) -> None:
    """The control: a description without 404 and 422 does not pass."""
    import schemathesis
    from schemathesis.core.failures import FailureGroup

    poorer = json.loads(json.dumps(DESCRIPTION))
    for status in ("404", "422"):
        del poorer["paths"]["/api/referrals/{ref}"]["get"]["responses"][status]
    referent = await relais.sign_in(story.login(REFERENT))
    operation = schemathesis.openapi.from_dict(poorer)["/api/referrals/{ref}"]["GET"]
    elsewhere = replace(there, ref=there.person)
    with pytest.raises(FailureGroup):
        await asyncio.to_thread(examine, operation, elsewhere, relais.base_url, dict(referent.cookies), EXAMPLES)


async def test_a_refusal_tells_a_program_nothing_of_what_it_sent(relais: Running) -> None:
    referent: httpx.AsyncClient = await relais.sign_in(story.login(REFERENT))
    answer = await referent.post("/api/referrals", json={"person": "Zéphyrine Imprévue", "surprise": "Imprévue"})
    assert answer.status_code == 422
    assert "person" in answer.json()["details"]["fields"]
    assert "Imprévue" not in answer.text
