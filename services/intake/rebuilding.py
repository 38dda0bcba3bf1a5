"""What intake keeps from the facts of others, folded again from their record: where each hand-over stands, when its
desk had it and saw it, which notes went with it, and the conventions. What intake itself wrote of a person is in no
fact, and is not touched.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.envelope import Envelope
from contracts.facts import (
    ConventionRecorded,
    DeskItemDelivered,
    DeskItemViewed,
    ReferralInfoAnswered,
    ReferralInfoRequested,
)
from services.intake.subscribers import REACTIONS
from services.runtime.database import Database
from services.runtime.projecting import Batch, Compared, Progress, Record, Row, Table, fold_referrals, put_right

NOT_REBUILT = {
    "intake.handover": "readable_until, step, moved_at : aussi d’accords, d’envois et de départs, écrits ici",
    "intake.person": "les personnes, accords, notes et journal s’écrivent ici, d’aucun fait : voyez la sauvegarde",
}
_FOLLOWED = ("state", "turn", "version", "episode", "next_due", "assignee")
STANDING = Table("intake.handover", ("ref",), (*_FOLLOWED, "outcome"))
DELIVERED = Table("intake.handover", ("ref",), ("delivered_at",))
CARRIED = Table("intake.note", ("ref", "handover"), ("carried_at",))
VIEWED = Table("intake.handover", ("ref",), ("viewed_at",))
CONVENTIONS = Table("intake.knownconvention", ("ref",), ("organisation", "starts", "ends", "revision"))
_KNOWN = frozenset(kind.type_name() for kind in REACTIONS)
_CARRY = frozenset({ReferralInfoRequested.type_name(), ReferralInfoAnswered.type_name()})
_WITHOUT_OUTCOME = frozenset({"reopened", "outcome_contradicted", "decline_contested", "entered_in_error"})
# Until the end of a page no convention is learnt: what is written is not older than what is there.
_NONE_LEARNT = "LOCK TABLE knownconvention IN SHARE ROW EXCLUSIVE MODE"
_LOCK = "SELECT FROM handover WHERE ref = ANY(cast(:refs AS uuid[])) ORDER BY ref FOR UPDATE"


async def rebuild(database: Database, record: Record, progress: Progress) -> list[Compared]:
    """The hand-overs that are there, never one that is not: her person may have been erased. Then the conventions."""

    async def put(batch: Batch) -> list[Compared]:
        work, lives, reached = batch.work, batch.lives, batch.reached
        rows = [row for ref, facts in lives.items() if (row := folded(facts, reached[ref])) is not None]
        found = [
            await put_right(STANDING, rows, work, insert=False),
            await put_right(CARRIED, carried(lives, reached), work, insert=False),
        ]
        for table, kind in ((DELIVERED, DeskItemDelivered), (VIEWED, DeskItemViewed)):
            told = await record.told_to("intake-desk_item", work, "partners", kind.type_name(), refs=batch.refs)
            first = await put_right(table, earliest(told, lives, table.columns[0]), work, insert=False)
            found.append(Compared(STANDING.name, differing=first.differing))
        return found

    tables = STANDING.name, CARRIED.name
    found = await fold_referrals(database, record, "intake-referral", _LOCK, progress, put, *tables)
    return [*found, await _conventions(database, record)]


def folded(facts: Sequence[Envelope], reached: int) -> Row | None:
    """Where the hand-over stands after the facts up to that version."""
    row: dict[str, Any] | None = None
    for fact in facts:
        data, what = fact.data, fact.type.split(".")[1]
        if data["version"] > reached or fact.type not in _KNOWN:
            continue
        outcome = row["outcome"] if row else None
        row = {"ref": data["ref"], **{name: data[name] for name in _FOLLOWED}, "outcome": outcome}
        if what == "closed":
            row["outcome"] = data["outcome"]
        elif what in _WITHOUT_OUTCOME:
            row["outcome"] = None
    return row


def carried(lives: dict[UUID, list[Envelope]], reached: dict[UUID, int]) -> list[Row]:
    """When each note was first asked, or answered, by a fact up to that version."""
    found: dict[str, Row] = {}
    for ref, facts in lives.items():
        for data in (one.data for one in facts if one.type in _CARRY and one.data["version"] <= reached[ref]):
            found.setdefault(data["note"], {"ref": data["note"], "handover": data["ref"], "carried_at": data["at"]})
    return list(found.values())


def earliest(told: Sequence[Envelope], lives: dict[UUID, list[Envelope]], column: str) -> list[Row]:
    """When that was first told of each hand-over, by the desk to which it was given; None: never."""
    found: dict[str, Row] = {}
    for one in told:
        facts = lives.get(UUID(one.subject))
        if facts and facts[0].data["desk"] == one.data["desk"]:
            found.setdefault(one.subject, {"ref": one.subject, column: one.data["at"]})
    return [found.get(str(ref), {"ref": str(ref), column: None}) for ref in lives]


async def _conventions(database: Database, record: Record) -> Compared:
    """Also what the directory said and no fact brought yet: whichever comes first is kept."""
    kind, found = ConventionRecorded.type_name(), Compared(CONVENTIONS.name)
    async for refs in record.pages("partners", kind):
        async with database.worker() as work:
            await work.execute(_NONE_LEARNT)
            rows = last_revisions(await record.told("partners", kind, refs=refs))
            found += await put_right(CONVENTIONS, rows, work)
    return found


def last_revisions(told: Sequence[Envelope]) -> list[Row]:
    """Each convention as it was told last."""
    last: dict[str, Row] = {}
    for one in told:
        if one.subject not in last or one.data["revision"] > last[one.subject]["revision"]:
            last[one.subject] = {name: one.data[name] for name in (*CONVENTIONS.key, *CONVENTIONS.columns)}
    return list(last.values())
