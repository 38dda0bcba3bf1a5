"""The mails: two, each from a context that has no field of a person, with a constant subject.

A telling's Message-ID is derived from the telling, so that a repetition after a crash is recognised as the same mail.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from contracts.pages import referral_page_of_desk
from services.notify.domain import Kind

AWAITS_SUBJECT = "Relais : une orientation vous attend"
CODE_SUBJECT = "Relais : votre code de connexion"
_TEMPLATES = Path(__file__).with_name("templates") / "mail"
_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=lambda name: bool(name and name.endswith(".html")),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class AwaitsContext:
    """All that the mail of a telling is made of: a constant sentence and the address of a page behind the sign-in."""

    sentence: str
    link: str
    deputised: bool


@dataclass(frozen=True)
class CodeContext:
    """All that the sign-in mail is made of."""

    code: str
    minutes: int


def referral_awaits(
    *,
    telling: UUID,
    referral: UUID,
    kind: Kind,
    deputised: bool,
    public_url: str,
    sender: str,
    to: tuple[str, ...],
    at: datetime,
) -> EmailMessage:
    """« Une orientation vous attend », with the link to the desk's page, which asks to sign in."""
    context = AwaitsContext(kind.label, public_url.rstrip("/") + referral_page_of_desk(referral), deputised)
    return _message("awaits", asdict(context), AWAITS_SUBJECT, f"telling-{telling}", sender, to, at)


def sign_in_code(*, code: str, minutes: int, sender: str, to: str, at: datetime) -> EmailMessage:
    """The one-time code, in the body alone: a subject is shown on locked screens."""
    return _message("code", asdict(CodeContext(code, minutes)), CODE_SUBJECT, f"code-{uuid4()}", sender, (to,), at)


def domain_of(sender: str) -> str:
    """The domain after the @ of the sending address."""
    return sender.rpartition("@")[2]


@lru_cache(maxsize=64)
def _header(name: str, value: str) -> Any:  # noqa: ANN401 - a header that is the same in every mail, read once
    return SMTP.header_factory(name, value)


def _message(
    template: str, context: dict[str, object], subject: str, name: str, sender: str, to: tuple[str, ...], at: datetime
) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = _header("From", str(Address("Relais", addr_spec=sender)))
    message["To"] = tuple(Address(addr_spec=one) for one in to)
    message["Subject"] = _header("Subject", subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{name}@{domain_of(sender)}>"
    message["Auto-Submitted"] = _header("Auto-Submitted", "auto-generated")
    message["Content-Language"] = _header("Content-Language", "fr")
    message.set_content(_environment.get_template(f"{template}.txt").render(context))
    message.add_alternative(_environment.get_template(f"{template}.html").render(context), subtype="html")
    return message
