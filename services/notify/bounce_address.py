"""The address to which the relay reports a mail that could not be delivered: one for each account, so that a report is
attributed without reading a recipient in it.
"""

from uuid import UUID

from services.notify.tokens import Tokens
from services.runtime.settings import Settings

PURPOSE = "bounce"


class BounceAddress:
    """`returns@relais.example` becomes `returns+<token>@relais.example` for an account."""

    def __init__(self, address: str, tokens: Tokens) -> None:
        self.address, self.tokens = address, tokens
        self._local, _, self._domain = address.rpartition("@")

    def of(self, account: UUID | None) -> str:
        """The envelope sender of a letter to that account; without one the bare address."""
        return self.address if account is None else self._with(self.tokens.seal(PURPOSE, account))

    def account_in(self, address: str) -> UUID | None:
        """Whose address it is; None for one that was not made here."""
        local, _, domain = address.rpartition("@")
        name, _, token = local.partition("+")
        if name.lower() != self._local.lower() or domain.lower() != self._domain.lower() or not token:
            return None
        return self.tokens.open(PURPOSE, token)

    def is_bare(self, address: str) -> bool:
        """Whether it is the address without a token: reports on mails of nobody's account, such as sign-in codes."""
        return address.lower() == self.address.lower()

    def _with(self, token: str) -> str:
        return f"{self._local}+{token}@{self._domain}"


def bounce_address(settings: Settings, tokens: Tokens) -> BounceAddress | None:
    """As it is set, or None."""
    return BounceAddress(settings.bounce_address, tokens) if settings.bounce_address else None
