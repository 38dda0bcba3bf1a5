"""Tokens that name an account and nothing else: in the address to which a mail comes back, and in the address that ends
mails. Signed (HMAC-SHA-256) with a key of notify's folder, so that nobody can make one for somebody else.
"""

import base64
import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path
from uuid import UUID

KEY_BYTES, MAC_BYTES = 32, 10


class Tokens:
    """The key below `folder`, made when it is first needed; several processes share it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "tokens.key"
        self._key: bytes | None = None

    def seal(self, purpose: str, account: UUID) -> str:
        """42 small letters and digits: what a mail server keeps as it is, and an address bears."""
        return base64.b32encode(account.bytes + self._mac(purpose, account.bytes)).decode().rstrip("=").lower()

    def open(self, purpose: str, token: str) -> UUID | None:
        """The account, or None for whatever was not made here for that purpose."""
        try:
            raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        except ValueError:
            return None
        named, mac = raw[:16], raw[16:]
        if len(raw) != 16 + MAC_BYTES or not hmac.compare_digest(mac, self._mac(purpose, named)):
            return None
        return UUID(bytes=named)

    def fingerprint(self, address: str) -> str:
        """By which a later look tells whether an address is still the same; the address cannot be read from it."""
        return hmac.new(self._secret(), f"address/{address.lower()}".encode(), hashlib.sha256).hexdigest()

    def _mac(self, purpose: str, named: bytes) -> bytes:
        return hmac.new(self._secret(), purpose.encode() + b"/" + named, hashlib.sha256).digest()[:MAC_BYTES]

    def _secret(self) -> bytes:
        if self._key is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_once(self._path)
            self._key = self._path.read_bytes()
        return self._key


def _write_once(path: Path) -> None:
    """Whole or not at all: a process that reads meanwhile never sees a part."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as opened:
        opened.write(secrets.token_bytes(KEY_BYTES))
        opened.flush()
        os.fsync(opened.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
