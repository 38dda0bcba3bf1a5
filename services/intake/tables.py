"""What intake keeps: people and what they agreed to. Phone, address and free text are sealed with the person's key.

Name and birth date stay searchable; nothing of this schema reaches another service but by the one disclosure rule.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake import (
    appointment_guide_tables,
    break_glass_tables,
    caseload_tables,
    data_request_tables,
    duplicate_tables,
    erasing_tables,
    erasure_tables,
    evaluation_tables,
    journal_tables,
    lock_tables,
    notice_tables,
    own_page_tables,
)
from services.intake.base import Base
from services.intake.erasable import erasable
from services.intake.officer_tables import bound_to_officers
from services.runtime.access import ORGANISATION, Access, at_my_desks, plumbing_access
from services.runtime.migrations import Schema
from services.runtime.tables import instant, plumbing, words


class Person(Base, table=True):
    """A person met. `search` is the folded name for trigram search; `scheme` decides which organisation is in charge.
    `merged_into` is the file that is kept of her, when this one was merged (`duplicate_tables`).

    The trigram index serves `%` and `%>` under row-level security once their functions are leakproof: see
    `services.runtime.migrations`.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    organisation: UUID = Field(index=True)
    file_number: str = Field(index=True)
    civility: str = ""
    first_name: str
    last_name: str
    birth_date: date | None = Field(default=None, index=True)
    search: str = ""
    scheme: str = "general"
    language: str = "fr"
    phone: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    phone_hash: str | None = Field(default=None, index=True)
    postal_address: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    safe_times: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    contact_rules: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    referent: UUID = Field(index=True)
    created_at: datetime = Field(sa_column=instant())
    last_contact_at: datetime = Field(sa_column=instant())
    evaluation_told_at: datetime | None = Field(default=None, sa_column=instant(True))
    merged_into: UUID | None = Field(default=None, index=True)

    __table_args__ = (
        Index("person_last_met", "organisation", "last_contact_at"),
        Index("person_search", "search", postgresql_using="gin", postgresql_ops={"search": "public.gin_trgm_ops"}),
    )


class Encounter(Base, table=True):
    """When, where and how a person was met; `place` and `present` are ciphertext."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    referent: UUID
    channel: str
    met_on: date
    place: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    present: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    at: datetime = Field(sa_column=instant())

    __table_args__ = (Index("encounter_of_day", "referent", "met_on"),)


class Situation(Base, table=True):
    """The minimum needed of a person's situation: one row a person, replaced when it changes."""

    person: UUID = Field(foreign_key="intake.person.ref", primary_key=True)
    organisation: UUID
    household: str | None = None
    children: int | None = None
    housing: str | None = None
    employment: str | None = None
    resources_band: str | None = None
    updated_at: datetime = Field(sa_column=instant())


class ConsentGrant(Base, table=True):
    """What the person agreed to for one desk, as it is now; its history is in `consentevent`, its state is derived.

    `represented_until` is the instant from which whoever spoke for her (`with_proxy`) no longer may.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    recipient_organisation: UUID
    recipient_organisation_name: str
    recipient_kind: str
    desk: UUID
    desk_name: str
    contact: UUID | None = None
    purpose: str
    categories: list[str] = Field(sa_column=words())
    rights: list[str] = Field(sa_column=words())
    method: str
    language: str
    interpreter: bool = False
    read_back: bool = False
    notice_version: str
    notice_hash: str
    asked_by: UUID
    given_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    withdrawn_at: datetime | None = Field(default=None, sa_column=instant(True))
    narrowed_at: datetime | None = Field(default=None, sa_column=instant(True))
    renews: UUID | None = None
    with_proxy: str | None = None
    represented_until: datetime | None = Field(default=None, sa_column=instant(True))
    epoch: int = 1

    __table_args__ = (
        Index("consentgrant_standing", "organisation", "expires_at", postgresql_where=text("withdrawn_at IS NULL")),
        Index("consentgrant_ends", "expires_at"),
        Index(
            "consentgrant_represented", "represented_until", postgresql_where=text("represented_until IS NOT NULL")
        ),
        Index("consentgrant_withdrawn", "withdrawn_at", postgresql_where=text("withdrawn_at IS NOT NULL")),
        Index("consentgrant_renews", "renews", postgresql_where=text("renews IS NOT NULL")),
    )


class ConsentEvent(Base, table=True):
    """Append-only, of a kind of `EventKind`; `details` are `EventDetails`. `grant` is None for a refusal, `actor` for
    the clock. Who was there and who represents the person are ciphertext.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    grant: UUID | None = Field(default=None, index=True)
    kind: str
    desk: UUID | None = None
    desk_name: str = ""
    details: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    present: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    representative: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    actor: UUID | None = None
    at: datetime = Field(sa_column=instant())

    # An end is written once, whichever of several workers is first.
    __table_args__ = (
        Index(
            "consentevent_end",
            "grant",
            "kind",
            unique=True,
            postgresql_where=text("kind IN ('expired', 'proxy_ended')"),
        ),
    )


