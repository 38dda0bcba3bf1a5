"""Months of referrals on a fast clock: whatever dies meanwhile, no reminder is lost, none is told twice in effect, a
letter that leaves again has the number of the first, and every day's ledger adds up.

`RELAIS_YEAR=39,80000,365` has the year of 39 territories (docs/reminders.md); without it, a month of two.
"""

import asyncio
import os
import random
import time as clocks
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from contracts.envelope import Envelope
from services.notify import ledger_counts
from services.notify.reminders import EVE
from services.notify.tables import SCHEMA
from services.referral.business_time import PARIS, is_business_day
from services.runtime import telemetry
from services.runtime.migrations import migrate
from services.runtime.settings import Settings
from services.whole import Ground
from tests.notify.year_lives import Lives
from tests.notify.year_model import Model
from tests.notify.year_of_notify import CRASH_POINTS, SENDER, FastClock, Worker
from tests.notify.year_people import People

BEGINS = datetime(2025, 1, 6, tzinfo=UTC)
# After the last sending, until what was planned for the next Monday has left.
AFTERWARDS = 9
WORKED, OTHERWISE = (time(8, 35), time(12, 5), time(17, 50)), (time(9),)
_COUNTED = """
SELECT (due_at AT TIME ZONE 'Europe/Paris')::date AS day, kind, state, count(*) AS n FROM telling
WHERE channel = 'mail' AND due_at >= :since GROUP BY 1, 2, 3
"""
_FIRED = "SELECT referral, step, due_at FROM reminder WHERE state = 'fired'"
_TOLD = "SELECT ref, envelope->'data'->>'step' AS step, envelope->'data'->>'due_at' AS due_at FROM fact"
_TELLINGS = "SELECT ref, state, reason, channel, letter, repeats, next_attempt_at FROM telling"
_UNTOLD = """
SELECT count(*) FROM reminder r WHERE state = 'fired' AND NOT EXISTS (SELECT FROM telling t WHERE t.fact = r.ref)
"""


@dataclass
class Found:
    """The figures of one territory, or of several added up."""

    numbers: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Found") -> None:
        self.numbers += other.numbers
        self.kills += other.kills
        self.states += other.states


@dataclass
class Territory:
    """One territory from its first day to its last."""

    worker: Worker
    lives: Lives
    model: Model
    clock: FastClock
    days: int
    outage: range

    async def live(self) -> Found:
        """Every day: what people do, what notify does with it, and the equation."""
        first = BEGINS.astimezone(PARIS).date()
        facts = days = 0
        for number in range(self.days + AFTERWARDS):
            day = first + timedelta(days=number)
            for hour in WORKED if is_business_day(day) else OTHERWISE:
                self.clock.now = max(self.clock.now, datetime.combine(day, hour, PARIS).astimezone(UTC))
                for fact in self.lives.until(self.clock.now) if number < self.days else ():
                    self.worker.queue.append(self._envelope(fact))
                    facts += 1
                if number not in self.outage:
                    await self.worker.turn()
            if number not in self.outage:
                await self._balances(day)
                days += 1
        found = await self._at_the_end()
        found.numbers.update(facts=facts, days=days, referrals=len(self.lives.lives))
        found.kills.update(self.worker.kills)
        return found

    def _envelope(self, fact: Any) -> Envelope:
        territory = self.worker.settings.territory
        return Envelope.of(fact, source="referral", time=fact.at, territory=territory, actor_kind="clock")

    async def _balances(self, today: date) -> None:
        """due = sent + suppressed + failed + pending, by kind, for today and the days that today may have changed."""
        since = today - timedelta(days=3)
        async with self.worker.service.database.worker() as work:
            rows = (await work.execute(_COUNTED, since=datetime.combine(since, time.min, PARIS))).all()
            ours = await ledger_counts.day_of(work, today)
        assert ours.imbalance == 0, today
        counted: Counter[tuple[date, str]] = Counter()
        for row in rows:
            counted[row.day, row.kind] += row.n
        expected = {key: number for key, number in self.model.due.items() if key[0] >= since}
        assert counted == expected, today

    async def _at_the_end(self) -> Found:
        async with self.worker.service.database.worker() as work:
            fired = {(row.referral, row.step, row.due_at) for row in await work.execute(_FIRED)}
            told = [(row.ref, row.step, datetime.fromisoformat(row.due_at)) for row in await work.execute(_TOLD)]
            overdue = await work.execute(
                "SELECT count(*) FROM reminder WHERE state = 'armed' AND due_at <= :now", now=self.clock.now
            )
            tellings = (await work.execute(_TELLINGS)).all()
            assert (overdue.scalar_one(), (await work.execute(_UNTOLD)).scalar_one()) == (0, 0)
        assert fired == self.model.fired
        steps = {one for one in fired if one[1] != EVE}
        assert len(told) == len(set(told)) and set(told) == steps
        found = self._letters(tellings)
        found.numbers.update(
            timers=len(fired), eves=len(fired) - len(steps), disarmed=self.model.disarmed, tellings=len(tellings)
        )  # fmt: skip
        found.states.update(f"{row.state} {row.reason or ''}".strip() for row in tellings)
        return found

    def _letters(self, tellings: list[Any]) -> Found:
        """Every letter is that of a telling; what left twice did so after a kill, under one number, and is counted."""
        taken = self.worker.mail.taken + self.worker.sms.taken
        repeats = {_names(row): row.repeats for row in tellings if row.letter is not None}
        for row in tellings:
            for name in _names(row):
                repeats[name] = max(repeats.get(name, 0), row.repeats)
        twice = {name: number - 1 for name, number in taken.items() if number > 1}
        assert set(taken) <= set(repeats), "a letter that no telling knows"
        assert all(repeats[name] >= number for name, number in twice.items()), "left again, and not counted"
        sent = [row for row in tellings if row.state == "sent"]
        assert all(any(name in taken for name in _names(row)) for row in sent), "said to be sent, and was not"
        waiting = [row.next_attempt_at for row in tellings if row.state in ("pending", "sending")]
        assert all(at > self.clock.now for at in waiting), "due, and not sent"
        numbers = Counter(
            letters=taken.total(), left_twice=sum(twice.values()), repeats=sum(row.repeats for row in tellings),
            sent=len(sent), waiting=len(waiting),
        )  # fmt: skip
        return Found(numbers)


