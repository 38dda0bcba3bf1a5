"""The mails: each from a context that has no field of a person, with a constant subject.

A telling's Message-ID is derived from the telling, so that a repetition after a crash is recognised as the same mail.
"""

from collections import Counter
from collections.abc import Sequence
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

from contracts.ladder import Audience
from contracts.pages import (
    BELL,
    CONVENTIONS,
    DESK_SETTINGS,
    NETWORK_ORGANISATION,
    SAFEGUARDS,
    WISHES,
    referral_page_of_coordination,
    referral_page_of_desk,
    referral_page_of_sender,
)
from services.notify.channels import Letter
from services.notify.domain import FOR_OFFICERS, Kind, Recipient, sentence_of
from services.notify.ledger import InHand

AWAITS_SUBJECT = "Relais : une orientation vous attend"
DIGEST_SUBJECT = "Relais : ce qui vous attend"
CODE_SUBJECT = "Relais : votre code de connexion"
# An address in a header is not folded: a program reads it whole (RFC 5322 allows 998 characters a line).
POLICY = SMTP.clone(max_line_length=998)
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
    """All that the mail of tellings is made of: constant sentences with how often each, and the address of a page
    behind the sign-in.
    """

    sentences: tuple[tuple[str, int], ...]
    link: str
    settings: str
    deputised: bool


@dataclass(frozen=True)
class CodeContext:
    """All that the sign-in mail is made of."""

    code: str
    minutes: int


def referral_awaits(
    tellings: Sequence[InHand], to: Recipient, *, deputised: bool, public_url: str, stop: str
) -> Letter:
    """The letter for one or several tellings of one account: sentences, and a link to a page that asks to sign in.

    Its reference gives the Message-ID, so that a repetition after a crash is recognised. `stop` is the address at
    which that recipient ends such mails.
    """
    root = public_url.rstrip("/")
    first = tellings[0]
    page = page_for(Audience(first.audience), first.referral, first.kind) if len(tellings) == 1 else BELL
    counted = Counter(sentence_of(one.kind) for one in tellings)
    context = asdict(AwaitsContext(tuple(counted.items()), root + page, root + WISHES, deputised))
    subject = AWAITS_SUBJECT if len(tellings) == 1 else DIGEST_SUBJECT
    # A deputy gets a mail of her own, which comes back for her alone.
    name = f"telling-{first.reference}" if to.account == first.account else f"deputy-{first.reference}"
    return _letter("awaits", context, subject, name, to.email, to.account, stop)


def page_for(audience: Audience, referral: UUID, kind: str) -> str:
    """Where a telling leads: the page on which whoever is told can act."""
    if kind in FOR_OFFICERS:
        return SAFEGUARDS
    if kind == Kind.CONVENTION_ENDING:
        page = NETWORK_ORGANISATION if audience is Audience.COORDINATOR else CONVENTIONS
        return f"{page}/{referral}"
    if kind == Kind.MAIL_COMES_BACK:
        return DESK_SETTINGS
    match audience:
        case Audience.REFERENT:
            return referral_page_of_sender(referral)
        case Audience.COORDINATOR:
            return referral_page_of_coordination(referral)
    return referral_page_of_desk(referral)


def sign_in_code(*, code: str, minutes: int, to: str) -> Letter:
    """The one-time code, in the body alone: a subject is shown on locked screens."""
    return _letter("code", asdict(CodeContext(code, minutes)), CODE_SUBJECT, f"code-{uuid4()}", to)


def compose(letter: Letter, *, sender: str, at: datetime) -> EmailMessage:
    """The letter as a mail: plain text and HTML, From of the sending domain (so that its DKIM signature is aligned),
    and, where there is an address for it, the headers of RFC 2369 and RFC 8058 that end such mails with one press.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = _header("From", str(Address("Relais", addr_spec=sender)))
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = _header("Subject", letter.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{letter.reference}@{domain_of(sender)}>"
    message["Auto-Submitted"] = _header("Auto-Submitted", "auto-generated")
    message["Content-Language"] = _header("Content-Language", "fr")
    if letter.stop is not None:
        message["List-Unsubscribe"] = f"<{letter.stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # Nothing that a relay would have to encode anew after it was signed.
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message


def domain_of(sender: str) -> str:
    """The domain after the @ of the sending address."""
    return sender.rpartition("@")[2]


@lru_cache(maxsize=64)
def _header(name: str, value: str) -> Any:  # noqa: ANN401 - a header that is the same in every mail, read once
    return POLICY.header_factory(name, value)


def _letter(
    template: str, context: dict[str, object], subject: str, name: str, to: str, account: UUID | None = None,
    stop: str | None = None,
) -> Letter:  # fmt: skip
    text = _environment.get_template(f"{template}.txt").render(context)
    html = _environment.get_template(f"{template}.html").render(context)
    return Letter(name, to, text, subject, html, account, stop)
