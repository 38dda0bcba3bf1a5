"""What another service is told of the reminders: nothing while all is well, else the sentence for its pages.

The heart that stops, a ledger that does not add up and a provider that is left alone each have one.
"""

from datetime import datetime

from contracts.asks import CheckReminders
from contracts.paris import paris_day
from contracts.replies import RemindersChecked
from services.notify import ledger_counts, ledger_words, store
from services.notify.breaker import Circuit
from services.notify.channels import Channel
from services.notify.domain import Way
from services.runtime.database import Work

_STATE = """
INSERT INTO channelstate (name, state, since, seen_at) VALUES (:name, :state, :since, :now)
ON CONFLICT (territory, name) DO UPDATE SET state = excluded.state, since = excluded.since, seen_at = excluded.seen_at
"""


async def check_reminders(
    ask: CheckReminders, work: Work, *, texts: bool, ledger: ledger_counts.Measured
) -> RemindersChecked:
    """The alarm, or None; and whether text messages can leave."""
    if not ask.alarm:
        return RemindersChecked(alarm=None, texts=texts)
    beat = await store.last_beat(None, work)
    today = await ledger.now(work)
    paused = [one.label for one in await store.channel_states(None, work) if one.state != Circuit.CLOSED]
    alarm = ledger_words.alarm(beat, work.now) or ledger_words.unbalanced(today.imbalance)
    return RemindersChecked(alarm=alarm or ledger_words.paused(paused), texts=texts)


async def health(work: Work, since: datetime) -> dict[str, str]:
    """`scheduler`: `ok`, or `stale` when nobody has beaten for a minute since this process began at `since`; `ledger`:
    `ok`, or `unbalanced` when a telling of today is in no state or a reminder fired without one.
    """
    beat = await store.last_beat(None, work)
    silent = work.now - max(beat or since, since) > ledger_words.SILENT_AFTER
    today = await ledger_counts.day_of(work, paris_day(work.now))
    return {"scheduler": "stale" if silent else "ok", "ledger": "unbalanced" if today.imbalance else "ok"}


async def keep_states(channels: tuple[Channel, ...], work: Work) -> None:
    """Write how each provider stands, for the page of the reminders; one that is not set is not on it."""
    for one in channels:
        if not one.offered:
            continue
        breaker = one.circuit.breaker
        state = breaker.state(work.now)
        await work.execute(_STATE, name=Way(one.name).value, state=state.value, since=breaker.since, now=work.now)
