"""What a program is told when the answer is no: one shape for every refusal, declared with each route of the REST
interface, so that no answer of it is a surprise.
"""

from typing import Any

from pydantic import BaseModel, Field

from contracts.refusals import every_refusal

SESSION = "session"
_SAID = {
    400: "The body could not be read at all",
    401: "Nobody is signed in",
    403: "Not for this role, or a request that another site made the browser send",
    404: "Unknown, or not yours: the same answer",
    409: "Not possible as things stand; the slug says why",
    410: "No longer readable; the slug says why",
    422: "Fields that cannot be taken; never with what was sent",
    429: "Too often; later again",
    503: "A part of Relais is away; later again",
}


class RefusalRead(BaseModel):
    """Every refusal: a slug for machines and a French sentence for people; `details` holds codes and instants only.

    `lock` and `opened_by` come with a closed lock of a disclosure: which of the two, and what would open it.
    """

    slug: str
    sentence: str
    details: dict[str, str | list[str]] = Field(default_factory=dict)
    field: str | None = None
    lock: str | None = None
    opened_by: str | None = None


def refusals() -> dict[int | str, dict[str, Any]]:
    """The statuses that any route of the interface may answer with instead of its own, for its declaration."""
    found = {one.status for one in every_refusal().values()} | set(_SAID)
    return {status: {"model": RefusalRead, "description": _SAID.get(status, "Refused")} for status in sorted(found)}


def schemes(cookie: str) -> dict[str, Any]:
    """How somebody is known to the interface, for its description: the session cookie."""
    said = "The session of an account, made by signing in; 30 minutes without use, 10 hours at most."
    return {SESSION: {"type": "apiKey", "in": "cookie", "name": cookie, "description": said}}


def declared(options: dict[str, Any], *, signed_in: bool) -> dict[str, Any]:
    """The options of a route of the interface, with its refusals and with how one is known."""
    responses = {**refusals(), **options.pop("responses", {})}
    extra = {"security": [{SESSION: []}] if signed_in else [], **options.pop("openapi_extra", {})}
    return {**options, "responses": responses, "openapi_extra": extra}
