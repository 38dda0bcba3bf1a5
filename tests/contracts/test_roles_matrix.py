"""The matrix of roles says what the code does, in words, and no role that keeps the directory reaches a person."""

from fastapi.routing import APIRoute

from contracts.viewer import Role
from services import roles
from services.documents import ROLES, routes_of_all

# Where something of a person accompanied can be read.
CONTENT = ("/personnes", "/orientations", "/aujourdhui", "/bureau", "/journal", "/demandes", "/tableau")
CONTENT_API = ("/api/people", "/api/referrals", "/api/desk", "/api/board")


def pages() -> list[APIRoute]:
    return [route for route in routes_of_all() if isinstance(route, APIRoute)]


def test_every_page_has_its_place_and_its_sentence_in_the_matrix() -> None:
    nowhere = sorted({route.path for route in pages() if not roles.place_of(route.path)})
    assert nowhere == [], "describe it in services/roles.py"
    assert roles.ELSEWHERE[0] not in ROLES.read_text("utf-8")


def test_the_matrix_has_a_line_for_every_route_and_action() -> None:
    text = roles.matrix(routes_of_all())
    for route in pages():
        for method in route.methods - {"HEAD"}:
            assert f"`{method} {route.path}`" in text, route.path
    assert "| `GET /annuaire` | – | – | – | – | – | oui |" in text
    assert "| Confier à un collègue | – | – | oui | – |" in text
    assert "| `CountCases` | répond | – | demande | – |" in text


def test_no_page_with_something_of_a_person_is_open_to_the_administration() -> None:
    for route in pages():
        if roles.place_of(route.path) in (*CONTENT, *CONTENT_API):
            assert Role.ADMINISTRATOR not in route.endpoint.relais_roles, route.path
            assert route.endpoint.relais_roles, route.path
