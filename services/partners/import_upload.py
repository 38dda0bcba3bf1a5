"""The files of an import on their way in: how many, and how heavy, before anything of them is read."""

from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from contracts.refusals import InvalidInput
from services.partners.import_reading import MOST_BYTES, too_heavy

MOST_FILES = 2
# Two files, and what a browser writes around them.
MOST_SENT = MOST_FILES * MOST_BYTES + 64 * 1024


async def uploaded(request: Request) -> list[bytes]:
    """The files of the form, counted while they come. Refusals: InvalidInput (none, or too many), ImportTooHeavy."""
    declared, seen = request.headers.get("content-length", ""), 0

    async def counted() -> Any:  # noqa: ANN401 - a message of the server
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > MOST_SENT:
            raise too_heavy()
        return message

    if declared.isdecimal() and int(declared) > MOST_SENT:
        # A browser shows the answer only when it could send everything: what is a little too heavy is let through.
        async for _ in request.stream():
            pass
        raise too_heavy()
    async with Request(request.scope, counted).form(max_files=10 * MOST_FILES, max_fields=10) as form:
        given = [one for one in form.getlist("file") if isinstance(one, UploadFile) and one.filename]
        if not given:
            raise InvalidInput(field="file", reason="Choisissez un fichier.")
        if len(given) > MOST_FILES:
            raise InvalidInput(
                field="file",
                reason="Choisissez un seul fichier, ou deux pour data·inclusion\u202f: structures et services.",
            )
        return [await one.read(MOST_BYTES + 1) for one in given]
