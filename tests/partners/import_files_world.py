"""Files as the tests of import make them."""

from services.partners.import_reading import read_table

V0 = {
    "id": "17", "source": "dora", "nom": "Mission d’essai", "typologie": "CIAS", "siret": "13003013300016",
    "commune": "Dol", "code_postal": "99120", "telephone": "+33261910001", "courriel": "a@essai.example",
    "date_maj": "2025-01-01", "thematiques": ["logement-hebergement"], "antenne": False,
}  # fmt: skip


def inclusion(*bodies: bytes) -> list[dict[str, str]]:
    found = read_table(bodies)
    assert found.form == "data_inclusion"
    return [dict(zip(found.heads, row, strict=True)) for row in found.rows]
