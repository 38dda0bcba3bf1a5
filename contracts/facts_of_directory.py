"""Facts of partners: the directory, conventions, and where a referral stands in the list of its desk."""

from datetime import date, datetime, time
from typing import ClassVar
from uuid import UUID

from contracts.envelope import Fact, Frozen


class ConventionRecorded(Fact):
    """The convention with an organisation, as it stands: in force from `starts`, until just before `ends`.

    Of two facts of one convention, the higher `revision` holds.
    """

    organisation: UUID
    starts: datetime
    ends: datetime
    revision: int
    at: datetime


class ConventionEndAnnounced(Fact):
    """The convention `ref` with an organisation ends within `days` (60, 30 or 7), just before `ends`, and none follows.

    `officers` and `coordinators` are the accounts that answer for the sharing and for the partners.
    """

    organisation: UUID
    ends: datetime
    days: int
    officers: tuple[UUID, ...]
    coordinators: tuple[UUID, ...]
    at: datetime


class DeskItemDelivered(Fact):
    """The referral `ref` is in the list of its desk."""

    object_words: ClassVar[int] = 2
    desk: UUID
    at: datetime


class DeskItemViewed(Fact):
    """Somebody of the desk opened the referral `ref` for the first time."""

    object_words: ClassVar[int] = 2
    desk: UUID
    at: datetime


class DeskItemUnattended(Fact):
    """Whoever has the open referral `ref` in hand can no longer answer it: she left, or is absent without a deputy.

    `successor` was found in the directory, and referral assigns it to her; None: the desk's managers choose, and are
    told. `managers` are the active ones of that desk (its other members where it has none).
    """

    object_words: ClassVar[int] = 2
    desk: UUID
    previous: UUID
    successor: UUID | None = None
    managers: tuple[UUID, ...] = ()
    at: datetime


class OpeningHours(Frozen):
    """One stretch of opening, in the time of Paris; `weekday` is 1 for Monday to 7 for Sunday (ISO 8601)."""

    weekday: int
    opens: time
    closes: time


class Closure(Frozen):
    """A desk that does not work from `first` to `last`, both included; `last` None is until further notice."""

    first: date
    last: date | None = None


class DeskHoursChanged(Fact):
    """A desk’s working time from `effective_from` on; `ref` is the desk, and each fact replaces the one before.

    `hours` has one entry a stretch, so a day closed at noon has two and a day without any is not worked; none at all
    means that the desk said nothing: the territory's usual hours hold. `closures` are whole days beside public
    holidays. Due instants that were computed before stay as they were promised.
    """

    object_words: ClassVar[int] = 2
    organisation: UUID
    hours: tuple[OpeningHours, ...]
    closures: tuple[Closure, ...] = ()
    effective_from: date
    at: datetime


class MemberLeft(Fact):
    """A professional left: her account `ref` signs in no more (`gone`), or she only works there no more.

    `desks` are those where she worked, `successor` the member who takes over what she had in hand there (None: the
    directory finds one, or the managers choose); `heir` is the colleague who goes on with the people whom she followed
    as a referent, None when she followed nobody.
    """

    organisation: UUID
    desks: tuple[UUID, ...] = ()
    heir: UUID | None = None
    successor: UUID | None = None
    gone: bool = True
    at: datetime


class OrganisationLeft(Fact):
    """An organisation (`ref`) left the network with all its desks: nothing of anybody is readable there any more."""

    desks: tuple[UUID, ...] = ()
    at: datetime
