"""Tables as files that a spreadsheet opens: CSV after RFC 4180, and workbooks. No cell is ever taken for a formula."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

# What a spreadsheet takes for the beginning of a formula, or hides before one (OWASP, CSV injection).
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONG_HEADS = ("Tableau", "Ligne", "Colonne", "Valeur")
Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: `code` names it in an address, `title` on the sheet; the first column says what a row is about."""

    code: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def safe(value: Value) -> Value:
    """The value as a cell; a text that would be taken for a formula begins with an apostrophe. None is empty."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value


def as_csv(heads: Sequence[str], rows: Sequence[Sequence[Value]]) -> bytes:
    """One table after RFC 4180: commas, CRLF, the same number of fields on every line; UTF-8 with its mark."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in (heads, *rows):
        writer.writerow([safe(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def long_csv(sheets: Sequence[Sheet]) -> bytes:
    """Several tables in one, a line a cell, so that a program needs to know one shape only."""
    rows = [
        (one.title, row[0], head, value)
        for one in sheets for row in one.rows for head, value in zip(one.heads[1:], row[1:], strict=True)
    ]
    return as_csv(LONG_HEADS, rows)


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook, a sheet a table."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for one in sheets:
        page = book.add_worksheet(one.title[:31])
        page.write_row(0, 0, one.heads, bold)
        for place, row in enumerate(one.rows, start=1):
            page.write_row(place, 0, [safe(cell) for cell in row], wrap)
        page.set_column(0, 0, 42)
        page.set_column(1, max(len(one.heads) - 1, 1), 24)
        page.freeze_panes(1, 0)
    book.close()
    return out.getvalue()
