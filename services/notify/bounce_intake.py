"""Where the relay reports mails that it could not deliver: a small SMTP server that takes notifications (RFC 3464) for
addresses made here, and nothing else. What it reads is kept as a mark, the notification itself nowhere.
"""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session
from prometheus_client import Counter

from contracts.refusals import NotFound, Refusal
from services.notify.bounce_address import BounceAddress
from services.notify.bounces import Bounces
from services.notify.dsn import read_report
from services.runtime import telemetry
from services.runtime.away import is_away
from services.runtime.settings import Settings

log = telemetry.logger("bounce_intake")
LARGEST = 1_000_000
TAKEN = Counter("relais_returns_total", "Notifications taken, by what they were", ["kind"])


class BounceIntake:
    """The server; closed until `start`, and for good when no port is set."""

    def __init__(self, settings: Settings, back: BounceAddress | None, bounces: Bounces) -> None:
        self.host, self.port = settings.bounce_host, settings.bounce_port
        self.back, self.bounces = back, bounces
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        if self.port == 0 or self.back is None:
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, hostname="localhost", data_size_limit=LARGEST, loop=loop), self.host, self.port
        )

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take what is for an address made here."""
        assert self.back is not None
        if not self.back.is_bare(address) and self.back.account_in(address) is None:
            return "550 5.1.1 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Read one notification; 451 makes the relay come again when the directory or the database is away."""
        assert self.back is not None
        report = read_report(envelope.content if isinstance(envelope.content, bytes) else b"")
        accounts = [found for one in envelope.rcpt_tos if (found := self.back.account_in(one)) is not None]
        if report is None or not report.final or not accounts:
            TAKEN.labels("other" if report is None else "delayed" if not report.final else "nobody").inc()
            return "250 OK"
        for account in accounts:
            try:
                await self.bounces.note(account, report.cause, telling=report.telling)
            except NotFound:
                continue
            except Refusal:
                return "451 4.3.0 later"
            except Exception as error:
                log.error("return_not_taken", error=type(error).__name__)
                if is_away(error):
                    return "451 4.3.0 later"
                return "554 5.3.0 no"
        TAKEN.labels("failed").inc()
        return "250 OK"