class PresumedRight(Base, table=True):
    """One right of a rights review: presumed, never decided; `ground` and `cause` are coded."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID
    review: UUID
    right: str
    ground: str
    cause: str | None = None
    identified_at: datetime = Field(sa_column=instant())
    removed_at: datetime | None = Field(default=None, sa_column=instant(True))


class Handover(Base, table=True):
    """A hand-over: everything personal of a referral, under the same reference.

    `step` is draft, awaiting_consent, sending, sent, refused or abandoned. The recipient is a snapshot.
    `readable_until` is None while it is open, else the instant at which the desk's reading ends.
    `state`, `version` and what follows are the referral's, kept from its facts for the lists.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    person: UUID = Field(foreign_key="intake.person.ref", index=True)
    organisation: UUID = Field(index=True)
    sender_kind: str
    referent: UUID
    grant: UUID | None = Field(default=None, index=True)
    epoch: int = 0
    right: str
    purpose: str
    recipient_organisation: UUID
    recipient_organisation_name: str
    recipient_kind: str
    desk: UUID = Field(index=True)
    desk_name: str
    contact: UUID
    contact_name: str
    assignee: UUID
    route_basis: str | None = None
    route_version: int | None = None
    convention: UUID | None = None
    convention_starts: datetime | None = Field(default=None, sa_column=instant(True))
    convention_ends: datetime | None = Field(default=None, sa_column=instant(True))
    mode: str
    urgent: bool = False
    need_summary: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    accompaniment: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    redirect_of: UUID | None = None
    step: str = "draft"
    command: UUID = Field(default_factory=uuid4)
    refusal: str | None = None
    readable_until: datetime | None = Field(default=None, sa_column=instant(True))
    state: str = "draft"
    turn: str | None = None
    version: int = 0
    episode: int = 1
    next_due: datetime | None = Field(default=None, sa_column=instant(True))
    outcome: str | None = None
    created_at: datetime = Field(sa_column=instant())
    sent_at: datetime | None = Field(default=None, sa_column=instant(True))
    delivered_at: datetime | None = Field(default=None, sa_column=instant(True))
    viewed_at: datetime | None = Field(default=None, sa_column=instant(True))
    moved_at: datetime = Field(sa_column=instant())

    __table_args__ = (
        Index("handover_sending", "step", postgresql_where=text("step = 'sending'")),
        Index("handover_of_referent", "organisation", "referent", "moved_at"),
        Index("handover_in_state", "organisation", "state", "next_due"),
    )


class Note(Base, table=True):
    """A question of the desk or an answer of the referent about one hand-over; the text is ciphertext.

    `carried_at` is when a fact of the referral carried it: without one, it was written and never asked.
    """

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    handover: UUID = Field(foreign_key="intake.handover.ref", index=True)
    person: UUID
    organisation: UUID
    desk: UUID
    kind: str
    author: UUID
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    at: datetime = Field(sa_column=instant())
    carried_at: datetime | None = Field(default=None, sa_column=instant(True))


class SharingRoute(Base, table=True):
    """One row of the territory's route table, validated by its DPO; a version is never changed, only ended."""

    ref: UUID = Field(default_factory=uuid4, primary_key=True)
    sender_kind: str
    recipient_kind: str
    basis: str
    purposes: list[str] = Field(sa_column=words())
    version: int
    valid_from: datetime = Field(sa_column=instant())
    valid_until: datetime | None = Field(default=None, sa_column=instant(True))


PLUMBING = plumbing(Base, "intake")
_OWN = f"organisation = {ORGANISATION}"


def _handed(column: str) -> str:
    """SQL: a desk reaches a person only through a hand-over to one of its desks that is still readable."""
    return (
        f"EXISTS (SELECT 1 FROM intake.handover h WHERE h.person = {column} AND {at_my_desks('h.desk')}"
        " AND h.step IN ('sending', 'sent') AND (h.readable_until IS NULL OR h.readable_until > now()))"
    )


_MY_DESK = f"({at_my_desks('desk')} AND step IN ('sending', 'sent'))"
ACCESS = (
    Access("person", "SELECT, INSERT, UPDATE", "SELECT, UPDATE", f"{_OWN} OR {_handed('person.ref')}", _OWN),
    Access("encounter", "SELECT, INSERT", "SELECT", _OWN),
    Access("situation", "SELECT, INSERT, UPDATE", "SELECT", f"{_OWN} OR {_handed('situation.person')}", _OWN),
    Access("consentgrant", "SELECT, INSERT, UPDATE", "SELECT, UPDATE", f"{_OWN} OR {at_my_desks('desk')}", _OWN),
    Access("consentevent", "SELECT, INSERT", "SELECT, INSERT", _OWN),
    Access(
        "presumedright",
        "SELECT, INSERT, UPDATE",
        "SELECT",
        f"{_OWN} OR {_handed('presumedright.person')}",
        _OWN,
    ),
    Access("handover", "SELECT, INSERT, UPDATE", "SELECT, UPDATE", f"{_OWN} OR {_MY_DESK}", _OWN),
    Access("note", "SELECT, INSERT, UPDATE, DELETE", "SELECT, UPDATE, DELETE", f"{_OWN} OR {at_my_desks('desk')}"),
    *journal_tables.ACCESS,
    *caseload_tables.ACCESS,
    *break_glass_tables.ACCESS,
    # The table of routes is configuration: the DPO alone writes it.
    Access("sharingroute", "SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE", "true", lock_tables.DPO),
    *lock_tables.ACCESS,
    *erasure_tables.ACCESS,
    *data_request_tables.ACCESS,
    *duplicate_tables.ACCESS,
    *erasing_tables.ACCESS,
    *notice_tables.ACCESS,
    *own_page_tables.ACCESS,
    *appointment_guide_tables.ACCESS,
    *plumbing_access("intake"),
)
SCHEMA = Schema(
    "intake",
    Base.metadata,
    # Kept apart from both roles, and so from what erasing adds to the rest.
    bound_to_officers(own_page_tables.bound_to_herself(erasable(ACCESS, Base.metadata), Base.metadata))
    + evaluation_tables.ACCESS,
    Path(__file__).with_name("migrations"),
)
