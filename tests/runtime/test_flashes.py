"""What a page says after a form was taken: a key without its sentence would be a silent page."""

import re
from pathlib import Path

from services.runtime.web.pages import FLASHES

ROOT = Path(__file__).parents[2] / "services"
GIVEN = re.compile(r'redirect\([^\n]*, "([a-z_]+)"\)')


def test_every_sentence_that_a_form_ends_with_exists():
    given = {key for path in ROOT.rglob("*.py") for key in GIVEN.findall(path.read_text())}
    assert {"managers_asked", "contested", "saved"} <= given
    assert given <= set(FLASHES), given - set(FLASHES)
