"""What somebody wants to see of her desk's list, as its address says it: the view, whose, which right, from whom."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from contracts.rights import catalogue
from services.partners.domain import Tab

LIST = "/bureau"
# Counting what is closed stops here: beyond it a number helps nobody, and the list stays quick.
MOST_ENDED = 1_000


@dataclass(frozen=True)
class Wanted:
    """A view of the list: `mine` keeps what is in the viewer's own hands, None and False keep everything."""

    tab: Tab = Tab.TO_ANSWER
    mine: bool = False
    right: str | None = None
    sender: UUID | None = None
    urgent: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether it keeps less than a view does."""
        return self.right is not None or self.sender is not None or self.urgent

    @property
    def query(self) -> str:
        """The address after the question mark; the same view always has the same one."""
        given = {
            "vue": self.tab.value, "a": "moi" if self.mine else "", "droit": self.right or "",
            "organisme": str(self.sender or ""), "urgentes": "oui" if self.urgent else "",
        }  # fmt: skip
        return urlencode({name: value for name, value in given.items() if value})

    def address(self, page: int = 1) -> str:
        """The address of one page of it."""
        return f"{LIST}?{self.query}" + (f"&page={page}" if page > 1 else "")

    def at(self, tab: Tab) -> "Wanted":
        """The same of another view."""
        return replace(self, tab=tab)

    def whole(self) -> "Wanted":
        """The same view, narrowed by nothing."""
        return Wanted(self.tab, self.mine)


def read_wanted(given: Mapping[str, str]) -> Wanted:
    """From the parts of an address; what cannot be understood narrows nothing, so that an old link still opens."""
    tab, right = given.get("vue", ""), given.get("droit", "")
    try:
        sender = UUID(given.get("organisme", ""))
    except ValueError:
        sender = None
    return Wanted(
        tab=Tab(tab) if tab in set(Tab) else Tab.TO_ANSWER,
        mine=given.get("a") == "moi",
        right=right if right in catalogue() else None,
        sender=sender,
        urgent=given.get("urgentes") == "oui",
    )


def wanted_of(query: str) -> Wanted:
    """From what stands after the question mark."""
    return read_wanted(dict(parse_qsl(query)))
