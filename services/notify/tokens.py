"""Tokens that name an account and nothing else: in the address to which a mail comes back, and in the address that ends
mails. Signed (HMAC-SHA-256) with a key of notify's folder, so that nobody can make one for somebody else.
"""

import base64
import hashlib
import hmac
import secrets
from pathlib import Path
from uuid import UUID

from services.runtime.key_files import read_or_make

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
            self._key = read_or_make(self._path, lambda: secrets.token_bytes(KEY_BYTES))
        return self._key
