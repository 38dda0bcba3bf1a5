"""What referral keeps from the facts of others, made again from their record: people met and their rights, what was
reminded, and when desks work. These facts have no version: each says its whole row, and is looked for by its key.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from contracts.envelope import Envelope, Fact
from contracts.facts import DeskHoursChanged, PersonErased, PersonMet, ReminderTold, RightsIdentified
from services.referral.calendar_rules import FRANCE, week_of
from services.runtime.database import Database, Work
from services.runtime.projecting import Compared, Record, Row, Table, put_right

NOT_REBUILT = {
    "referral.referral": "le registre des orientations s’écrit ici avec ses faits ; il est la source, pas une copie",
    "referral.withdrawnearly": "ce qu’un retrait a trouvé fermé dépend de l’ordre d’arrivée : il est gardé tel quel",
}
MET = Table("referral.met", ("ref",), ("organisation", "channel", "at"), ("person",))
IDENTIFIED = Table("referral.identified", ("ref",), ("organisation", "rights", "causes", "at"), ("person",))
REMINDED = Table("referral.reminded", ("referral", "step", "at"), ())
GIVEN = Table(
    "referral.remindergiven", ("referral", "step", "due_at"), ("desk", "sender_organisation", "told", "at"), ("ref",)
)
HOURS = Table("referral.businesscalendar", ("owner", "valid_from"), ("said_at", "holidays", "hours", "closures"))
# Until the end of a page nobody is forgotten here, and no desk says its hours: nothing older is written over what came.
_NOBODY_FORGOTTEN = "LOCK TABLE identified, met IN SHARE ROW EXCLUSIVE MODE"
_NO_HOURS_SAID = "LOCK TABLE businesscalendar IN SHARE ROW EXCLUSIVE MODE"
_HERE = "SELECT ref, sender_organisation FROM referral.referral WHERE ref = ANY(cast(:refs AS uuid[]))"


@dataclass(frozen=True, slots=True)
class Learnt:
    """Facts of one kind, whose record has them, how a page of them is put right, and what holds still meanwhile."""

    service: str
    kind: type[Fact]
    put: Callable[[Sequence[Envelope], Record, Work], Awaitable[Iterable[Compared]]]
    lock: str | None = None


async def relearn(database: Database, record: Record) -> list[Compared]:
    """Before the figures are folded again: they rest on these. A page of objects in a transaction."""
    found = {table.name: Compared(table.name) for table in (MET, IDENTIFIED, REMINDED, GIVEN, HOURS)}
    for learnt in LEARNT:
        consumer, kind = f"referral-{learnt.kind.words()[0]}", learnt.kind.type_name()
        async for refs in record.pages(learnt.service, kind):
            async with database.worker() as work:
                if learnt.lock is not None:
                    await work.execute(learnt.lock)
                told = await record.told_to(consumer, work, learnt.service, kind, refs=refs)
                for one in await learnt.put(told, record, work):
                    found[one.table] += one
    return list(found.values())


async def _put_people(table: Table, told: Sequence[Envelope], record: Record, work: Work) -> list[Compared]:
    """Nothing of an erased person comes back by this way."""
    people = {UUID(one.data["person"]) for one in told}
    erased = {one.subject for one in await record.told("intake", PersonErased.type_name(), refs=people)}
    return [await put_right(table, _rows(table, [one for one in told if one.data["person"] not in erased]), work)]


async def _put_reminders(told: Sequence[Envelope], _record: Record, work: Work) -> list[Compared]:
    given = await _given([one.data for one in told], work)
    return [await put_right(REMINDED, reminded(given), work), await put_right(GIVEN, given, work)]


async def _put_hours(told: Sequence[Envelope], _record: Record, work: Work) -> list[Compared]:
    return [await put_right(HOURS, calendars(told), work)]


LEARNT = (
    Learnt("intake", PersonMet, partial(_put_people, MET), _NOBODY_FORGOTTEN),
    Learnt("intake", RightsIdentified, partial(_put_people, IDENTIFIED), _NOBODY_FORGOTTEN),
    Learnt("notify", ReminderTold, _put_reminders),
    Learnt("partners", DeskHoursChanged, _put_hours, _NO_HOURS_SAID),
)


def calendars(told: Sequence[Envelope]) -> list[Row]:
    """What was said last for each desk and day."""
    found: dict[tuple[str, str], Row] = {}
    for one in told:
        fact = DeskHoursChanged.model_validate(one.data)
        key = str(fact.ref), fact.effective_from.isoformat()
        if key not in found or fact.at > datetime.fromisoformat(found[key]["said_at"]):
            found[key] = {
                "owner": key[0], "valid_from": key[1], "said_at": one.data["at"], "holidays": FRANCE,
                "hours": week_of((each.weekday, each.opens, each.closes) for each in fact.hours),
                "closures": [[each.first.isoformat(), each.last.isoformat() if each.last else None]
                             for each in fact.closures],
            }  # fmt: skip
    return list(found.values())


def _rows(table: Table, told: Sequence[Envelope]) -> list[Row]:
    return [{name: one.data[name] for name in (*table.key, *table.columns, *table.beside)} for one in told]


def reminded(given: Sequence[Row]) -> list[Row]:
    """Of what was given, what somebody heard: each step and instant once."""
    heard = [one for one in given if one["told"]]
    return list({key: dict(zip(REMINDED.key, key, strict=True)) for key in map(_heard, heard)}.values())


def _heard(one: Row) -> tuple[Any, ...]:
    return tuple(one[name] for name in REMINDED.key)


async def _given(told: Sequence[dict[str, Any]], work: Work) -> list[Row]:
    """Of referrals that are here; of another there was nothing to note it at."""
    rows = await work.execute(_HERE, refs=list({one["ref"] for one in told}))
    senders = {str(row.ref): str(row.sender_organisation) for row in rows}
    kept = ("step", "due_at", "desk", "told", "at")
    return [
        {"ref": str(uuid4()), "referral": one["ref"], "sender_organisation": senders[one["ref"]]}
        | {name: one[name] for name in kept}
        for one in told if one["ref"] in senders
    ]
