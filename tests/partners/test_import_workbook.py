"""A workbook is read as people wrote it, and what would hurt the reader is refused before it is read."""

import io
import json
import zipfile

import pytest
import xlsxwriter

from contracts.refusals import ImportTooHeavy, ImportTooLong, ImportUnreadable
from services.partners import import_workbook
from services.partners.import_reading import read_table
from tests.partners.import_files_world import V0, inclusion


def workbook(write) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    write(book)
    book.close()
    return out.getvalue()


def test_a_workbook_gives_numbers_as_people_wrote_them_and_formulas_as_they_read() -> None:
    def write(book) -> None:
        hidden, page = book.add_worksheet("cachée"), book.add_worksheet("annuaire")
        hidden.write_row(0, 0, ["autre"])
        page.activate()
        page.set_first_sheet()
        hidden.hide()
        page.write_row(0, 0, ["nom", "siret", "tel", "note"])
        page.write_row(1, 0, ["CCAS", 13003013300016, 261910001, True])
        page.write_formula(2, 0, '="Caf"&" de Dol"', None, "Caf de Dol")
        page.write(2, 1, 1.5)

    found = read_table([workbook(write)])
    assert found.form == "xlsx"
    assert found.rows == (("CCAS", "13003013300016", "261910001", "oui"), ("Caf de Dol", "1.5", "", ""))


def rezipped(body: bytes, **changed: bytes) -> bytes:
    """The workbook with other parts: `sheet` and `strings` by these names."""
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in given.namelist():
            kept.writestr(name, next((text for key, text in changed.items() if names[key] == name), given.read(name)))
    return out.getvalue()


PLAIN = workbook(lambda book: book.add_worksheet().write_column(0, 0, ["nom", "CCAS"]))


SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def test_a_zip_that_inflates_is_refused_before_it_is_read(monkeypatch) -> None:
    monkeypatch.setattr(import_workbook, "MOST_INFLATED", 200_000)
    heavy = SHEET.format(" " * (import_workbook.MOST_INFLATED + 1)).encode()
    with pytest.raises(ImportTooHeavy):
        read_table([rezipped(PLAIN, sheet=heavy)])


@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576", "ZZZ1"])
def test_a_cell_far_away_is_refused_before_anything_is_made_for_it(cell) -> None:
    far = SHEET.format(f'<row r="1"><c r="{cell}"><v>1</v></c></row>').encode()
    with pytest.raises(ImportTooLong):
        read_table([rezipped(PLAIN, sheet=far)])


def test_a_text_that_every_cell_repeats_is_counted_each_time(monkeypatch) -> None:
    monkeypatch.setattr(import_workbook, "MOST_TEXT", 50_000)
    long = f'<sst xmlns="http://x"><si><t>{"a" * 1_000}</t></si></sst>'.encode()
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 100))
    with pytest.raises(ImportTooHeavy):
        read_table([rezipped(PLAIN, strings=long, sheet=SHEET.format(cells).encode())])


def test_texts_under_another_spelling_of_their_name_are_counted_too(monkeypatch) -> None:
    monkeypatch.setattr(import_workbook, "MOST_TEXT", 50_000)
    long = f'<sst xmlns="http://x"><si><t>{"a" * 1_000}</t></si></sst>'.encode()
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 100))
    sheet, apart = SHEET.format(cells).encode(), "xl/sharedStrings.xml"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as given, zipfile.ZipFile(out, "w") as kept:
        for name in (one for one in given.namelist() if one != apart):
            kept.writestr(name, sheet if name.endswith("sheet1.xml") else given.read(name))
        kept.writestr(apart.lower(), long)
    with pytest.raises(ImportTooHeavy):
        read_table([out.getvalue()])
    with zipfile.ZipFile(out, "a") as kept:
        kept.writestr(apart, b"<sst/>")
    with pytest.raises(ImportUnreadable):
        read_table([out.getvalue()])


@pytest.mark.parametrize("packed", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_part_packed_as_no_workbook_is_is_refused_even_when_it_is_broken(packed) -> None:
    out, name = io.BytesIO(), "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as given, zipfile.ZipFile(out, "w", packed) as kept:
        for one in given.namelist():
            kept.writestr(one, given.read(one))
        begins = kept.getinfo(name).header_offset + 30 + len(name)
    whole = out.getvalue()
    broken = whole[: begins + 9] + bytes(one ^ 0xFF for one in whole[begins + 9 : begins + 15]) + whole[begins + 15 :]
    for body in (whole, broken):
        with pytest.raises(ImportUnreadable):
            read_table([body])


@pytest.mark.parametrize("index", ["0000000000000", "+0", "x"])
def test_a_text_named_in_an_odd_way_is_refused(index) -> None:
    cell = f'<row r="1"><c r="A1" t="s"><v>{index}</v></c></row>'
    with pytest.raises(ImportUnreadable):
        read_table([rezipped(PLAIN, sheet=SHEET.format(cell).encode())])


def test_parts_inside_parts_without_end_are_refused() -> None:
    deep = SHEET.format("<row>" * 60 + "</row>" * 60).encode()
    with pytest.raises(ImportUnreadable):
        read_table([rezipped(PLAIN, sheet=deep)])


def test_half_a_character_is_left_out() -> None:
    (row,) = inclusion(json.dumps([V0 | {"nom": "Mission \ud83d d’essai\0"}]).encode())
    assert row["nom"] == "Mission d’essai"


def test_a_document_type_is_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + SHEET.format("").encode()
    with pytest.raises(ImportUnreadable):
        read_table([rezipped(PLAIN, sheet=bomb)])
