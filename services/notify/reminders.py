"""Reminders: armed and disarmed by the facts of referral, fired once at their instant by whichever process has them.

A fact's plan replaces the one before, in the transaction that takes the fact. Firing writes the tellings and the fact
that says so in one transaction; a reminder disarmed in the meantime fires nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.facts import (
    ReferralAppointmentAccepted,
    ReferralAppointmentCancelled,
    ReferralAppointmentDeclined,
    ReferralAppointmentHeld,
    ReferralAppointmentProposed,
    ReferralAssigned,
    ReferralFact,
    ReminderTold,
)
from contracts.ladder import Audience, LadderStep
from contracts.lifecycle import ENDED
from contracts.paris import paris_day
from contracts.replies import AudienceFound
from services.notify import ledger
from services.notify.domain import LEASE, STALE_AFTER, Kind, Reason
from services.runtime.database import Work

NOBODY = UUID(int=0)
APPOINTMENT_MOVED = (
    ReferralAppointmentProposed, ReferralAppointmentAccepted, ReferralAppointmentDeclined,
    ReferralAppointmentCancelled, ReferralAppointmentHeld,
)  # fmt: skip
# That of an appointment is in no plan of the ladder: it goes by the appointment.
EVE = Kind.APPOINTMENT_EVE.value
_DISARM = f"""
UPDATE reminder SET state = 'disarmed', held_until = NULL WHERE referral = :referral AND state = 'armed'
    AND step <> '{EVE}'
    AND NOT EXISTS (SELECT 1 FROM unnest(cast(:steps AS text[]), cast(:instants AS timestamptz[])) AS p (step, at)
        WHERE p.step = reminder.step AND p.at = reminder.due_at)
"""
# One that has fired stays so: a plan repeated is told once.
_ARM = """
INSERT INTO reminder (ref, referral, step, due_at, audience, assignee, referent, desk, version, state)
SELECT gen_random_uuid(), :referral, p.step, p.at, string_to_array(p.audience, ','), :assignee, :referent, :desk,
    :version, 'armed'
FROM unnest(cast(:steps AS text[]), cast(:instants AS timestamptz[]), cast(:audiences AS text[]))
    AS p (step, at, audience)
ON CONFLICT (referral, step, due_at) DO UPDATE SET audience = excluded.audience, assignee = excluded.assignee,
    referent = coalesce(excluded.referent, reminder.referent), desk = excluded.desk, version = excluded.version,
    state = CASE WHEN reminder.state = 'fired' THEN 'fired' ELSE 'armed' END
