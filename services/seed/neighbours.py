"""Other imaginary territories, of which each gave the file of its last quarter: one sees oneself among them as soon as
one has published.
"""

import json
from datetime import datetime
from random import Random
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.viewer import Viewer
from services.referral import comparison, publishing
from services.runtime.process import Service

NEIGHBOURS = 7
RIGHTS = ("rsa", "ppa", "css", "apl", "aspa", "asf")
_SENDERS = (UUID(int=1), UUID(int=2), UUID(int=3))


class Neighbour(comparison.Signer):
    """Somebody else's key, in no folder."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret

    @property
    def private(self) -> Ed25519PrivateKey:  # type: ignore[override]
        """The signing key."""
        return Ed25519PrivateKey.from_private_bytes(self.secret)


async def add_neighbours(service: Service, coordinator: Viewer, rng: Random, now: datetime) -> None:
    """Give the coordination their files, as each of them would have signed its own; those it has already stay."""
    own = comparison.Signer(service.settings.keys / "referral" / "comparison")
    files = [_file(rng, publishing.quarter_over(now)) for _ in range(NEIGHBOURS)]
    async with service.database.web(coordinator) as work:
        for one in files:
            await comparison.keep(work, own, one)


def _file(rng: Random, month: str) -> bytes:
    share = rng.uniform(0.4, 0.85)
    rows = [
        (right, situation, sender, rng.randint(4, 12) + round(part * rng.randint(15, 60)))
        for right in RIGHTS for sender in _SENDERS
        for situation, part in (("ouvert", share), ("en_cours", 0.6 * (1 - share)), ("autre", 0.4 * (1 - share)))
    ]  # fmt: skip
    signer = Neighbour(rng.randbytes(32))
    return json.dumps(comparison.signed(signer, month, publishing.table_of(rows))).encode()
