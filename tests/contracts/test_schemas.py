"""The committed documents are what the code says, and a published schema only grows."""

import copy

import pytest

from contracts.asks import ASKS
from contracts.consent import Dossier, category_of
from contracts.facts import FACTS
from contracts.lifecycle import TABLE
from contracts.refusals import every_refusal, from_wire
from contracts.schema import breaks
from contracts.topology import LISTENS, PUBLISHES, SERVICES
from services.documents import documents, not_additive

PERSONAL = {"name", "first_name", "last_name", "birth_date", "phone", "email", "address", "text", "message", "comment"}


def test_the_committed_documents_are_what_the_code_says() -> None:
    stale = [path.name for path, text in documents().items() if not path.exists() or path.read_text("utf-8") != text]
    assert stale == [], "run ./relais documents"


def test_no_committed_schema_is_broken() -> None:
    assert [line for path, text in documents().items() for line in not_additive(path, text)] == []


def schema() -> dict:
    return copy.deepcopy(FACTS["referral.closed.v1"].model_json_schema())


def test_a_new_optional_field_is_additive() -> None:
    new = schema()
    new["properties"]["more"] = {"type": "string"}
    assert breaks(schema(), new) == []


def rename(new: dict) -> None:
    new["properties"]["result"] = new["properties"].pop("outcome")


def require(new: dict) -> None:
    new["required"].append("ground")


def retype(new: dict) -> None:
    new["properties"]["episode"]["type"] = "string"


def widen(new: dict) -> None:
    new["$defs"]["Outcome"]["enum"].append("lost")


@pytest.mark.parametrize("change", [rename, require, retype, widen])
def test_any_other_change_is_not_additive(change) -> None:
    new = schema()
    change(new)
    assert breaks(schema(), new) != []


def test_no_fact_has_a_field_for_a_name_a_date_of_birth_a_phone_or_free_text() -> None:
    for name, kind in FACTS.items():
        assert not PERSONAL & kind.model_fields.keys(), name
        for field, info in kind.model_fields.items():
            if info.annotation is str:
                assert field == "right", f"{name}.{field} is free text"


def test_every_object_has_one_publisher_and_every_fact_a_subject() -> None:
    for kind in FACTS.values():
        thing = kind.words()[0]
        assert [service for service in SERVICES if thing in PUBLISHES[service]] != [], thing
    published = [thing for things in PUBLISHES.values() for thing in things]
    assert len(published) == len(set(published))
    assert {thing for things in LISTENS.values() for thing in things} <= set(published)


def test_only_the_referral_service_hears_of_persons() -> None:
    for kind in FACTS.values():
        if "person" in kind.model_fields:
            listeners = [service for service in SERVICES if kind.words()[0] in LISTENS[service]]
            assert listeners == ["referral"], kind.__name__


def test_every_field_of_the_dossier_is_tagged_with_a_category() -> None:
    for field in Dossier.model_fields:
        category_of(field)


def test_every_row_of_the_life_cycle_names_a_fact() -> None:
    names = {kind.__name__ for kind in FACTS.values()}
    assert {row.fact for row in TABLE} <= names


def test_every_refusal_has_a_slug_a_sentence_and_crosses_the_bus() -> None:
    for slug, kind in every_refusal().items():
        refusal = kind(field="x", reason="r", state_label="s", attempts="1", channels="1", days="1")
        again = from_wire(refusal.wire())
        assert type(again) is kind
        assert again.slug == slug
        assert str(again) == str(refusal)
        assert str(again)[0].isupper() or str(again) == "r"
        assert 400 <= kind.status < 600


def test_every_ask_has_one_answerer_who_is_not_an_asker() -> None:
    for ask in ASKS.values():
        assert ask.answered_by in SERVICES
        assert set(ask.asked_by) <= set(SERVICES) - {ask.answered_by}
