"""A workbook opened with care: what it would become in memory is counted before anything builds it.

A workbook is a zip of XML, so a small one may be a bomb three ways: parts that inflate, a cell far away for which a
reader makes every cell before it, and one long text that a million cells repeat.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from xml.parsers import expat

from contracts.refusals import ImportUnreadable
from services.partners.import_reading import MOST_COLUMNS, MOST_ROWS, too_heavy, too_long

MOST_PARTS = 300
MOST_DEPTH = 50
MOST_INFLATED = 60 * 1024 * 1024
MOST_TEXT = 60 * 1024 * 1024
# The only two of ISO/IEC 29500-2: others would need readers of their own, with errors of their own.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CELL = re.compile(r"([A-Z]{1,6})(\d{1,9})")
_PART = re.compile(r"(\[Content_Types\]\.xml|_rels/\.rels|xl/[\w./-]+\.(xml|rels))")


class _NotAWorkbook(Exception):
    """What is not taken in a workbook: a declared document type, an address or an index that is none, parts inside
    parts without end, parts packed as no workbook is, or two that a reader may take for one another.
    """


def read_workbook(body: bytes) -> list[list[str]]:
    """The cells of the first visible sheet as texts; a formula is what it last gave.

    Refusals: ImportTooHeavy, ImportTooLong, ImportUnreadable.
    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(_counted(body)))
        names = [one.name for one in book.sheets_metadata if one.visible is SheetVisibleEnum.Visible]
        rows = book.get_sheet_by_name(names[0]).to_python(skip_empty_area=True)
    except (_NotAWorkbook, CalamineError, zipfile.BadZipFile, zlib.error, expat.ExpatError, IndexError, ValueError,
            KeyError, RuntimeError, EOFError, OSError):  # fmt: skip
        raise ImportUnreadable(field="file") from None
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _counted(body: bytes) -> bytes:
    """The same workbook, of the parts that were counted and no other: sizes that a zip declares may be false."""
    made, inflated, counts = io.BytesIO(), 0, _Counts()
    with zipfile.ZipFile(io.BytesIO(body)) as given, zipfile.ZipFile(made, "w") as kept:
        parts = {one.filename: one for one in given.infolist() if _PART.fullmatch(one.filename)}
        # calamine finds parts whatever their case.
        alike = len({name.lower() for name in parts}) < len(parts)
        if alike or len(given.infolist()) > MOST_PARTS or "xl/workbook.xml" not in parts:
            raise _NotAWorkbook
        if any(one.compress_type not in _PACKED for one in parts.values()):
            raise _NotAWorkbook
        for name in sorted(parts, key=lambda one: one.lower() != "xl/sharedstrings.xml"):
            with given.open(parts[name]) as part:
                text = part.read(MOST_INFLATED - inflated + 1)
            inflated += len(text)
            if inflated > MOST_INFLATED:
                raise too_heavy(MOST_INFLATED)
            _count(text, counts)
            kept.writestr(name, text)
    return made.getvalue()


@dataclass
class _Counts:
    """Where a reader is in the parts: the lengths of shared texts, the row and column, and what cells add up to."""

    shared: list[int] = field(default_factory=list)
    row: int = 0
    column: int = 0
    text: int = 0
    is_shared: bool = False
    inside: list[str] = field(default_factory=list)
    index: str = ""

    def start(self, name: str, given: dict[str, str]) -> None:
        """A part begins."""
        name = name.rpartition(" ")[2]
        self.inside.append(name)
        if len(self.inside) > MOST_DEPTH:
            raise _NotAWorkbook
        if name == "si":
            self.shared.append(0)
        elif name == "row":
            self.row, self.column = _number(given.get("r")) or self.row + 1, 0
        elif name == "c":
            found = _CELL.fullmatch(given.get("r", ""))
            if "r" in given and found is None:
                raise _NotAWorkbook
            self.column = _column(found[1]) if found else self.column + 1
            self.row = int(found[2]) if found else self.row
            self.is_shared = given.get("t") == "s"
        if self.row > 2 * MOST_ROWS or self.column > 2 * MOST_COLUMNS:
            raise too_long()

    def said(self, text: str) -> None:
        """Characters."""
        if "si" in self.inside:
            self.shared[-1] += len(text)
        elif self.is_shared and self.inside[-1:] == ["v"]:
            self.index += text

    def end(self, _name: str) -> None:
        """It ends: what a shared text adds each time it is used."""
        if self.inside.pop() == "v" and self.index:
            place = _number(self.index.strip())
            if place is None:
                raise _NotAWorkbook
            self.text += self.shared[place] if place < len(self.shared) else 0
            self.index = ""
            if self.text > MOST_TEXT:
                raise too_heavy(MOST_TEXT)


def _count(text: bytes, counts: _Counts) -> None:
    counts.row = counts.column = 0
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = counts.start, counts.end
    parser.CharacterDataHandler = counts.said
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(text, True)


def _refuse(*_given: object) -> None:
    raise _NotAWorkbook


def _column(letters: str) -> int:
    number = 0
    for one in letters:
        number = number * 26 + ord(one) - 64
    return number


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None
