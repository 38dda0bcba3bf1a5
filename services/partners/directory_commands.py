"""What somebody can change in the directory: one frozen model each; the handler has the same words."""

import re
from datetime import date, time
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from contracts.envelope import Frozen
from contracts.refusals import SocialSecurityNumberRefused
from contracts.rights import catalogue
from contracts.social_security_number import holds_a_nir
from contracts.viewer import Role
from contracts.vocabulary import Capacity, Document, HandoverMode, OrganisationKind

NAME, LINE, NOTE = 120, 160, 160
CARD = ("address", "postal_code", "city", "phone", "email", "themes",
        "contact_name", "contact_function", "contact_email", "contact_phone")  # fmt: skip
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_HOUR = r"(\d{1,2})\s*(?:[h:]\s*(\d{2})?)?"
_HOURS = re.compile(rf"(?:de\s+)?{_HOUR}\s*(?:-|–|à)\s*{_HOUR}", re.IGNORECASE)
CLOSED = "fermé"
EXAMPLE = "9\u00a0h\u00a0-\u00a012\u00a0h, 14\u00a0h\u00a0-\u00a017\u00a0h"
_CLOSED = re.compile(r"ferm[ée]e?s?", re.IGNORECASE)
# Thirteen digits and more in a row, whatever stands between: no usual document needs them.
_MANY_DIGITS = re.compile(r"\d(?:[\s./-]?\d){12,}")

ORGANISATION_ROLES = (Role.REFERENT, Role.COORDINATOR, Role.DPO, Role.ADMINISTRATOR)


def without_long_number(text: str) -> str:
    """That text. Raises ValueError with the sentence for the form when it has thirteen digits and more in a row, as a
    social security number has.
    """
    if _MANY_DIGITS.search(text) is not None:
        raise ValueError(str(SocialSecurityNumberRefused()))
    return text


def looks_like_email(text: str) -> bool:
    """Something, an at sign, and a name with a dot."""
    return _EMAIL.fullmatch(text) is not None


def siret_of(text: str | None, wrong: str) -> str | None:
    """Its 14 digits, with the check that INSEE gives them; None for nothing. Raises ValueError with that sentence."""
    from stdnum.fr import siret

    digits = re.sub(r"\s", "", text or "")
    if digits and not siret.is_valid(digits):
        raise ValueError(wrong)
    return digits or None


class SaveOrganisation(Frozen):
    """`siret` is what ProConnect's allow-list compares: 14 digits, checked by their key, or nothing.

    The rest is its card: where it is and whom a professional calls there. A contact of the card has no account.
    `themes` are words between bars.
    """

    name: str = Field(min_length=2, max_length=NAME)
    kind: OrganisationKind
    siret: str | None = None
    address: str = Field("", max_length=LINE)
    postal_code: str = Field("", max_length=10)
    city: str = Field("", max_length=80)
    phone: str = Field("", max_length=40)
    email: str = Field("", max_length=254)
    themes: str = Field("", max_length=5_000)
    contact_name: str = Field("", max_length=NAME)
    contact_function: str = Field("", max_length=NAME)
    contact_email: str = Field("", max_length=254)
    contact_phone: str = Field("", max_length=40)

    @field_validator("siret")
    @classmethod
    def is_a_siret(cls, value: str | None) -> str | None:
        """The 14 digits alone."""
        return siret_of(value, "Un SIRET a 14 chiffres. Vérifiez celui-ci, ou laissez vide.")

    @field_validator("email", "contact_email")
    @classmethod
    def is_an_address(cls, value: str) -> str:
        """Lower-case, or nothing."""
        if value and not looks_like_email(value):
            raise ValueError("Écrivez l’adresse ainsi\u202f: accueil@organisme.fr")
        return value.lower()

    @field_validator("name", "address", "city", "themes", "contact_name", "contact_function")
    @classmethod
    def is_nobody_s_number(cls, value: str) -> str:
        """What everybody signed in may read holds nobody's number."""
        return without_long_number(value)

    @field_validator("phone", "contact_phone")
    @classmethod
    def is_a_phone(cls, value: str) -> str:
        """A foreign number may be as long as a social security number: only what reads as one is refused."""
        if holds_a_nir(value):
            raise ValueError(str(SocialSecurityNumberRefused()))
        return value


