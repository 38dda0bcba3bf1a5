"""Reading a file of the directory: CSV in every dialect, data·inclusion, titles, cells, the model."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.refusals import ImportEmpty, ImportTooHeavy, ImportTooLong, ImportUnreadable
from services.partners import import_reading
from services.partners.import_columns import BY_CODE, COLUMNS, HEADERS, canonical, mapping_of, recognise, shown
from services.partners.import_files import export, model
from services.partners.import_reading import read_table, table_from
from services.partners.import_verdict import Known
from tests.partners.import_files_world import V0, inclusion

# What Windows-1252 can write, without what a CSV reader or `tidy` makes another text of.
TEXT = st.text(st.characters(codec="cp1252", exclude_categories=("C", "Z")), max_size=12).filter(
    lambda text: not text.startswith(("'", "="))
)


@settings(max_examples=60)
@given(
    st.lists(st.lists(TEXT, min_size=3, max_size=3).filter(any), min_size=1, max_size=6),
    st.sampled_from(import_reading.DELIMITERS),
    st.sampled_from(("utf-8", "utf-8-sig", "cp1252", "utf-16")),
    st.sampled_from(("\r\n", "\n")),
    st.booleans(),
)
def test_every_dialect_of_a_spreadsheet_is_read_alike(rows, delimiter, encoding, end, quoted) -> None:
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(
        [["Nom", "Commune", "Téléphone"], *rows]
    )
    text = out.getvalue()
    if encoding == "cp1252" and _is_utf8(text.encode("cp1252")) and not text.isascii():
        return  # bytes that are both: nobody can tell
    found = read_table([text.encode(encoding)])
    assert found.heads == ("Nom", "Commune", "Téléphone")
    assert [list(row) for row in found.rows] == rows


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_blank_lines_a_separator_line_and_short_rows_are_taken() -> None:
    found = read_table(["sep=;\r\n\r\nnom;ville;tel\r\nCCAS;Dol\r\n;;\r\nCaf;;01\r\n".encode("cp1252")])
    assert found.rows == (("CCAS", "Dol", ""), ("Caf", "", "01"))


def test_a_formula_is_a_text_and_the_apostrophe_before_it_is_taken_off() -> None:
    found = read_table([b"nom;ville\r\n'=1+1;=HYPERLINK(A1)\r\n'ici;d'ailleurs"])
    assert found.rows == (("=1+1", "=HYPERLINK(A1)"), ("'ici", "d'ailleurs"))


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", ImportEmpty), (b"nom;ville\r\n", ImportEmpty), (b"\x00\x01\x02nom", ImportUnreadable),
        (b"PK\x03\x04 no zip", ImportUnreadable), (b"{not json", ImportUnreadable), (b"[" * 9_000, ImportUnreadable),
        (b'{"structures": {}, "services": 1}', ImportUnreadable), (b"[]", ImportEmpty),
        (b"nom\r\n" + b"a\r\n" * 10_001, ImportTooLong), (b"nom" + b";x" * 200 + b"\r\na\r\n", ImportTooLong),
        (b'nom\r\n"' + b"a" * 140_000, ImportUnreadable), (b"nom" + b" " * import_reading.MOST_BYTES, ImportTooHeavy),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_by_its_name(body, refusal) -> None:
    with pytest.raises(refusal) as found:
        read_table([body])
    assert found.value.field == "file"


V1 = {
    "id": "dora--18", "source": "dora", "nom": "Maison d’essai", "reseaux_porteurs": ["msap", "france-service"],
    "date_maj": "2025-01-01", "description": "x" * 60,
}  # fmt: skip


SERVICES = [
    {"id": "s0", "source": "dora", "structure_id": "17", "nom": "Atelier", "contact_nom_prenom": "Cachée",
     "contact_public": False, "thematiques": None},
    {"id": "s1", "source": "dora", "structure_id": "17", "nom": "Atelier", "contact_nom_prenom": "Prénom Nom",
     "courriel": "p.nom@essai.example", "thematiques": ["sante--acces-aux-soins", "logement-hebergement"]},
]  # fmt: skip


def test_both_versions_of_data_inclusion_are_read_with_their_services() -> None:
    old, new = inclusion(json.dumps({"structures": [V0, V1], "services": SERVICES}).encode())
    assert (old["identifiant"], old["nature"], old["contact_nom"]) == ("17", "CCAS", "Prénom Nom")
    assert old["thematiques"] == "logement hebergement | sante : acces aux soins"
    assert (new["identifiant"], new["nature"], new["contact_nom"]) == ("dora--18", "France services", "")


def test_data_inclusion_as_two_files_a_page_of_the_interface_or_csv_says_the_same() -> None:
    together = inclusion(json.dumps({"structures": [V0, V1], "services": SERVICES}).encode())
    apart = inclusion(json.dumps([V0, V1]).encode(), json.dumps({"items": SERVICES}).encode())

    def as_csv(records) -> bytes:
        out = io.StringIO()
        writer = csv.DictWriter(out, sorted({name for one in records for name in one} | {"date_maj"}))
        writer.writeheader()
        writer.writerows(
            {name: json.dumps(value) if isinstance(value, list) else value for name, value in one.items()}
            for one in records
        )
        return out.getvalue().encode()

    assert together == apart == inclusion(as_csv([V0, V1]), as_csv(SERVICES))


def test_titles_are_recognised_whatever_their_accents_and_case_and_each_column_once() -> None:
    assert [recognise(one) for one in ("NOM DE LA STRUCTURE", "Ville", "E-mail", "Tél.", "Âge", "nature")] == [
        "name", "city", "email", "phone", None, "kind",
    ]  # fmt: skip
    assert mapping_of(("Nom", "Organisme", "CP")) == ["name", "", "postal_code"]
    names = [name for one in COLUMNS for name in one.names()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("code", "text", "canonical_form"),
    [
        ("phone", "261910001", "02 61 91 00 01"), ("phone", "+33 (0)2.61.91.00.01", "02 61 91 00 01"),
        ("phone", "3230", "3230"), ("postal_code", "1000", "01000"), ("siret", "130 030 133 00016", "13003013300016"),
        ("kind", "C.P.A.M.", "cpam"), ("kind", "Mairie", None), ("kind", "Département", "departement"),
        ("rights", "Domiciliation, RSA", "rsa | domiciliation"), ("rights", "licorne", None),
        ("siret", "1,30030133E+13", None), ("siret", "12345678901234", None), ("postal_code", "35", None),
        ("email", "Accueil@Essai.EXAMPLE", "accueil@essai.example"), ("email", "accueil", None),
        ("name", "x", None), ("name", "x" * 121, None), ("contact_name", "Une 1 85 05 78 006 084 36", None),
        ("themes", "b; a|b", "a | b"), ("modes", "Rendez-vous pris", "rdv_pris"), ("phone", "accueil", None),
        ("phone", "1 85 05 78 006 084 36", None), ("contact_phone", "+41 22 310 04 04", "+41 22 310 04 04"),
    ],
)  # fmt: skip
def test_a_cell_has_one_canonical_form_or_a_sentence(code, text, canonical_form) -> None:
    if canonical_form is None:
        with pytest.raises(ValueError, match=r".+[.…r0-9]$"):
            BY_CODE[code].read(text)
        return
    assert BY_CODE[code].read(text) == canonical_form
    assert canonical(code, shown(code, canonical_form)) == canonical_form


def test_the_model_is_a_file_that_is_read_without_a_fault() -> None:
    found = read_table([model()])
    assert found.heads == HEADERS
    for row in found.rows:
        for column, cell in zip(COLUMNS, row, strict=True):
            assert not cell or column.read(cell)
    assert ".example" in model().decode() and "02 61 91 00 01" in model().decode()


def test_no_cell_of_an_export_is_taken_for_a_formula_and_it_is_read_as_it_was() -> None:
    from uuid import uuid4

    body = export([Known(uuid4(), {"name": "=1+1", "kind": "caf", "city": "@ici"})])
    cells = next(csv.reader(io.StringIO(body.decode("utf-8-sig").splitlines()[1]), delimiter=";"))
    assert "'=1+1" in cells and "'@ici" in cells
    assert read_table([body]).rows[0][2] == "=1+1"
    assert table_from("csv", [["nom"], ["a"]]).heads == ("nom",)
