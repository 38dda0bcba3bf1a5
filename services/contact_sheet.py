"""The pictures that the tests make of every page, gathered to be looked at: a page with all four views, and sheets of
small ones by role. Called by `./relais screenshots DIR`.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from PIL.Image import Image

VIEWS = ("390-light", "390-dark", "1200-light", "1200-dark")
ON_SHEETS = {"390-light": 120, "1200-dark": 250}  # the view and how wide its small picture is, in pixels
ROLES = {
    "nobody": "Sans se connecter",
    "referent": "Référente",
    "desk_agent": "Agent de guichet",
    "desk_manager": "Responsable de guichet",
    "coordinator": "Coordination",
    "dpo": "DPO",
    "administrator": "Administration",
    "person": "La personne elle-même",
    "empty_desk": "Un guichet qui n’a rien reçu",
    "empty_referent": "Une référente qui commence",
}
# What a data protection officer looks at first, on a sheet of its own.
RIGHTS = "Droits de la personne"
OF_RIGHTS = (
    "dpo-", "person-", "nobody-moi", "nobody-notice", "referent-sa-page", "referent-accord", "referent-retrait",
    "desk_agent-guichet-effacement",
)  # fmt: skip
HEIGHT, LABEL, GAP, COLUMNS = 260, 18, 12, 4


@dataclass(frozen=True)
class Shown:
    """One page: the role that sees it, its name, and the picture of each view that was made."""

    role: str
    name: str
    pictures: dict[str, Path]


def gather(folder: Path) -> list[Shown]:
    """The pages whose pictures lie in that folder, by role in the order of ROLES, then by name."""
    found: dict[tuple[str, str], dict[str, Path]] = {}
    for file in folder.glob("*.png"):
        view = next((one for one in VIEWS if file.stem.endswith(f"-{one}")), None)
        role, _, name = file.stem.removesuffix(f"-{view}").partition("-")
        if view and role in ROLES:
            found.setdefault((role, name), {})[view] = file
    order = list(ROLES)
    keys = sorted(found, key=lambda key: (order.index(key[0]), key[1]))
    return [Shown(role, name, found[role, name]) for role, name in keys]


def sections(pages: list[Shown]) -> Iterator[tuple[str, str, list[Shown]]]:
    """(file name, title, pages) of each sheet that has a page: that of the rights, then one a role."""
    groups = [("rights", RIGHTS, [one for one in pages if f"{one.role}-{one.name}".startswith(OF_RIGHTS)])]
    groups += [(role, title, [one for one in pages if one.role == role]) for role, title in ROLES.items()]
    yield from (group for group in groups if group[2])


def write(folder: Path) -> list[Path]:
    """Write `index.html`, `sheet-<role>.png` of each role and `sheet.png` of all. Raises FileNotFoundError when there
    is no picture.
    """
    pages = gather(folder)
    if not pages:
        raise FileNotFoundError(f"no picture of a page in {folder}")
    index = folder / "index.html"
    index.write_text(_html(list(sections(pages))), "utf-8")
    written, drawn = [index], []
    for name, title, shown in sections(pages):
        sheet = _sheet(title, shown)
        written.append(folder / f"sheet-{name}.png")
        sheet.save(written[-1])
        if name != "rights":
            drawn.append(sheet)
    written.append(folder / "sheet.png")
    _stacked(drawn).save(written[-1])
    return written


def _sheet(title: str, shown: list[Shown]) -> "Image":
    from PIL import Image, ImageDraw, ImageFont

    cell, row = sum(ON_SHEETS.values()) + 2 * GAP, HEIGHT + LABEL + GAP
    rows = -(-len(shown) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * cell + GAP, rows * row + 40 + GAP), "#e8e8ee")
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, 10), title, fill="#111122", font=ImageFont.load_default(20))
    for number, one in enumerate(shown):
        left, top = GAP + number % COLUMNS * cell, 40 + number // COLUMNS * row
        draw.text((left, top), one.name[:60], fill="#111122", font=ImageFont.load_default(12))
        for view, width in ON_SHEETS.items():
            if view in one.pictures:
                sheet.paste(_small(one.pictures[view], width), (left, top + LABEL))
            left += width + GAP // 2
    return sheet


def _small(file: Path, width: int) -> "Image":
    from PIL import Image

    with Image.open(file) as picture:
        high = min(picture.height, picture.width * HEIGHT // width)
        part = picture.convert("RGB").crop((0, 0, picture.width, high))
        return part.resize((width, max(1, high * width // picture.width)), Image.Resampling.BOX)


def _stacked(sheets: list["Image"]) -> "Image":
    from PIL import Image

    whole = Image.new("RGB", (max(one.width for one in sheets), sum(one.height for one in sheets)), "#e8e8ee")
    top = 0
    for one in sheets:
        whole.paste(one, (0, top))
        top += one.height
    return whole


def _html(groups: list[tuple[str, str, list[Shown]]]) -> str:
    contents = " · ".join(f'<a href="#{name}">{escape(title)}</a> ({len(shown)})' for name, title, shown in groups)
    body = "".join(_html_section(*group) for group in groups)
    return (
        '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Relais : toutes les pages</title><style>'
        "body{font:16px system-ui;margin:2rem;background:#e8e8ee}figure{display:inline-block;margin:0 1rem 1.5rem 0;"
        "vertical-align:top}figcaption{font-weight:600}img{height:22rem;border:1px solid #999;object-fit:cover;"
        f"object-position:top}}</style><h1>Toutes les pages, par rôle</h1><p>{contents}</p>{body}</html>\n"
    )


def _html_section(name: str, title: str, shown: list[Shown]) -> str:
    figures = "".join(
        f"<figure><figcaption>{escape(one.name)}</figcaption>"
        + "".join(
            f'<a href="{quote(one.pictures[view].name)}"><img loading="lazy" src="{quote(one.pictures[view].name)}" '
            f'alt="{escape(f"{title}, {one.name}, {view}")}"></a> '
            for view in VIEWS
            if view in one.pictures
        )
        + "</figure>"
        for one in shown
    )
    return f'<h2 id="{name}">{escape(title)}</h2>{figures}'


if __name__ == "__main__":
    for made in write(Path(sys.argv[1])):
        sys.stdout.write(f"{made}\n")
