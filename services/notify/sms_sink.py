"""The local box of text messages: a gateway of our own inside the process, for an installation on this machine that has
none. It keeps the last 200 messages in memory and nowhere else, beside the mails of the box.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.runtime.clock import Clock

KEPT = 200


@dataclass(frozen=True)
class KeptSms:
    """One message of the box."""

    at: datetime
    to: str
    text: str


class SmsBox:
    """A gateway that keeps what it is given; a repetition of the same reference is taken once."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.kept: deque[tuple[str, KeptSms]] = deque(maxlen=KEPT)
        self.app = Starlette(routes=[Route("/", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        body = await request.json()
        reference = request.headers["idempotency-key"]
        if not str(body.get("to", "")).startswith("+"):
            return JSONResponse({"error": "number"}, 422)
        if reference not in {one for one, _ in self.kept}:
            self.kept.append((reference, KeptSms(self.clock(), body["to"], body["text"])))
        return JSONResponse({"accepted": True}, 202)

    def newest_first(self) -> list[KeptSms]:
        """The messages as the list shows them."""
        return [one for _, one in reversed(self.kept)]
