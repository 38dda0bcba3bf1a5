"""Whatever happens to tellings, and in whatever order, none is lost: due = sent + suppressed + failed + pending.

The model beside it is a plain count of what was entered; the database is the real one, in a day of its own.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notify import ledger, ledger_counts, watch
from services.notify.domain import Kind, Reason, State
from services.notify.ledger import Entry, Settled
from services.notify.scheduler import Scheduler
from services.notify.store import channel_states, last_beat
from services.notify.tables import PLUMBING, SCHEMA
from services.runtime.process import Service
from services.runtime.web.shell import is_ready

EVENTS = st.one_of(
    st.tuples(st.just("enter"), st.integers(0, 2), st.sampled_from([None, Reason.STALE, Reason.OWN_ACTION])),
    st.tuples(st.just("again"), st.integers(0, 2), st.none()),
    st.tuples(st.just("take"), st.integers(1, 5), st.none()),
    st.tuples(st.just("settle"), st.sampled_from([one for one in State if one is not State.SENDING]), st.none()),
    st.tuples(st.just("suppress"), st.integers(0, 2), st.none()),
    st.tuples(st.just("late"), st.sampled_from([State.SENT, State.FAILED]), st.none()),
    st.tuples(st.just("bounce"), st.none(), st.none()),
)
# A year of its own: the service under test takes nothing of it, and days do not mix.
FIRST = datetime(2031, 1, 1, 9, tzinfo=UTC)
days = iter(range(10_000))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, max_size=20))
async def test_the_ledger_adds_up_after_any_sequence_of_events(world, events):
    at = FIRST + timedelta(days=next(days))
    accounts, referrals = [uuid4() for _ in range(3)], [uuid4() for _ in range(3)]
    async with world.service.database.worker() as work:
        for one in accounts[1:]:
            await work.execute(
                "INSERT INTO preference (account, rhythm, quiet_weekends, sms) VALUES (:ref, 'at_once', false, true)",
                ref=one,
            )  # fmt: skip
    entered: set[tuple[UUID, UUID, str]] = set()
    told: list[tuple[UUID, UUID]] = []
    hand: list[ledger.InHand] = []
    for event, what, why in events:
        async with world.service.database.worker(at=at) as work:
            match event:
                case "enter":
                    fact = uuid4()
                    await ledger.enter(work, entry(fact, accounts[what], referrals[what], at, why))
                    told.append((fact, accounts[what]))
                    entered.add((fact, accounts[what], "mail"))
                    entered |= {(fact, accounts[what], "sms")} if what and why is None else set()
                case "again" if told:
                    fact, account = told[what % len(told)]
                    await ledger.enter(work, entry(fact, account, referrals[0], at, Reason.STALE))
                case "take":
                    found = await ledger.take_due(work, what)
                    hand += [one for one in found if one.account in accounts]
                case "settle" if hand:
                    again = timedelta() if what is State.PENDING else None
                    await ledger.settle(work, [Settled(hand.pop(0), what, Reason.RELAY_AWAY, again)])
                case "late" if hand:
                    await ledger.settle(work, [Settled(hand[0], what)])
                case "suppress":
                    await ledger.suppress(work, referrals[what], Reason.ALREADY_DONE, referent=False)
                case "bounce":
                    await work.execute(
                        "UPDATE telling SET state = 'failed', reason = 'bounced' WHERE account = :ref"
                        " AND state = 'sent'", ref=accounts[1],
                    )  # fmt: skip
    async with world.service.database.worker(at=at) as work:
        day = await ledger_counts.day_of(work, at.date())
        await work.execute("DELETE FROM telling WHERE due_at = :at", at=at)
    assert day.imbalance == 0
    assert day.due == len(entered) == day.sent + day.suppressed + day.failed + day.pending


def entry(fact: UUID, account: UUID, referral: UUID, at: datetime, why: Reason | None) -> Entry:
    return Entry(fact, account, Kind.REFERRAL_AWAITS, referral, at, not_because=why)


async def test_a_reminder_that_fired_without_a_telling_is_an_imbalance(world):
    ref = uuid4()
    async with world.service.database.worker(at=FIRST) as work:
        await work.execute(
            "INSERT INTO reminder (ref, referral, step, due_at, audience, assignee, desk, version, state, fired_at)"
            " VALUES (:ref, :ref, 'no_activity', :now, '{}', :ref, :ref, 1, 'fired', :now)", ref=ref, now=FIRST,
        )  # fmt: skip
        day, health = await ledger_counts.day_of(work, FIRST.date()), await watch.health(work, FIRST)
        await work.execute("DELETE FROM reminder WHERE ref = :ref", ref=ref)
        after = await watch.health(work, FIRST)
    assert day.imbalance == 1
    assert health == {"scheduler": "ok", "ledger": "unbalanced"} and is_ready(health)
    assert after == {"scheduler": "ok", "ledger": "ok"}


async def test_a_page_hears_of_the_ledger_as_it_was_counted_a_moment_ago_and_never_longer(world):
    at, kept = FIRST - timedelta(days=800), ledger_counts.Measured()

    async def due(later: float) -> int:
        async with world.service.database.worker(at=at + timedelta(seconds=later)) as work:
            return (await kept.now(work)).due

    assert await due(0) == 0
    async with world.service.database.worker(at=at) as work:
        await ledger.enter(work, entry(uuid4(), uuid4(), uuid4(), at, Reason.STALE))
    assert [await due(later) for later in (19, 20, 21)] == [0, 1, 1]


async def test_what_was_due_before_yesterday_is_counted_with_the_week_and_the_rest_at_once(world):
    at = FIRST - timedelta(days=700)

    async def lines(count) -> dict[int, int]:
        async with world.service.database.worker(at=at) as work:
            await count(work)
            rows = await work.execute(
                "SELECT day, sum(count)::int AS n FROM ledgerline WHERE day > :from AND day <= :to GROUP BY 1",
                **{"from": at.date() - timedelta(days=20), "to": at.date()},
            )
            return {(at.date() - row.day).days: row.n for row in rows}

    async with world.service.database.worker(at=at) as work:
        for days in (0, 1, 2, 8, 9):
            due = at - timedelta(days=days)
            await ledger.enter(work, entry(uuid4(), uuid4(), uuid4(), due, Reason.STALE))
    assert await lines(ledger_counts.measure) == {0: 1, 1: 1}
    assert await lines(ledger_counts.count_the_week) == {0: 1, 1: 1, 2: 1, 8: 1}


async def test_two_territories_in_one_database_each_have_their_beat_their_lines_and_their_channels(world):
    own, at = world.service, FIRST - timedelta(days=365)
    settings = own.settings.model_copy(update={"territory": "ailleurs"})
    other = Service("notify", settings, own.servers, SCHEMA, PLUMBING, own.clock)
    other.database.send_hint = None
    try:
        for one in (own, other):
            await Scheduler(one).turn()
            async with one.database.worker(at=at) as work:
                await ledger.enter(work, entry(uuid4(), uuid4(), uuid4(), at, Reason.STALE))
                for _ in range(2):
                    await ledger_counts.count_lines(work, at.date(), at.date() + timedelta(days=1))
                await watch.keep_states(own.app.state.channels, work)
            async with one.database.worker() as work:
                assert await last_beat(None, work) and len(await channel_states(None, work)) == 2
                lines = await work.execute("SELECT count FROM ledgerline WHERE day = :day", day=at.date())
                assert lines.scalars() == [1]
                await work.execute("DELETE FROM telling WHERE due_at = :at", at=at)
                await ledger_counts.count_lines(work, at.date(), at.date() + timedelta(days=1))
    finally:
        await other.database.close()


async def test_a_scheduler_that_nobody_heard_for_a_minute_is_not_ready(world):
    """In years to come nobody beats; a process that has only just begun is not blamed for it."""
    async with world.service.database.worker(at=FIRST) as work:
        long_ago, just_now = await watch.health(work, FIRST - timedelta(hours=1)), await watch.health(work, FIRST)
    assert long_ago["scheduler"] == "stale" and not is_ready(long_ago)
    assert is_ready(just_now)
