"""The pictures of the pages are gathered by role, all four views of each, with the rights of a person on a sheet of
their own.
"""

from pathlib import Path

import pytest
from PIL import Image

from services import contact_sheet
from services.contact_sheet import VIEWS
from tests.journey.test_every_page import ROLES

PAGES = ("referent-aujourdhui", "referent-accord-recu", "desk_agent-bureau", "dpo-journal", "person-moi-page")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in PAGES:
        for view in VIEWS:
            Image.new("RGB", (int(view.split("-")[0]), 900), "#aabbcc").save(tmp_path / f"{name}-{view}.png")
    Image.new("RGB", (10, 10)).save(tmp_path / "something-else.png")
    return tmp_path


def test_every_page_is_on_the_index_in_its_four_views_and_on_the_sheet_of_its_role(folder: Path) -> None:
    written = {one.name for one in contact_sheet.write(folder)}
    sheets = {f"sheet-{role}.png" for role in ("rights", "referent", "desk_agent", "dpo", "person")}
    assert written == {"index.html", "sheet.png", *sheets}
    index = (folder / "index.html").read_text("utf-8")
    for name in PAGES:
        assert all(f'href="{name}-{view}.png"' in index for view in VIEWS), name
    assert "something-else" not in index
    assert contact_sheet.write(folder)  # a second time: its own sheets are not taken for pages


def test_what_concerns_the_rights_of_a_person_stands_together(folder: Path) -> None:
    found = {name: {f"{one.role}-{one.name}" for one in shown}
             for name, _, shown in contact_sheet.sections(contact_sheet.gather(folder))}  # fmt: skip
    assert found["rights"] == {"referent-accord-recu", "dpo-journal", "person-moi-page"}


def test_every_role_that_is_photographed_has_its_title() -> None:
    assert set(ROLES) <= set(contact_sheet.ROLES)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        contact_sheet.write(tmp_path)
