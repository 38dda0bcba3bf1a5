"""Handing a mail to a relay by SMTP: yours (`RELAIS_SMTP_URL`), or the local box of an installation on this machine.

Both go the same way. Without either nothing is sent, and says so: no mail vanishes into a box that nobody opens.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPConnectError, SMTPException, SMTPRecipientsRefused, SMTPResponseException

from services.notify.domain import Reason
from services.notify.mail import domain_of
from services.notify.sink import Box
from services.runtime.settings import Settings

TIMEOUT = 10.0
PERMANENT = 500


class NotSent(Exception):
    """The relay did not take the mail. `final`: it would refuse it again."""

    def __init__(self, reason: Reason, *, final: bool = False) -> None:
        self.reason, self.final = reason, final
        super().__init__(reason.value)


class Mailer:
    """Hands mails over; no mail is kept here."""

    def __init__(self, settings: Settings, box: Box | None) -> None:
        self.url, self.sender, self.box = settings.smtp_url, settings.mail_from, box

    async def send(self, message: EmailMessage, *, timeout: float = TIMEOUT) -> None:
        """Hand one mail over; returns once the relay answers for it. Raises NotSent."""
        async with self.connected(timeout=timeout) as line:
            await line.send(message)

    @asynccontextmanager
    async def connected(self, *, timeout: float = TIMEOUT) -> AsyncIterator["Line"]:
        """A line to the relay for several mails, one after the other; opened with the first of them."""
        line = Line(lambda: self._client(timeout))
        try:
            yield line
        finally:
            await line.close()

    async def stop(self) -> None:
        """Close the box."""
        if self.box is not None:
            await self.box.stop()

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

    def __init__(self, make: Callable[[], Awaitable[SMTP]]) -> None:
        self._make = make
        self._client: SMTP | None = None
        self._away, self._turn = False, asyncio.Lock()

    async def send(self, message: EmailMessage) -> None:
        """Hand one mail over; returns once the relay answers for it. Raises NotSent."""
        async with self._turn:
            if self._away:
                raise NotSent(Reason.RELAY_AWAY)
            try:
                client = await self._connected()
                await client.send_message(message)
            except SMTPRecipientsRefused as error:
                final = all(one.code >= PERMANENT for one in error.recipients)
                raise NotSent(Reason.RELAY_REFUSED, final=final) from error
            except SMTPResponseException as error:
                raise NotSent(Reason.RELAY_REFUSED, final=_is_about_this_mail(error)) from error
            except (SMTPException, OSError, TimeoutError) as error:
                # A relay that drops the line at one mail may take the next; one that does not answer takes none.
                self._away = isinstance(error, SMTPConnectError | TimeoutError)
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


def _is_about_this_mail(error: SMTPResponseException) -> bool:
    """A 5xx to the mail itself; wrong credentials (530, 535) are ours to mend, and the mail can wait."""
    return error.code >= PERMANENT and error.code not in (530, 534, 535, 538)
