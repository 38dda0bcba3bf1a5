"""The rules of the directory, of signing in and of the desk's list. Pure: time and secrets are arguments."""

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from contracts.lifecycle import ENDED, State
from contracts.paris import PARIS
from contracts.rights import competent_kinds
from contracts.viewer import Role
from contracts.vocabulary import OrganisationKind, Scheme, Turn

SESSION_IDLE = timedelta(minutes=30)
SESSION_LENGTH = timedelta(hours=10)
SEEN_EVERY = timedelta(minutes=1)
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
DESK_ROLES = frozenset({Role.DESK_AGENT, Role.DESK_MANAGER})
_OWN_PATH = re.compile(r"^/(?![/\\])[\w\-./~%?=&]*$", re.ASCII)


# --- signing in ---------------------------------------------------------------------------------------------------


def fingerprint(*parts: str) -> str:
    """SHA-256 in hexadecimal of these parts, kept apart by a zero byte."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def session_lives(*, seen_at: datetime, expires_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Not ended, used within 30 minutes, and begun less than 10 hours ago."""
    return ended_at is None and now < expires_at and now - seen_at <= SESSION_IDLE


def own_path(given: str | None) -> str | None:
    """That path when it is one of ours (a single leading slash, no scheme, no backslash), else None."""
    return given if given and len(given) <= 500 and _OWN_PATH.match(given) else None


# --- the directory ------------------------------------------------------------------------------------------------


def today_in_paris(now: datetime) -> date:
    """The calendar day in France at that instant."""
    return now.astimezone(PARIS).date()


def end_of_day(now: datetime) -> datetime:
    """The instant at which that day ends in France."""
    return datetime.combine(today_in_paris(now) + timedelta(days=1), time(), PARIS)


def is_competent(rights: Collection[str], kind: str, right: str, scheme: Scheme) -> bool:
    """The desk lists the right, and its organisation's kind is in charge of it under that scheme."""
    return right in rights and OrganisationKind(kind) in competent_kinds(right, scheme)


def is_open(
    *, receives: bool, organisation_closed: bool, closed_from: date | None, closed_until: date | None, on: date
) -> bool:
    """The desk takes referrals that day; both ends of a closing are shut, and no end means until further notice."""
    if not receives or organisation_closed:
        return False
    if closed_from is None:
        return closed_until is None or on > closed_until
    return on < closed_from or (closed_until is not None and on > closed_until)


@dataclass(frozen=True)
class Away:
    """An absence, both days included."""

    account: UUID
    starts: date
    ends: date
    deputy: UUID | None


@dataclass(frozen=True)
class Availability:
    """Whether a contact can receive on a day, by herself or by a deputy; `assignee` is who then has it in hand."""

    assignee: UUID | None
    absent_until: date | None = None
    deputy: UUID | None = None


def absence_on(account: UUID, absences: Iterable[Away], on: date) -> Away | None:
    """The absence of that account that day; of several, the one that ends last."""
    found = [one for one in absences if one.account == account and one.starts <= on <= one.ends]
    return max(found, key=lambda one: (one.ends, one.deputy is not None), default=None)


def availability(account: UUID, members: Collection[UUID], absences: Collection[Away], on: date) -> Availability:
    """A contact is available when she is an active member and present, or absent with such a deputy of the desk.

    `members` are the active members of the desk; of several absences that overlap, any usable deputy counts.
    """
    if account not in members:
        return Availability(None)
    away = absence_on(account, absences, on)
    if away is None:
        return Availability(account)
    for one in absences:
        if one.account != account or not one.starts <= on <= one.ends or one.deputy is None or one.deputy == account:
            continue
        if one.deputy in members and absence_on(one.deputy, absences, on) is None:
            return Availability(one.deputy, away.ends, one.deputy)
    return Availability(None, away.ends)


@dataclass(frozen=True)
class Colleague:
    """An active member of a desk today: whether she manages it, is away, and how many open referrals she has."""

    account: UUID
    manages: bool = False
    away: bool = False
    in_hand: int = 0


@dataclass(frozen=True)
class Turnout:
    """The active members of a desk today, and those who stand in for the one whom this is about."""

    colleagues: tuple[Colleague, ...]
    deputies: tuple[UUID, ...] = ()

    def has(self, account: UUID | None) -> bool:
        """Whether she is an active member."""
        return any(one.account == account for one in self.colleagues)

    def who_answers(self, assignee: UUID) -> UUID | None:
        """Herself when she is there, else her deputy, else the agent with the least in hand; None: the managers choose.

        A manager takes nothing over by herself being the last one there: she decides who does.
        """
        here = {one.account: one for one in self.colleagues if not one.away}
        if assignee in here:
            return assignee
        deputy = next((one for one in self.deputies if one in here), None)
        agents = sorted((one.in_hand, str(one.account), one.account) for one in here.values() if not one.manages)
        return deputy or (agents[0][2] if agents else None)

    def managers(self) -> tuple[UUID, ...]:
        """The managers; where the desk has none, its members, for then nobody else can be told."""
        managing = tuple(sorted(one.account for one in self.colleagues if one.manages))
        return managing or tuple(sorted(one.account for one in self.colleagues))


# --- the desk's list ----------------------------------------------------------------------------------------------


class Tab(StrEnum):
    """The views of a desk's list, by the code that stands in the address.

    Every referral is in one of TO_ANSWER, IN_PROGRESS, WAITING and ENDED; TODAY and LATE are those of the first two
    that press.
    """

    TO_ANSWER = "a-traiter"
    TODAY = "aujourdhui"
    LATE = "en-retard"
    IN_PROGRESS = "en-cours"
    WAITING = "attente"
    ENDED = "closes"


def tab_of(state: State, turn: Turn | None) -> Tab:
    """Where a referral stands in the list: whose turn it is decides for one that is on hold."""
    if state is State.SENT:
        return Tab.TO_ANSWER
    if state in ENDED:
        return Tab.ENDED
    if state is State.ON_HOLD and turn not in (None, Turn.DESK):
        return Tab.WAITING
    return Tab.IN_PROGRESS


class Urgency(StrEnum):
    """What a row asks for today."""

    LATE = "late"
    DUE = "due"
    NEW = "new"
    NONE = ""


def urgency(due: datetime | None, *, viewed: bool, now: datetime) -> Urgency:
    """Late past its due instant, due when that is today, new while nobody of the desk opened it."""
    if due is not None and due < now:
        return Urgency.LATE
    if due is not None and today_in_paris(due) <= today_in_paris(now):
        return Urgency.DUE
    return Urgency.NONE if viewed else Urgency.NEW
