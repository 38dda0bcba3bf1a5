"""The help of one page: what it is for and what to do there, in a few plain French sentences, by the address of its
route. The texts stand in the `help_of_…` modules, which `contracts/help.py` gathers.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.viewer import Role


@dataclass(frozen=True)
class PageHelp:
    """`path` is the route as it is declared, `roles` who may open it; nobody named: everybody, also signed out."""

    path: str
    title: str
    text: tuple[str, ...]
    roles: frozenset[Role]


def pages_for(roles: Iterable[Role], *pages: tuple[str, ...]) -> tuple[PageHelp, ...]:
    """The help of pages that the same roles may open, each given as its route, its title and its sentences."""
    return tuple(PageHelp(path, title, tuple(text), frozenset(roles)) for path, title, *text in pages)
