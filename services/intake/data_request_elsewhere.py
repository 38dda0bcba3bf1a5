"""What the other services hold about a person's referrals: references, states and instants, asked of each of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.asks import ListHeld, ListHeldByDesks, ListHeldByNotify
from contracts.envelope import Ask
from contracts.refusals import Refusal
from contracts.replies import HeldFound, Network
from services.intake.data_request_dossier import Held, Section, plain, said
from services.intake.data_request_words import COLUMNS, TITLES
from services.runtime.process import Service

MOST = 200
_ASKS: dict[str, type[Ask[HeldFound]]] = {"referral": ListHeld, "desk": ListHeldByDesks, "telling": ListHeldByNotify}


async def held_elsewhere(
    service: Service, sections: Iterable[Section], network: Network | None
) -> tuple[list[Section], list[str]]:
    """One section for each other service, and the titles of those that did not answer."""
    referrals = [UUID(held.value) for one in sections if one.name == "handover" for row in one.rows for held in row
                 if held.column == "ref"]  # fmt: skip
    found, away = [], []
    for name, kind in _ASKS.items():
        rows: list[list[Held]] = []
        try:
            for start in range(0, len(referrals), MOST):
                reply = await service.bus.ask(kind(referrals=tuple(referrals[start : start + MOST])))  # type: ignore[call-arg]
                rows += [_row(one, network) for one in reply.rows]
        except Refusal:
            away.append(TITLES[name])
        found.append(Section(name, TITLES[name], rows))
    return found, away


def _row(values: dict[str, Any], network: Network | None) -> list[Held]:
    return [
        Held(name, COLUMNS.get(name, name.replace("_", " ")), plain(value), said(name, _read(value), network))
        for name, value in values.items()
        if value not in (None, "", [])
    ]


def _read(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    """A reference or an instant that JSON carried as a text."""
    if not isinstance(value, str):
        return value
    for kind in (UUID, datetime.fromisoformat):
        try:
            return kind(value)
        except ValueError:
            continue
    return value
