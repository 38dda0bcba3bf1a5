"""Reading a delivery status notification (RFC 3464): did a mail come back for good, why, and which one was it. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from email.policy import compat32
from uuid import UUID

from contracts.vocabulary import Word

_TELLING = re.compile(r"<telling-([0-9a-f-]{36})@")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


class Cause(Word):
    """Why mails to somebody come back."""

    ADDRESS = "address", "L’adresse n’existe pas"
    MAILBOX = "mailbox", "La boîte est fermée ou pleine"
    REFUSED = "refused", "Son serveur de courriel les refuse"
    OTHER = "other", "Son serveur de courriel ne les remet pas"


@dataclass(frozen=True)
class Report:
    """What a notification says. `final` False: the server goes on trying. `telling` is None for another mail."""

    final: bool
    cause: Cause
    telling: UUID | None = None


def read_report(raw: bytes) -> Report | None:
    """The report in a mail, or None: an answer, an absence message, anything that is no notification of failure."""
    message = message_from_bytes(raw, policy=compat32)
    if message.get_content_type() != "multipart/report" or message.get_param("report-type") != "delivery-status":
        return None
    blocks = [block for part in message.walk() if part.get_content_type() == "message/delivery-status"
              for block in _blocks(part)]  # fmt: skip
    said = [block for block in blocks if block.get("Action")]
    failed = [one for one in said if str(one["Action"]).strip().lower() == "failed"]
    if not said:
        return None
    chosen = (failed or said)[0]
    found = _STATUS.search(str(chosen.get("Status", "")))
    final = bool(failed) and (found is None or found[1] == "5")
    return Report(final, cause_of(found[0] if found else ""), _telling_in(message))


def cause_of(status: str) -> Cause:
    """The cause behind an enhanced status code (RFC 3463): `5.1.1`, or any text that begins with one."""
    found = _STATUS.search(status)
    return {"1": Cause.ADDRESS, "2": Cause.MAILBOX, "7": Cause.REFUSED}.get(found[2] if found else "", Cause.OTHER)


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a status: the parser gives them as messages, some servers send them as text."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (one for one in payload if isinstance(one, Message))
    elif isinstance(payload, str):
        yield from (message_from_string(one) for one in payload.split("\n\n"))


def _telling_in(message: Message) -> UUID | None:
    """The telling that the mail which came back was, by its Message-ID among the returned headers."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind not in ("text/rfc822-headers", "message/rfc822"):
            continue
        payload = part.get_payload()
        text = payload[0].as_string() if isinstance(payload, list) else str(payload)
        found = _TELLING.search(text)
        if found:
            return UUID(found[1])
    return None
