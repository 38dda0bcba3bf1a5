"""The desk's list folded again from the record: the facts of each referral, and what the directory noted of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Envelope
from contracts.facts import DeskItemUnattended, DeskItemViewed
from contracts.lifecycle import ENDED, State
from services.partners.subscribers import REACTIONS
from services.runtime.database import Database
from services.runtime.projecting import Batch, Compared, Progress, Record, Row, Table, fold_referrals, put_right

NOT_REBUILT = {
    "partners.account": "l’annuaire (comptes, guichets, absences, conventions) s’écrit ici, d’aucun fait",
}
_SENT = ("right", "mode", "urgent", "accompanied", "sender_organisation", "sender", "acknowledge_due")
_EVERY = ("organisation", "desk", "assignee", "state", "turn", "next_due", "episode", "version")
_BLANK = {
    "contact_due": None, "promised_for": None, "outcome": None, "viewed_at": None, "attempts": 0,
    "redirect_proposed": False,
}  # fmt: skip
ITEMS = Table(
    "partners.deskitem", ("ref",),
    (*_EVERY, *_SENT, *_BLANK, "received_at", "moved_at", "ended_at", "unattended_since"),
)  # fmt: skip
_KNOWN = frozenset(kind.type_name() for kind in REACTIONS)
_OWN = (DeskItemViewed.type_name(), DeskItemUnattended.type_name())
_AGAIN = frozenset({"reopened", "outcome_contradicted", "decline_contested"})
_LOCK = "SELECT FROM partners.deskitem WHERE ref = ANY(cast(:refs AS uuid[])) ORDER BY ref FOR UPDATE"


async def rebuild(database: Database, record: Record, progress: Progress) -> list[Compared]:
    """Every item of every desk; `progress` is called with the referrals done and all of them."""

    async def put(batch: Batch) -> list[Compared]:
        own: dict[UUID, list[Envelope]] = {}
        for one in await record.told("partners", *_OWN, refs=batch.refs):
            own.setdefault(UUID(one.subject), []).append(one)
        rows = [folded(facts, own.get(ref, ()), batch.reached[ref]) for ref, facts in batch.lives.items()]
        return [await put_right(ITEMS, [row for row in rows if row is not None], batch.work)]

    return await fold_referrals(database, record, "partners-referral", _LOCK, progress, put, ITEMS.name)


def folded(facts: Sequence[Envelope], own: Iterable[Envelope], reached: int) -> Row | None:
    """The item after the facts up to that version, and after what the desk itself noted; None before its sending."""
    row: dict[str, Any] | None = None
    noted = list(own)
    for fact in facts:
        data = fact.data
        if data["version"] > reached or fact.type not in _KNOWN:
            continue
        if row is not None:
            for one in [one for one in noted if one.causation is None and _at(one) < _at(fact)]:
                _note(row, one)
                noted.remove(one)
        row = _moved(row, fact)
        for one in [one for one in noted if one.causation == fact.id]:
            _note(row, one)
            noted.remove(one)
    if row is not None:
        for one in noted:
            _note(row, one)
    return row


def _at(one: Envelope) -> datetime:
    return datetime.fromisoformat(one.data["at"])


def _moved(row: dict[str, Any] | None, fact: Envelope) -> dict[str, Any] | None:
    data, what = fact.data, fact.type.split(".")[1]
    if what == "sent":
        row = {"ref": data["ref"], **{name: data[name] for name in _SENT}, **_BLANK, "received_at": data["at"],
               "ended_at": None, "unattended_since": None, "assignee": data["assignee"]}  # fmt: skip
    if row is None:
        return None
    ended = State(data["state"]) in ENDED
    if ended or row["assignee"] != data["assignee"]:
        row["unattended_since"] = None
    row |= {name: data[name] for name in _EVERY} | {"moved_at": data["at"]}
    row["ended_at"] = (row["ended_at"] or data["at"]) if ended else None
    if what in _AGAIN:
        row |= _BLANK | {"acknowledge_due": data["next_due"], "received_at": data["at"]}
    return row | _own_of(row, what, data)


def _own_of(row: Row, what: str, data: dict[str, Any]) -> dict[str, Any]:
    match what:
        case "acknowledged":
            promised = {"promised_for": data["promised_for"], "contact_due": data["contact_due"]}
            return {**promised, "redirect_proposed": False}
        case "contact_attempted":
            return {"attempts": row["attempts"] + 1}
        case "redirect_proposed":
            return {"redirect_proposed": True}
        case "redirect_refused" | "redirected":
            return {"redirect_proposed": False}
        case "closed":
            return {"outcome": data["outcome"]}
    return {}


def _note(row: dict[str, Any], noted: Envelope) -> None:
    if noted.type == DeskItemViewed.type_name():
        row["viewed_at"] = row["viewed_at"] or noted.data["at"]
    elif noted.data["successor"] is None:
        row["unattended_since"] = row["unattended_since"] or noted.data["at"]
