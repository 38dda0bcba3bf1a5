"""What somebody can do to what intake keeps of people: one frozen model each; the handler has the same words."""

from datetime import date, datetime
from uuid import UUID, uuid4

from pydantic import Field

from contracts.consent import Category
from contracts.envelope import Frozen
from contracts.vocabulary import (
    Channel,
    Civility,
    ConsentMethod,
    EmploymentKind,
    Ground,
    HouseholdKind,
    HousingKind,
    Language,
    NonTakeUpCause,
    OrganisationKind,
    Purpose,
    Representation,
    ResourcesBand,
    Scheme,
)
from services.intake.consent_state import ReceiptWay
from services.intake.notice import CURRENT

LINE_LENGTH = 160


class Command(Frozen):
    """`command_id` makes a repetition the same command."""

    command_id: UUID = Field(default_factory=uuid4)


class SituationNow(Frozen):
    """The minimum needed of a situation; None is not recorded."""

    household: HouseholdKind | None = None
    children: int | None = Field(None, ge=0, le=20)
    housing: HousingKind | None = None
    employment: EmploymentKind | None = None
    resources_band: ResourcesBand | None = None

    @property
    def known(self) -> bool:
        """True when at least one thing is recorded."""
        return any(value is not None for value in self.model_dump().values())


class MeetPerson(Command):
    """An encounter: of somebody new, or of `person` when she is known; then what is given of her is added.

    `met_on` is the day of the transaction when it is None; `present` says who was there; `confirmed` names the fields
    whose text was looked at again and is kept (see `free_text`).
    """

    person: UUID | None = None
    channel: Channel
    met_on: date | None = None
    place: str = ""
    present: str = ""
    civility: Civility = Civility.NONE
    first_name: str = ""
    last_name: str = ""
    birth_date: date | None = None
    phone: str = ""
    postal_address: str = ""
    safe_times: str = ""
    language: Language = Language.FR
    scheme: Scheme = Scheme.GENERAL
    situation: SituationNow = SituationNow()
    evaluation_told: bool = False
    confirmed: frozenset[str] = frozenset()


class UpdateSituation(Command):
    """The whole situation, which replaces the one on record; and the scheme, when it is said."""

    person: UUID
    situation: SituationNow
    scheme: Scheme | None = None


class AskedDesk(Frozen):
    """The desk about which the person was asked, as the directory named it."""

    organisation: UUID
    organisation_name: str
    organisation_kind: OrganisationKind
    desk: UUID
    desk_name: str


class RecordConsent(Command):
    """What the person agreed to, for one desk; `expires_at` at most 182 days from now.

    `present` says who was there and `representative` who speaks for her (both ciphertext once kept), in which charge
    (`with_proxy`) until which day. `renews` is the agreement that this one follows. `evidence_sha256` is the hash
    (hexadecimal) of a paper that is kept elsewhere.
    """

    person: UUID
    to: AskedDesk
    contact: UUID | None = None
    purpose: Purpose
    categories: frozenset[Category]
    rights: frozenset[str]
    expires_at: datetime
    method: ConsentMethod = ConsentMethod.ORAL_IN_PERSON
    language: Language = Language.FR
    interpreter: bool = False
    read_back: bool = False
    notice_version: str = CURRENT
    present: str = ""
    confirmed: frozenset[str] = frozenset()
    with_proxy: Representation | None = None
    representative: str = ""
    represented_until: date | None = None
    proxy_paper_seen: bool = False
    evidence_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    renews: UUID | None = None


class RefuseConsent(Command):
    """The person was asked and said no."""

    person: UUID
    to: AskedDesk
    purpose: Purpose
    method: ConsentMethod = ConsentMethod.ORAL_IN_PERSON
    language: Language = Language.FR
    interpreter: bool = False
    notice_version: str = CURRENT
    present: str = ""
    confirmed: frozenset[str] = frozenset()


class NarrowConsent(Command):
    """The person keeps these categories and rights of an agreement, and this end: fewer, or sooner, than before."""

    grant: UUID
    categories: frozenset[Category]
    rights: frozenset[str]
    expires_at: datetime
    method: ConsentMethod = ConsentMethod.ORAL_IN_PERSON


class GiveReceipt(Command):
    """The person got her receipt of an agreement, on paper or as a file, in the language of its notice."""

    grant: UUID
    way: ReceiptWay


class WithdrawConsent(Command):
    """The person takes back what she had agreed to."""

    grant: UUID


class NotedRight(Frozen):
    """A right that may be hers, why one thinks so, and why she does not have it."""

    right: str
    ground: Ground
    cause: NonTakeUpCause | None = None


class ReviewRights(Command):
    """A rights review: these rights are now presumed, with the ones noted before."""

    person: UUID
    rights: tuple[NotedRight, ...] = Field(min_length=1, max_length=40)


class RemoveRight(Command):
    """A presumed right that is no longer presumed; `presumed` is its reference."""

    presumed: UUID
