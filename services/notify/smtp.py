"""Handing a mail to a relay by SMTP: yours (`RELAIS_SMTP_URL`), or the local box of an installation on this machine.

Both go the same way. Without either nothing is sent, and says so: no mail vanishes into a box that nobody opens.
"""

from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPRecipientsRefused, SMTPResponseException

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
    """Sends one mail at a time over its own connection; no mail is kept here."""

    def __init__(self, settings: Settings, box: Box | None) -> None:
        self.url, self.sender, self.box = settings.smtp_url, settings.mail_from, box

    async def send(self, message: EmailMessage, *, timeout: float = TIMEOUT) -> None:
        """Hand the mail over; returns once the relay answers for it. Raises NotSent."""
        client = await self._client(timeout)
        try:
            async with client:
                await client.send_message(message)
        except SMTPRecipientsRefused as error:
            raise NotSent(Reason.RELAY_REFUSED, final=all(one.code >= PERMANENT for one in error.recipients)) from error
        except SMTPResponseException as error:
            raise NotSent(Reason.RELAY_REFUSED, final=_is_about_this_mail(error)) from error
        except (SMTPException, OSError, TimeoutError) as error:
            raise NotSent(Reason.RELAY_AWAY) from error

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


def _is_about_this_mail(error: SMTPResponseException) -> bool:
    """A 5xx to the mail itself; wrong credentials (530, 535) are ours to mend, and the mail can wait."""
    return error.code >= PERMANENT and error.code not in (530, 534, 535, 538)