class SaveDesk(Frozen):
    """A counter: what it receives, how, and whether it receives at all."""

    name: str = Field(min_length=2, max_length=NAME)
    phone: str | None = Field(None, max_length=40)
    rights: tuple[str, ...] = Field(min_length=1)
    modes: tuple[HandoverMode, ...] = Field(min_length=1)
    receives: bool = False

    @field_validator("rights")
    @classmethod
    def are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Codes of the catalogue, each once."""
        if not set(value) <= set(catalogue()):
            raise ValueError("Choisissez des droits de la liste.")
        return tuple(dict.fromkeys(value))


class SaveMember(Frozen):
    """A professional with her roles: of the organisation in `roles`, at desks in `agent_at` and `manager_at`.

    `heir` follows the people of one who is a referent no more.
    """

    name: str = Field(min_length=2, max_length=NAME)
    email: str = Field(min_length=3, max_length=254)
    function: str = Field("", max_length=NAME)
    phone: str | None = Field(None, max_length=40)
    roles: tuple[Role, ...] = ()
    agent_at: tuple[UUID, ...] = ()
    manager_at: tuple[UUID, ...] = ()
    heir: UUID | None = None

    @field_validator("email")
    @classmethod
    def looks_like_one(cls, value: str) -> str:
        """Lower-case, as it is compared."""
        if not looks_like_email(value):
            raise ValueError("Écrivez l’adresse ainsi\u202f: prenom.nom@organisme.fr")
        return value.lower()

    def wanted(self) -> frozenset[tuple[Role, UUID | None]]:
        """Each role with its desk, None for those of the organisation."""
        found = {(role, None) for role in self.roles if role in ORGANISATION_ROLES}
        found |= {(Role.DESK_AGENT, desk) for desk in self.agent_at}
        return frozenset(found | {(Role.DESK_MANAGER, desk) for desk in self.manager_at})


class LeaveOrganisation(Frozen):
    """`confirmed` that it cannot be undone."""

    confirmed: bool = False


class LeaveMember(Frozen):
    """`heir` follows her people, `successor` has her open referrals at the desk in hand (None: the directory finds)."""

    heir: UUID | None = None
    successor: UUID | None = None


class DeclareAbsence(Frozen):
    """Both days included; `account` is a colleague of a desk that the viewer manages, None is herself."""

    starts: date
    ends: date
    deputy: UUID | None = None
    account: UUID | None = None

    @model_validator(mode="after")
    def is_in_order(self) -> "DeclareAbsence":
        """It ends after it begins, and lasts a year at most."""
        if self.ends < self.starts:
            raise ValueError("Le dernier jour vient après le premier.")
        if (self.ends - self.starts).days > 366:
            raise ValueError("Une absence dure un an au plus. Au-delà, notez un départ.")
        return self


class SaveSettings(Frozen):
    """How a desk works. `day_1` … `day_7` are its hours as people write them: `9 h - 12 h, 14 h - 17 h 30`, `fermé`.

    `as_monday` gives Tuesday to Friday the hours of Monday, whatever was written there.
    """

    day_1: str = ""
    day_2: str = ""
    day_3: str = ""
    day_4: str = ""
    day_5: str = ""
    day_6: str = ""
    day_7: str = ""
    as_monday: bool = False
    effective_from: date | None = None
    closed_from: date | None = None
    closed_until: date | None = None
    capacity: Capacity = Capacity.OPEN
    full_until: date | None = None
    modes: tuple[HandoverMode, ...] = Field(min_length=1)
    documents: tuple[Document, ...] = ()
    documents_note: str = Field("", max_length=NOTE)

    @model_validator(mode="before")
    @classmethod
    def is_the_same_all_week(cls, values: dict[str, object]) -> dict[str, object]:
        """Monday's hours are copied first: what they replace need not be readable."""
        if values.get("as_monday"):
            return values | {f"day_{day}": values.get("day_1", "") for day in range(2, 6)}
        return values

    @field_validator("day_1", "day_2", "day_3", "day_4", "day_5", "day_6", "day_7")
    @classmethod
    def reads_as_hours(cls, value: str) -> str:
        """Stretches in order that do not overlap."""
        stretches_of(value)
        return value

    @model_validator(mode="after")
    def is_open_some_day(self) -> "SaveSettings":
        """A week without a day is not the usual week, which an empty form asks for."""
        if not self.hours() and any(getattr(self, f"day_{day}") for day in range(1, 8)):
            raise ValueError("Aucun jour n’est ouvert. Pour fermer le guichet, écrivez depuis quand, plus haut.")
        return self

    @field_validator("documents_note")
    @classmethod
    def holds_no_number(cls, value: str) -> str:
        """A sentence for everybody holds nobody's number."""
        return without_long_number(value)

    def hours(self) -> list[dict[str, object]]:
        """The stretches as they are kept, Monday is 1."""
        return [
            {"weekday": day, "opens": f"{opens:%H:%M}", "closes": f"{closes:%H:%M}"}
            for day in range(1, 8)
            for opens, closes in stretches_of(getattr(self, f"day_{day}"))
        ]


def stretches_of(text: str) -> list[tuple[time, time]]:
    """`9 h - 12 h, 14 h - 17 h 30` read; nothing, or the word, is a closed day. Raises ValueError with the sentence for
    the form.
    """
    wrong = ValueError(f"Écrivez les heures ainsi\u202f: {EXAMPLE}, ou «\u202f{CLOSED}\u202f».")
    if _CLOSED.fullmatch(text.strip(" .")):
        return []
    parts = [part.strip() for part in re.split(r"[,;]| et ", text) if part.strip()]
    found: list[tuple[time, time]] = []
    for part in parts:
        read = _HOURS.fullmatch(part)
        if read is None:
            raise wrong
        try:
            opens, closes = time(int(read[1]), int(read[2] or 0)), time(int(read[3]), int(read[4] or 0))
        except ValueError:
            raise wrong from None
        if closes <= opens or (found and opens < found[-1][1]):
            raise wrong
        found.append((opens, closes))
    return found
