"""The people of one imaginary territory and its directory: desks with agents and managers, referents, the coordination;
who is away with a deputy, who left, and how each wants her mail.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from contracts.asks import FindAudience, ResolveAddress
from contracts.refusals import NotFound
from contracts.replies import Address, AudienceFound
from services.notify.domain import Rhythm
from services.notify.wishes import Wishes

RHYTHMS = (Rhythm.DAILY, Rhythm.DAILY, Rhythm.AT_ONCE, Rhythm.WEEKLY, Rhythm.NEVER)


class Killed(BaseException):
    """The process was killed at this point; nothing of ours catches it."""


@dataclass(frozen=True)
class Desk:
    """A desk of an organisation; it may have no manager."""

    ref: UUID
    organisation: UUID
    agents: tuple[UUID, ...]
    managers: tuple[UUID, ...]


@dataclass
class People:
    """Everybody, drawn from `rng`; `absences` by account: from, until, deputy."""

    rng: random.Random
    begins: datetime
    days: int
    desks: list[Desk] = field(default_factory=list)
    referents: dict[UUID, UUID] = field(default_factory=dict)
    coordinators: tuple[UUID, ...] = ()
    wishes: dict[UUID, Wishes] = field(default_factory=dict)
    absences: dict[UUID, tuple[datetime, datetime, UUID]] = field(default_factory=dict)
    left: dict[UUID, datetime] = field(default_factory=dict)
    unknown: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        for number in range(10):
            agents = tuple(self.uuid() for _ in range(2))
            managers = () if number == 9 else (self.uuid(),)
            self.desks.append(Desk(self.uuid(), self.uuid(), agents, managers))
        self.referents = {self.uuid(): self.uuid() for _ in range(8)}
        self.coordinators = (self.uuid(),)
        everybody = self.everybody()
        for account in everybody[::2]:
            quiet = (time(12), time(14)) if self.rng.random() < 0.3 else (None, None)
            self.wishes[account] = Wishes(
                self.rng.choice(RHYTHMS), *quiet, quiet_weekends=self.rng.random() < 0.5, sms=self.rng.random() < 0.5
            )
        for desk in self.desks[::2]:
            since = self.begins + timedelta(days=self.rng.randrange(self.days))
            self.absences[desk.agents[0]] = (since, since + timedelta(days=14), desk.agents[1])
        self.left = {everybody[1]: self.begins + timedelta(days=self.days / 2)}
        self.unknown = {everybody[3]}

    def uuid(self) -> UUID:
        """The next reference of this territory; the same for the same seed."""
        return UUID(int=self.rng.getrandbits(128), version=4)

    def everybody(self) -> list[UUID]:
        """Every account."""
        at_desks = [one for desk in self.desks for one in (*desk.agents, *desk.managers)]
        return [*at_desks, *self.referents, *self.coordinators]

    def behind(self, desk: UUID) -> AudienceFound:
        """Who stands behind that desk."""
        found = next(one for one in self.desks if one.ref == desk)
        return AudienceFound(managers=found.managers, coordinators=self.coordinators)


class Directory:
    """What notify asks of the directory, in the place of the bus; `killed` ends the process at the next question."""

    def __init__(self, people: People, clock: Any) -> None:
        self.people, self.clock, self.killed = people, clock, False

    async def ask(self, ask: ResolveAddress | FindAudience) -> Address | AudienceFound:
        if self.killed:
            raise Killed("reminders in hand")
        if isinstance(ask, FindAudience):
            return self.people.behind(ask.desk)
        if ask.account in self.people.unknown:
            raise NotFound
        now, account = self.clock(), ask.account
        since, until, deputy = self.people.absences.get(account, (now, now, None))
        away = since <= now < until
        gone = self.people.left.get(account)
        return Address(
            account=account,
            email=mail_of(account),
            active=gone is None or now < gone,
            absent=away,
            deputy=deputy if away else None,
            deputy_email=mail_of(deputy) if away and deputy else None,
            phone="06 12 34 56 78",
        )


def mail_of(account: UUID) -> str:
    return f"{account.hex[:16]}@guichet.example"
