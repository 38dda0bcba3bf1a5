"""Asks that partners answers: the directory, its people and its conventions."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel

from contracts.envelope import Ask
from contracts.replies import (
    AbsencesFound,
    Address,
    AudienceFound,
    ConventionsFound,
    DeskMember,
    Network,
    Recipient,
    RecipientsFound,
    ViewerFound,
)
from contracts.viewer import Viewer
from contracts.vocabulary import (
    Scheme,
)


class ResolveViewer(Ask[ViewerFound]):
    """Who holds this session? `session` is the SHA-256 of the cookie, in hexadecimal; never the cookie."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "referral", "notify")
    reply: ClassVar[type[BaseModel]] = ViewerFound
    session: str


class ListRecipients(Ask[RecipientsFound]):
    """The desks competent for a right under a scheme; `right` None lists every desk that receives referrals."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = RecipientsFound
    viewer: Viewer
    right: str | None = None
    scheme: Scheme = Scheme.GENERAL


class ResolveRecipient(Ask[Recipient]):
    """Refusals: NotFound, DeskNotCompetent, DeskClosed, ContactUnavailable."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = Recipient
    viewer: Viewer
    desk: UUID
    contact: UUID
    right: str
    scheme: Scheme = Scheme.GENERAL


class ResolveAddress(Ask[Address]):
    """Asked by notify at the moment of sending, and by intake for a letter to a person (the phone of her referent);
    `with_desks` also says where she works. Refusals: NotFound.
    """

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("notify", "intake")
    reply: ClassVar[type[BaseModel]] = Address
    account: UUID
    with_desks: bool = False


class FindAudience(Ask[AudienceFound]):
    """Who stands behind a desk when its contact does not answer, and over it. An unknown desk has no managers."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("notify", "intake", "referral")
    reply: ClassVar[type[BaseModel]] = AudienceFound
    desk: UUID


class DescribeNetwork(Ask[Network]):
    """The names that a list or a chart needs; kept by the asker for a minute at most."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "referral", "notify")
    reply: ClassVar[type[BaseModel]] = Network


class CheckDeskMember(Ask[DeskMember]):
    """Is that account an active member of that desk? Asked before a referral is assigned."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("referral",)
    reply: ClassVar[type[BaseModel]] = DeskMember
    desk: UUID
    account: UUID


class ListAbsences(Ask[AbsencesFound]):
    """Who of the viewer's organisation is away today or has left: what they had to do, a colleague sees."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = AbsencesFound
    viewer: Viewer


class ListConventions(Ask[ConventionsFound]):
    """Every convention as it stands: intake learns at its start what the bus may have left out."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = ConventionsFound
