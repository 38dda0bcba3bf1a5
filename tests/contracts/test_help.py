"""The help of every page: there is one for each, for the roles that may open it, and none for a page that is gone."""

import re

import pytest
from fastapi.routing import APIRoute

from contracts.help import EXPLAIN_THEMSELVES, PAGE_HELP
from contracts.viewer import Role
from services.documents import routes_of_all
from services.partners.web import ROLE_NAMES
from services.partners.welcome import WELCOMES

# What a browser opens and is no page: files, streams, a region, steps on the way to another site, the machine's own.
NO_PAGE = re.compile(
    r"^/(api/.*|livez|readyz|metrics|.*\.(js|json|csv|ics|pdf|html|xlsx)|.*/flux|avis/nombre|connexion/depart"
    r"|connexion/demonstration/neuve|connexion/proconnect.*|.*/(fichier|donnees/\{form\}|\{month\}/\{form\}|\{file\}))?$"
)


def routers() -> list[APIRoute]:
    """Every route of the four services."""
    return [route for route in routes_of_all() if isinstance(route, APIRoute)]


def shown() -> dict[str, frozenset[Role]]:
    """The pages of the shell and who may open each."""
    return {
        route.path: route.endpoint.relais_roles  # type: ignore[attr-defined]
        for route in routers()
        if "GET" in route.methods
        and not NO_PAGE.match(route.path)
        and not any(route.path == one or route.path.startswith(one + "/") for one in EXPLAIN_THEMSELVES)
    }


def test_every_page_has_its_help_in_contracts_help_of_something() -> None:
    assert sorted(set(shown()) - set(PAGE_HELP)) == []


def test_no_help_is_left_of_a_page_that_is_gone() -> None:
    assert sorted(set(PAGE_HELP) - set(shown())) == []


def test_the_help_of_a_page_is_for_who_may_open_it() -> None:
    roles = shown()
    assert {path: one.roles for path, one in PAGE_HELP.items()} == {path: roles[path] for path in PAGE_HELP}


@pytest.mark.parametrize("role", Role)
def test_no_two_pages_of_a_role_have_the_same_title_in_its_help(role: Role) -> None:
    titles = [one.title for one in PAGE_HELP.values() if role in one.roles]
    assert sorted(titles) == sorted(set(titles))


@pytest.mark.parametrize("path", PAGE_HELP)
def test_a_help_is_short_and_plain(path: str) -> None:
    found = PAGE_HELP[path]
    assert 0 < len(found.text) <= 3 and all(line.endswith((".", "\u202f?")) for line in found.text)
    assert sum(map(len, found.text)) <= 420
    assert "'" not in "".join(found.text) and " :" not in "".join(found.text)
    assert not re.search(r"utilisateur|soumettre|cliquez", " ".join(found.text))


def test_every_role_is_told_three_things_with_the_address_of_each() -> None:
    assert set(WELCOMES) == set(Role) == set(ROLE_NAMES)
    roles = shown()
    for role, welcome in WELCOMES.items():
        assert len(welcome.things) == 3 and any(mine for _, _, mine in welcome.steps)
        for thing in welcome.things:
            assert not roles[thing.href] or role in roles[thing.href], (role, thing.href)
