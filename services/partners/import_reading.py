"""A file of the directory as a table of texts: CSV as spreadsheets in France write it, XLSX, or data·inclusion.

Everything is counted before it is kept; a formula is a text like any other, and nothing of a file is ever logged.
"""

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.refusals import ImportEmpty, ImportTooHeavy, ImportTooLong, ImportUnreadable
from services.partners.import_columns import mapping_of, tidy

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 10_000
MOST_COLUMNS = 100
# More than any column takes, so that what is cut is refused as too long and nothing is cut in silence.
MOST_CELL = 6_000
DELIMITERS = (";", ",", "\t")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Table:
    """The titles of a file and its rows, each with as many cells; `form` is csv, xlsx or data_inclusion."""

    form: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def too_long() -> ImportTooLong:
    """The refusal of a table with too many rows or columns."""
    return ImportTooLong(field="file", rows=str(MOST_ROWS), columns=str(MOST_COLUMNS))


def too_heavy(most: int = MOST_BYTES) -> ImportTooHeavy:
    """The refusal of more bytes than that."""
    return ImportTooHeavy(field="file", most=str(most // 1024**2))


def read_table(files: Sequence[bytes]) -> Table:
    """The table of one file, or of the two of data·inclusion (structures, services).

    Refusals: ImportTooHeavy, ImportTooLong, ImportUnreadable, ImportEmpty.
    """
    from services.partners import import_data_inclusion as inclusion
    from services.partners.import_workbook import read_workbook

    if any(len(one) > MOST_BYTES for one in files):
        raise too_heavy()
    if any(inclusion.is_json(one) for one in files):
        return inclusion.table_of([inclusion.read_json(one) for one in files])
    grids = [("xlsx", read_workbook(one)) if one.startswith(b"PK") else ("csv", read_csv(one)) for one in files]
    if all(inclusion.is_one(grid[0]) for _, grid in grids if grid):
        return inclusion.table_of([inclusion.records_of(table_from("csv", grid)) for _, grid in grids])
    if len(grids) > 1:
        raise ImportUnreadable(field="file")
    return table_from(*grids[0])


def table_from(form: str, grid: Sequence[Sequence[str]]) -> Table:
    """The first row that says something is the titles; rows without any text are left out. Refusals: as above."""
    rows = [[tidy(cell[:MOST_CELL]) for cell in row] for row in grid]
    rows = [row for row in rows if any(row)]
    if len(rows) < 2:
        raise ImportEmpty(field="file")
    heads = rows[0]
    while heads and not heads[-1]:
        heads.pop()
    if len(rows) - 1 > MOST_ROWS or len(heads) > MOST_COLUMNS:
        raise too_long()
    wide = len(heads)
    return Table(form, tuple(heads), tuple((*row[:wide], *[""] * (wide - len(row))) for row in rows[1:]))


def read_csv(body: bytes) -> list[list[str]]:
    """The cells of a CSV file: `;`, `,` or tabs; UTF-8, UTF-16 or Windows-1252.

    Refusals: ImportUnreadable, ImportTooLong.
    """
    text = decode(body)
    if text[:4].lower() == "sep=":
        text = text.partition("\n")[2]
    try:
        delimiter = max(DELIMITERS, key=lambda one: _recognised(text, one))
        rows = []
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row[: 2 * MOST_COLUMNS])
            if len(rows) > 2 * MOST_ROWS:
                raise too_long()
        return rows
    except csv.Error:
        raise ImportUnreadable(field="file") from None


def decode(body: bytes) -> str:
    """The text of a file: by its mark, else UTF-8, else what Excel in France writes. Refusal: ImportUnreadable."""
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    for one in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            text = body.decode(one)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ImportUnreadable(field="file")


def _recognised(text: str, delimiter: str) -> tuple[int, int]:
    """How many titles are known when read with that delimiter, and how many there are."""
    heads = next(csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter), [])
    return sum(map(bool, mapping_of(heads[:MOST_COLUMNS]))), len(heads)
