"""Every ask between services: request and reply, answered at once with its reply or a named refusal.

An ask is a command when it changes something; then `command_id` makes a repetition harmless.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.actions import Action
from contracts.envelope import Ask
from contracts.replies import (
    Address,
    CodeSent,
    DeskMember,
    DisclosedAll,
    FactsFound,
    Network,
    NoteWritten,
    Recipient,
    RecipientsFound,
    ReferralState,
    ReferralView,
    TasksFound,
    ViewerFound,
)
from contracts.viewer import Viewer
from contracts.vocabulary import (
    HandoverMode,
    Scheme,
)

# --- answered by partners: the directory ----------------------------------------------------------


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
    """Asked by notify at the moment of sending. Refusals: NotFound."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("notify",)
    reply: ClassVar[type[BaseModel]] = Address
    account: UUID


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


# --- answered by intake: the person ---------------------------------------------------------------


class Disclose(Ask[DisclosedAll]):
    """What this viewer may read now of the persons behind these referrals; every reading is journalled by intake."""

    answered_by: ClassVar[str] = "intake"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = DisclosedAll
    viewer: Viewer
    referrals: tuple[UUID, ...] = Field(max_length=200)
    with_notes: bool = False


class WriteNote(Ask[NoteWritten]):
    """Keep the text of a desk's question (kind `question`); the referral only carries its reference.

    Refusals: NotFound, HandoverClosed, GrantWithdrawn, SocialSecurityNumberRefused, InvalidInput.
    """

    answered_by: ClassVar[str] = "intake"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = NoteWritten
    viewer: Viewer
    referral: UUID
    kind: str
    text: str = Field(max_length=500)


# --- answered by referral: its life ---------------------------------------------------------------


class SendReferral(Ask[ReferralState]):
    """Make the referral `ref` (made by intake with its hand-over). With `redirect_of`, the parent is redirected to it.

    Refusals: RoleNotAllowed, NoRedirectProposed, TooManyRedirects, RedirectLoop, GrantWithdrawn (the grant ended before
    the referral was known). A repetition of the same `ref` answers the same state.
    """

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = ReferralState
    viewer: Viewer
    ref: UUID
    person: UUID
    right: str
    mode: HandoverMode
    urgent: bool = False
    accompanied: bool = False
    organisation: UUID
    desk: UUID
    contact: UUID
    assignee: UUID
    redirect_of: UUID | None = None
    sent_at: datetime | None = None


class ActOnReferral(Ask[ReferralState]):
    """One row of the life cycle, decided under the row lock: of two simultaneous answers one wins.

    `expected_version` is the version that the page showed; when it is given and old, the refusal is
    ReferralAlreadyAnswered if the action no longer starts from the present state.
    """

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "partners")
    reply: ClassVar[type[BaseModel]] = ReferralState
    viewer: Viewer
    ref: UUID
    action: Action
    expected_version: int | None = None


class ReadReferral(Ask[ReferralView]):
    """Refusals: NotFound for whoever is neither of the sending organisation, nor of the desk, nor a coordinator."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "partners")
    reply: ClassVar[type[BaseModel]] = ReferralView
    viewer: Viewer
    ref: UUID


class ListTasks(Ask[TasksFound]):
    """The open tasks of the viewer's own referrals and, with `whole_organisation`, of her colleagues'."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = TasksFound
    viewer: Viewer
    whole_organisation: bool = False


class ReadFacts(Ask[FactsFound]):
    """The facts of one referral after a version, from the record: fills a gap that the bus left open."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "partners", "notify")
    reply: ClassVar[type[BaseModel]] = FactsFound
    ref: UUID
    after: int = 0


# --- answered by notify ---------------------------------------------------------------------------


class SendSignInCode(Ask[CodeSent]):
    """Mail a one-time sign-in code. The code is in no stream, no table and no log."""

    answered_by: ClassVar[str] = "notify"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = CodeSent
    email: str
    code: str
    minutes: int = 10


ASKS: dict[str, type[Ask]] = {  # type: ignore[type-arg]
    kind.__name__: kind
    for kind in (
        ResolveViewer,
        ListRecipients,
        ResolveRecipient,
        ResolveAddress,
        DescribeNetwork,
        CheckDeskMember,
        Disclose,
        WriteNote,
        SendReferral,
        ActOnReferral,
        ReadReferral,
        ListTasks,
        ReadFacts,
        SendSignInCode,
    )
}
