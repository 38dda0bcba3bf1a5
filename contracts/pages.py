"""The pages that one service may link to in another: the navigation of each role, and the address of a referral."""

from dataclasses import dataclass
from uuid import UUID

from contracts.viewer import Role, Viewer


@dataclass(frozen=True)
class NavItem:
    """One entry of the navigation: address, French label, icon name."""

    href: str
    label: str
    icon: str


_BY_ROLE: tuple[tuple[Role, NavItem], ...] = (
    (Role.REFERENT, NavItem("/aujourdhui", "Aujourd’hui", "sun")),
    (Role.REFERENT, NavItem("/personnes", "Personnes", "users")),
    (Role.REFERENT, NavItem("/orientations", "Orientations", "send")),
    (Role.DESK_AGENT, NavItem("/bureau", "Orientations", "inbox")),
    (Role.DESK_MANAGER, NavItem("/bureau", "Orientations", "inbox")),
    (Role.COORDINATOR, NavItem("/tableau", "Tableau", "chart-no-axes-column")),
    (Role.COORDINATOR, NavItem("/rappels", "Rappels", "bell-ring")),
    (Role.ADMINISTRATOR, NavItem("/annuaire", "Annuaire", "book-user")),
    (Role.DESK_MANAGER, NavItem("/bureau/reglages", "Réglages", "settings")),
    (Role.DESK_MANAGER, NavItem("/reseau", "Réseau", "network")),
    (Role.REFERENT, NavItem("/reseau", "Réseau", "network")),
    (Role.DESK_AGENT, NavItem("/reseau", "Réseau", "network")),
    (Role.COORDINATOR, NavItem("/reseau", "Réseau", "network")),
    (Role.ADMINISTRATOR, NavItem("/reseau", "Réseau", "network")),
    (Role.DPO, NavItem("/demandes", "Demandes", "file-clock")),
    (Role.DPO, NavItem("/circuits", "Circuits", "route")),
    (Role.DPO, NavItem("/journal", "Journal", "scroll-text")),
    (Role.DPO, NavItem("/notices", "Notices", "book-open-text")),
    (Role.DPO, NavItem("/reseau", "Réseau", "network")),
    (Role.ADMINISTRATOR, NavItem("/rappels", "Rappels", "bell-ring")),
)
BELL = "/avis"
# Where the data protection officers read what was raised for them.
SAFEGUARDS = "/journal?vue=alertes"
WISHES = "/avis/reglages"
CONVENTIONS = "/reseau/conventions"
NETWORK_ORGANISATION = "/reseau/organismes"
# Followed by a signed token that names an account; it ends or thins out her mails.
UNSUBSCRIBE = "/avis/desabonnement"
DESK_SETTINGS = "/bureau/reglages"
BELL_ITEM = NavItem(BELL, "Avis", "bell")
HELP = NavItem("/aide", "Aide", "circle-help")


def navigation(viewer: Viewer) -> tuple[NavItem, ...]:
    """The entries for somebody with these roles, each once, help last."""
    found = dict.fromkeys(item for role, item in _BY_ROLE if role in viewer.roles)
    return (*found, BELL_ITEM, HELP)


def home(viewer: Viewer) -> str:
    """Where somebody lands after signing in."""
    return navigation(viewer)[0].href


def referral_page_of_desk(ref: UUID) -> str:
    """The page on which a desk reads and answers a referral."""
    return f"/bureau/{ref}"


def referral_page_of_sender(ref: UUID) -> str:
    """The page on which the referent follows a referral."""
    return f"/orientations/{ref}"


def referral_page_of_coordination(ref: UUID) -> str:
    """The page on which the coordination follows a referral; it names nobody."""
    return f"/tableau/orientations/{ref}"
