"""The consent notices, each in the exact words that were read to people; a version is never changed, only followed."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from contracts.refusals import InvalidInput

FOLDER = Path(__file__).with_name("notices")
CURRENT = "fr-2026-11"


@dataclass(frozen=True)
class Notice:
    """A notice as it is shown: its version, its paragraphs, and the SHA-256 (hexadecimal) of the file."""

    version: str
    title: str
    paragraphs: tuple[str, ...]
    digest: str


@cache
def notice(version: str = CURRENT) -> Notice:
    """That version. Refusal: InvalidInput for one that does not exist."""
    known = {file.stem: file for file in FOLDER.glob("*.md")}
    if version not in known:
        raise InvalidInput(field="notice_read", reason="Cette notice n’existe pas.")
    body = known[version].read_bytes()
    title, *paragraphs = [part.strip() for part in body.decode().split("\n\n") if part.strip()]
    return Notice(version, title.removeprefix("# "), tuple(paragraphs), sha256(body).hexdigest())
