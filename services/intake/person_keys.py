"""One random key per person, outside the database: destroying it makes what it sealed unreadable, backups included.

AES-256-GCM with a random nonce; the person's reference and the field's name are authenticated with the text, so that a
ciphertext moved to another row or column does not open.
"""

import hashlib
import hmac
import os
import secrets
from collections import OrderedDict
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES = 32, 12
MOST_CACHED = 2_000


class PersonKeyDestroyed(Exception):
    """Nothing more can be sealed for that person: she was erased."""


class PersonKeys:
    """The keys below `folder` (`<2 hex>/<ref>.key`, 0600 in 0700 folders), made when a person is first sealed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cache: OrderedDict[UUID, AESGCM] = OrderedDict()
        self._lookup: bytes | None = None

    def seal(self, person: UUID, field: str, text: str) -> bytes:
        """Nonce and ciphertext of a text. Raises PersonKeyDestroyed."""
        cipher = self._cipher(person) or self._make(person)
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + cipher.encrypt(nonce, text.encode(), _context(person, field))

    def open(self, person: UUID, field: str, blob: bytes | None) -> str | None:
        """The text, or None: nothing was kept, the key is destroyed, or it was not sealed for that person and field."""
        cipher = self._cipher(person) if blob else None
        if cipher is None or blob is None:
            return None
        try:
            return cipher.decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], _context(person, field)).decode()
        except InvalidTag:
            return None

    def destroy(self, person: UUID) -> None:
        """Make everything sealed for that person unreadable for ever; a second time changes nothing."""
        self._cache.pop(person, None)
        path = self._path(person)
        _private_folder(path.parent)
        path.with_suffix(".destroyed").touch(mode=0o600)
        if path.exists():
            with path.open("r+b") as opened:
                opened.write(secrets.token_bytes(KEY_BYTES))
                opened.flush()
                os.fsync(opened.fileno())
            path.unlink(missing_ok=True)
        _sync(path.parent)

    def holds(self, person: UUID) -> bool:
        """Whether a key of that person lies in the folder, be it one that a restored copy brought back."""
        return self._path(person).exists()

    def lookup_hash(self, text: str) -> str:
        """A keyed hash (HMAC-SHA-256, hexadecimal) by which a sealed value, such as a phone number, can be found."""
        if self._lookup is None:
            path = self.folder / "lookup.key"
            self._lookup = _read(path) or _write_once(path)
        return hmac.new(self._lookup, text.encode(), hashlib.sha256).hexdigest()

    def _path(self, person: UUID) -> Path:
        return self.folder / person.hex[:2] / f"{person}.key"

    def _cipher(self, person: UUID) -> AESGCM | None:
        path = self._path(person)
        if not path.exists():  # another process may have destroyed it
            self._cache.pop(person, None)
            return None
        found = self._cache.get(person)
        if found is None:
            # A copy of the folder restored over this one may bring the key back beside its tombstone.
            key = None if path.with_suffix(".destroyed").exists() else _read(path)
            return None if key is None else self._keep(person, AESGCM(key))
        self._cache.move_to_end(person)
        return found

    def _make(self, person: UUID) -> AESGCM:
        path = self._path(person)
        if path.with_suffix(".destroyed").exists():
            raise PersonKeyDestroyed
        return self._keep(person, AESGCM(_write_once(path)))

    def _keep(self, person: UUID, cipher: AESGCM) -> AESGCM:
        self._cache[person] = cipher
        while len(self._cache) > MOST_CACHED:
            self._cache.popitem(last=False)
        return cipher


def _context(person: UUID, field: str) -> bytes:
    return f"{person}/{field}".encode()


def _read(path: Path) -> bytes | None:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return None
    return found if len(found) == KEY_BYTES else None


def _write_once(path: Path) -> bytes:
    """Write a new key, whole or not at all; of two that write at once, one wins and both use its key."""
    _private_folder(path.parent)
    partial = path.with_name(f".{secrets.token_hex(8)}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(secrets.token_bytes(KEY_BYTES))
        opened.flush()
        os.fsync(opened.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    else:
        _sync(path.parent)
    finally:
        partial.unlink()
    return path.read_bytes()


def _private_folder(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
