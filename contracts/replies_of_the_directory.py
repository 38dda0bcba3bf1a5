"""What partners answers: professionals, desks, conventions; nobody accompanied."""

from datetime import date, datetime, time
from uuid import UUID

from contracts.envelope import Frozen
from contracts.facts import OpeningHours
from contracts.viewer import Viewer
from contracts.vocabulary import (
    Capacity,
    Document,
    HandoverMode,
    OrganisationKind,
)


class ViewerFound(Frozen):
    viewer: Viewer | None


class ContactOption(Frozen):
    """A named contact: `available` is false while absent without an active deputy; then `absent_until` says until
    when.
    """

    account: UUID
    name: str
    function: str
    phone: str | None = None
    available: bool
    absent_until: date | None = None
    deputy: UUID | None = None
    deputy_name: str | None = None


class Permanence(Frozen):
    """Where and when somebody receives outside or beside the desk, every week, in the time of Paris.

    Of a desk, or of the whole organisation (`desk` None). `weekday` is 1 for Monday (ISO 8601); `next_on` is the next
    day on which it is held, None when there is none within a year.
    """

    ref: UUID
    organisation: UUID
    desk: UUID | None = None
    place: str
    weekday: int
    opens: time
    closes: time
    next_on: date | None = None


class DeskOption(Frozen):
    """A desk that may receive a referral for that right, with the convention that covers it (None: none in force).

    `full_until` is the last day on which it is full, when that is known; `documents` are what a person usually brings.
    """

    desk: UUID
    desk_name: str
    organisation: UUID
    organisation_name: str
    organisation_kind: OrganisationKind
    phone: str | None = None
    rights: tuple[str, ...]
    modes: tuple[HandoverMode, ...]
    open: bool = True
    closed_until: date | None = None
    capacity: Capacity = Capacity.OPEN
    full_until: date | None = None
    documents: tuple[Document, ...] = ()
    documents_note: str = ""
    hours: tuple[OpeningHours, ...] = ()
    convention: UUID | None = None
    convention_starts: datetime | None = None
    convention_ends: datetime | None = None
    contacts: tuple[ContactOption, ...] = ()
    permanences: tuple[Permanence, ...] = ()


class RecipientsFound(Frozen):
    desks: tuple[DeskOption, ...]


class Recipient(Frozen):
    """Who receives, resolved now and kept as a snapshot. `assignee` is the contact, or her deputy while she is
    absent.
    """

    organisation: UUID
    organisation_name: str
    organisation_kind: OrganisationKind
    desk: UUID
    desk_name: str
    contact: UUID
    contact_name: str
    assignee: UUID
    assignee_name: str
    convention: UUID | None = None
    convention_starts: datetime | None = None
    convention_ends: datetime | None = None


class AudienceFound(Frozen):
    """The active managers of a desk, the territory's coordinators and data protection officers; no address."""

    managers: tuple[UUID, ...] = ()
    coordinators: tuple[UUID, ...] = ()
    officers: tuple[UUID, ...] = ()


class Address(Frozen):
    """Where to write to a professional; `absent` with a deputy means: write to the deputy as well.

    `phone` as the directory has it; `desks` where she works, when that was asked.
    """

    account: UUID
    email: str
    active: bool
    absent: bool = False
    deputy: UUID | None = None
    deputy_email: str | None = None
    phone: str | None = None
    desks: tuple[UUID, ...] = ()


class Network(Frozen):
    """Names of organisations, desks and professionals by reference, and permanences; nobody accompanied is in it."""

    organisations: dict[UUID, str]
    kinds: dict[UUID, OrganisationKind]
    desks: dict[UUID, str]
    desk_organisation: dict[UUID, UUID]
    accounts: dict[UUID, str]
    permanences: tuple[Permanence, ...] = ()


class DeskMember(Frozen):
    account: UUID
    active: bool


class Absent(Frozen):
    """A colleague who is away today, `until` that day included, or who has left; `deputy` is who stands in for her."""

    account: UUID
    name: str
    until: date | None = None
    left: bool = False
    deputy: UUID | None = None
    deputy_name: str | None = None


class AbsencesFound(Frozen):
    absences: tuple[Absent, ...]


class ConventionState(Frozen):
    """A convention as the directory has it; `revision` counts its changes."""

    ref: UUID
    organisation: UUID
    starts: datetime
    ends: datetime
    revision: int


class ConventionsFound(Frozen):
    conventions: tuple[ConventionState, ...]
