"""The circuit breaker of one provider: after several failures in a row it is left alone for a while, then asked once.

Pure: instants are arguments. A refusal of one address is an answer, and counts as one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.vocabulary import Word

FAILURES = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=10)
PROBE_LASTS = timedelta(minutes=1)


class Circuit(Word):
    """How a provider stands; the label is what the page of the reminders says."""

    CLOSED = "closed", "Répond"
    HALF_OPEN = "half_open", "À l’essai"
    OPEN = "open", "Ne répond pas\u202f: laissé en pause"


@dataclass
class Breaker:
    """One provider's. `since` is when it came into its present state, None while it was always well."""

    failures: int = 0
    pauses: int = 0
    since: datetime | None = None
    resumes_at: datetime | None = None
    probing_since: datetime | None = None

    def state(self, now: datetime) -> Circuit:
        """Where it stands at that instant."""
        if self.resumes_at is None:
            return Circuit.CLOSED
        return Circuit.OPEN if now < self.resumes_at else Circuit.HALF_OPEN

    def allows(self, now: datetime) -> bool:
        """Whether the provider may be asked now; half open, the first who asks is the probe and the others wait."""
        match self.state(now):
            case Circuit.CLOSED:
                return True
            case Circuit.OPEN:
                return False
        if self.probing_since is not None and timedelta() <= now - self.probing_since < PROBE_LASTS:
            return False
        self.probing_since = now
        return True

    def failed(self, now: datetime) -> None:
        """The provider did not answer. Each pause is twice the one before, ten minutes at most."""
        self.failures += 1
        probed = self.state(now) is Circuit.HALF_OPEN
        if self.failures >= FAILURES or probed:
            self.since = self.since if self.resumes_at is not None else now
            self.resumes_at = now + min(FIRST_PAUSE * 2 ** min(self.pauses, 10), LONGEST_PAUSE)
            self.pauses, self.probing_since = self.pauses + 1, None

    def answered(self, now: datetime) -> None:
        """The provider answered, whatever it said."""
        if self.resumes_at is not None:
            self.since = now
        self.failures = self.pauses = 0
        self.resumes_at = self.probing_since = None

    def again_in(self, now: datetime) -> timedelta:
        """How long it is still left alone."""
        return max(self.resumes_at - now, timedelta()) if self.resumes_at is not None else timedelta()
