"""The worked example of `docs/times.md`: one referral with hold, redirect and reopening, each clock as by hand."""

from datetime import datetime

from contracts.actions import Acknowledge, Close, ContradictOutcome, Hold, LogAttempt, ProposeRedirect, Resume
from contracts.vocabulary import AttemptChannel, AttemptResult, HoldReason, Outcome, Turn
from services.referral.business_time import PARIS, paris_day
from tests.referral.referral_world import Alone, World

REACHED = LogAttempt(channel=AttemptChannel.PHONE, result=AttemptResult.REACHED)
HOUR = 3600


def march(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=PARIS)


async def test_the_code_finds_what_the_documentation_computes_by_hand(alone: Alone):
    a, b = World(), World()
    b.referent, b.ccas = a.referent, a.ccas
    root = await alone.sent(a, march(6, 15))

    async def acknowledge(world: World, ref, at: datetime) -> None:
        await alone.act(world.agent, ref, Acknowledge(promised_for=paris_day(at)), at)

    await acknowledge(a, root, march(9, 10))
    await alone.act(a.agent, root, ProposeRedirect(to_desk=b.desk, to_organisation=b.caf), march(9, 11))
    child = await alone.sent(b, march(10, 9), viewer=a.referent, redirect_of=root)
    await acknowledge(b, child, march(10, 14))
    await alone.act(b.agent, child, REACHED, march(11, 9))
    held = Hold(reason=HoldReason.DOCUMENTS_AWAITED, turn=Turn.PERSON, resume_on=march(16, 9).date())
    await alone.act(b.agent, child, held, march(11, 9))
    await alone.act(b.agent, child, Resume(), march(13, 13))
    await alone.act(b.agent, child, Close(outcome=Outcome.NO_SHOW), march(13, 17))
    first = await alone.scalar("SELECT seconds FROM duration WHERE clock = 'ttr' AND subject = :ref", ref=root)
    assert first == 42 * HOUR
    await alone.act(a.referent, child, ContradictOutcome(), march(16, 9))
    await acknowledge(b, child, march(16, 12))
    await alone.act(b.agent, child, REACHED, march(17, 10))
    opened = Close(outcome=Outcome.RIGHT_OPENED, date_of_effect=march(1, 9).date())
    await alone.act(b.agent, child, opened, march(19, 12))
    async with alone.worker() as work:
        rows = await work.execute(
            "SELECT subject, clock, number, how, seconds FROM duration WHERE subject IN (:root, :child)",
            root=root, child=child,
        )
        found = {(row.subject == root, row.clock, row.number): (row.how, row.seconds / HOUR) for row in rows}
    assert found == {
        (True, "tta", 1): ("answered", 3), (True, "ttc", 1): ("passed_on", 10),
        (False, "tta", 1): ("answered", 5), (False, "ttc", 1): ("reached", 8),
        (False, "tta", 2): ("answered", 3), (False, "ttc", 2): ("reached", 9),
        (True, "ttr", 0): ("closed", 69), (True, "tto", 0): ("opened", 69),
    }  # fmt: skip
    assert (await alone.scalar("SELECT held FROM course WHERE ref = :ref", ref=child)) == {"person": 20 * HOUR}
