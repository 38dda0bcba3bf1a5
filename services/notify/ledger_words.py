"""The page of the ledger in words: each day’s equation, why something was not sent, who is at work. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from services.notify.domain import WAITING, Reason, State, sentence_of

SILENT_AFTER = timedelta(minutes=1)


@dataclass
class Line:
    """One line of the ledger, of a day or of a kind: due = sent + suppressed + failed + waiting."""

    counts: Counter[str] = field(default_factory=Counter)

    @property
    def due(self) -> int:
        """Everything that was due."""
        return self.counts.total()

    def cells(self) -> list[object]:
        """The cells after its name: due, sent, suppressed, failed, waiting."""
        waiting = sum(self.counts[state] for state in WAITING)
        told, dropped, failed = (self.counts[one.value] for one in (State.SENT, State.SUPPRESSED, State.FAILED))
        return [self.due, told, dropped, failed, waiting]


def days_of(lines: Sequence[tuple[date, str, str, str, int]]) -> list[tuple[date, Line]]:
    """(day, kind, state, reason, count) gathered by day, the newest first."""
    found: dict[date, Line] = {}
    for day, _, state, _, count in lines:
        found.setdefault(day, Line()).counts[state] += count
    return [(day, found[day]) for day in sorted(found, reverse=True)]


def kinds_of(lines: Sequence[tuple[date, str, str, str, int]]) -> list[tuple[str, Line]]:
    """The same gathered by what was to be said, each as its sentence, the most frequent first."""
    found: dict[str, Line] = {}
    for _, kind, state, _, count in lines:
        found.setdefault(kind, Line()).counts[state] += count
    return [(sentence_of(kind), line) for kind, line in sorted(found.items(), key=lambda one: (-one[1].due, one[0]))]


def reasons_of(lines: Sequence[tuple[date, str, str, str, int]], *states: State) -> list[tuple[str, int]]:
    """Why tellings that ended in one of those states did, the most frequent first."""
    counts: Counter[str] = Counter()
    for _, _, state, reason, count in lines:
        if state in {one.value for one in states} and reason:
            counts[reason] += count
    return [(Reason(reason).label, count) for reason, count in counts.most_common()]


def alarm(last_beat: datetime | None, now: datetime) -> str | None:
    """The sentence to show first when nobody fires the reminders any more; None while all is well."""
    if last_beat is None:
        return "Les rappels ne sont pas encore partis\u202f: leur horloge n’a jamais tourné."
    if now - last_beat > SILENT_AFTER:
        minutes = int((now - last_beat).total_seconds() // 60)
        return (
            f"Les rappels ne partent plus depuis {minutes} minute{'s' if minutes > 1 else ''}."
            " Prévenez l’administration du territoire."
        )
    return None


def unbalanced(count: int) -> str | None:
    """The sentence when the ledger does not add up; None while it does."""
    if count == 0:
        return None
    return f"Le registre des rappels ne tombe pas juste ({count}). Prévenez l’administration du territoire."


def repeated(count: int) -> str | None:
    """The sentence when a process died with messages in hand: how many left again, and why nobody sees them twice."""
    if not count:
        return None
    return (
        f"{count} message{'s' if count > 1 else ''} repris après un arrêt, sous le même numéro de message\u202f: s’il "
        "était déjà parti, le logiciel de courriel n’en garde qu’un."
    )


def paused(channels: Sequence[str]) -> str | None:
    """The sentence when a provider is left alone; None while all answer."""
    if not channels:
        return None
    return f"En pause, faute de réponse\u202f: {', '.join(channels).lower()}. Ce qui attend partira de soi-même."
