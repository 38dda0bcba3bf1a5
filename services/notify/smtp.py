"""Handing a mail to a relay by SMTP: yours (`RELAIS_SMTP_URL`), or the local box of an installation on this machine.

Both go the same way. Without either nothing is sent, and says so: no mail vanishes into a box that nobody opens.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPConnectError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from services.notify.bounce_address import BounceAddress
from services.notify.channels import TIMEOUT, Guard, Letter, NotSent
from services.notify.domain import Reason
from services.notify.mail import compose, domain_of
from services.notify.sink import Box
from services.runtime.clock import Clock, system_clock
from services.runtime.settings import Settings

PERMANENT = 500


class Mailer:
    """The channel of mail; no mail is kept here. What comes back goes to `back`, when that is set."""

    name = "mail"

    def __init__(
        self, settings: Settings, box: Box | None, clock: Clock = system_clock, back: BounceAddress | None = None
    ) -> None:
        self.url, self.sender = settings.smtp_url, settings.mail_from
        self.box, self.clock, self.back = box, clock, back
        self.circuit = Guard(self.name, clock)

    @property
    def offered(self) -> bool:
        """Whether mails leave at all, be it into the box."""
        return self.box is not None or self.url is not None

    @asynccontextmanager
    async def connected(self, *, timeout: float = TIMEOUT) -> AsyncIterator["Line"]:
        """A line to the relay for several mails, one after the other; opened with the first of them."""
        line = Line(self, lambda: self._client(timeout))
        try:
            yield line
        finally:
            await line.close()

    async def stop(self) -> None:
        """Close the box."""
        if self.box is not None:
            await self.box.stop()

    def envelope_sender(self, letter: Letter) -> str:
        """To whom the relay says that it could not deliver: an address of the account's own where one is set."""
        return self.back.of(letter.account) if self.back is not None else self.sender

    async def _client(self, timeout: float) -> SMTP:
        # Without a name aiosmtplib asks the resolver for our own, which may block for seconds.
        named = {"local_hostname": domain_of(self.sender), "timeout": timeout}
        if self.box is not None:
            host, port = await self.box.address()
            return SMTP(hostname=host, port=port, start_tls=False, **named)
        if self.url is None:
            raise NotSent(Reason.NO_RELAY)
        url = urlsplit(self.url)
        return SMTP(
            hostname=url.hostname,
            port=url.port,
            use_tls=url.scheme == "smtps",
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            **named,
        )


class Line:
    """One connection, opened when first needed and again when it broke. A relay that is away is not tried again."""

    def __init__(self, mailer: Mailer, make: Callable[[], Awaitable[SMTP]]) -> None:
        self._mailer, self._make = mailer, make
        self._client: SMTP | None = None
        self._away, self._turn = False, asyncio.Lock()

    async def send(self, letter: Letter) -> None:
        """Hand one letter over; returns once the relay answers for it. Raises NotSent."""
        message = compose(letter, sender=self._mailer.sender, at=self._mailer.clock())
        async with self._turn:
            if self._away:
                raise NotSent(Reason.RELAY_AWAY)
            async with self._mailer.circuit.attempt():
                await self._hand_over(message, self._mailer.envelope_sender(letter), letter.to)

    async def _hand_over(self, message: EmailMessage, sender: str, to: str) -> None:
        try:
            client = await self._connected()
            # A report need not bring the mail back: its headers say which one it was.
            options = ["RET=HDRS"] if client.supports_extension("dsn") else []
            if to.isascii():
                # aiosmtplib would fold the headers anew.
                await client.sendmail(sender, [to], message.as_bytes(), mail_options=options)
            else:
                await client.send_message(message, sender=sender, recipients=[to], mail_options=options)
        except SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0]) from error
        except (SMTPConnectError, SMTPServerDisconnected, TimeoutError) as error:
            # A relay that drops the line at one mail may take the next; one that does not answer takes none.
            self._away = not isinstance(error, SMTPServerDisconnected)
            raise NotSent(Reason.RELAY_AWAY) from error
        except SMTPResponseException as error:
            raise NotSent(Reason.RELAY_REFUSED, final=_is_about_this_mail(error)) from error
        except (SMTPException, OSError) as error:
            raise NotSent(Reason.RELAY_AWAY) from error

    async def close(self) -> None:
        """Say goodbye; what was answered for stays so, whatever becomes of it."""
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            try:
                await client.quit()
            except (SMTPException, OSError, TimeoutError):
                client.close()

    async def _connected(self) -> SMTP:
        if self._client is None or not self._client.is_connected:
            client = await self._make()
            await client.connect()
            self._client = client
        return self._client


def _refused(error: SMTPResponseException) -> NotSent:
    """A 5xx to the recipient; one about a policy (5.7, RFC 3463) is about us, and says nothing of the address."""
    final = error.code >= PERMANENT
    return NotSent(Reason.RELAY_REFUSED, final=final, address=final and not error.message.startswith("5.7."))


def _is_about_this_mail(error: SMTPResponseException) -> bool:
    """A 5xx to the mail itself; wrong credentials (530, 535) are ours to mend, and the mail can wait."""
    return error.code >= PERMANENT and error.code not in (530, 534, 535, 538)
