"""The day before an appointment both sides are reminded of it, as long as it stands; nothing of a person is in it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from contracts.facts import (
    ReferralAppointmentAccepted,
    ReferralAppointmentCancelled,
    ReferralAssigned,
    ReferralClosed,
    ReferralHeld,
)
from contracts.ladder import Audience, LadderStep, Reminder
from contracts.lifecycle import State
from contracts.vocabulary import AppointmentSide, HoldReason, Outcome, Turn
from services.notify.domain import Kind, Rhythm
from services.notify.rebuilding import coming
from services.notify.scheduler import Scheduler
from services.notify.store import keep_rhythm

EVE = timedelta(days=3)
WORDS = {
    ReferralAppointmentAccepted: {"by": AppointmentSide.DESK},
    ReferralAppointmentCancelled: {"by": AppointmentSide.DESK},
    ReferralHeld: {"reason": HoldReason.DOCUMENTS_AWAITED, "turn": Turn.PERSON},
    ReferralClosed: {"outcome": Outcome.NO_SHOW, "state": State.CLOSED},
}


class Case:
    """One referral with its contact and its referent, and the facts that notify takes of it."""

    def __init__(self, world, new_fact, in_envelope):
        self.world, self.new_fact, self.in_envelope = world, new_fact, in_envelope
        self.contact, self.contact_mail = world.account()
        self.referent, self.referent_mail = world.account()
        self.now, self.ref, self.version = datetime.now(UTC), uuid4(), 0
        self.facts = []

    async def take(self, kind, **given):
        self.version += 1
        now = self.now
        dated = {"starts": now + EVE + timedelta(days=1), "appointment": uuid4(), "resume_on": now.date()}
        values = {"state": State.IN_PROGRESS, "assignee": self.contact, "referent": self.referent, "reminders": ()}
        names = set(kind.model_fields)
        given = {**values, **dated, **WORDS.get(kind, {}), **given, "ref": self.ref, "version": self.version}
        fact = self.new_fact(kind, **{name: value for name, value in given.items() if name in names})
        envelope = self.in_envelope(fact)
        self.facts.append(envelope)
        await self.world.service.inbox.take("notify-referral", [envelope])

    async def accept(self):
        await self.take(ReferralAppointmentAccepted, eve=self.now + EVE)

    async def armed(self):
        async with self.world.service.database.worker() as work:
            rows = await work.execute(
                "SELECT step, assignee, referent, audience FROM reminder WHERE referral = :ref AND state = 'armed'"
                " ORDER BY step", ref=self.ref,
            )  # fmt: skip
            return [tuple(row) for row in rows]

    async def told(self):
        async with self.world.service.database.worker() as work:
            rows = await work.execute(
                "SELECT account, state, reason FROM telling WHERE referral = :ref AND kind = :kind",
                ref=self.ref, kind=Kind.APPOINTMENT_EVE.value,
            )  # fmt: skip
            return {row.account: (row.state, row.reason) for row in rows}


async def test_both_sides_are_reminded_once_and_nothing_is_counted_as_a_step(world, new_fact, in_envelope, until):
    case = Case(world, new_fact, in_envelope)
    for account in (case.contact, case.referent):
        async with world.service.database.worker() as work:
            await keep_rhythm(None, account, Rhythm.AT_ONCE, work)
    await case.accept()
    assert await case.armed() == [("appointment_eve", case.contact, case.referent, ["assignee", "referent"])]
    world.shift = EVE + timedelta(seconds=2)
    await asyncio.gather(*(Scheduler(world.service).fire_due() for _ in range(3)))

    async def both():
        return set((await case.told()).values()) == {("sent", None)} and len(await case.told()) == 2

    await until(both)
    for address, page in ((case.contact_mail, "bureau"), (case.referent_mail, "orientations")):
        (received,) = [one for one in world.relay.to(address) if "rendez-vous convenu" in one.words]
        assert f"/{page}/{case.ref}" in received.words
    async with world.service.database.worker() as work:
        assert (await work.execute("SELECT count(*) FROM fact WHERE ref = :ref", ref=case.ref)).scalar_one() == 0


async def test_it_stays_through_what_else_happens_and_goes_to_whoever_has_it_in_hand(world, new_fact, in_envelope):
    case = Case(world, new_fact, in_envelope)
    await case.accept()
    due = Reminder(step=LadderStep.NO_ACTIVITY, at=case.now + timedelta(days=14), audience=(Audience.ASSIGNEE,))
    await case.take(ReferralHeld, reminders=(due,))
    assert [row[0] for row in await case.armed()] == ["appointment_eve", "no_activity"]
    other, _ = world.account()
    await case.take(ReferralAssigned, previous_assignee=case.contact, assignee=other, reminders=(due,))
    assert {row[:2] for row in await case.armed()} == {("appointment_eve", other), ("no_activity", other)}
    rows = coming(case.facts, case.version, case.now)
    assert {(row["step"], row["assignee"], row["version"]) for row in rows} == {
        ("appointment_eve", str(other), 3), ("no_activity", str(other), 3)
    }  # fmt: skip


async def test_it_is_disarmed_when_called_off_or_when_the_referral_ends(world, new_fact, in_envelope, until):
    for kind in (ReferralAppointmentCancelled, ReferralClosed):
        case = Case(world, new_fact, in_envelope)
        await case.accept()
        await case.take(kind)
        assert await case.armed() == [] == coming(case.facts, case.version, case.now)


async def test_an_eve_that_nobody_fired_in_time_is_told_to_nobody(world, new_fact, in_envelope):
    case = Case(world, new_fact, in_envelope)
    await case.accept()
    world.shift = EVE + timedelta(days=1)
    await Scheduler(world.service).fire_due()
    assert set((await case.told()).values()) == {("suppressed", "stale")} and await case.armed() == []


async def test_what_waited_for_the_mail_of_the_day_is_dropped_with_the_appointment(world, new_fact, in_envelope, until):
    case = Case(world, new_fact, in_envelope)
    await case.accept()
    world.shift = EVE + timedelta(seconds=2)
    await Scheduler(world.service).fire_due()

    async def both():
        return len(await case.told()) == 2

    await until(both)
    await case.take(ReferralAppointmentCancelled)
    states = set((await case.told()).values())
    assert states <= {("suppressed", "already_done"), ("sent", None), ("suppressed", "merged")}
    async with world.service.database.worker() as work:
        unread = "SELECT count(*) FROM telling WHERE referral = :ref AND kind = 'appointment_eve' AND read_at IS NULL"
        assert (await work.execute(unread, ref=case.ref)).scalar_one() == 0


async def test_one_agreed_for_tomorrow_after_its_eve_has_passed_reminds_nobody(world, new_fact, in_envelope):
    case = Case(world, new_fact, in_envelope)
    await case.take(ReferralAppointmentAccepted, eve=None)
    assert await case.armed() == []
