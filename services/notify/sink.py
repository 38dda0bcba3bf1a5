"""The local box: a real SMTP server on loopback for an installation on this machine that has no mail relay.

It keeps the last 200 mails in memory and nowhere else. Who may read it is decided by `has_box`.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiosmtpd.smtp import SMTP, Envelope, Session

from services.runtime.clock import Clock
from services.runtime.settings import Settings

KEPT = 200
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Kept:
    """One mail of the box; `number` counts from 1 since the start."""

    number: int
    at: datetime
    to: str
    subject: str
    text: str


def has_box(settings: Settings) -> bool:
    """Mails stay in the box, and anybody at this machine reads them there, sign-in codes included: so only without a
    relay, with both servers embedded, and when neither the listening nor the public address leaves this machine."""
    ours = settings.database_url is None and settings.nats_url is None and settings.smtp_url is None
    return ours and settings.loopback and _is_local(settings.public_url)


class Box:
    """The server and what it received. It starts with the first mail, in the running loop."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.mails: deque[Kept] = deque(maxlen=KEPT)
        self.count = 0
        self._starting = asyncio.Lock()
        self._server: asyncio.Server | None = None

    async def address(self) -> tuple[str, int]:
        """Host and port of the server, started when it is not."""
        async with self._starting:
            if self._server is None:
                loop = asyncio.get_running_loop()
                self._server = await loop.create_server(
                    lambda: SMTP(self, hostname="localhost", enable_SMTPUTF8=True, loop=loop), LOOPBACK, 0
                )
        port: int = self._server.sockets[0].getsockname()[1]
        return LOOPBACK, port

    async def stop(self) -> None:
        """Close the server and forget the mails."""
        self.mails.clear()
        if self._server is not None:
            self._server.close()
            self._server = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        self.count += 1
        self.mails.append(
            Kept(
                self.count,
                self.clock(),
                ", ".join(envelope.rcpt_tos),
                str(message["Subject"]),
                body.get_content() if body else "",
            )
        )
        return "250 OK"

    def newest_first(self) -> list[Kept]:
        """The mails as the list shows them."""
        return list(reversed(self.mails))

    def find(self, number: int) -> Kept | None:
        """That mail, or None when it was never there or is gone."""
        return next((mail for mail in self.mails if mail.number == number), None)


def _is_local(url: str | None) -> bool:
    host = urlsplit(url).hostname if url else "localhost"
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
