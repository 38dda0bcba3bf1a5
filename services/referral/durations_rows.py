"""Keeps the read model of the referral times in the transaction of each fact, and adds up its cells.

A fact that was noted before changes nothing. A referral that the read model does not know is left to `relais replay`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.envelope import Fact
from contracts.facts import (
    ReferralClosed,
    ReferralEnteredInError,
    ReferralFact,
    ReferralOutcomeContradicted,
    ReferralReopened,
    ReferralSent,
)
from contracts.lifecycle import State
from services.referral.business_time import business_seconds_between, position
from services.referral.durations import OF_A_ROOT, Course, Followed, Place, Wait, advance, begin, reminded
from services.referral.tallying import Cell, cells_of_course, cells_of_waits
from services.runtime.database import Work

_PLACE = ("desk", "organisation", "right", "sender_organisation")
WAIT = ("clock", "subject", "number", *_PLACE, "hops", "start", "end", "how", "seconds")
COURSE = tuple(
    name for one in fields(Course) for name in (_PLACE if one.name == "place" else (one.name,))
)
_CHANGE = (*Cell._fields, "n")
# What the people's figures count.
_OF_THE_PEOPLE = (
    ReferralSent, ReferralClosed, ReferralOutcomeContradicted, ReferralReopened, ReferralEnteredInError,
)


def columns(names: Iterable[str]) -> str:
    """A list of columns in SQL."""
    return ", ".join(f'"{name}"' for name in names)


def _updated(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}" = excluded."{name}"' for name in names)


_LOAD = """
SELECT to_jsonb(c) AS course, (
    SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM duration d
    WHERE d.subject = c.ref AND d.clock IN ('tta', 'ttc') OR d.subject = c.root AND d.clock IN ('ttr', 'tto')
) AS waits FROM course c WHERE c.ref = :ref
"""
_SAVE = f"""
WITH gone AS (
    DELETE FROM duration d USING jsonb_to_recordset(cast(:gone AS jsonb)) AS g(clock text, subject uuid, number int)
    WHERE d.clock = g.clock AND d.subject = g.subject AND d.number = g.number
), waits AS (
    INSERT INTO duration ({columns(WAIT)})
    SELECT {columns(WAIT)} FROM jsonb_populate_recordset(NULL::duration, cast(:waits AS jsonb))
    ON CONFLICT (clock, subject, number) DO UPDATE SET {_updated(WAIT[3:])}
), courses AS (
    INSERT INTO course ({columns(COURSE)})
    SELECT {columns(COURSE)} FROM jsonb_populate_record(NULL::course, cast(:course AS jsonb))
    ON CONFLICT (ref) DO UPDATE SET {_updated(COURSE[1:])}
), people AS (
    INSERT INTO touched (person) SELECT person FROM referral
    WHERE cast(:touched AS boolean) AND ref = cast(:ref AS uuid)
)
INSERT INTO tallychange ({columns(_CHANGE)})
SELECT {columns(_CHANGE)} FROM jsonb_populate_recordset(NULL::tallychange, cast(:changes AS jsonb))
"""


_REMINDED = """
INSERT INTO reminded (referral, step, at) VALUES (:ref, :step, :at) ON CONFLICT DO NOTHING
"""


async def note_sent(fact: ReferralSent, work: Work) -> None:
    """Begin to follow a referral that was just made; a redirected one goes on with the clocks of its root."""
    parent = await _load(fact.redirected_from, work) if fact.redirected_from else None
    if fact.redirected_from and parent is None:
        return
    before = [one for one in parent.waits.values() if one.clock in OF_A_ROOT] if parent else []
    await _save(None, before, begin(fact, parent), work, touched=True)


async def note_facts(ref: UUID, facts: Iterable[Fact], work: Work) -> None:
    """Move the clocks of a referral by the facts that were just written."""
    before = await _load(ref, work)
    if before is None:
        return
    after, touched = before, False
    for fact in facts:
        if isinstance(fact, ReferralFact):
            after = advance(after, fact, business_seconds_between)
            touched = touched or isinstance(fact, _OF_THE_PEOPLE)
    if after != before:
        await _save(before.course, before.waits.values(), after, work, touched=touched)


async def note_reminder(ref: UUID, step: str, at: datetime, work: Work) -> None:
    """Count a reminder that was told; whether it worked is seen when the answer comes, or was seen before."""
    before = await _load(ref, work, lock=True)
    if before is None:
        return
    await work.execute(_REMINDED, ref=ref, step=step, at=at)
    after = reminded(before, step, at)
    if after != before:
        await _save(before.course, before.waits.values(), after, work, touched=False)


async def _load(ref: UUID, work: Work, *, lock: bool = False) -> Followed | None:
    if lock:
        await work.execute("SELECT FROM referral WHERE ref = :ref FOR UPDATE", ref=ref)
    row = (await work.execute(_LOAD, ref=ref)).one_or_none()
    if row is None:
        return None
    waits = [wait_of(one) for one in row.waits]
    return Followed(course_of(row.course), {one.key: one for one in waits})


async def _save(
    course: Course | None, before: Iterable[Wait], after: Followed, work: Work, *, touched: bool
) -> None:
    old = {one.key: one for one in before}
    changes = Counter(cells_of_waits(after.waits.values(), position))
    changes.update(cells_of_course(after.course, position))
    changes.subtract(cells_of_waits(old.values(), position))
    changes.subtract(cells_of_course(course, position))
    await work.execute(
        _SAVE,
        gone=_json([{"clock": key[0], "subject": key[1], "number": key[2]} for key in old.keys() - after.waits.keys()]),
        waits=_json([row_of(one) for key, one in after.waits.items() if old.get(key) != one]),
        course=_json(row_of(after.course)), touched=touched, ref=str(after.course.ref),
        changes=_json([{**cell._asdict(), "n": number} for cell, number in changes.items() if number]),
    )


def row_of(one: Wait | Course) -> dict[str, Any]:
    """A row of `duration` or `course`, with plain values."""
    found = asdict(one)
    return {**found, **found.pop("place")._asdict()}


def wait_of(row: Mapping[str, Any]) -> Wait:
    """A clock read back."""
    own = {name: row[name] for name in ("clock", "number", "how", "seconds", "hops")}
    return Wait(
        **own, subject=UUID(row["subject"]), place=_place(row), start=_required(row["start"]), end=_instant(row["end"])
    )


def course_of(row: Mapping[str, Any]) -> Course:
    """What is counted of a referral, read back."""
    names = (
        "hops", "episode", "version", "accepted", "outcome", "confirmed", "contradicted", "accompaniment_refused",
        "held", "turn",
    )
    instants = ("root_sent_at", "sent_at", "awaiting_since", "due", "ended_at", "held_since")
    return Course(
        ref=UUID(row["ref"]), root=UUID(row["root"]), place=_place(row), state=State(row["state"]),
        answers=tuple(map(_required, row["answers"])), reminded=tuple(map(_required, row["reminded"])),
        **{name: row[name] for name in names},
        **{name: _instant(row[name]) for name in instants},  # type: ignore[arg-type]
    )


def _place(row: Mapping[str, Any]) -> Place:
    return Place(UUID(row["desk"]), UUID(row["organisation"]), row["right"], UUID(row["sender_organisation"]))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _required(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _json(value: object) -> str:
    return json.dumps(value, default=str)
