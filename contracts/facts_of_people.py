"""Facts of intake: people, consent, rights, erasure requests. `ref` is the encounter, the grant or the review."""

from datetime import date, datetime
from uuid import UUID

from contracts.envelope import Fact
from contracts.vocabulary import (
    Channel,
    NonTakeUpCause,
    Purpose,
    SafeguardMatter,
)


class PersonMet(Fact):
    """A referent met a person. `person` is a random reference that only the referral service receives."""

    person: UUID
    organisation: UUID
    channel: Channel
    at: datetime


class PersonErased(Fact):
    """A person (`ref`) was erased: her open `referrals` end, and what is left of them is nobody's.

    Told again when a restored copy of the database brought her back, and she was erased again.
    """

    referrals: tuple[UUID, ...] = ()
    at: datetime


class ConsentGiven(Fact):
    """A grant exists for one desk; `epoch` counts the changes of that grant."""

    organisation: UUID
    desk: UUID
    purpose: Purpose
    expires_at: datetime
    epoch: int
    at: datetime


class ConsentRefused(Fact):
    """The person was asked and said no; recorded so that nobody asks again tomorrow."""

    organisation: UUID
    desk: UUID
    purpose: Purpose
    at: datetime


class ConsentWithdrawn(Fact):
    """The person withdrew; `referrals` are all that rest on that grant, also those not yet known to the referral
    service.
    """

    referrals: tuple[UUID, ...]
    epoch: int
    at: datetime


class ConsentNarrowed(Fact):
    """The person keeps a part of what she agreed to; `referrals` rest on a right that she took out, and end."""

    referrals: tuple[UUID, ...] = ()
    epoch: int
    at: datetime


class RightsIdentified(Fact):
    """A rights review noted presumed rights, by code."""

    person: UUID
    organisation: UUID
    rights: tuple[str, ...]
    causes: tuple[NonTakeUpCause, ...] = ()
    at: datetime


class ErasureRequested(Fact):
    """A desk is asked to erase what it read of a person whose agreement ended or was narrowed; `ref` is the request."""

    referral: UUID
    organisation: UUID
    desk: UUID
    assignee: UUID
    due_on: date
    at: datetime


class ErasureAnswered(Fact):
    """The desk confirmed the erasure, or said why it keeps what it has."""

    referral: UUID
    organisation: UUID
    desk: UUID
    erased: bool
    at: datetime


class SafeguardRaised(Fact):
    """Something that the data protection officers (`officers`, their accounts) look at; `ref` is the record."""

    matter: SafeguardMatter
    officers: tuple[UUID, ...]
    at: datetime