"""
_DISARM_EVE = f"""
UPDATE reminder SET state = 'disarmed', held_until = NULL
WHERE referral = :referral AND step = '{EVE}' AND state = 'armed'
"""
# Whoever has the referral in hand by then is reminded.
_HAND_ON_EVE = f"""
UPDATE reminder SET assignee = :assignee, desk = :desk, referent = coalesce(:referent, referent), version = :version
WHERE referral = :referral AND step = '{EVE}' AND state = 'armed'
"""
_TAKE = """
UPDATE reminder SET held_until = :until WHERE ref IN (
    SELECT ref FROM reminder WHERE state = 'armed' AND due_at <= :now AND (held_until IS NULL OR held_until <= :now)
    ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
) RETURNING ref, referral, step, due_at, audience, assignee, referent, desk, held_until
"""
# Rows are locked in one order everywhere (referral, instant, step): a plan and a firing never wait for each other.
_LOCK = "SELECT FROM reminder WHERE referral = :referral ORDER BY due_at, step FOR UPDATE"
_FIRE = """
WITH mine AS (
    SELECT ref FROM reminder WHERE ref = ANY(cast(:refs AS uuid[])) AND state = 'armed' AND held_until = :held
    ORDER BY referral, due_at, step FOR UPDATE
)
UPDATE reminder SET state = 'fired', fired_at = :now, held_until = NULL
WHERE ref IN (SELECT ref FROM mine) AND state = 'armed' AND held_until = :held RETURNING ref
"""


@dataclass(frozen=True)
class Due:
    """A reminder that this process has in hand until `held_until`."""

    ref: UUID
    referral: UUID
    step: str
    due_at: datetime
    audience: list[str]
    assignee: UUID
    referent: UUID | None
    desk: UUID
    held_until: datetime


async def follow_plan(fact: ReferralFact, work: Work) -> None:
    """Arm what the fact's plan holds, disarm what it holds no more; a fact without a plan changes nothing.

    A step whose instant had passed for a day when the fact came is not armed: nobody is told what is long past.
    """
    if fact.reminders is None:
        return
    ahead = [one for one in fact.reminders if work.now - one.at <= STALE_AFTER]
    steps = [one.step.value for one in ahead]
    instants = [one.at for one in ahead]
    await work.execute(_LOCK, referral=fact.ref)
    await work.execute(_DISARM, referral=fact.ref, steps=steps, instants=instants)
    if ahead:
        await work.execute(
            _ARM, referral=fact.ref, steps=steps, instants=instants,
            audiences=[",".join(one.audience) for one in ahead], assignee=fact.assignee,
            referent=fact.referent, desk=fact.desk, version=fact.version,
        )


async def follow_appointment(fact: ReferralFact, work: Work) -> None:
    """Arm the reminder of what was agreed; disarm it when nothing stands any more, or the referral has ended.

    Both sides hear it, whoever has the referral in hand by then. What had been told of one that is called off is new
    to nobody any more.
    """
    whom = {"assignee": fact.assignee, "referent": fact.referent, "desk": fact.desk, "version": fact.version}
    if isinstance(fact, ReferralAssigned):
        await work.execute(_HAND_ON_EVE, referral=fact.ref, **whom)
    if fact.state in ENDED or isinstance(fact, APPOINTMENT_MOVED):
        await work.execute(_DISARM_EVE, referral=fact.ref)
        await ledger.drop_kind(work, fact.ref, EVE, Reason.ALREADY_DONE)
    if isinstance(fact, ReferralAppointmentAccepted) and fact.eve is not None and fact.eve > work.now - STALE_AFTER:
        both = f"{Audience.ASSIGNEE},{Audience.REFERENT}"
        await work.execute(_ARM, referral=fact.ref, steps=[EVE], instants=[fact.eve], audiences=[both], **whom)


async def take_due(work: Work, most: int) -> list[Due]:
    """At most `most` due reminders, the longest due first, in hand for LEASE."""
    return [Due(**row) for row in await work.execute(_TAKE, now=work.now, until=work.now + LEASE, most=most)]


async def fire(work: Work, due: Sequence[Due], behind: Mapping[UUID, AudienceFound]) -> int:
    """Write the tellings of these reminders, each once; returns how many reminders fired.

    `behind` says who stands behind each desk. After a time without a scheduler several steps of one referral are due at
    once: the last is told, those before are written as overtaken. An eve that has passed is told to nobody.
    """
    fired = {row.ref for row in await work.execute(
        _FIRE, now=work.now, refs=[one.ref for one in due], held=due[0].held_until
    )}
    ours = [one for one in due if one.ref in fired]
    last = {one.referral: one for one in sorted(ours, key=lambda one: one.due_at) if one.step != EVE}
    entries: list[ledger.Entry] = []
    for one in ours:
        accounts = accounts_of(one, behind.get(one.desk, AudienceFound()))
        if one.step == EVE:  # no step of the ladder: nobody counts what is answered to it
            passed = paris_day(work.now) > paris_day(one.due_at)
            entries += _entries(one, accounts, Reason.STALE if passed else None)
            continue
        overtaken = None if last[one.referral] is one else Reason.OVERTAKEN
        entries += _entries(one, accounts, overtaken)
        work.emit(ReminderTold(
            ref=one.referral, step=LadderStep(one.step), audience=tuple(map(Audience, one.audience)), desk=one.desk,
            told=0 if overtaken else len(accounts), due_at=one.due_at, at=work.now,
        ))
    if entries:
        await ledger.enter(work, *entries)
    return len(ours)


def _entries(due: Due, accounts: Mapping[UUID, Audience], not_because: Reason | None) -> list[ledger.Entry]:
    base = ledger.Entry(fact=due.ref, account=NOBODY, kind=due.step, referral=due.referral, due_at=due.due_at)
    if not accounts:
        return [replace(base, failed_because=Reason.NOBODY)]
    return [
        replace(base, account=account, audience=audience, not_because=not_because)
        for account, audience in accounts.items()
    ]


def accounts_of(due: Due, behind: AudienceFound) -> dict[UUID, Audience]:
    """Whom that step concerns, each once, as what she hears it first.

    No account for the deputy: the mail of somebody absent goes to her deputy as well, at the moment of sending.
    """
    found: dict[UUID, Audience] = {}
    for audience in map(Audience, due.audience):
        match audience:
            case Audience.ASSIGNEE:
                accounts: tuple[UUID, ...] = (due.assignee,)
            case Audience.REFERENT:
                accounts = (due.referent,) if due.referent else ()
            case Audience.MANAGER:
                accounts = behind.managers
            case Audience.COORDINATOR:
                accounts = behind.coordinators
            case Audience.DEPUTY:
                accounts = ()
        for account in accounts:
            found.setdefault(account, audience)
    return found
