"""The signed heads of the chain: an Ed25519 key outside the database, and a second place for what it signed."""

import json
import os
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from services.intake.journal_chain import head_statement, instant
from services.intake.journal_tables import JournalHead
from services.runtime.database import Work
from services.runtime.key_files import read_or_make

HEAD_EVERY = timedelta(hours=1)
_END = "SELECT seq, hash FROM intake.journalseal ORDER BY seq DESC LIMIT 1"
_HEADS = "SELECT territory, seq, hash, key, signature, at FROM intake.journalhead ORDER BY at, seq"


class HeadKey:
    """The key of the heads, in its own folder (0700), made when it is missing; `head.pub` is for whoever checks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def private(self) -> Ed25519PrivateKey:
        """The signing key."""
        found = load_pem_private_key(read_or_make(self.folder / "head.pem", _new_secret), None)
        assert isinstance(found, Ed25519PrivateKey)
        # It is no secret: but nothing in this folder is for others.
        read_or_make(self.folder / "head.pub", lambda: _pem(found.public_key()))
        return found

    @property
    def public(self) -> Ed25519PublicKey:
        """The checking key."""
        return self.private.public_key()

    @cached_property
    def name(self) -> str:
        """Which key it is: the first sixteen digits of the SHA-256 of its public bytes."""
        return sha256(self.public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]

    def sign(self, statement: bytes) -> str:
        """The signature in hexadecimal."""
        return self.private.sign(statement).hex()

    def holds(self, head: dict[str, Any]) -> bool:
        """Whether that head carries this key's signature."""
        try:
            signed = head_statement(**{name: head[name] for name in ("territory", "seq", "hash", "at", "key")})
            self.public.verify(bytes.fromhex(head["signature"]), signed)
        except (InvalidSignature, KeyError, TypeError, ValueError):
            return False
        return True


async def end_of_chain(work: Work) -> Any:  # noqa: ANN401 - a row
    """The number and the hash of the last link; None while nothing is sealed."""
    return (await work.execute(_END)).one_or_none()


async def sign_head(work: Work, key: HeadKey, *, every: timedelta = HEAD_EVERY) -> JournalHead | None:
    """Sign the end of the chain when the last head is older than `every`; None when it is not yet time, or no chain."""
    last = (await work.execute("SELECT max(at) FROM intake.journalhead")).scalar()
    end = await end_of_chain(work)
    if end is None or (last is not None and work.now - last < every):
        return None
    body = {"territory": work.territory, "seq": end.seq, "hash": end.hash, "at": instant(work.now), "key": key.name}
    head = JournalHead(
        seq=end.seq, hash=end.hash, key=key.name, signature=key.sign(head_statement(**body)), at=work.now
    )
    work.session.add(head)
    return head


async def heads_of(work: Work) -> list[dict[str, Any]]:
    """Every head of the database, oldest first, as its line in the second place says it."""
    return [{**dict(row), "at": instant(row.at)} for row in await work.execute(_HEADS)]


def copy_file(folder: Path, territory: str) -> Path:
    """The file of a territory's heads in the second place."""
    return folder / f"{territory}.jsonl"


def read_copy(folder: Path, territory: str) -> list[dict[str, Any]]:
    """The heads of the second place, in the order in which they came; a line that is none is kept as an empty head."""
    file = copy_file(folder, territory)
    return [_read(line) for line in file.read_text().splitlines()] if file.exists() else []


def _new_secret() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _read(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def write_copy(folder: Path, territory: str, heads: list[dict[str, Any]]) -> int:
    """Append to the second place the heads that it does not have yet, and wait for the disk; returns how many."""
    known = {head.get("signature") for head in read_copy(folder, territory)}
    new = [head for head in heads if head["signature"] not in known]
    if new:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        handle = os.open(copy_file(folder, territory), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        with os.fdopen(handle, "a") as out:
            out.writelines(json.dumps(head, sort_keys=True) + "\n" for head in new)
            out.flush()
            os.fsync(out.fileno())
    return len(new)
