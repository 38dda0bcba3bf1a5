"""The contracts as documents: JSON Schema of every fact and ask, and the AsyncAPI map of who publishes and who listens.

`./relais documents` writes them; a change that is not additive is refused there and in the tests.
"""

from typing import Any

from contracts.asks import ASKS
from contracts.envelope import Envelope
from contracts.facts import FACTS
from contracts.topology import LISTENS, PUBLISHES, SERVICES, durables

Document = dict[str, Any]
ANY_TERRITORY = "{territory}"


def schemas() -> dict[str, Document]:
    """Every schema by file name without its ending: facts by type, asks and replies by class name, and the envelope."""
    found: dict[str, Document] = {name: kind.model_json_schema() for name, kind in FACTS.items()}
    found["envelope.v1"] = Envelope.model_json_schema()
    for name, ask in ASKS.items():
        found[f"ask.{name}"] = ask.model_json_schema()
        found[f"reply.{name}"] = ask.reply.model_json_schema(mode="serialization")
    return found


def breaks(old: Document, new: Document, where: str = "") -> list[str]:
    """What a reader of `old` would miss or misread in `new`, a line each; empty when the change is only additive.

    Additive is a new property that is not required, or a new definition. Anything else needs a new class.
    """
    found = [f"{where}: « {key} » was required or not" for key in _required_change(old, new)]
    for key in old.keys() | new.keys():
        before, after = old.get(key), new.get(key)
        if key in ("required", "description", "title") or before == after:
            continue
        if key in ("properties", "$defs"):
            found += _members_break(before or {}, after or {}, f"{where}/{key}")
        elif isinstance(before, dict) and isinstance(after, dict):
            found += breaks(before, after, f"{where}/{key}")
        else:
            found.append(f"{where}/{key}: {before!r} became {after!r}")
    return found


def _required_change(old: Document, new: Document) -> set[str]:
    return set(old.get("required", [])) ^ set(new.get("required", []))


def _members_break(before: Document, after: Document, where: str) -> list[str]:
    gone = [f"{where}: « {name} » is gone" for name in before.keys() - after.keys()]
    changed = [
        line for name in before.keys() & after.keys() for line in breaks(before[name], after[name], f"{where}/{name}")
    ]
    return gone + changed


def asyncapi() -> Document:
    """The AsyncAPI 3.0 document: a channel for each fact and ask, an operation for each service that sends or
    receives.
    """
    channels: Document = {}
    operations: Document = {}
    for name, kind in FACTS.items():
        thing = kind.words()[0]
        channels[name] = _channel(kind.subject(ANY_TERRITORY), name, kind.__doc__)
        for service in SERVICES:
            if thing in PUBLISHES[service]:
                operations[f"{service}.publishes.{name}"] = _operation("send", name, service)
            if thing in LISTENS[service]:
                operations[f"{service}.takes.{name}"] = _operation("receive", name, service, durables(service)[thing])
    for name, ask in ASKS.items():
        channels[name] = _channel(ask.subject(ANY_TERRITORY), f"ask.{name}", ask.__doc__)
        operations[f"{ask.answered_by}.answers.{name}"] = {
            **_operation("receive", name, ask.answered_by),
            "reply": {"address": {"location": "$message.header#/reply"}},
        }
        for service in ask.asked_by:
            operations[f"{service}.asks.{name}"] = _operation("send", name, service)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Relais", "version": "1", "license": {"name": "AGPL-3.0-or-later"}},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": dict(sorted(operations.items())),
    }


def _channel(address: str, schema: str, doc: str | None) -> Document:
    return {
        "address": address,
        "description": " ".join((doc or "").split()),
        "parameters": {"territory": {"description": "the tenant, one token"}},
        "messages": {"message": {"payload": {"$ref": f"schemas/{schema}.json"}}},
    }


def _operation(action: str, channel: str, service: str, durable: str | None = None) -> Document:
    operation: Document = {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "tags": [{"name": service}],
    }
    return {**operation, "description": f"durable consumer {durable}"} if durable else operation
