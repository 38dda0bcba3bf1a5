"""What referral keeps from the facts of others, made again from their record: people met and their rights, what was
reminded, and when desks work. These facts have no version: each says its whole row, and is looked for by its key.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from contracts.envelope import Envelope, Fact
from contracts.facts import DeskHoursChanged, PersonErased, PersonMet, ReminderTold, RightsIdentified
from services.referral.calendar_rules import FRANCE, week_of
from services.runtime.database import Database, Work
from services.runtime.projecting import Compared, Record, Row, Table, put_right, unhurried

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
# Until the end nobody is forgotten here, and no desk says its hours: what is written is not older than what is there.
_NOBODY_FORGOTTEN = "LOCK TABLE identified, met IN SHARE ROW EXCLUSIVE MODE"
_NO_HOURS_SAID = "LOCK TABLE businesscalendar IN SHARE ROW EXCLUSIVE MODE"
_HERE = "SELECT ref, sender_organisation FROM referral.referral WHERE ref = ANY(cast(:refs AS uuid[]))"


async def relearn(database: Database, record: Record) -> list[Compared]:
    """Before the figures are folded again: they rest on these."""
    async with database.worker() as work:
        await unhurried(work)
        met = await _told(record, work, "intake", PersonMet)
        noted = await _told(record, work, "intake", RightsIdentified)
        reminders = [one.data for one in await _told(record, work, "notify", ReminderTold)]
        given = await _given(reminders, work)
        await work.execute(_NOBODY_FORGOTTEN)
        erased = {one.subject for one in await record.told("intake", PersonErased.type_name())}
        found = [
            await put_right(MET, _rows(MET, _alive(met, erased)), work),
            await put_right(IDENTIFIED, _rows(IDENTIFIED, _alive(noted, erased)), work),
            await put_right(REMINDED, reminded(given), work),
            await put_right(GIVEN, given, work),
        ]
    async with database.worker() as work:
        await work.execute(_NO_HOURS_SAID)
        hours = calendars(await _told(record, work, "partners", DeskHoursChanged))
        return [*found, await put_right(HOURS, hours, work)]


async def _told(record: Record, work: Work, service: str, kind: type[Fact]) -> list[Envelope]:
    return await record.told_to(f"referral-{kind.words()[0]}", work, service, kind.type_name())


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


def _alive(told: Sequence[Envelope], erased: set[str]) -> list[Envelope]:
    """Nothing of an erased person comes back by this way."""
    return [one for one in told if one.data["person"] not in erased]


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
