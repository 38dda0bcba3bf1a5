"""The help of every page by its route, and the routes that answer with something else than a page."""

from contracts import help_of_desks, help_of_everybody, help_of_people, help_of_territory
from contracts.page_help import PageHelp
from contracts.viewer import Viewer

PAGE_HELP: dict[str, PageHelp] = {
    one.path: one
    for module in (help_of_people, help_of_desks, help_of_territory, help_of_everybody)
    for one in module.PAGES
}
# A person's own pages and the notices are read in several languages and explain themselves: no help beside them.
EXPLAIN_THEMSELVES = ("/moi", "/notices/{version}")


def help_of(path: str) -> PageHelp | None:
    """The help of that route, None for what is no page or explains itself."""
    return PAGE_HELP.get(path)


def help_for(viewer: Viewer) -> list[PageHelp]:
    """The help of the pages that this viewer may open by her role, in the order of the texts; open ones left out."""
    return [one for one in PAGE_HELP.values() if one.roles and viewer.has(*one.roles)]
