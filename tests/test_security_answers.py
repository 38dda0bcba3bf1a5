"""What docs/asvs.csv says that an application answers, takes and writes: passwords as typed, forms read once, who is
believed about an address, what is nowhere to be fetched.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import FormData
from starlette.requests import Request

from services.partners.sign_in_rules import password_refused
from services.partners.tables import SCHEMA, Account
from services.partners.web_password import Chosen, Typed
from services.runtime import telemetry
from services.runtime.settings import Settings
from services.runtime.web import forms
from services.up import server_config
from tests.conftest import Running
from tests.journey.story import AGENT, REFERENT, login

CHANGING = Path(__file__).parents[1] / "services" / "partners" / "templates" / "account_password.html"


@pytest.mark.parametrize("given", ["  quatre lunes sur la péniche verte  ", "É" * 20 + "\0zéro", "x" * 512])
def test_a_password_is_taken_as_it_was_typed(given: str) -> None:
    chosen, errors = forms.read(Chosen, FormData([("password", given)]))
    assert chosen is not None and chosen.password == given, errors
    typed, _ = forms.read(Typed, FormData([("email", " a@b.example "), ("password", given), ("code", "1")]))
    assert typed is not None and (typed.email, typed.password) == ("a@b.example", given)
    assert password_refused(" " * 40, ()) is not None


def test_nothing_makes_a_password_end_or_hints_at_it() -> None:
    columns = {column.name for table in SCHEMA.metadata.tables.values() for column in table.columns
               if table.name in ("account", "password")}  # fmt: skip
    assert "hash" in columns and Account.__tablename__ == "account"
    assert [one for one in columns if re.search(r"expir|hint|question|answer|must_change", one)] == []


def test_of_a_field_given_twice_the_last_counts() -> None:
    form = FormData([("password", "premier"), ("password", "dernier")])
    found, _ = forms.read(Chosen, form)
    assert found is not None and found.password == "dernier"


async def test_a_form_is_decoded_once() -> None:
    body = b"password=%2541%253C"
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"",
             "headers": [(b"content-type", b"application/x-www-form-urlencoded")]}  # fmt: skip

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    found, _ = forms.read(Chosen, await Request(scope, receive).form())
    assert found is not None and found.password == "%41%3C"


@pytest.mark.parametrize(
    ("comes_from", "seen"),
    [("192.0.2.5", ("192.0.2.5", "http")), ("10.0.0.7", ("203.0.113.9", "https"))],
)
async def test_only_a_listed_proxy_says_where_a_visitor_is(comes_from: str, seen: tuple[str, str]) -> None:
    told: list[tuple[str, str]] = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        told.append((scope["client"][0], scope["scheme"]))

    config = server_config(application, Settings(var=Path("/nonexistent"), trusted_proxies="10.0.0.7"))
    config.load()
    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"x-forwarded-proto", b"https"), (b"x-real-ip", b"203.0.113.8")]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": headers,
        "client": (comes_from, 1),
        "scheme": "http",
    }
    await config.loaded_app(scope, None, None)  # type: ignore[arg-type]
    assert told == [seen]


def test_a_log_line_is_one_line_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("info")
    telemetry.logger("essai").info("fact_failed", consumer='un\n{"event": "forged"}', error="ValueError")
    said = capsys.readouterr()
    assert said.out == ""
    [line] = said.err.splitlines()
    assert json.loads(line)["event"] == "fact_failed"
    assert json.loads(line)["timestamp"].endswith("Z")


async def test_password_fields_are_hidden_and_help_managers_of_passwords(relais: Running) -> None:
    page = (await relais.nobody().get("/connexion/mot-de-passe")).text
    field = re.search(r'<input[^>]*name="password"[^>]*>', page)
    assert field and 'type="password"' in field[0] and 'autocomplete="current-password"' in field[0]
    changing = CHANGING.read_text("utf-8")
    assert 'type="password"' in changing and 'autocomplete="new-password"' in changing


async def test_one_signs_out_from_every_page(relais: Running) -> None:
    for seat in (REFERENT, AGENT):
        client = await relais.sign_in(login(seat))
        for path in ("/aujourdhui", "/bureau", "/compte", "/aide", "/nulle/part", "/personnes"):
            page = await client.get(path)
            assert '<form method="post" action="/deconnexion">' in page.text, (path, page.status_code)


async def test_no_folder_is_listed_and_no_trace_is_answered(relais: Running) -> None:
    nobody = relais.nobody()
    for folder in ("/static/", "/static", "/static/vendor/", "/.git/config", "/services/"):
        answer = await nobody.get(folder)
        assert answer.status_code in (404, 307) and "offline-vault.js" not in answer.text, folder
    for described in ("/openapi.json", "/docs", "/redoc", "/api", "/api/openapi.json"):
        assert (await nobody.get(described)).status_code == 404, described
    for path in ("/connexion", "/api/people", "/personnes"):
        answer = await nobody.request("TRACE", path, headers={"x-canary": "Ombe"})
        assert answer.status_code in (403, 404, 405) and "Ombe" not in answer.text, (path, answer.status_code)
