"""A request's body on its way in: refused when it is too large, and kept for a moment when it is a form, so that what
somebody typed is not lost when it cannot be taken now.
"""

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from contracts.refusals import BodyTooLarge

MOST = 24 * 1024 * 1024
MOST_KEPT = 256 * 1024
IN_SCOPE = "relais.body"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# A form with one of these is typed again: what it holds is never written into a page.
SECRETS = frozenset({"password", "code", "pin", "pin_again", "credential", "token", "secret", "recovery"})


class Body:
    """`receive` of one request, counted; it may be called in the place of what it wraps."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self._receive = receive
        self._is_form = scope["method"] == "POST" and headers.get("content-type", "").startswith(FORMS)
        self._headers = scope["headers"]
        self.files = False
        self._announced = int(length) if (length := headers.get("content-length", "")).isdecimal() else 0
        self._kept, self._came, self._ended = bytearray(), 0, False

    def check(self) -> None:
        """Raises BodyTooLarge before anything is read."""
        if max(self._announced, self._came) > MOST:
            raise BodyTooLarge(most=str(MOST // 1024**2))

    async def __call__(self) -> Message:
        """The next part. Raises BodyTooLarge once more has come than is taken."""
        message = await self._receive()
        if message["type"] == "http.request":
            part = message.get("body", b"")
            self._came += len(part)
            self._ended = not message.get("more_body", False)
            if self._is_form and self._came <= MOST_KEPT:
                self._kept += part
            self.check()
        else:
            self._ended = True
        return message

    async def typed(self) -> list[tuple[str, str]]:
        """The fields of the form in their order; nothing for a long one, one with a secret, or what is no form. Files
        are left out, and `files` says that there were some.
        """
        if not self._is_form:
            return []
        while not self._ended and self._came <= MOST_KEPT:
            await self()
        if not self._ended or self._came > MOST_KEPT:
            return []
        try:
            form = await Request({"type": "http", "headers": self._headers}, self._again).form()
        except (ValueError, MultiPartException):
            return []
        found = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        self.files = any(not isinstance(value, str) and value.size for _, value in form.multi_items())
        return [] if {name for name, _ in found} & SECRETS else found

    async def _again(self) -> Message:
        return {"type": "http.request", "body": bytes(self._kept), "more_body": False}


async def typed_in(scope: Scope) -> tuple[list[tuple[str, str]], bool]:
    """What was typed into the form of this request, as `Body.typed`, and whether files came with it."""
    body = scope.get(IN_SCOPE)
    return (await body.typed(), body.files) if isinstance(body, Body) else ([], False)
