"""The reminders that are still to come, planned again from the record: the last plan of each referral says them all."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from contracts.envelope import Envelope
from contracts.facts import FACTS, ReferralAssigned
from contracts.ladder import Audience
from contracts.lifecycle import ENDED, State
from services.notify.reminders import APPOINTMENT_MOVED, EVE
from services.runtime.database import Database, Work
from services.runtime.projecting import Batch, Compared, Progress, Record, Row, Table, fold_referrals, put_right

NOT_REBUILT = {
    "notify.telling": "le registre de ce qui a été dit ne se déduit d’aucun fait : il est la trace (sauvegarde)",
    "notify.reminder": "les rappels déjà tirés ou désarmés sont du passé ; seuls ceux à venir se refont",
}
COMING = Table(
    "notify.reminder", ("referral", "step", "due_at"),
    ("audience", "assignee", "referent", "desk", "version", "state"), ("ref",),
)  # fmt: skip
_LOCK = """
SELECT FROM reminder WHERE referral = ANY(cast(:refs AS uuid[])) ORDER BY referral, due_at, step FOR UPDATE
"""
_TOO_MANY = """
UPDATE reminder SET state = 'disarmed', held_until = NULL
WHERE referral = ANY(cast(:refs AS uuid[])) AND state = 'armed' AND due_at > :now
    AND NOT EXISTS (SELECT FROM jsonb_populate_recordset(NULL::notify.reminder, cast(:rows AS jsonb)) AS s
        WHERE s.referral = reminder.referral AND s.step = reminder.step AND s.due_at = reminder.due_at)
RETURNING 1
"""


async def rebuild(database: Database, record: Record, progress: Progress) -> list[Compared]:
    """Every armed reminder whose instant is still to come; one too many is disarmed."""

    async def put(batch: Batch) -> list[Compared]:
        now, work = batch.work.now, batch.work
        rows = [row for ref, facts in batch.lives.items() for row in coming(facts, batch.reached[ref], now)]
        return [await put_right(COMING, rows, work), await _disarm(list(batch.reached), rows, work)]

    return await fold_referrals(database, record, "notify-referral", _LOCK, progress, put, COMING.name)


def coming(facts: Sequence[Envelope], reached: int, now: datetime) -> list[Row]:
    """The rows that the last plan up to that version leaves armed after that instant."""
    plan: dict[str, Any] | None = None
    eve: dict[str, Any] | None = None
    for fact in facts:
        if fact.data["version"] <= reached and fact.type in FACTS:
            plan = fact.data if fact.data.get("reminders") is not None else plan
            eve = _eve_after(eve, fact)
    found = [_row(plan, one["step"], one["at"], one["audience"]) for one in (plan["reminders"] if plan else ())]
    if eve is not None:
        found.append(_row(eve, EVE, eve["eve"], [Audience.ASSIGNEE.value, Audience.REFERENT.value]))
    return [one for one in found if datetime.fromisoformat(one["due_at"]) > now]


def _row(data: dict[str, Any], step: str, at: str, audience: list[str]) -> dict[str, Any]:
    whom = {name: data.get(name) for name in ("assignee", "referent", "desk", "version")}
    given = {"referral": data["ref"], "step": step, "due_at": at, "audience": audience, "state": "armed"}
    return {"ref": str(uuid4()), **given, **whom}


def _eve_after(eve: dict[str, Any] | None, fact: Envelope) -> dict[str, Any] | None:
    """Of which appointment both sides are reminded, and whom, after that fact."""
    kind, data = FACTS.get(fact.type), fact.data
    if kind in APPOINTMENT_MOVED or State(data["state"]) in ENDED:
        return data if data.get("eve") else None
    return data | {"eve": eve["eve"]} if eve is not None and kind is ReferralAssigned else eve


async def _disarm(refs: list[UUID], rows: Sequence[Row], work: Work) -> Compared:
    given = json.dumps([dict(one) for one in rows], default=str)
    extra = await work.execute(_TOO_MANY, refs=refs, rows=given, now=work.now)
    return Compared(COMING.name, extra=len(extra.all()))
