"""Territories beside each other, from what each has published: a signed file of shares that names nobody.

A file is known by the fingerprint of the key that signed it. Everybody sees herself among the others, who have letters;
which letter is whose changes with who looks, and a rank is shown to its own territory alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from contracts.refusals import InvalidInput, NotFound, RoleNotAllowed
from contracts.rights import catalogue, right_name
from contracts.viewer import Role, Viewer
from services.referral.open_data import FEWEST, TOTAL, Published
from services.referral.publishing import published
from services.runtime.database import Work
from services.runtime.key_files import read_or_make

VERSION, LARGEST = 1, 100_000
FEWEST_TERRITORIES = 3  # of two, each knows the other
_KEEP = """
INSERT INTO comparisonfile (key, month, body, imported_at)
VALUES (:key, :month, cast(:body AS jsonb), :at) ON CONFLICT (key, month) DO NOTHING RETURNING key
"""


class Signer:
    """The territory's key for its aggregates, in its own folder (0700), made when it is missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def private(self) -> Ed25519PrivateKey:
        """The signing key."""
        secret = read_or_make(self.folder / "comparison.key", lambda: _raw(Ed25519PrivateKey.generate()))
        return Ed25519PrivateKey.from_private_bytes(secret)

    @cached_property
    def public(self) -> bytes:
        """The public key, raw."""
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key(self) -> str:
        """How this territory's files are known."""
        return fingerprint(self.public)

    def letter_order(self, key: str) -> bytes:
        """Where another's letter comes: nobody else can compute it."""
        return digest(_raw(self.private), b"letters" + key.encode(), "sha256")


@dataclass(frozen=True, slots=True)
class Point:
    """One territory on one measure: `letter` is empty for oneself; `share` 0 to 1 of `whole` persons."""

    letter: str
    share: float
    whole: int

    @property
    def own(self) -> bool:
        """Whether it is the one who looks."""
        return not self.letter


@dataclass(frozen=True, slots=True)
class Strip:
    """One measure: every territory, the largest share first. `rank` is one's own, None when one has not published."""

    code: str
    title: str
    points: tuple[Point, ...]

    @property
    def rank(self) -> int | None:
        """One's own place, the largest share being first; equal shares have the same place."""
        own = next((one for one in self.points if one.own), None)
        return None if own is None else 1 + sum(one.share > own.share for one in self.points)


def fingerprint(public: bytes) -> str:
    """A key's name: the first 32 digits of the SHA-256 of its raw bytes."""
    return sha256(public).hexdigest()[:32]


def measured(table: Published) -> dict[str, dict[str, int]]:
    """What may be told of a published table: for all rights and for each, opened of how many, where both are shown."""
    opened, whole = table.columns.index("ouvert"), table.columns.index(TOTAL)
    found = {}
    for row, cells in zip(table.rows, table.cells, strict=True):
        part, all_of = cells[opened], cells[whole]
        if part is not None and all_of is not None and part >= FEWEST:
            found["all" if row == TOTAL else row] = {"part": part, "whole": all_of}
    return found


def signed(signer: Signer, month: str, table: Published) -> dict[str, Any]:
    """The file of a published quarter, to be given to the others."""
    body = {"version": VERSION, "month": month, "public": signer.public.hex(), "opened": measured(table)}
    return {**body, "signature": signer.private.sign(_statement(body)).hex()}


def checked(text: bytes) -> dict[str, Any]:
    """A file of somebody. Refusal: InvalidInput for what is none, is not signed by its key, or says too much."""
    try:
        if len(text) > LARGEST:
            raise ValueError
        file = json.loads(text)
        body = {name: file[name] for name in ("version", "month", "public", "opened")}
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(body["public"])).verify(
            bytes.fromhex(file["signature"]), _statement(body)
        )
        known = {"all", *catalogue()}
        for code, cell in body["opened"].items():
            part, whole = cell["part"], cell["whole"]
            if type(part) is not int or type(whole) is not int or not FEWEST <= part <= whole or len(code) > 40:
                raise ValueError
        if body["version"] != VERSION or not str(body["month"])[:4].isdigit() or len(body["month"]) != 7:
            raise ValueError
    except InvalidSignature:
        raise InvalidInput(field="file", reason="Signature fausse\u202f: redemandez ce fichier.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput(
            field="file", reason="Ce n’est pas un fichier de comparaison, ou il contient un nombre en dessous de 11."
        ) from None
    body["opened"] = {code: cell for code, cell in body["opened"].items() if code in known}
    return body


def strips(signer: Signer, files: Sequence[Mapping[str, Any]], own: Mapping[str, Any] | None) -> tuple[Strip, ...]:
    """Each measure that at least three territories tell; `files` are the others', the newest of each."""
    others = sorted(files, key=lambda one: signer.letter_order(one["public"]))
    found = []
    for code in ("all", *catalogue()):
        points = [
            _point(letters(place), one["opened"][code])
            for place, one in enumerate(others) if code in one["opened"]
        ]
        if own is not None and code in own["opened"]:
            points.append(_point("", own["opened"][code]))
        if len(points) >= FEWEST_TERRITORIES:
            title = "Tous les droits" if code == "all" else right_name(code)
            found.append(Strip(code, title, tuple(sorted(points, key=lambda one: (-one.share, one.letter)))))
    return tuple(found)


def letters(place: int) -> str:
    """`A` to `Z`, then `AA`…"""
    return (letters(place // 26 - 1) if place >= 26 else "") + chr(65 + place % 26)


async def export(work: Work, signer: Signer, month: str | None = None) -> dict[str, Any]:
    """The signed file of a published quarter, the last one unless said. Refusal: NotFound when none is published."""
    found = next((one for one in await published(work) if month in (None, one.month)), None)
    if found is None:
        raise NotFound
    return signed(signer, found.month, found.table)


async def keep(work: Work, signer: Signer, text: bytes) -> bool:
    """Keep the file of another; whether it was new. Refusal: InvalidInput, also for one's own."""
    body = checked(text)
    key = fingerprint(bytes.fromhex(body["public"]))
    if key == signer.key:
        raise InvalidInput(field="file", reason="C’est le fichier de votre propre territoire.")
    row = await work.execute(_KEEP, key=key, month=body["month"], body=json.dumps(body), at=work.now)
    return row.first() is not None


async def read_strips(viewer: Viewer, work: Work, signer: Signer) -> tuple[tuple[Strip, ...], int, str | None]:
    """The measures, how many other territories there are, and one's own quarter. Refusal: RoleNotAllowed."""
    if not viewer.has(Role.COORDINATOR):
        raise RoleNotAllowed
    rows = await work.execute("SELECT DISTINCT ON (key) body FROM comparisonfile ORDER BY key, month DESC")
    files = [row.body for row in rows]
    try:
        own = await export(work, signer)
    except NotFound:
        own = None
    return strips(signer, files, own), len(files), own["month"] if own else None


def _raw(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


def _point(letter: str, cell: Mapping[str, int]) -> Point:
    return Point(letter, cell["part"] / cell["whole"], cell["whole"])


def _statement(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
