"""Asks that notify answers; and what each service holds of somebody who asks for her data."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.envelope import Ask
from contracts.replies import (
    BouncingFound,
    CodeSent,
    HeldFound,
    RemindersChecked,
)


class SendSignInCode(Ask[CodeSent]):
    """Mail a one-time sign-in code. The code is in no stream, no table and no log."""

    answered_by: ClassVar[str] = "notify"
    asked_by: ClassVar[tuple[str, ...]] = ("partners",)
    reply: ClassVar[type[BaseModel]] = CodeSent
    email: str
    code: str
    minutes: int = 10


class SendPersonCode(Ask[CodeSent]):
    """Send the code of a person's own page to her phone, which she asked for, in her language (`Language`).

    Number (E.164) and code are in no stream, no table and no log. Whether she may be written to now is checked by the
    asker, who alone knows her.
    """

    answered_by: ClassVar[str] = "notify"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = CodeSent
    phone: str
    code: str
    language: str = "fr"


class ListBouncing(Ask[BouncingFound]):
    """Which of these accounts' mails come back, so that whoever refers to one calls the desk; none named: all."""

    answered_by: ClassVar[str] = "notify"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = BouncingFound
    accounts: tuple[UUID, ...] = Field((), max_length=200)


class CheckReminders(Ask[RemindersChecked]):
    """Do the reminders leave? Asked by the pages of who answers for the territory; no answer is an answer too.

    Without `alarm` nothing is counted: only whether text messages can leave is told.
    """

    answered_by: ClassVar[str] = "notify"
    asked_by: ClassVar[tuple[str, ...]] = ("intake", "referral", "partners")
    reply: ClassVar[type[BaseModel]] = RemindersChecked
    alarm: bool = True


class ListHeld(Ask[HeldFound]):
    """Everything that referral holds about these referrals, for the dossier of a data request."""

    answered_by: ClassVar[str] = "referral"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = HeldFound
    referrals: tuple[UUID, ...] = Field(max_length=200)


class ListHeldByDesks(Ask[HeldFound]):
    """Everything that the lists of the desks hold about these referrals."""

    answered_by: ClassVar[str] = "partners"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = HeldFound
    referrals: tuple[UUID, ...] = Field(max_length=200)


class ListHeldByNotify(Ask[HeldFound]):
    """Every message to a professional about these referrals."""

    answered_by: ClassVar[str] = "notify"
    asked_by: ClassVar[tuple[str, ...]] = ("intake",)
    reply: ClassVar[type[BaseModel]] = HeldFound
    referrals: tuple[UUID, ...] = Field(max_length=200)
