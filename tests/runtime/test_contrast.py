"""The colours: every pair of the pages is readable in light and in dark, and the docs show the same numbers."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOKENS = ROOT / "services" / "runtime" / "web" / "static" / "tokens.css"
DESIGN = ROOT / "docs" / "design" / "README.md"
# Foreground, background, the least ratio: 4.5 for text, 3 for what draws a control (WCAG 2.2, 1.4.3 and 1.4.11).
PAIRS = (
    ("ink", "paper", 4.5), ("ink", "card", 4.5), ("soft", "paper", 4.5), ("soft", "card", 4.5),
    ("accent", "paper", 4.5), ("accent", "card", 4.5), ("accent", "accent-soft", 4.5), ("on-accent", "accent", 4.5),
    ("on-accent", "accent-strong", 4.5), ("ink", "accent-soft", 4.5), ("due", "due-soft", 4.5), ("due", "card", 4.5),
    ("ink", "due-soft", 4.5), ("late", "late-soft", 4.5), ("late", "card", 4.5), ("on-late", "late", 4.5),
    ("open", "open-soft", 4.5), ("open", "card", 4.5), ("edge", "card", 3.0), ("edge", "paper", 3.0),
)  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance of a hexadecimal colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def tokens() -> dict[str, tuple[str, str]]:
    """The colour of each token in light and in dark."""
    found = re.findall(r"--([a-z-]+): light-dark\((#\w{6}), (#\w{6})\)", TOKENS.read_text("utf-8"))
    return {name: (light, dark) for name, light, dark in found}


def test_the_formula_agrees_with_the_standard():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_a_pair_is_readable_in_light_and_in_dark(front, back, least):
    for scheme in (0, 1):
        assert contrast(tokens()[front][scheme], tokens()[back][scheme]) >= least


def test_without_light_dark_the_light_colours_are_the_same():
    plain = TOKENS.read_text("utf-8").split("@supports")[0]
    for name, (light, _) in tokens().items():
        assert f"--{name}: {light};" in plain


def test_the_docs_show_these_numbers():
    text = DESIGN.read_text("utf-8")
    for front, back, _ in PAIRS:
        light, dark = (contrast(tokens()[front][one], tokens()[back][one]) for one in (0, 1))
        assert f"| `{front}` on `{back}` | {light:.1f} | {dark:.1f} |" in text