def _names(row: Any) -> tuple[str, ...]:
    if row.letter is None:
        return ()
    named = f"telling-{row.letter}", f"deputy-{row.letter}"
    return named[:1] if row.channel == "sms" else tuple(f"<{one}@{SENDER.partition('@')[2]}>" for one in named)


@pytest.fixture(scope="module")
async def migrated(notify_ground: Ground) -> AsyncIterator[Ground]:
    telemetry.configure("critical")
    await migrate(notify_ground.owner_url, notify_ground.servers.keys, [SCHEMA])
    yield notify_ground
    telemetry.configure("error")


async def one_territory(ground: Ground, name: str, seed: int, referrals: int, days: int, kill_share: float) -> Found:
    """Its people, their wishes, its referrals, and the worker that is killed; nothing of it is left behind."""
    rng, clock = random.Random(seed), FastClock(BEGINS)
    people = People(rng, BEGINS, days)
    model = Model(people)
    settings = Settings(var=ground.servers.keys.parent, territory=name, mail_from=SENDER)
    # Drawn apart: what people do does not depend on what dies.
    worker = Worker(settings, ground.servers, clock, people, random.Random(-seed), kill_share, model)
    lives = Lives(rng, people)
    lives.expect(referrals)
    silent = rng.randrange(days // 2, days)
    try:
        await _wish(worker, people)
        return await Territory(worker, lives, model, clock, days, range(silent, silent + 2)).live()
    finally:
        await worker.forget()


async def _wish(worker: Worker, people: People) -> None:
    async with worker.service.database.worker() as work:
        for account, one in people.wishes.items():
            await work.execute(
                "INSERT INTO preference (account, rhythm, quiet_from, quiet_until, quiet_weekends, sms)"
                " VALUES (:account, :rhythm, :quiet_from, :quiet_until, :weekends, :sms)",
                account=account, rhythm=one.rhythm.value, quiet_from=one.quiet_from, quiet_until=one.quiet_until,
                weekends=one.quiet_weekends, sms=one.sms,
            )  # fmt: skip


@pytest.mark.long
async def test_no_reminder_is_lost_whatever_dies_and_every_day_adds_up(migrated):
    territories, referrals, days = map(int, os.environ.get("RELAIS_YEAR", "2,120,31").split(","))
    found, began = Found(), clocks.perf_counter()
    for number in range(territories):
        share = referrals // territories + (number < referrals % territories)
        found.add(await one_territory(migrated, f"annee-{number}", 39_000 + number, share, days, 0.03))
        print(number + 1, f"{clocks.perf_counter() - began:.0f} s", dict(found.numbers), flush=True)
        await asyncio.sleep(0)
    print(dict(found.kills), dict(found.states))
    assert found.numbers["referrals"] >= referrals, "those that went to another desk come on top"
    assert found.kills.keys() == set(CRASH_POINTS), "each point at which it may die was tried"
    assert found.numbers["eves"] > 0
    assert found.numbers["left_twice"] > 0, "some letters left twice, or nothing was tried"
