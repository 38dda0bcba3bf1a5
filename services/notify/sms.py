"""Text messages by a gateway over HTTP: yours (`RELAIS_SMS_URL`), or the local box of an installation on this machine.

The gateway gets `POST {"to", "text", "reference"}` with a bearer token and an `Idempotency-Key`: whatever was answered
for once is not sent twice.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.notify.channels import Guard, Letter, NotSent
from services.notify.domain import Reason
from services.notify.sms_sink import SmsBox
from services.runtime.clock import Clock, system_clock
from services.runtime.settings import Settings

if TYPE_CHECKING:
    import httpx

SMS_TIMEOUT = 8.0
# The gateway will not take this message, whenever it is asked: a bad number, a text that does not fit.
_ABOUT_THIS_ONE = frozenset({400, 404, 410, 413, 422})


class TextMessages:
    """The channel of text messages; none is kept here."""

    name = "sms"

    def __init__(self, settings: Settings, box: SmsBox | None, clock: Clock = system_clock) -> None:
        self.url, self.token, self.box = settings.sms_url, settings.sms_token, box
        self.circuit = Guard(self.name, clock)

    @property
    def offered(self) -> bool:
        """Whether text messages leave at all."""
        return self.box is not None or self.url is not None

    @asynccontextmanager
    async def connected(self, *, timeout: float = SMS_TIMEOUT) -> AsyncIterator["SmsLine"]:
        """A line to the gateway for several messages."""
        import httpx

        if self.box is not None:
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.box.app), base_url="http://box")
        else:
            client = httpx.AsyncClient(timeout=min(timeout, SMS_TIMEOUT), follow_redirects=False)
        async with client:
            yield SmsLine(self, client)

    async def stop(self) -> None:
        """Forget what the box holds."""
        if self.box is not None:
            self.box.kept.clear()


class SmsLine:
    """One client of the gateway."""

    def __init__(self, channel: TextMessages, client: "httpx.AsyncClient") -> None:
        self._channel, self._client = channel, client

    async def send(self, letter: Letter) -> None:
        """Hand one message over; returns once the gateway answers for it. Raises NotSent."""
        if not self._channel.offered:
            raise NotSent(Reason.NO_GATEWAY, final=True)
        async with self._channel.circuit.attempt():
            await self._post(letter)

    async def _post(self, letter: Letter) -> None:
        import httpx

        headers = {"Idempotency-Key": letter.reference}
        if self._channel.token:
            headers["Authorization"] = f"Bearer {self._channel.token}"
        body = {"to": letter.to, "text": letter.text, "reference": letter.reference}
        try:
            answer = await self._client.post(self._channel.url or "/", json=body, headers=headers)
        except (httpx.HTTPError, OSError) as error:
            raise NotSent(Reason.GATEWAY_AWAY) from error
        if answer.is_success:
            return
        if answer.status_code in _ABOUT_THIS_ONE:
            raise NotSent(Reason.GATEWAY_REFUSED, final=True, address=True)
        raise NotSent(Reason.GATEWAY_AWAY)
