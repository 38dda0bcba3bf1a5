"""The key of sign-in, in partners' folder of keys and never in the database: it seals secrets, and names what is
counted.

Without it a copy of the database gives neither a second factor nor the addresses that tries were counted under.
"""

import base64
import hashlib
import hmac
import secrets
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.runtime.key_files import read_or_make

KEY_BYTES, NONCE_BYTES = 32, 12
FILE = "sign-in.key"


class SignInKeys:
    """Seals and opens with AES-256-GCM, bound to what a value belongs to; makes fingerprints with a second key."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def seal(self, text: str, bound_to: str) -> str:
        """That text, sealed; it opens only with the same `bound_to`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self._part("seal")).encrypt(nonce, text.encode(), bound_to.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str, bound_to: str) -> str | None:
        """What was sealed, or None when it is not of this key or belongs elsewhere."""
        try:
            raw = base64.urlsafe_b64decode(sealed)
            return AESGCM(self._part("seal")).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode()).decode()
        except (InvalidTag, ValueError):
            return None

    def fingerprint(self, *parts: str) -> str:
        """A keyed hash of these parts, in hexadecimal: equal for equal parts, and of no use without the key."""
        return hmac.new(self._part("count"), "\0".join(parts).encode(), hashlib.sha256).hexdigest()

    def _part(self, purpose: str) -> bytes:
        return hmac.new(self._key, purpose.encode(), hashlib.sha256).digest()

    @cached_property
    def _key(self) -> bytes:
        return read_or_make(self._file, lambda: secrets.token_bytes(KEY_BYTES))
