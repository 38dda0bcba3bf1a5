"""The consent notices, each in the exact words that were read to people; a version is never changed, only followed.

Texts that come with the product lie in `notices/`, one file a version; the territory's own are in `noticetext`, where
the shipped ones are copied at the start. The kept row wins, so that a file changed later changes no record.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from uuid import uuid4

from sqlmodel import col, select

from contracts.refusals import InvalidInput
from contracts.vocabulary import Language
from services.intake.notice_tables import NoticeText
from services.runtime.database import Work

FOLDER = Path(__file__).with_name("notices")
CURRENT = "fr-2026-11"
LONGEST = 6_000
RIGHT_TO_LEFT = frozenset({Language.AR.value})
# The name of each language in that language, for who looks for her own.
OWN_NAMES = {
    "fr": "Français", "fr-falc": "Français facile à lire", "ar": "العربية", "en": "English", "es": "Español",
    "pt": "Português", "ro": "Română", "ru": "Русский", "tr": "Türkçe", "uk": "Українська",
}  # fmt: skip
_VERSION = re.compile(r"(?P<language>[a-z]{2}(?:-[a-z]+)?)-(?P<series>\d{4}-\d{2}(?:-\d+)?)")


@dataclass(frozen=True)
class Notice:
    """A notice as it is shown: its version, its paragraphs, and the SHA-256 (hexadecimal) of its exact text."""

    version: str
    title: str
    paragraphs: tuple[str, ...]
    digest: str
    body: str
    published_at: datetime
    shipped: bool = True

    @property
    def language(self) -> str:
        """The code of its language."""
        return parts_of(self.version)[0]

    @property
    def series(self) -> str:
        """What a text and its translations share, as `2026-11`."""
        return parts_of(self.version)[1]

    @property
    def lang(self) -> str:
        """Its language as a page says it (BCP 47): easy-to-read French is French."""
        return self.language.split("-")[0]

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    @property
    def own_name(self) -> str:
        """The name of its language in that language."""
        return OWN_NAMES.get(self.language, self.language)


def parts_of(version: str) -> tuple[str, str]:
    """Language and series of a version: `fr-falc-2026-11` is (`fr-falc`, `2026-11`). Refusal: InvalidInput."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise InvalidInput(field="notice_read", reason="Cette notice n’existe pas.")
    return found["language"], found["series"]


def notice_from(version: str, body: str, published_at: datetime, shipped: bool = False) -> Notice:
    """The notice that a text is: its first line is the title, paragraphs are parted by an empty line."""
    title, *paragraphs = [part.strip() for part in body.split("\n\n") if part.strip()]
    digest = sha256(body.encode()).hexdigest()
    return Notice(version, title.removeprefix("# "), tuple(paragraphs), digest, body, published_at, shipped)


@cache
def shipped_notices() -> dict[str, Notice]:
    """The texts that come with the product, by version; published on the first of their month."""
    found = {}
    for file in sorted(FOLDER.glob("*.md")):
        year, month, *_ = parts_of(file.stem)[1].split("-")
        at = datetime(int(year), int(month), 1, tzinfo=UTC)
        found[file.stem] = notice_from(file.stem, file.read_bytes().decode(), at, shipped=True)
    return found


def notice(version: str = CURRENT) -> Notice:
    """A text that comes with the product. Refusal: InvalidInput for one that does not exist."""
    if version not in shipped_notices():
        raise InvalidInput(field="notice_read", reason="Cette notice n’existe pas.")
    return shipped_notices()[version]


async def find_notice(work: Work, version: str) -> Notice:
    """That version, as it is kept. Notices are public: no viewer. Refusal: InvalidInput."""
    found = (await work.session.exec(select(NoticeText).where(NoticeText.version == version))).first()
    return notice(version) if found is None else _as_notice(found)


async def every_notice(work: Work) -> list[Notice]:
    """Every version, the newest first; shipped ones that are not copied yet are among them."""
    kept = (await work.session.exec(select(NoticeText).order_by(col(NoticeText.published_at).desc()))).all()
    known = shipped_notices() | {row.version: _as_notice(row) for row in kept}
    return sorted(known.values(), key=lambda one: (one.published_at, one.version), reverse=True)


def current_of(notices: list[Notice]) -> dict[str, Notice]:
    """The newest version of each language, French first, in the order of the languages' list."""
    newest: dict[str, Notice] = {}
    for one in notices:
        newest.setdefault(one.language, one)
    order = [language.value for language in Language]
    return {code: newest[code] for code in sorted(newest, key=lambda code: order.index(code) if code in order else 99)}


def next_version(language: str, at: datetime, known: set[str]) -> str:
    """The name of a version published at that instant: `fr-2026-11`, or `fr-2026-11-2` when that one exists."""
    base = f"{language}-{at:%Y-%m}"
    if base not in known:
        return base
    return next(name for number in count(2) if (name := f"{base}-{number}") not in known)


async def copy_shipped(work: Work) -> int:
    """Keep the shipped texts as rows, each once; how many were new. Under the worker's role."""
    new = 0
    for one in shipped_notices().values():
        row = await work.execute(
            "INSERT INTO noticetext (ref, version, language, body, digest, published_at)"
            " VALUES (:ref, :version, :language, :body, :digest, :at) ON CONFLICT DO NOTHING RETURNING ref",
            ref=uuid4(),
            version=one.version,
            language=one.language,
            body=one.body,
            digest=one.digest,
            at=one.published_at,
        )
        new += row.first() is not None
    return new


def _as_notice(row: NoticeText) -> Notice:
    return notice_from(row.version, row.body, row.published_at, shipped=row.published_by is None)
