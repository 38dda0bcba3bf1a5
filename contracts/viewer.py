"""Who asks: the account, organisation, desks and roles of a signed-in person, resolved once a request."""

from enum import StrEnum
from uuid import UUID

from contracts.envelope import Frozen
from contracts.vocabulary import OrganisationKind


class Role(StrEnum):
    """The roles of the territory; each is closed by default and opened route by route."""

    REFERENT = "referent"
    DESK_AGENT = "desk_agent"
    DESK_MANAGER = "desk_manager"
    COORDINATOR = "coordinator"
    DPO = "dpo"
    ADMINISTRATOR = "administrator"


class Viewer(Frozen):
    """First argument of every reading. `desks` are the desks she works at; a desk is not its whole organisation.

    `manages` are those of her desks that she is the manager of: being it at one says nothing of the others. `herself`:
    a person accompanied, on her own page; `account` is then her reference, the organisation the one that follows her.
    """

    account: UUID
    display_name: str
    organisation: UUID
    organisation_name: str
    organisation_kind: OrganisationKind
    desks: tuple[UUID, ...] = ()
    manages: tuple[UUID, ...] = ()
    desk_name: str | None = None
    roles: frozenset[Role]
    territory: str
    herself: bool = False

    def has(self, *roles: Role) -> bool:
        """True when she has at least one of those roles."""
        return bool(self.roles & set(roles))
