"""The time zone is named once: a second name would be a second place to be wrong in."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def makers_of_zones() -> set[str]:
    """The modules of the product in which a ZoneInfo is made."""
    found = set()
    for path in [*(ROOT / "contracts").rglob("*.py"), *(ROOT / "services").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ZoneInfo":
                found.add(str(path.relative_to(ROOT)))
    return found


def test_the_zone_of_the_product_is_made_in_one_module() -> None:
    assert makers_of_zones() == {"contracts/paris.py"}
